//! A document as PDF, by krilla: fonts cut down to what is used, text that can be selected, searched and read aloud.

use crate::PaperError;
use crate::geometry::Rect;
use crate::picture::Picture;
use crate::sheet::{Document, Grey, Item, Stroke};
use crate::text::Line;
use cosmic_text::fontdb;
use krilla::color::{luma, rgb};
use krilla::geom::{Path, PathBuilder, Point, Size, Transform};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{self, Fill, FillRule, LineCap, LineJoin, StrokeDash};
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use qrcodegen::{QrCode, QrCodeEcc};
use resvg::{tiny_skia, usvg};
use std::collections::BTreeMap;

/// A quarter of a circle as one cubic: distance of the handles over the radius.
const KAPPA: f32 = 0.552_284_8;

impl Document {
    /// The document as PDF. The same document gives the same bytes.
    ///
    /// # Errors
    /// [`PaperError::Pdf`] where a font or the file cannot be written.
    pub fn pdf(&self) -> Result<Vec<u8>, PaperError> {
        let mut fonts = BTreeMap::new();
        for (id, face) in &self.faces {
            let font = Font::new(face.data.clone().into(), face.index)
                .ok_or_else(|| PaperError::Pdf("a font cannot be read".into()))?;
            fonts.insert(*id, font);
        }
        let mut document = krilla::Document::new();
        for page in &self.pages {
            let settings = PageSettings::from_wh(page.size.w, page.size.h)
                .ok_or_else(|| PaperError::Pdf("a page has no size".into()))?;
            let mut sheet = document.start_page_with(settings);
            let mut surface = sheet.surface();
            for item in &page.items {
                draw(&mut surface, item, &fonts)?;
            }
            surface.finish();
            sheet.finish();
        }
        document.set_metadata(
            krilla::metadata::Metadata::new()
                .title(self.title.clone())
                .language(self.language.clone())
                .creator("OneDoor".into()),
        );
        document
            .finish()
            .map_err(|error| PaperError::Pdf(format!("{error:?}")))
    }
}

