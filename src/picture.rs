//! Pictures: SVG drawings, made into pixels once a size and kept, since a partial redraw would make them anew.

use iced::widget::image::Handle;
use resvg::{tiny_skia, usvg};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Where a picture's bytes come from, by its plain name ("hospital", "inpatient.svg").
type Source = dyn Fn(&str) -> Option<Vec<u8>> + Send + Sync;

/// The pictures of the pages and of the services.
#[derive(Clone)]
pub struct Pictures {
    source: Arc<Source>,
    made: Arc<Mutex<HashMap<(String, u32), Handle>>>,
}

impl std::fmt::Debug for Pictures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pictures")
    }
}

impl Pictures {
    /// Pictures from a service's own media first (`media`), then from the folder `assets/pictures`.
    pub fn new(
        folder: PathBuf,
        media: impl Fn(&str) -> Option<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            source: Arc::new(move |name| {
                media(name).or_else(|| {
                    // A name is a plain file name; a path in it would leave the folder.
                    if name.contains(['/', '\\']) || name.starts_with('.') {
                        return None;
                    }
                    let stem = name.strip_suffix(".svg").unwrap_or(name);
                    std::fs::read(folder.join(format!("{stem}.svg"))).ok()
                })
            }),
            made: Arc::default(),
        }
    }

    /// Pictures that came later; those that are there already keep their names.
    pub fn add(&mut self, more: BTreeMap<String, Arc<[u8]>>) {
        let before = self.source.clone();
        self.source = Arc::new(move |name| {
            before(name).or_else(|| more.get(name).map(|bytes| bytes.to_vec()))
        });
        // What could not be drawn before may be there now.
        self.made
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// The picture `name`, `side` real pixels wide and high; an empty one where there is none.
    pub fn get(&self, name: &str, side: u32) -> Handle {
        let key = (name.to_owned(), side);
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = made.get(&key) {
            return handle.clone();
        }
        let handle = self.draw(name, side).unwrap_or_else(|| {
            tracing::warn!(event = "picture_missing", name);
            Handle::from_rgba(1, 1, vec![0, 0, 0, 0])
        });
        made.insert(key, handle.clone());
        handle
    }

    /// Whether there is such a picture and it can be drawn.
    pub fn has(&self, name: &str) -> bool {
        self.draw(name, 16).is_some()
    }

    fn draw(&self, name: &str, side: u32) -> Option<Handle> {
        let bytes = (self.source)(name)?;
        if bytes.starts_with(b"\x89PNG") || bytes.starts_with(&[0xFF, 0xD8]) {
            let picture = image::load_from_memory(&bytes).ok()?;
            let picture = picture
                .resize(side, side, image::imageops::FilterType::CatmullRom)
                .to_rgba8();
            return Some(Handle::from_rgba(
                picture.width(),
                picture.height(),
                picture.into_raw(),
            ));
        }
        let tree = usvg::Tree::from_data(&bytes, &usvg::Options::default()).ok()?;
        let mut pixmap = tiny_skia::Pixmap::new(side, side)?;
        let size = tree.size();
        let scale = side as f32 / size.width().max(size.height());
        let (dx, dy) = (
            (side as f32 - size.width() * scale) / 2.0,
            (side as f32 - size.height() * scale) / 2.0,
        );
        resvg::render(
            &tree,
            tiny_skia::Transform::from_scale(scale, scale).post_translate(dx, dy),
            &mut pixmap.as_mut(),
        );
        let mut rgba = Vec::with_capacity((side * side * 4) as usize);
        for pixel in pixmap.pixels() {
            let c = pixel.demultiply();
            rgba.extend_from_slice(&[c.red(), c.green(), c.blue(), c.alpha()]);
        }
        Some(Handle::from_rgba(side, side, rgba))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_made_once_a_size() {
        let svg = br##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path d="M0 0h32v32H0z"/></svg>"##;
        let pictures = Pictures::new(PathBuf::from("nowhere"), |n| {
            (n == "square").then(|| svg.to_vec())
        });
        assert_eq!(
            pictures.get("square", 40).id(),
            pictures.get("square", 40).id()
        );
        assert_ne!(
            pictures.get("square", 40).id(),
            pictures.get("square", 41).id()
        );
        assert!(pictures.has("square") && !pictures.has("circle"));
    }

    #[test]
    fn a_name_cannot_leave_the_folder() {
        let pictures = Pictures::new(PathBuf::from("/etc"), |_| None);
        assert!(!pictures.has("../etc/passwd") && !pictures.has("/etc/passwd"));
    }
}
