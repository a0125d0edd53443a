//! Pictures: the SVG drawings of the kiosk, kept as drawings; photographs and what else a PDF path cannot say, as pixels.

use resvg::{tiny_skia, usvg};

/// Side of a picture that is kept as pixels: 30 mm at 600 dpi.
const PIXELS: u32 = 700;

/// A picture.
#[derive(Debug)]
pub enum Picture {
    /// Paths only.
    Drawing(Box<usvg::Tree>),
    /// Pixels: red, green, blue, alpha.
    Photo {
        /// Width in pixels.
        w: u32,
        /// Height in pixels.
        h: u32,
        /// The pixels, not premultiplied.
        rgba: Vec<u8>,
    },
}

impl Picture {
    /// Reads a picture: SVG, PNG or JPEG. `None` where it is none of them.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(b"\x89PNG") || bytes.starts_with(&[0xFF, 0xD8]) {
            let photo = image::load_from_memory(bytes).ok()?;
            let photo = photo.thumbnail(PIXELS, PIXELS).into_rgba8();
            return Some(Picture::Photo {
                w: photo.width(),
                h: photo.height(),
                rgba: photo.into_raw(),
            });
        }
        let tree = usvg::Tree::from_data(bytes, &usvg::Options::default()).ok()?;
        if only_paths(tree.root()) {
            return Some(Picture::Drawing(Box::new(tree)));
        }
        let size = tree.size();
        let scale = PIXELS as f32 / size.width().max(size.height());
        let (w, h) = (
            (size.width() * scale).ceil() as u32,
            (size.height() * scale).ceil() as u32,
        );
        let mut pixmap = tiny_skia::Pixmap::new(w, h)?;
        let transform = tiny_skia::Transform::from_scale(scale, scale);
        resvg::render(&tree, transform, &mut pixmap.as_mut());
        let rgba = pixmap
            .pixels()
            .iter()
            .flat_map(|p| {
                let c = p.demultiply();
                [c.red(), c.green(), c.blue(), c.alpha()]
            })
            .collect();
        Some(Picture::Photo { w, h, rgba })
    }

    /// Width and height, in its own units.
    pub fn size(&self) -> (f32, f32) {
        match self {
            Picture::Drawing(tree) => (tree.size().width(), tree.size().height()),
            Picture::Photo { w, h, .. } => (*w as f32, *h as f32),
        }
    }
}

/// Whether a group holds nothing but paths in plain colours.
fn only_paths(group: &usvg::Group) -> bool {
    let plain = |paint: &usvg::Paint| matches!(paint, usvg::Paint::Color(_));
    group.clip_path().is_none()
        && group.mask().is_none()
        && group.filters().is_empty()
        && group.blend_mode() == usvg::BlendMode::Normal
        && group.children().iter().all(|node| match node {
            usvg::Node::Group(inner) => only_paths(inner),
            usvg::Node::Path(path) => {
                path.fill().is_none_or(|fill| plain(fill.paint()))
                    && path.stroke().is_none_or(|stroke| plain(stroke.paint()))
            }
            usvg::Node::Image(_) | usvg::Node::Text(_) => false,
        })
}
