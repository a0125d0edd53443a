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
    /// A long list.
    pub const MANY: Grid = Grid {
        picture: mm(8.5),
        columns: 4,
        lines: 1,
        framed: false,
    };
}

const TICK: f32 = mm(7.0);
const INSIDE: f32 = mm(2.0);
const GAP: f32 = mm(2.5);

/// Rows of choices, in a width.
pub(super) fn tiles(press: &mut Press, tiles: &[Tile], width: f32, grid: Grid) -> Vec<Piece> {
    let style = Style::plain(look::BODY);
    let pictured = tiles.iter().any(|tile| tile.picture.is_some());
    let before = INSIDE
        + TICK
        + mm(1.8)
        + if pictured {
            grid.picture + mm(1.8)
        } else {
            0.0
        };
    let mut columns = grid.columns.max(1);
    let label_width = |columns: usize| {
        let column = (width - GAP * (columns - 1) as f32) / columns as f32;
        column - before - if grid.framed { INSIDE } else { 0.0 }
    };
    let mut pen = Pen::new(press);
    while columns > 1 {
        let room = label_width(columns);
        let fits = tiles.iter().all(|tile| {
            let text = numbered(tile);
            // A word that is broken in the middle is hard to read; Chinese breaks anywhere.
            let longest = text
                .split_whitespace()
                .filter(|word| word.is_ascii())
                .map(|word| pen.width(word, style))
                .fold(0.0, f32::max);
            longest <= room
                && pen.height(&text, style, room) <= style.line() * grid.lines as f32 + 0.1
        });
        if fits && room > mm(12.0) {
            break;
        }
        columns -= 1;
    }
    let room = label_width(columns);
    let column = (width - GAP * (columns - 1) as f32) / columns as f32;
    drop(pen);
    let mut rows = Vec::new();
    for row in tiles.chunks(columns) {
        let mut pen = Pen::new(press);
        let tallest = row
            .iter()
            .map(|tile| pen.height(&numbered(tile), style, room))
            .fold(0.0, f32::max);
        let inside = tallest
            .max(TICK)
            .max(if pictured { grid.picture } else { 0.0 });
        let height = inside + if grid.framed { 2.0 * mm(1.6) } else { mm(1.4) };
        for (at, tile) in row.iter().enumerate() {
            let x = (column + GAP) * at as f32;
            if grid.framed {
                pen.frame(Rect::new(x, 0.0, column, height), mm(1.8), Some(THIN), None);
            }
            let mut left = x + INSIDE;
            pen.tick_box(left, (height - TICK) / 2.0, TICK, tile.ticked);
            left += TICK + mm(1.8);
            if pictured {
                let rect = Rect::new(
                    left,
                    (height - grid.picture) / 2.0,
                    grid.picture,
                    grid.picture,
                );
                if let Some(picture) = &tile.picture {
                    pen.picture(picture, rect);
                }
                left += grid.picture + mm(1.8);
            }
            pen.text_in(Rect::new(left, 0.0, room, height), &numbered(tile), style);
        }
        rows.push(pen.piece(height));
        rows.push(Piece::gap(if grid.framed { mm(2.0) } else { mm(0.4) }));
    }
    rows.pop();
    rows
}

fn numbered(tile: &Tile) -> String {
    format!("{} {}", tile.number, tile.label)
}

/// Choices inside choices: the outer one at the left, the inner ones beside it.
pub(super) fn nested(press: &mut Press, groups: &[(Tile, Vec<Tile>)], width: f32) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let outer_width = (width * 0.3).min(mm(52.0));
    let outer_grid = Grid {
        columns: 1,
        framed: false,
        picture: mm(10.0),
        lines: 3,
    };
    let inner_grid = Grid {
        columns: 3,
        ..Grid::MANY
    };
    for (outer, inner) in groups {
        let left = tiles(press, std::slice::from_ref(outer), outer_width, outer_grid);
        let right = tiles(press, inner, width - outer_width - mm(6.0), inner_grid);
        let height = |pieces: &[Piece]| pieces.iter().map(|p| p.height).sum::<f32>();
        let tallest = height(&left).max(height(&right)) + 2.0 * mm(1.2);
        let mut pen = Pen::new(press);
        pen.frame(
            Rect::new(0.0, 0.0, width, tallest),
            mm(1.8),
            Some(THIN),
            None,
        );
        let edge = outer_width + mm(2.0);
        pen.rule((edge, mm(1.5)), (edge, tallest - mm(1.5)), THIN);
        let mut piece = pen.piece(tallest);
        for (column, x) in [(left, 0.0), (right, outer_width + mm(2.5))] {
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
