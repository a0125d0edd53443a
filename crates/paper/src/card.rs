//! Wall cards: a service's picture, its name, and the code that opens it at the kiosk.

use crate::PaperError;
use crate::geometry::{Rect, Size, mm};
use crate::pen::{Pen, THIN};
use crate::press::{self, Press};
use crate::sheet::{Document, Grey, Stroke};
use crate::text::Style;
use crate::words::{Word, Words};
use onedoor_domain::qr::{Payload, ServiceId};
use onedoor_forms::station::{Service, Station};

/// What is printed as wall cards.
#[derive(Debug, Clone, Copy)]
pub struct WallCard<'a> {
    /// The station.
    pub station: &'a Station,
    /// BCP 47 tag of the large words.
    pub language: &'a str,
    /// BCP 47 tag of the small ones below them; none where it is the same.
    pub other: Option<&'a str>,
}

/// Cards of a sheet, beside each other and one below the other.
const SHEET: (usize, usize) = (2, 3);

impl Press {
    /// One card, as large as the sheet (A4, A5, A6; anything of about their shape).
    ///
    /// # Errors
    /// [`PaperError::Service`], [`PaperError::Language`], [`PaperError::Code`] for an id that no code holds.
    pub fn wall_card(
        &mut self,
        job: &WallCard<'_>,
        service: &str,
        size: Size,
    ) -> Result<Document, PaperError> {
        let words = self.words(job.language)?;
        let found = job
            .station
            .services
            .get(service)
            .ok_or_else(|| PaperError::Service(service.to_owned()))?;
        let margin = (size.w * 0.045).min(mm(9.0)).max(mm(5.0));
        let mut pen = Pen::new(self);
        card(&mut pen, &words, job, found, size.rect().inset(margin))?;
        let items = pen.items();
        // The frame's line is drawn half outside of its rectangle.
        let page = press::page(size, margin - mm(0.6), items);
        let title = found.title.get(job.language).to_owned();
        Ok(self.document(title, &words, vec![page]))
    }

    /// All services of the station, six cards a page with marks to cut along; in the order of the home pages, then the
    /// others.
    ///
    /// # Errors
    /// As [`Press::wall_card`].
    pub fn wall_sheet(&mut self, job: &WallCard<'_>) -> Result<Document, PaperError> {
        let words = self.words(job.language)?;
        let home = &job.station.settings.home;
        let mut services: Vec<&Service> = home
            .iter()
            .filter_map(|id| job.station.services.get(id))
            .collect();
        let others = job.station.services.values();
        services.extend(others.filter(|service| !home.contains(&service.id)));
        let (columns, rows) = SHEET;
        let (across, down) = (mm(10.0), mm(11.0));
        let (w, h) = (
            (Size::A4.w - 2.0 * across) / columns as f32,
            (Size::A4.h - 2.0 * down) / rows as f32,
        );
        let mut pages = Vec::new();
        for cards in services.chunks(columns * rows) {
            let mut pen = Pen::new(self);
            for (at, service) in cards.iter().enumerate() {
                let cell = Rect::new(
                    across + w * (at % columns) as f32,
                    down + h * (at / columns) as f32,
                    w,
                    h,
                );
                card(&mut pen, &words, job, service, cell.inset(mm(2.5)))?;
            }
            for column in 0..=columns {
                for row in 0..=rows {
                    cut(&mut pen, across + w * column as f32, down + h * row as f32);
                }
            }
            pages.push(press::page(Size::A4, mm(5.0), pen.items()));
        }
        let title = job.station.settings.name.get(job.language).to_owned();
        Ok(self.document(title, &words, pages))
    }
}

/// A small cross where cards are cut apart.
pub(crate) fn cut(pen: &mut Pen<'_>, x: f32, y: f32) {
    let arm = mm(2.0);
    let stroke = Stroke::of(0.6, Grey(60));
    pen.rule((x - arm, y), (x + arm, y), stroke);
    pen.rule((x, y - arm), (x, y + arm), stroke);
}

