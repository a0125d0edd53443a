//! The languages of the pages: one folder of Fluent files a language under `assets/translations`.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use unic_langid::LanguageIdentifier;

/// The languages that are shipped complete, in the order in which the language control offers them.
const SHIPPED: [(&str, &str); 2] = [
    (
        "zh-CN",
        include_str!("../assets/translations/zh-CN/kiosk.ftl"),
    ),
    ("en", include_str!("../assets/translations/en/kiosk.ftl")),
];

/// What can be wrong with a translation.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder's name is no language tag (BCP 47).
    #[error("{0}: not a language tag such as zh-CN or en")]
    Tag(String),
    /// The file is not Fluent.
    #[error("{file}: {why}")]
    Syntax {
        /// The file.
        file: String,
        /// What and where.
        why: String,
    },
    /// The file cannot be read.
    #[error("{0}: {1}")]
    Read(String, std::io::Error),
}

/// The language of which a tag names a dialect: `zh-CN` for `zh-CN-x-wanghe`, and itself where it names none.
pub fn base(tag: &str) -> &str {
    tag.split_once("-x-").map_or(tag, |(base, _)| base)
}

/// One language's words.
pub struct Language {
    /// Its tag (BCP 47), as in the folder's name.
    pub tag: String,
    bundle: FluentBundle<FluentResource>,
    source: String,
}

impl std::fmt::Debug for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Language({})", self.tag)
    }
}

impl Language {
    /// Reads a language from the text of its file.
    ///
    /// # Errors
    /// [`Error`] naming the file and the place.
    pub fn read(tag: &str, source: &str) -> Result<Self, Error> {
        // What follows `-x-` is a station's own (BCP 47, private use): for plurals and the like its language counts.
        let id: LanguageIdentifier = base(tag).parse().map_err(|_| Error::Tag(tag.to_owned()))?;
        let resource =
            FluentResource::try_new(source.to_owned()).map_err(|(_, errors)| Error::Syntax {
                file: format!("{tag}/kiosk.ftl"),
                why: errors
                    .iter()
                    .map(|e| {
                        let line = source[..e.pos.start.min(source.len())].lines().count();
                        format!("line {line}: {}", e.kind)
                    })
                    .collect::<Vec<_>>()
                    .join("; "),
            })?;
        let mut bundle = FluentBundle::new_concurrent(vec![id]);
        // The marks around a variable are invisible characters that a slip or a test would trip over.
        bundle.set_use_isolating(false);
        bundle.add_resource_overriding(resource);
        Ok(Self {
            tag: tag.to_owned(),
            bundle,
            source: source.to_owned(),
        })
    }

    /// A text without variables. A missing one shows its own name, which the completeness test forbids.
    pub fn text(&self, id: &str) -> String {
        self.with(id, &[])
    }

    /// A text with its variables.
    pub fn with(&self, id: &str, variables: &[(&str, Word<'_>)]) -> String {
        let Some(pattern) = self.bundle.get_message(id).and_then(|m| m.value()) else {
            return id.to_owned();
        };
        let mut args = FluentArgs::new();
        for (name, value) in variables {
            args.set(
                (*name).to_owned(),
                match value {
                    // Grouping (2,026) would be wrong for years and codes: numbers go in as they are.
                    Word::Number(n) => FluentValue::from(*n),
                    Word::Text(t) => FluentValue::from((*t).to_owned()),
                },
            );
        }
        let mut errors = Vec::new();
        self.bundle
            .format_pattern(pattern, Some(&args), &mut errors)
            .into_owned()
    }

    /// All message names, in the order of the file.
    pub fn ids(&self) -> Vec<String> {
        self.source
            .lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
            .filter_map(|line| line.split_once(" =").map(|(id, _)| id.to_owned()))
            .collect()
    }

    /// The messages that are spoken: prompt name and text. Beside those that begin with `say-` the labels that are said after
    /// the key of the number pad which does them.
    pub fn spoken(&self) -> Vec<(String, String)> {
        self.ids()
            .into_iter()
            .filter(|id| id.starts_with("say-") || crate::keys::LABELS.contains(&id.as_str()))
            .map(|id| {
                let text = self.text(&id);
                (id, text)
            })
            .collect()
    }
}

/// A variable's value.
#[derive(Debug, Clone, Copy)]
pub enum Word<'a> {
    /// A whole number.
    Number(i64),
    /// Words as they are.
    Text(&'a str),
}

impl<'a> From<&'a str> for Word<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Word<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

macro_rules! numbers {
    ($($t:ty),*) => {$(
        impl From<$t> for Word<'_> {
            fn from(n: $t) -> Self {
                Self::Number(n as i64)
            }
        }
    )*};
}
numbers!(i8, i16, i32, i64, u8, u16, u32, u64, usize);

/// All languages of this kiosk.
#[derive(Debug, Clone)]
pub struct Languages {
    all: Arc<Vec<Language>>,
}

impl Languages {
    /// The shipped ones, and every further folder under `folder` (adding a folder adds a language).
    ///
    /// # Errors
    /// [`Error`] for the first file that is wrong.
    pub fn load(folder: Option<&Path>) -> Result<Self, Error> {
        let mut all = Vec::new();
        for (tag, source) in SHIPPED {
            all.push(Language::read(tag, source)?);
        }
        let mut more = BTreeMap::new();
        if let Some(folder) = folder.filter(|f| f.is_dir()) {
            let read = |e| Error::Read(folder.display().to_string(), e);
            for entry in std::fs::read_dir(folder).map_err(read)? {
                let path = entry.map_err(read)?.path();
                let file = path.join("kiosk.ftl");
                let tag = path.file_name().map(|n| n.to_string_lossy().into_owned());
                if let Some(tag) = tag.filter(|t| !all.iter().any(|l| l.tag == *t))
                    && file.is_file()
                {
                    let source = std::fs::read_to_string(&file)
                        .map_err(|e| Error::Read(file.display().to_string(), e))?;
                    more.insert(tag, source);
                }
            }
        }
        for (tag, source) in more {
            all.push(Language::read(&tag, &source)?);
        }
        Ok(Self { all: Arc::new(all) })
    }

