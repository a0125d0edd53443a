//! OneDoor's kiosk: what people see, hear and touch.
//!
//! [`kiosk::Kiosk`] is the program without a window: messages in, effects out, pages on demand. [`window`] puts it on a
//! screen; [`headless`] draws and touches it without one, for the tour, for `onedoor drive` and for tests.

pub mod bundle;
pub mod cli;
pub mod county;
pub mod dock;
pub mod drive;
pub mod effect;
pub mod frame;
pub mod headless;
pub mod keys;
pub mod kiosk;
pub mod language;
pub mod paper;
pub mod picture;
pub mod pinyin;
pub mod place;
pub mod prompts;
pub mod rehearsal;
pub mod screen;
pub mod slip;
pub mod station;
pub mod theme;
pub mod touch;
pub mod tour;
pub mod trace;
pub mod upkeep;
pub mod walk;
pub mod widget;
pub mod window;
pub mod world;