/// Draws a card into a place; all its lengths follow from the place's width.
fn card(
    pen: &mut Pen<'_>,
    words: &Words,
    job: &WallCard<'_>,
    service: &Service,
    place: Rect,
) -> Result<(), PaperError> {
    let id = ServiceId::new(&service.id).map_err(|_| PaperError::Code)?;
    let tag = job.language;
    // One hundredth of the width, or of the height where the card is squat.
    let u = (place.w / 100.0)
        .min(place.h / 132.0)
        .max(place.h / 175.0)
        .min(place.w / 92.0);
    let small = (3.3 * u).max(9.2);
    pen.frame(
        place,
        3.0 * u,
        Some(Stroke::of(0.35 * u, Grey::BLACK)),
        None,
    );
    let pad = 4.0 * u;
    let inside = place.inset(pad);
    let line = |size: f32| Style::plain(size).line();

    // From the top: where this is, the picture, the name.
    let station = job.station.settings.name.get(tag);
    let mut y = inside.y;
    let frame = Rect::new(inside.x, y, inside.w, line(small * 1.15));
    pen.text_fitted(frame, station, Style::plain(small * 1.15).middle(), 6.0);
    y += frame.h + 1.5 * u;

    // From the foot: harmless; then the code beside what it is for.
    let harmless = words.text("rest-harmless");
    let foot = line(small * 1.1) * 2.0;
    let foot_top = inside.bottom() - foot;
    let harmless_style = Style::bold(small * 1.1).middle();
    let code_side = 32.0 * u;
    let quiet = 4.6 * u;
    let code_top = foot_top - code_side - quiet * 0.8;
    let code = Rect::new(
        inside.right() - code_side - quiet * 0.5,
        code_top,
        code_side,
        code_side,
    );

    let name_size = 12.5 * u;
    let other = job.other.filter(|other| *other != tag);
    let name_h = line(name_size) * 1.02;
    let other_h = other.map_or(0.0, |_| line(5.0 * u));
    let picture_h = (code_top - quiet - y - name_h - other_h - 2.0 * u).min(place.w * 0.55);
    let spare = code_top - quiet - y - name_h - other_h - picture_h;
    y += (spare * 0.4).max(0.0);
    let picture = Rect::new(
        inside.x + (inside.w - picture_h) / 2.0,
        y,
        picture_h,
        picture_h,
    );
    pen.picture(&service.picture, picture);
    y += picture_h + 1.0 * u;
    let frame = Rect::new(inside.x, y, inside.w, name_h);
    let style = Style::bold(name_size).middle();
    pen.text_fitted(frame, service.title.get(tag), style, 4.5 * u);
    y += name_h;
    if let Some(other) = other {
        let frame = Rect::new(inside.x, y, inside.w, other_h);
        let style = Style::plain(5.0 * u).middle();
        pen.text_fitted(frame, service.title.get(other), style, 2.6 * u);
    }

    pen.code(Payload::WallCard(id).encode(), code);
    let room = code.x - quiet - inside.x;
    let variables = [
        ("name", service.name.get(tag).into()),
        ("days", Word::Number(i64::from(service.due_working_days))),
    ];
    let what = words.with("card-what", &variables);
    // What it is for takes a little more than how it is used.
    let half = code_side * 0.56;
    let rest = code_side - half;
    let frame = Rect::new(inside.x, code.y, room, half - 1.0 * u);
    pen.text_fitted(frame, &what, Style::plain(small * 1.2), 6.0);
    let scan_side = 9.0 * u;
    let scan = words.text("card-scan");
    let middle = code.y + half + rest / 2.0;
    pen.rule(
        (inside.x, code.y + half),
        (inside.x + room, code.y + half),
        THIN,
    );
    pen.picture(
        "scan",
        Rect::new(inside.x, middle - scan_side / 2.0, scan_side, scan_side),
    );
    let frame = Rect::new(
        inside.x + scan_side + 2.0 * u,
        code.y + half + 1.0 * u,
        room - scan_side - 2.0 * u,
        rest - 1.0 * u,
    );
    pen.text_fitted(frame, &scan, Style::bold(small * 1.25), 6.0);
    let frame = Rect::new(inside.x, foot_top, inside.w, foot);
    pen.text_fitted(frame, &harmless, harmless_style, 6.0);
    Ok(())
}
