//! The picture calendar: a year month by month, what falls due on which day, with lunar dates (R20).

use crate::PaperError;
use crate::flow::Flow;
use crate::geometry::{Rect, Size, mm};
use crate::lunar::{self, Festival};
use crate::pen::{Pen, Piece};
use crate::press::{self, Press};
use crate::sheet::{Document, Grey, Stroke};
use crate::text::Style;
use crate::words::{Word, Words};
use jiff::civil::{Date, date};
use onedoor_forms::station::Station;

/// Something that falls due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueDay {
    /// The day.
    pub date: Date,
    /// Name of its picture.
    pub picture: String,
    /// One sentence: what, and where to go.
    pub sentence: String,
}

/// What is printed as a calendar. No name is printed: it may hang where others see it.
#[derive(Clone, Copy)]
pub struct Calendar<'a> {
    /// The station, for whom to ask.
    pub station: &'a Station,
    /// BCP 47 tag.
    pub language: &'a str,
    /// The year.
    pub year: i16,
    /// What falls due; days of other years are left out.
    pub due: &'a [DueDay],
}

impl std::fmt::Debug for Calendar<'_> {
    /// Without what falls due: it says how somebody lives.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Calendar")
            .field("year", &self.year)
            .finish_non_exhaustive()
    }
}

const SIDE: f32 = mm(13.0);
const TOP: f32 = mm(11.0);
const FOOT: f32 = mm(11.0);
const MARGIN: f32 = mm(8.0);
/// From the left: the month, its lunar days, what falls due.
const MONTH: f32 = mm(20.0);
const LUNAR: f32 = mm(45.0);
const BODY: f32 = 14.0;

impl Press {
    /// Prints the calendar: one page where little falls due, more where it does not fit.
    ///
    /// # Errors
    /// [`PaperError::Language`].
    pub fn calendar(&mut self, job: &Calendar<'_>) -> Result<Document, PaperError> {
        let words = self.words(job.language)?;
        let mut flow = Flow::a4(SIDE, TOP, FOOT);
        let width = flow.width();
        let head = head(self, &words, job, width);
        flow.group(vec![head], None);
        // What is left is shared out, so that an empty year fills its page too.
        let months: Vec<Piece> = (1..=12)
            .map(|m| month(self, &words, job, m, width))
            .collect();
        let total: f32 = months.iter().map(|m| m.height).sum();
        let spare = ((flow.room() - total - 1.0) / 12.0).clamp(0.0, mm(4.0));
        for (at, piece) in months.into_iter().enumerate() {
            flow.group(vec![row(self, piece, width, spare, at)], None);
        }
        let pages = flow
            .pages()
            .into_iter()
            .map(|items| press::page(Size::A4, MARGIN, items))
            .collect();
        let title = words.with("calendar-title", &[("year", number(job.year))]);
        Ok(self.document(title, &words, pages))
    }
}

fn number<'a>(number: impl Into<i64>) -> Word<'a> {
    Word::Number(number.into())
}

fn head(press: &mut Press, words: &Words, job: &Calendar<'_>, width: f32) -> Piece {
    let title = words.with("calendar-title", &[("year", number(job.year))]);
    let settings = &job.station.settings;
    let variables = [
        ("station", settings.name.get(job.language).into()),
        ("phone", settings.duty_phone.as_str().into()),
    ];
    let ask = words.with("calendar-ask", &variables);
    let spring = (1..=60).find_map(|n| {
        let day = date(job.year, 1, 1)
            .checked_add(jiff::Span::new().days(n))
            .ok()?;
        (lunar::festival(day) == Some(Festival::Spring)).then_some(day)
    });
    let mut pen = Pen::new(press);
    let side = mm(16.0);
    pen.picture("calendar", Rect::new(0.0, 0.0, side, side));
    let x = side + mm(4.0);
    let mut y = pen.text(x, 0.0, width - x, &title, Style::bold(24.0));
    if let Some((day, lunar)) = spring.and_then(|day| Some((day, lunar::of(day)?))) {
        let animal = words.with("animal", &[("branch", number(lunar.animal()))]);
        let variables = [("month", number(day.month())), ("day", number(day.day()))];
        let day = words.with("calendar-day", &variables);
        let variables = [("day", (&day).into()), ("animal", (&animal).into())];
        let year = words.with("calendar-new-year", &variables);
        y += pen.text(x, y, width - x, &year, Style::plain(BODY));
    }
    y = y.max(side);
    y += pen.text(0.0, y, width, &ask, Style::plain(BODY));
    pen.piece(y + mm(2.0))
}

