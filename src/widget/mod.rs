//! The few widgets that the pages are made of.

pub mod part;
pub mod tap;
pub mod words;

pub use part::{Draw, Tile, control, panel, picture, space, tiles};
pub use tap::{Tap, TapKind, Tapped, tap};
pub use words::{Words, words};
