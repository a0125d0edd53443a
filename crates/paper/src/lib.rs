//! Printable pages as PDF, black on white, for people who fill them in by hand or hang them on a wall:
//! [paper forms](PaperForm) of any service, [wall cards](WallCard), [resident cards](ResidentCards), a
//! [picture calendar](Calendar) with lunar dates.
//!
//! A page is laid out here as a list of what stands on it ([`Document`]) with text shaped by cosmic-text, and written by
//! krilla ([`Document::pdf`]): vectors, subset fonts, text that can be selected. What could go wrong on paper (clipped,
//! overlapping, no glyph) is found from the list ([`Document::flaws`]), without looking.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (config, form): (onedoor_forms::station::Station, onedoor_forms::Form) = todo!();
//! let mut press = onedoor_paper::Press::open("assets".as_ref(), |_media| None)?;
//! let pages = press.form(&onedoor_paper::PaperForm {
//!     station: &config,
//!     service: "cross-province-medical",
//!     form: Some(&form),
//!     version: "2026-11-22",
//!     language: "zh-CN",
//!     day: None,
//!     filled: &Default::default(),
//! })?;
//! std::fs::write("form.pdf", pages.pdf()?)?;
//! # Ok(()) }
//! ```

mod calendar;
mod card;
mod code;
mod flow;
mod form;
mod geometry;
pub mod lunar;
mod pdf;
mod pen;
mod picture;
mod press;
mod resident;
mod sheet;
mod text;
mod words;

pub use calendar::{Calendar, DueDay};
pub use card::WallCard;
pub use code::form_code;
pub use form::PaperForm;
pub use geometry::{Rect, Size, mm};
pub use picture::Picture;
pub use press::Press;
pub use resident::ResidentCards;
pub use sheet::{Document, Flaw, Grey, Item, Page, Stroke};
pub use text::{Align, Line};
pub use words::Words;

use thiserror::Error;

/// Why nothing can be printed.
#[derive(Debug, Error)]
pub enum PaperError {
    /// No font.
    #[error("PAP-001: no font found in {0}")]
    NoFont(String),
    /// A language that has no words here.
    #[error("PAP-002: there are no words for the language {0}")]
    Language(String),
    /// A file of words that cannot be read.
    #[error("PAP-003: the words of {0} cannot be read: {1}")]
    Words(String, String),
    /// A service that the station does not have.
    #[error("PAP-004: the station has no service {0}")]
    Service(String),
    /// A text that no QR code holds.
    #[error("PAP-005: this does not fit into a QR code")]
    Code,
    /// The PDF cannot be written.
    #[error("PAP-006: the PDF cannot be written: {0}")]
    Pdf(String),
}