/// The days of a month that people who live by the lunar calendar look for: its first and fifteenth, and festivals, which
/// are said by their names; whether it is one.
fn lunar_days(words: &Words, year: i16, month: i8) -> Vec<(String, bool)> {
    let mut days = Vec::new();
    let mut day = date(year, month, 1);
    while day.month() == month {
        let solar = number(day.day());
        if let Some(festival) = lunar::festival(day) {
            let name = words.with("festival", &[("name", festival.id().into())]);
            let variables = [("day", solar), ("name", (&name).into())];
            days.push((words.with("calendar-festival", &variables), true));
        } else if let Some(lunar) = lunar::of(day).filter(|lunar| [1, 15].contains(&lunar.day)) {
            let lunar = lunar_text(words, lunar);
            let variables = [("day", solar), ("date", (&lunar).into())];
            days.push((words.with("calendar-lunar-day", &variables), false));
        }
        match day.tomorrow() {
            Ok(next) => day = next,
            Err(_) => break,
        }
    }
    days
}

fn lunar_text(words: &Words, lunar: lunar::LunarDate) -> String {
    let variables = [
        ("month", number(lunar.month)),
        ("day", number(lunar.day)),
        ("leap", if lunar.leap { "yes" } else { "no" }.into()),
    ];
    words.with("lunar-date", &variables)
}

/// What stands in a month's row, without its lines.
fn month(press: &mut Press, words: &Words, job: &Calendar<'_>, month: i8, width: f32) -> Piece {
    let mut pen = Pen::new(press);
    let pad = mm(1.0);
    let name = words.with("calendar-month", &[("month", number(month))]);
    let style = Style::bold(24.0);
    pen.text(0.0, pad, MONTH - mm(1.0), &name, style);
    let mut y = pad + mm(1.0);
    for (text, bold) in lunar_days(words, job.year, month) {
        let style = Style {
            bold,
            ..Style::plain(BODY)
        };
        // Short lines, closer than running text.
        y += pen.text(MONTH, y, LUNAR - mm(2.0), &text, style) * 0.92;
    }
    let left = y + pad;
    let x = MONTH + LUNAR;
    let mut due: Vec<&DueDay> = job
        .due
        .iter()
        .filter(|due| due.date.year() == job.year && due.date.month() == month)
        .collect();
    due.sort_by_key(|due| due.date);
    let side = mm(14.0);
    let mut y = pad;
    for due in due {
        let variables = [
            ("month", number(due.date.month())),
            ("day", number(due.date.day())),
        ];
        let mut when = words.with("calendar-day", &variables);
        let weekday = number(due.date.weekday().to_monday_one_offset());
        when = format!("{when} {}", words.with("weekday", &[("day", weekday)]));
        if let Some(lunar) = lunar::of(due.date) {
            let text = lunar_text(words, lunar);
            let text = words.with("calendar-lunar", &[("date", (&text).into())]);
            when = format!("{when} {text}");
        }
        pen.picture(&due.picture, Rect::new(x, y, side, side));
        let at = x + side + mm(3.0);
        let mut below = y + pen.text(at, y, width - at, &when, Style::bold(BODY));
        below += pen.text(at, below, width - at, &due.sentence, Style::plain(BODY));
        y = below.max(y + side) + mm(1.5);
    }
    pen.piece(left.max(y + pad).max(style.line() + 2.0 * pad))
}

/// A row with its line above.
fn row(press: &mut Press, month: Piece, width: f32, spare: f32, at: usize) -> Piece {
    let height = month.height + spare;
    let mut pen = Pen::new(press);
    // The first of each quarter has a darker line.
    let stroke = if at.is_multiple_of(3) {
        Stroke::of(1.6, Grey::BLACK)
    } else {
        Stroke::of(0.7, Grey::LINE)
    };
    pen.rule((0.0, 0.0), (width, 0.0), stroke);
    let mut piece = pen.piece(height);
    for mut item in month.items {
        item.shift(0.0, spare / 2.0);
        piece.items.push(item);
    }
    piece
}
