//! The few widgets that the pages are made of.

pub mod words;
pub mod tap;
pub mod part;

pub use part::{picture, space};
pub use tap::{Tapped, TapKind, tap};
pub use words::{Words, words};
