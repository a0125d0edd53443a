//! Choices with a box to tick, numbered as on screen.

use super::look;
use crate::geometry::{Rect, mm};
use crate::pen::{Pen, Piece, THIN};
use crate::press::Press;
use crate::text::Style;

/// One choice.
#[derive(Debug, Clone)]
pub(super) struct Tile {
    pub number: usize,
    pub label: String,
    pub picture: Option<String>,
    pub ticked: bool,
}

/// How choices are laid out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    /// Side of a picture in points.
    pub picture: f32,
    /// Most tiles beside each other.
    pub columns: usize,
    /// Most lines of a label, before there are fewer columns.
    pub lines: usize,
    /// Whether each has a frame.
    pub framed: bool,
}

impl Grid {
    /// Up to six choices, as on screen.
    pub const FEW: Grid = Grid {
        picture: mm(12.0),
        columns: 3,
        lines: 2,
        framed: true,
    };
    /// White inside a tile, beside what is in it.
    fn inside(self) -> f32 {
        if self.framed { mm(2.0) } else { mm(0.5) }
    }

    /// A long list.
    pub const MANY: Grid = Grid {
        picture: mm(8.5),
        columns: 4,
        lines: 1,
        framed: false,
    };
}

const TICK: f32 = mm(7.0);
const GAP: f32 = mm(2.5);
const BETWEEN: f32 = mm(1.8);

/// What of a tile stands before its label, and what is left for that.
fn label_room(grid: Grid, width: f32, columns: usize, pictured: bool) -> (f32, f32) {
    let column = (width - GAP * (columns - 1) as f32) / columns as f32;
    let mut before = grid.inside() + TICK + BETWEEN;
    if pictured {
        before += grid.picture + BETWEEN;
    }
    let after = grid.inside() / 2.0;
    (before, column - before - after)
}

/// Rows of choices, in a width. A framed tile has its number above its box; others have it before their words.
pub(super) fn tiles(press: &mut Press, tiles: &[Tile], width: f32, grid: Grid) -> Vec<Piece> {
    let style = Style::plain(look::BODY);
    let pictured = tiles.iter().any(|tile| tile.picture.is_some());
    let mut pen = Pen::new(press);
    let most = tiles.last().map_or(1, |tile| tile.number).to_string();
    let number = if grid.framed {
        0.0
    } else {
        pen.width(&most, Style::bold(look::BODY)) + mm(1.2)
    };
    let mut columns = grid.columns.max(1);
    while columns > 1 {
        let room = label_room(grid, width, columns, pictured).1 - number;
        // Two lines are better than one tile below the other.
        let lines = if columns > 2 {
            grid.lines
        } else {
            grid.lines.max(2)
        };
        let fits = tiles.iter().all(|tile| {
            // A word that is broken in the middle is hard to read; Chinese breaks anywhere.
            let longest = tile
                .label
                .split_whitespace()
                .filter(|word| word.is_ascii())
                .map(|word| pen.width(word, style))
                .fold(0.0, f32::max);
            longest <= room
                && pen.height(&tile.label, style, room) <= style.line() * lines as f32 + 0.1
        });
        if fits && room > mm(8.0) {
            break;
        }
        columns -= 1;
    }
    let (before, room) = label_room(grid, width, columns, pictured);
    let room = room - number;
    let column = (width - GAP * (columns - 1) as f32) / columns as f32;
    drop(pen);
    let mut rows = Vec::new();
    for row in tiles.chunks(columns) {
        let mut pen = Pen::new(press);
        let above = if grid.framed { style.line() } else { 0.0 };
        let tallest = row
            .iter()
            .map(|tile| pen.height(&tile.label, style, room))
            .fold(0.0, f32::max);
        let inside = tallest
            .max(TICK + above)
            .max(if pictured { grid.picture } else { 0.0 });
        let height = inside + if grid.framed { mm(2.4) } else { mm(1.4) };
        for (at, tile) in row.iter().enumerate() {
            let x = (column + GAP) * at as f32;
            let numeral = tile.number.to_string();
            let bold = Style::bold(look::BODY);
            if grid.framed {
                pen.frame(Rect::new(x, 0.0, column, height), mm(1.8), Some(THIN), None);
            }
            let top = (height - TICK - above) / 2.0;
            if grid.framed {
                let place = Rect::new(x + grid.inside(), top, TICK, above);
                pen.text_in(place, &numeral, bold.middle());
            }
            pen.tick_box(x + grid.inside(), top + above, TICK, tile.ticked);
            if let Some(picture) = &tile.picture {
                let left = x + grid.inside() + TICK + BETWEEN;
                let top = (height - grid.picture) / 2.0;
                pen.picture(picture, Rect::new(left, top, grid.picture, grid.picture));
            }
            let left = x + before;
            if !grid.framed {
                pen.text_in(Rect::new(left, 0.0, number, height), &numeral, bold);
            }
            pen.text_in(
                Rect::new(left + number, 0.0, room, height),
                &tile.label,
                style,
            );
        }
        rows.push(pen.piece(height));
        rows.push(Piece::gap(if grid.framed { mm(2.0) } else { mm(0.4) }));
    }
    rows.pop();
    rows
}

/// Choices inside choices: the outer one at the left, the inner ones beside it.
pub(super) fn nested(press: &mut Press, groups: &[(Tile, Vec<Tile>)], width: f32) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let outer_grid = Grid {
        columns: 1,
        framed: false,
        picture: mm(9.5),
        lines: 3,
    };
    // As wide as its longest word, at least three tenths.
    let mut pen = Pen::new(press);
    let longest = groups
        .iter()
        .flat_map(|(outer, _)| outer.label.split_whitespace())
        .filter(|word| word.is_ascii())
        .map(|word| pen.width(word, Style::plain(look::BODY)))
        .fold(0.0, f32::max);
    drop(pen);
    let (before, _) = label_room(outer_grid, width, 1, true);
    let outer_width = (before + mm(7.0) + longest).max(width * 0.3);
    let inner_grid = Grid {
        columns: 3,
        ..Grid::MANY
    };
    for (outer, inner) in groups {
        let left = tiles(
            press,
            std::slice::from_ref(outer),
            outer_width - mm(1.8),
            outer_grid,
        );
        let right = tiles(press, inner, width - outer_width - mm(5.0), inner_grid);
        let height = |pieces: &[Piece]| pieces.iter().map(|p| p.height).sum::<f32>();
        let tallest = height(&left).max(height(&right)) + 2.0 * mm(1.2);
        let mut pen = Pen::new(press);
        pen.frame(
            Rect::new(0.0, 0.0, width, tallest),
            mm(1.8),
            Some(THIN),
            None,
        );
        let edge = outer_width + mm(2.5);
        pen.rule((edge, mm(1.5)), (edge, tallest - mm(1.5)), THIN);
        let mut piece = pen.piece(tallest);
        for (column, x) in [(left, mm(1.8)), (right, outer_width + mm(4.0))] {
            let mut y = (tallest - height(&column)) / 2.0;
            for part in column {
                for mut item in part.items {
                    item.shift(x, y);
                    piece.items.push(item);
                }
                y += part.height;
            }
        }
        pieces.push(piece);
        pieces.push(Piece::gap(mm(1.8)));
    }
    pieces.pop();
    pieces
}