    /// What further languages lack beside the first one: `bo/kiosk.ftl: say-rest is missing`.
    pub fn gaps(&self) -> Vec<String> {
        let whole = self.all[0].ids();
        self.all[1..]
            .iter()
            .flat_map(|language| {
                let there = language.ids();
                let missing: Vec<&String> = whole.iter().filter(|id| !there.contains(id)).collect();
                missing
                    .into_iter()
                    .map(|id| {
                        format!(
                            "assets/translations/{}/kiosk.ftl: {id} is missing",
                            language.tag
                        )
                    })
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    /// The language with this tag; the first one where there is none.
    pub fn get(&self, tag: &str) -> &Language {
        self.all
            .iter()
            .find(|l| l.tag == tag)
            .unwrap_or(&self.all[0])
    }

    /// The one after this, in turn.
    pub fn after(&self, tag: &str) -> &Language {
        let at = self.all.iter().position(|l| l.tag == tag).unwrap_or(0);
        &self.all[(at + 1) % self.all.len()]
    }

    /// All tags.
    pub fn tags(&self) -> Vec<&str> {
        self.all.iter().map(|l| l.tag.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_every_message() {
        let languages = Languages::load(None).unwrap();
        let first = languages.get("zh-CN").ids();
        assert!(first.len() > 100);
        for tag in languages.tags() {
            assert_eq!(languages.get(tag).ids(), first, "{tag}");
        }
    }

    #[test]
    fn a_spoken_message_takes_no_variable() {
        let languages = Languages::load(None).unwrap();
        for tag in languages.tags() {
            for (id, text) in languages.get(tag).spoken() {
                assert!(
                    !text.contains('{') && !text.is_empty(),
                    "{tag} {id}: {text}"
                );
            }
        }
    }

    #[test]
    fn a_year_is_not_grouped() {
        let languages = Languages::load(None).unwrap();
        assert_eq!(
            languages.get("zh-CN").with(
                "date-words",
                &[
                    ("year", 2026.into()),
                    ("month", 12.into()),
                    ("day", 3.into())
                ]
            ),
            "2026 年 12 月 3 日"
        );
    }

    #[test]
    fn a_broken_file_names_its_line() {
        let error = Language::read("xx", "a = 1\n= 2\n").unwrap_err();
        assert!(error.to_string().contains("line"), "{error}");
    }

    #[test]
    fn a_dialect_is_a_copy_with_a_name_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let dialect = folder.path().join("zh-CN-x-wanghe");
        std::fs::create_dir(&dialect).unwrap();
        let words = SHIPPED[0]
            .1
            .replace("language-name = 中文", "language-name = 望禾话");
        std::fs::write(dialect.join("kiosk.ftl"), &words).unwrap();
        let all = Languages::load(Some(folder.path())).unwrap();
        assert_eq!(all.get("zh-CN-x-wanghe").text("language-name"), "望禾话");
        assert_eq!(all.gaps(), Vec::<String>::new());

        let short: String = words
            .lines()
            .filter(|line| !line.starts_with("say-rest ="))
            .flat_map(|line| [line, "\n"])
            .collect();
        std::fs::write(dialect.join("kiosk.ftl"), short).unwrap();
        let gaps = Languages::load(Some(folder.path())).unwrap().gaps();
        assert_eq!(
            gaps,
            ["assets/translations/zh-CN-x-wanghe/kiosk.ftl: say-rest is missing"]
        );
    }
}
