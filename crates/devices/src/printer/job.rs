//! A raster as ESC/POS: bands of `GS v 0`, white rows as `ESC J`, a cut at the end.
//!
//! A job is a list of pieces, each one whole command, so that a status request can stand between any
//! two of them and never inside a picture.

use crate::raster::Raster;
use escpos::driver::Driver;
use escpos::printer::Printer as Composer;
use escpos::utils::{Protocol, RealTimeStatusRequest};
use std::cell::RefCell;
use std::rc::Rc;

/// Rows of one band: at 576 dots 4.6 kB, 0.4 s at 115,200 baud; short enough to notice a fault in time.
const BAND_ROWS: u32 = 64;
/// White rows from which an `ESC J` is worth its own command.
const WHITE_RUN: u32 = 8;
/// Paper between the last row and the cut, in dots; the cut command feeds the rest of the way.
const FOOT: u32 = 24;

/// The bytes of one slip.
#[derive(Clone, PartialEq, Eq)]
pub struct JobBytes {
    pieces: Vec<Vec<u8>>,
    rows: u32,
}

impl JobBytes {
    /// Encodes a picture.
    #[must_use]
    pub fn of(raster: &Raster) -> Self {
        let mut pieces = vec![compose(|p| {
            // GS P: one vertical unit is 1/203 inch, one dot of the usual head, so that ESC J
            // counts the same rows as GS v 0. GS a 0: no status bytes unasked.
            p.init()?.motion_units(203, 203)?.custom(b"\x1da\x00")?;
            Ok(())
        })];
        let mut y = 0;
        while y < raster.height() {
            let white = (y..raster.height())
                .take_while(|&row| raster.row(row).iter().all(|&b| b == 0))
                .count() as u32;
            if white >= WHITE_RUN || y + white == raster.height() {
                push_feed(&mut pieces, white);
                y += white;
                continue;
            }
            let rows = band_rows(raster, y);
            pieces.push(band(raster, y, rows));
            y += rows;
        }
        push_feed(&mut pieces, FOOT);
        pieces.push(compose(|p| p.cut().map(|_| ())));
        Self {
            pieces,
            rows: raster.height() + FOOT,
        }
    }

    /// The commands in order.
    #[must_use]
    pub fn pieces(&self) -> &[Vec<u8>] {
        &self.pieces
    }

    /// Paper length in rows.
    #[must_use]
    pub fn rows(&self) -> u32 {
        self.rows
    }

    /// All bytes in one.
    #[must_use]
    pub fn concat(&self) -> Vec<u8> {
        self.pieces.concat()
    }
}

impl std::fmt::Debug for JobBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "JobBytes({} pieces)", self.pieces.len())
    }
}

/// What pushes half a slip out and cuts it off before the next one: `owed` bytes that an interrupted
/// picture still waits for (NUL prints nothing where the printer has already forgotten the picture),
/// then feed and cut.
#[must_use]
pub fn clear_half_slip(owed: usize) -> Vec<u8> {
    let mut bytes = vec![0; owed];
    bytes.extend(compose(|p| {
        p.init()?.feeds(4)?.cut()?;
        Ok(())
    }));
    bytes
}

/// The bytes of one real-time status request, `DLE EOT n`. (escpos 0.20 adds a second parameter to it,
/// which questions 1 to 4 do not have.)
#[must_use]
pub fn status_request(question: RealTimeStatusRequest) -> [u8; 3] {
    let (n, _) = question.into();
    [0x10, 0x04, n]
}

/// `GS r 1`: unlike `DLE EOT` it is answered in its turn, so its reply means that all before it was printed.
pub const FINISHED_REQUEST: &[u8] = b"\x1dr\x01";

/// How many rows from `y` go into one band: up to [`BAND_ROWS`], ending before a long white run.
fn band_rows(raster: &Raster, y: u32) -> u32 {
    let mut white = 0;
    let most = BAND_ROWS.min(raster.height() - y);
    for n in 0..most {
        if raster.row(y + n).iter().all(|&b| b == 0) {
            white += 1;
            if white == WHITE_RUN {
                return n + 1 - WHITE_RUN;
            }
        } else {
            white = 0;
        }
    }
    most
}