fn draw(
    surface: &mut Surface<'_>,
    item: &Item,
    fonts: &BTreeMap<fontdb::ID, Font>,
) -> Result<(), PaperError> {
    match item {
        Item::Text { lines, grey, .. } => {
            surface.set_stroke(None);
            surface.set_fill(Some(filled(*grey)));
            for line in lines {
                text(surface, line, fonts)?;
            }
        }
        Item::Frame {
            rect,
            radius,
            stroke,
            fill,
        } => {
            surface.set_fill(fill.map(filled));
            surface.set_stroke(stroke.map(drawn));
            if let Some(path) = rounded(*rect, *radius)
                && (fill.is_some() || stroke.is_some())
            {
                surface.draw_path(&path);
            }
        }
        Item::Rule { from, to, stroke } => {
            surface.set_fill(None);
            surface.set_stroke(Some(drawn(*stroke)));
            let mut path = PathBuilder::new();
            path.move_to(from.0, from.1);
            path.line_to(to.0, to.1);
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
        Item::Picture { rect, picture } => self::picture(surface, *rect, picture),
        Item::Code { rect, text } => code(surface, *rect, text)?,
    }
    Ok(())
}

fn text(
    surface: &mut Surface<'_>,
    line: &Line,
    fonts: &BTreeMap<fontdb::ID, Font>,
) -> Result<(), PaperError> {
    for run in &line.runs {
        let font = fonts
            .get(&run.face)
            .ok_or_else(|| PaperError::Pdf("a font was not kept".into()))?;
        let glyphs: Vec<KrillaGlyph> = run
            .glyphs
            .iter()
            .map(|glyph| KrillaGlyph {
                glyph_id: GlyphId::new(u32::from(glyph.id)),
                text_range: glyph.range.clone(),
                x_advance: glyph.advance,
                x_offset: glyph.dx,
                y_offset: glyph.dy,
                y_advance: 0.0,
                location: None,
            })
            .collect();
        surface.draw_glyphs(
            Point::from_xy(line.x + run.x, line.baseline),
            &glyphs,
            font.clone(),
            &run.text,
            line.size,
            false,
        );
    }
    Ok(())
}

fn filled(grey: Grey) -> Fill {
    Fill {
        paint: luma::Color::new(grey.0).into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::NonZero,
    }
}

fn drawn(stroke: Stroke) -> paint::Stroke {
    paint::Stroke {
        paint: luma::Color::new(stroke.grey.0).into(),
        width: stroke.width,
        dash: stroke.dash.map(|length| StrokeDash {
            array: vec![length, length],
            offset: 0.0,
        }),
        ..paint::Stroke::default()
    }
}

fn rounded(rect: Rect, radius: f32) -> Option<Path> {
    let mut path = PathBuilder::new();
    let r = radius.min(rect.w / 2.0).min(rect.h / 2.0);
    if r <= 0.0 {
        path.push_rect(krilla::geom::Rect::from_xywh(
            rect.x, rect.y, rect.w, rect.h,
        )?);
        return path.finish();
    }
    let (left, top, right, bottom) = (rect.x, rect.y, rect.right(), rect.bottom());
    let k = r * (1.0 - KAPPA);
    path.move_to(left + r, top);
    path.line_to(right - r, top);
    path.cubic_to(right - k, top, right, top + k, right, top + r);
    path.line_to(right, bottom - r);
    path.cubic_to(right, bottom - k, right - k, bottom, right - r, bottom);
    path.line_to(left + r, bottom);
    path.cubic_to(left + k, bottom, left, bottom - k, left, bottom - r);
    path.line_to(left, top + r);
    path.cubic_to(left, top + k, left + k, top, left + r, top);
    path.close();
    path.finish()
}

/// A QR code of level M, each row's neighbours as one rectangle, so that no viewer shows seams between modules.
fn code(surface: &mut Surface<'_>, rect: Rect, text: &str) -> Result<(), PaperError> {
    let qr = encode(text)?;
    let module = rect.w / qr.size() as f32;
    let mut path = PathBuilder::new();
    for y in 0..qr.size() {
        let mut x = 0;
        while x < qr.size() {
            let start = x;
            while x < qr.size() && qr.get_module(x, y) {
                x += 1;
            }
            if x > start {
                let (left, top) = (rect.x + start as f32 * module, rect.y + y as f32 * module);
                // A hair lower than it is, so that rows meet whatever the rounding.
                let row = krilla::geom::Rect::from_xywh(
                    left,
                    top,
                    (x - start) as f32 * module,
                    module * 1.02,
                );
                if let Some(row) = row {
                    path.push_rect(row);
                }
            }
            x += 1;
        }
    }
    surface.set_stroke(None);
    surface.set_fill(Some(filled(Grey::BLACK)));
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
    Ok(())
}

/// A text as a QR code: level M, so that a crease or a stain does no harm.
pub(crate) fn encode(text: &str) -> Result<QrCode, PaperError> {
    QrCode::encode_text(text, QrCodeEcc::Medium).map_err(|_| PaperError::Code)
}

fn picture(surface: &mut Surface<'_>, rect: Rect, picture: &Picture) {
    let (w, h) = picture.size();
    let scale = (rect.w / w).min(rect.h / h);
    let (x, y) = (
        rect.x + (rect.w - w * scale) / 2.0,
        rect.y + (rect.h - h * scale) / 2.0,
    );
    surface.push_transform(&Transform::from_row(scale, 0.0, 0.0, scale, x, y));
    match picture {
        Picture::Drawing(tree) => group(surface, tree.root()),
        Picture::Photo { w, h, rgba } => {
            let image = krilla::image::Image::from_rgba8(rgba.clone(), *w, *h);
            if let Some(size) = Size::from_wh(*w as f32, *h as f32) {
                surface.draw_image(image, size);
            }
        }
    }
    surface.pop();
}

fn group(surface: &mut Surface<'_>, group_: &usvg::Group) {
    let faint = group_.opacity().get() < 1.0;
    if faint {
        surface.push_opacity(opacity(group_.opacity()));
    }
    for node in group_.children() {
        match node {
            usvg::Node::Group(inner) => group(surface, inner),
            usvg::Node::Path(path) if path.is_visible() => draw_path(surface, path),
            // A picture with images or text in it was made into pixels when it was read.
            usvg::Node::Path(_) | usvg::Node::Image(_) | usvg::Node::Text(_) => {}
        }
    }
    if faint {
        surface.pop();
    }
}

fn draw_path(surface: &mut Surface<'_>, path: &usvg::Path) {
    let mut builder = PathBuilder::new();
    for segment in path.data().segments() {
        use tiny_skia::PathSegment as S;
        match segment {
            S::MoveTo(p) => builder.move_to(p.x, p.y),
            S::LineTo(p) => builder.line_to(p.x, p.y),
            S::QuadTo(a, p) => builder.quad_to(a.x, a.y, p.x, p.y),
            S::CubicTo(a, b, p) => builder.cubic_to(a.x, a.y, b.x, b.y, p.x, p.y),
            S::Close => builder.close(),
        }
    }
    let Some(outline) = builder.finish() else {
        return;
    };
    surface.set_fill(path.fill().map(|fill| Fill {
        paint: colour(fill.paint()),
        opacity: opacity(fill.opacity()),
        rule: match fill.rule() {
            usvg::FillRule::NonZero => FillRule::NonZero,
            usvg::FillRule::EvenOdd => FillRule::EvenOdd,
        },
    }));
    surface.set_stroke(path.stroke().map(|stroke| paint::Stroke {
        paint: colour(stroke.paint()),
        width: stroke.width().get(),
        miter_limit: stroke.miterlimit().get(),
        line_cap: match stroke.linecap() {
            usvg::LineCap::Butt => LineCap::Butt,
            usvg::LineCap::Round => LineCap::Round,
            usvg::LineCap::Square => LineCap::Square,
        },
        line_join: match stroke.linejoin() {
            usvg::LineJoin::Miter | usvg::LineJoin::MiterClip => LineJoin::Miter,
            usvg::LineJoin::Round => LineJoin::Round,
            usvg::LineJoin::Bevel => LineJoin::Bevel,
        },
        opacity: opacity(stroke.opacity()),
        dash: stroke.dasharray().map(|array| StrokeDash {
            array: array.to_vec(),
            offset: stroke.dashoffset(),
        }),
    }));
    if path.fill().is_none() && path.stroke().is_none() {
        return;
    }
    let t = path.abs_transform();
    surface.push_transform(&Transform::from_row(t.sx, t.ky, t.kx, t.sy, t.tx, t.ty));
    surface.draw_path(&outline);
    surface.pop();
}

fn colour(paint: &usvg::Paint) -> paint::Paint {
    match paint {
        usvg::Paint::Color(c) => rgb::Color::new(c.red, c.green, c.blue).into(),
        // Pictures with gradients or patterns were made into pixels when they were read.
        _ => luma::Color::new(0).into(),
    }
}

fn opacity(opacity: usvg::Opacity) -> NormalizedF32 {
    NormalizedF32::new(opacity.get()).unwrap_or(NormalizedF32::ONE)
}
