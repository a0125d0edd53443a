//! Scanners over a pseudo-terminal and over pictures in a folder.

use crossbeam_channel::Receiver;
use image::{GrayImage, Luma};
use onedoor_devices::camera::Frame;
use onedoor_devices::scanner::{
    CameraScanner, FolderSource, FrameSource, ScanEvent, ScanSource, ScannerFault, SerialScanner,
    Watch,
};
use qrcodegen::{QrCode, QrCodeEcc};
use serialport::{SerialPort, TTYPort};
use std::io::{self, Write};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(8);

fn next(heard: &Receiver<ScanEvent>) -> ScanEvent {
    heard.recv_timeout(PATIENCE).expect("an event in time")
}

fn text_of(event: &ScanEvent) -> String {
    match event {
        ScanEvent::Read(scan) => scan.text(),
        other => panic!("{other:?} instead of a code"),
    }
}

/// A pseudo-terminal whose other end is at `path`.
fn plug_in(path: &Path) -> TTYPort {
    let (ours, theirs) = TTYPort::pair().expect("a pseudo-terminal");
    let name = theirs.name().expect("it has a name");
    let _ = std::fs::remove_file(path);
    symlink(name, path).expect("a link");
    ours
}

#[test]
fn a_serial_scanner_reads_pieces_and_survives_its_cable() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("scanner");
    let (events, heard) = crossbeam_channel::unbounded();
    let _scanner = SerialScanner::start(path.to_string_lossy(), 9600, events).expect("a thread");
    assert_eq!(next(&heard), ScanEvent::Fault(ScannerFault::Unplugged));

    let mut line = plug_in(&path);
    assert_eq!(next(&heard), ScanEvent::Ready);
    for piece in ["OD1:S", ":AB", "C\r", "\n"] {
        line.write_all(piece.as_bytes()).expect("plugged in");
        std::thread::sleep(Duration::from_millis(15));
    }
    let first = next(&heard);
    assert_eq!(text_of(&first), "OD1:S:ABC");
    assert!(matches!(&first, ScanEvent::Read(scan) if scan.source() == ScanSource::Serial));
    assert!(!format!("{first:?}").contains("ABC"), "a code was shown");

    // No line end at all: the silence ends it.
    line.write_all(b"OD1:W:X").expect("plugged in");
    assert_eq!(text_of(&next(&heard)), "OD1:W:X");

    // Half a code, then the cable is pulled: half a code is no code.
    line.write_all(b"OD1:S:HALF").expect("plugged in");
    drop(line);
    let mut after = next(&heard);
    if matches!(after, ScanEvent::Read(_)) {
        // The bytes may have been there long enough before the line broke to count as a code.
        after = next(&heard);
    }
    assert_eq!(after, ScanEvent::Fault(ScannerFault::LinkLost));

    let mut line = plug_in(&path);
    assert_eq!(next(&heard), ScanEvent::Ready);
    line.write_all(b"BACK\n").expect("plugged in");
    assert_eq!(text_of(&next(&heard)), "BACK");
}

#[test]
fn a_serial_line_of_garbage_is_named_and_read_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("scanner");
    let mut line = plug_in(&path);
    let (events, heard) = crossbeam_channel::unbounded();
    let _scanner = SerialScanner::start(path.to_string_lossy(), 9600, events).expect("a thread");
    assert_eq!(next(&heard), ScanEvent::Ready);
    line.write_all(&[0xfe; 2000]).expect("plugged in");
    assert_eq!(next(&heard), ScanEvent::Fault(ScannerFault::Garbage));
    line.write_all(b"\rGOOD\r").expect("plugged in");
    assert_eq!(next(&heard), ScanEvent::Ready);
    assert_eq!(text_of(&next(&heard)), "GOOD");
}

