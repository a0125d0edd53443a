//! Kiosks that are played: what they write, their record in memory, and the real engine over the real network. Tests use
//! one, `onedoor-hub load` many.

mod play;
mod record;
mod writer;

pub use play::{Load, Played, Progress, kiosk, play};
pub use record::{Memory, Shared};
pub use writer::{Dice, Visit, Writer};
