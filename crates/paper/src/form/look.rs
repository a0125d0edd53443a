//! Sizes that all parts of a paper form share, in points.

use crate::geometry::mm;

/// Everything that is read.
pub(super) const BODY: f32 = 14.0;
/// Questions.
pub(super) const QUESTION: f32 = 18.0;
/// Titles of sections.
pub(super) const SECTION: f32 = 20.0;
/// The name of the service.
pub(super) const TITLE: f32 = 32.0;
/// Sources and the foot: for officials, not needed to fill the form in.
pub(super) const SMALL: f32 = 10.0;
/// From the number of a question to its words.
pub(super) const INDENT: f32 = mm(13.0);
/// White at the sides: room for a hole punch at the left.
pub(super) const SIDE: f32 = mm(16.0);
/// White at the top.
pub(super) const TOP: f32 = mm(13.0);
/// Height of the foot with the white below it.
pub(super) const FOOT: f32 = mm(30.0);
/// What no ink may enter: what printers cannot reach.
pub(super) const MARGIN: f32 = mm(8.0);
/// Height of what is printed in it, with the white above.
pub(super) const FOOT_INK: f32 = mm(21.2);
