//! The few widgets that the pages are made of.

pub mod part;
pub mod rows;
pub mod tap;
pub mod words;

pub use part::{
    Draw, Tile, badge, badge_width, control, numbered_control, panel, picture, reach_of, space,
    tiles,
};
pub use tap::{Tap, TapKind, Tapped, tap};
pub use words::{Words, words};