/// `GS v 0 m xL xH yL yH d…` (Epson reference "Print raster bit image"), m = 0: one dot is one dot. What is
/// white in all rows at the right is left out; on a serial line that is a second saved.
fn band(raster: &Raster, y: u32, rows: u32) -> Vec<u8> {
    let inked = |row: u32| raster.row(row).iter().rposition(|&b| b != 0);
    let stride = (y..y + rows)
        .filter_map(inked)
        .max()
        .map_or(1, |last| last + 1);
    let mut bytes = vec![0x1d, b'v', b'0', 0];
    bytes.extend_from_slice(&(stride as u16).to_le_bytes());
    bytes.extend_from_slice(&(rows as u16).to_le_bytes());
    let data = bytes.len();
    for row in y..y + rows {
        bytes.extend_from_slice(&raster.row(row)[..stride]);
    }
    defuse(&mut bytes[data..]);
    bytes
}

/// Printers act on real-time commands even inside a picture: `DLE EOT` (status), `DLE ENQ` (clear and
/// go on) and `DLE DC4` (open the drawer, switch off, clear). Where dots happen to spell one, a single
/// dot is added: nobody sees it, and the printer is not switched off by a QR code.
fn defuse(data: &mut [u8]) {
    for at in 1..data.len() {
        if data[at - 1] == 0x10 && matches!(data[at], 0x04 | 0x05 | 0x14) {
            data[at - 1] = 0x18;
        }
    }
}

fn push_feed(pieces: &mut Vec<Vec<u8>>, mut rows: u32) {
    while rows > 0 {
        let now = rows.min(255);
        pieces.push(vec![0x1b, b'J', now as u8]);
        rows -= now;
    }
}

/// Lets the `escpos` crate spell commands: a fresh printer each time, over a driver that collects.
fn compose(with: impl FnOnce(&mut Composer<Collect>) -> escpos::errors::Result<()>) -> Vec<u8> {
    let sink = Rc::new(RefCell::new(Vec::new()));
    let mut composer = Composer::new(Collect(Rc::clone(&sink)), Protocol::default(), None);
    let done = with(&mut composer).and_then(|()| composer.print().map(|_| ()));
    debug_assert!(done.is_ok(), "fixed commands over memory cannot fail");
    drop(composer);
    sink.take()
}

/// A driver that keeps what is written.
struct Collect(Rc<RefCell<Vec<u8>>>);

impl Driver for Collect {
    fn name(&self) -> String {
        "collect".into()
    }

    fn write(&self, data: &[u8]) -> escpos::errors::Result<()> {
        self.0.borrow_mut().extend_from_slice(data);
        Ok(())
    }

    fn read(&self, _buf: &mut [u8]) -> escpos::errors::Result<usize> {
        Ok(0)
    }

    fn flush(&self) -> escpos::errors::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_are_the_ones_of_the_reference() {
        let mut raster = Raster::white(16, 20);
        raster.blacken(0, 0);
        raster.blacken(15, 1);
        assert_eq!(
            JobBytes::of(&raster).pieces(),
            [
                b"\x1b@\x1dP\xcb\xcb\x1da\x00".to_vec(),
                b"\x1dv0\x00\x02\x00\x02\x00\x80\x00\x00\x01".to_vec(),
                b"\x1bJ\x12".to_vec(),
                b"\x1bJ\x18".to_vec(),
                b"\x1dVA\x00".to_vec(),
            ]
        );
        assert_eq!(
            status_request(RealTimeStatusRequest::RollPaperSensor),
            *b"\x10\x04\x04"
        );
        assert_eq!(clear_half_slip(2), b"\0\0\x1b@\x1bd\x04\x1dVA\x00");
    }

    #[test]
    fn long_white_runs_are_split_at_255() {
        let raster = Raster::white(8, 600);
        let feeds: u32 = JobBytes::of(&raster)
            .pieces()
            .iter()
            .filter(|p| p.starts_with(b"\x1bJ"))
            .map(|p| u32::from(p[2]))
            .sum();
        assert_eq!(feeds, 600 + FOOT);
    }

    #[test]
    fn dots_never_spell_a_real_time_command() {
        let mut raster = Raster::white(32, 1);
        raster.append_rows(&[
            0x10, 0x04, 0x10, 0x14, 0x10, 0x05, 0x10, 0x10, 0x04, 0, 0, 0,
        ]);
        for piece in JobBytes::of(&raster)
            .pieces()
            .iter()
            .filter(|p| p.starts_with(b"\x1dv"))
        {
            assert!(
                !piece
                    .windows(2)
                    .any(|w| w[0] == 0x10 && matches!(w[1], 4 | 5 | 0x14))
            );
        }
    }
}
