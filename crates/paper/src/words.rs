//! What printed pages say, by language: the kiosk's own sentences and those of paper, as Fluent files.

use crate::PaperError;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

/// The languages that are shipped complete: tag, the kiosk's sentences, those of paper. The kiosk's are used as they are, so
/// that paper and screen say the same.
const SHIPPED: [(&str, &str, &str); 2] = [
    (
        "zh-CN",
        include_str!("../../../assets/translations/zh-CN/kiosk.ftl"),
        include_str!("../translations/zh-CN.ftl"),
    ),
    (
        "en",
        include_str!("../../../assets/translations/en/kiosk.ftl"),
        include_str!("../translations/en.ftl"),
    ),
];

/// One language's words.
pub struct Words {
    tag: String,
    bundle: FluentBundle<FluentResource>,
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Words({})", self.tag)
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

impl<N: Into<i64>> From<Number<N>> for Word<'_> {
    fn from(number: Number<N>) -> Self {
        Self::Number(number.0.into())
    }
}

/// A number of any width, as a variable's value.
#[derive(Debug, Clone, Copy)]
pub struct Number<N>(pub N);

impl Words {
    /// A language that is shipped; where the tag is another region of one, that one.
    ///
    /// # Errors
    /// [`PaperError::Language`] where it is not shipped.
    pub fn shipped(tag: &str) -> Result<Self, PaperError> {
        let primary = |tag: &str| {
            tag.split(['-', '_'])
                .next()
                .unwrap_or(tag)
                .to_ascii_lowercase()
        };
        let (_, kiosk, paper) = SHIPPED
            .iter()
            .find(|s| s.0.eq_ignore_ascii_case(tag))
            .or_else(|| SHIPPED.iter().find(|s| primary(s.0) == primary(tag)))
            .ok_or_else(|| PaperError::Language(tag.to_owned()))?;
        Self::read(tag, &[kiosk, paper])
    }

    /// A language from the texts of its files; later ones add to earlier ones.
    ///
    /// # Errors
    /// [`PaperError::Language`] for a bad tag, [`PaperError::Words`] for what is not Fluent.
    pub fn read(tag: &str, sources: &[&str]) -> Result<Self, PaperError> {
        let id: LanguageIdentifier = tag
            .parse()
            .map_err(|_| PaperError::Language(tag.to_owned()))?;
        let mut bundle = FluentBundle::new_concurrent(vec![id]);
        // The marks around a variable are invisible characters that would stand in the PDF's text.
        bundle.set_use_isolating(false);
        for source in sources {
            let resource = FluentResource::try_new((*source).to_owned())
                .map_err(|(_, errors)| PaperError::Words(tag.to_owned(), format!("{errors:?}")))?;
            bundle.add_resource_overriding(resource);
        }
        Ok(Self {
            tag: tag.to_owned(),
            bundle,
        })
    }

    /// Its BCP 47 tag.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// A text without variables; its own name where there is none, which the tests forbid.
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

    /// Whether there is such a text.
    pub fn has(&self, id: &str) -> bool {
        self.bundle.has_message(id)
    }
}
