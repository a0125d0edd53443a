//! Lengths and places on paper. All in PostScript points (1/72 inch) from the top left; millimetres only where people
//! measure.

/// Points in a millimetre.
const POINTS: f32 = 72.0 / 25.4;

/// Millimetres as points.
pub const fn mm(millimetres: f32) -> f32 {
    millimetres * POINTS
}

/// A rectangle: left and top corner, width and height, in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f32,
    /// Upper edge.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
}

impl Rect {
    /// A rectangle.
    pub const fn new(x: f32, y: f32, w: f32, h: f32) -> Self {
        Self { x, y, w, h }
    }

    /// Its right edge.
    pub fn right(self) -> f32 {
        self.x + self.w
    }

    /// Its lower edge.
    pub fn bottom(self) -> f32 {
        self.y + self.h
    }

    /// The same, smaller by `by` at every side.
    pub fn inset(self, by: f32) -> Self {
        Self::new(
            self.x + by,
            self.y + by,
            self.w - 2.0 * by,
            self.h - 2.0 * by,
        )
    }

    /// The same, elsewhere.
    pub fn moved(self, dx: f32, dy: f32) -> Self {
        Self::new(self.x + dx, self.y + dy, self.w, self.h)
    }

    /// Whether `other` lies in it; half a point is forgiven, which nobody sees.
    pub fn holds(self, other: Rect) -> bool {
        const SLACK: f32 = 0.5;
        other.x >= self.x - SLACK
            && other.y >= self.y - SLACK
            && other.right() <= self.right() + SLACK
            && other.bottom() <= self.bottom() + SLACK
    }

    /// Whether the two share more than a hair's breadth.
    pub fn overlaps(self, other: Rect) -> bool {
        const SLACK: f32 = 0.5;
        self.x + SLACK < other.right()
            && other.x + SLACK < self.right()
            && self.y + SLACK < other.bottom()
            && other.y + SLACK < self.bottom()
    }
}

/// Size of a sheet, in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
}

impl Size {
    /// ISO 216 A4, upright.
    pub const A4: Size = Size::of(210.0, 297.0);
    /// ISO 216 A5, upright.
    pub const A5: Size = Size::of(148.0, 210.0);
    /// ISO 216 A6, upright.
    pub const A6: Size = Size::of(105.0, 148.0);
    /// ISO/IEC 7810 ID-1, a bank card's size.
    pub const CARD: Size = Size::of(85.6, 54.0);

    /// A size in millimetres.
    pub const fn of(w: f32, h: f32) -> Self {
        Self { w: mm(w), h: mm(h) }
    }

    /// The whole sheet.
    pub fn rect(self) -> Rect {
        Rect::new(0.0, 0.0, self.w, self.h)
    }
}