fn code(text: &str) -> GrayImage {
    let qr = QrCode::encode_text(text, QrCodeEcc::Medium).expect("short");
    let side = (qr.size() as u32 + 8) * 5;
    GrayImage::from_fn(side, side, |x, y| {
        let at = |v: u32| (v / 5) as i32 - 4;
        Luma([if qr.get_module(at(x), at(y)) { 20 } else { 235 }])
    })
}

#[test]
fn codes_are_read_from_pictures_in_a_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().to_owned();
    code("OD1:S:ONE").save(place.join("1.png")).expect("saved");
    let (events, heard) = crossbeam_channel::unbounded();
    let open = {
        let place = place.clone();
        move || FolderSource::open(&place).map(|s| Box::new(s) as Box<dyn FrameSource>)
    };
    let _scanner = CameraScanner::start(open, Watch::default(), events).expect("a thread");
    assert_eq!(next(&heard), ScanEvent::Ready);
    assert_eq!(text_of(&next(&heard)), "OD1:S:ONE");

    // The same paper held longer is told once; another one at once.
    let new = folder.path().join("new");
    code("OD1:S:ONE")
        .save_with_format(&new, image::ImageFormat::Png)
        .expect("saved");
    std::fs::rename(&new, place.join("2.png")).expect("renamed");
    code("OD1:S:TWO")
        .save_with_format(&new, image::ImageFormat::Png)
        .expect("saved");
    std::fs::rename(&new, place.join("3.png")).expect("renamed");
    assert_eq!(text_of(&next(&heard)), "OD1:S:TWO");

    std::fs::write(&new, b"this is no picture").expect("written");
    std::fs::rename(&new, place.join("4.png")).expect("renamed");
    assert_eq!(next(&heard), ScanEvent::Fault(ScannerFault::BadFrame));
    assert_eq!(next(&heard), ScanEvent::Ready);
}

/// A camera whose driver does not come back the first time.
struct Hangs;

impl FrameSource for Hangs {
    fn next_frame(&mut self) -> io::Result<Option<Frame>> {
        std::thread::sleep(Duration::from_secs(3600));
        Ok(None)
    }
}

struct Shows(GrayImage);

impl FrameSource for Shows {
    fn next_frame(&mut self) -> io::Result<Option<Frame>> {
        Ok(Some(self.0.clone().into()))
    }
}

#[test]
fn a_camera_that_hangs_is_given_up_and_opened_again() {
    static HUNG: AtomicBool = AtomicBool::new(false);
    let (events, heard) = crossbeam_channel::unbounded();
    let open = || -> io::Result<Box<dyn FrameSource>> {
        if HUNG.swap(true, Ordering::SeqCst) {
            Ok(Box::new(Shows(code("OD1:S:LATER"))))
        } else {
            Ok(Box::new(Hangs))
        }
    };
    let watch = Watch {
        frame: Duration::from_millis(400),
        reopen: Duration::from_millis(20),
        ..Watch::default()
    };
    let begun = Instant::now();
    let _scanner = CameraScanner::start(open, watch, events).expect("a thread");
    assert_eq!(next(&heard), ScanEvent::Ready);
    assert_eq!(next(&heard), ScanEvent::Fault(ScannerFault::Stuck));
    assert!(begun.elapsed() < Duration::from_secs(3));
    assert_eq!(next(&heard), ScanEvent::Ready);
    assert_eq!(text_of(&next(&heard)), "OD1:S:LATER");
}

#[test]
fn a_camera_that_is_not_there_is_a_fault_until_it_comes() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("camera");
    let (events, heard) = crossbeam_channel::unbounded();
    let open = {
        let place = place.clone();
        move || FolderSource::open(&place).map(|s| Box::new(s) as Box<dyn FrameSource>)
    };
    let _scanner = CameraScanner::start(open, Watch::default(), events).expect("a thread");
    assert_eq!(next(&heard), ScanEvent::Fault(ScannerFault::Unplugged));
    std::fs::create_dir(&place).expect("created");
    assert_eq!(next(&heard), ScanEvent::Ready);
}
