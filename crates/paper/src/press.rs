//! What is needed to print: fonts, pictures, words; loaded once, used for every page.

use crate::PaperError;
use crate::geometry::{Rect, Size};
use crate::picture::Picture;
use crate::sheet::{Document, Item, Page};
use crate::text::Fonts;
use crate::words::Words;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The full CJK fonts of Debian's `fonts-noto-cjk`, for characters that the pages' own fonts lack.
const FULL_FONTS: [&str; 2] = [
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
];

/// Where a picture's bytes come from, by its plain name (`hospital`, `inpatient.svg`).
type Source = dyn Fn(&str) -> Option<Vec<u8>> + Send + Sync;

/// Prints pages.
pub struct Press {
    pub(crate) fonts: Fonts,
    source: Box<Source>,
    pictures: BTreeMap<String, Option<Arc<Picture>>>,
    assets: PathBuf,
}

impl std::fmt::Debug for Press {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Press({:?})", self.fonts)
    }
}

impl Press {
    /// Opens the folder of assets (its `fonts`, `pictures` and `translations`); `media` gives a service's own pictures by
    /// name and is asked first.
    ///
    /// # Errors
    /// [`PaperError::NoFont`].
    pub fn open(
        assets: &Path,
        media: impl Fn(&str) -> Option<Vec<u8>> + Send + Sync + 'static,
    ) -> Result<Self, PaperError> {
        let fonts = std::iter::once(assets.join("fonts")).chain(FULL_FONTS.map(PathBuf::from));
        let folder = assets.join("pictures");
        Ok(Self {
            fonts: Fonts::load(fonts)?,
            source: Box::new(move |name| {
                media(name).or_else(|| {
                    // A name is a plain file name; a path in it would leave the folder.
                    if name.contains(['/', '\\']) || name.starts_with('.') {
                        return None;
                    }
                    let stem = name.strip_suffix(".svg").unwrap_or(name);
                    std::fs::read(folder.join(format!("{stem}.svg"))).ok()
                })
            }),
            pictures: BTreeMap::new(),
            assets: assets.to_owned(),
        })
    }

    /// The picture of a name, read once.
    pub(crate) fn picture(&mut self, name: &str) -> Option<Arc<Picture>> {
        if let Some(known) = self.pictures.get(name) {
            return known.clone();
        }
        let read = (self.source)(name)
            .and_then(|bytes| Picture::read(&bytes))
            .map(Arc::new);
        self.pictures.insert(name.to_owned(), read.clone());
        read
    }

    /// A language's words: a shipped one, or `kiosk.ftl` and `paper.ftl` in its folder of `assets/translations`.
    pub(crate) fn words(&self, tag: &str) -> Result<Words, PaperError> {
        let folder = self.assets.join("translations").join(tag);
        match std::fs::read_to_string(folder.join("paper.ftl")) {
            Ok(paper) => {
                let kiosk = std::fs::read_to_string(folder.join("kiosk.ftl")).unwrap_or_default();
                Words::read(tag, &[&kiosk, &paper])
            }
            Err(_) => Words::shipped(tag),
        }
    }

    /// Finished pages.
    pub(crate) fn document(&self, title: String, words: &Words, pages: Vec<Page>) -> Document {
        let used: std::collections::BTreeSet<_> = pages
            .iter()
            .flat_map(|page| &page.items)
            .filter_map(|item| match item {
                Item::Text { lines, .. } => Some(lines),
                _ => None,
            })
            .flatten()
            .flat_map(|line| &line.runs)
            .map(|run| run.face)
            .collect();
        let mut faces = self.fonts.faces();
        faces.retain(|id, _| used.contains(id));
        Document {
            title,
            language: words.tag().to_owned(),
            pages,
            faces,
        }
    }
}

/// A page of a size whose margins are `margin` wide.
pub(crate) fn page(size: Size, margin: f32, items: Vec<Item>) -> Page {
    let Rect { x, y, w, h } = size.rect().inset(margin);
    Page {
        size,
        margins: Rect::new(x, y, w, h),
        items,
    }
}
