//! Texts: lists of them, and one in every language.

use toml::de::DeValue;

use super::Section;
use crate::station::Texts;
use crate::station::problem::code;

impl Section<'_, '_> {
    /// A list of texts; an empty list where it is left out.
    pub(in crate::station) fn texts_list(&mut self, key: &str, fix: &str) -> Vec<String> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(key, value.get_ref(), "a list of texts", fix);
            return Vec::new();
        };
        let mut texts: Vec<String> = Vec::new();
        for (i, item) in items.iter().enumerate() {
            let path = format!("{}.{i}", self.path_of(key));
            self.marks
                .0
                .insert((self.file.to_owned(), path.clone()), item.span());
            match item.get_ref() {
                DeValue::String(text) if texts.iter().any(|t| t == text.trim()) => {
                    self.problems.at(
                        code::DUPLICATE,
                        self.file,
                        item.span(),
                        format!("\"{}\" stands twice in the list", text.trim()),
                        "take one away",
                    );
                }
                DeValue::String(text) if !text.trim().is_empty() => {
                    texts.push(text.trim().to_owned());
                }
                other => {
                    self.problems.at(
                        code::WRONG_TYPE,
                        self.file,
                        item.span(),
                        format!("`{path}` is {}, not a text in quotes", other.type_str()),
                        fix,
                    );
                }
            }
        }
        texts
    }

    /// One text, or a list of texts, at least one of them.
    pub(in crate::station) fn one_or_more(&mut self, key: &str, fix: &str) -> Vec<String> {
        if !matches!(
            self.table.get(key).map(toml::Spanned::get_ref),
            Some(DeValue::Array(_))
        ) {
            return self.text(key, fix).into_iter().collect();
        }
        let before = self.problems.list().len();
        let texts = self.texts_list(key, fix);
        if texts.is_empty() && self.problems.list().len() == before {
            let path = self.path_of(key);
            self.fault(code::MISSING_KEY, key, format!("`{path}` names none"), fix);
        }
        texts
    }

    /// A text in every language of the station; `max` is the most characters that fit where it is shown, in Chinese
    /// characters (see [`too_long`]).
    pub(in crate::station) fn texts(
        &mut self,
        key: &str,
        languages: &[String],
        max: usize,
    ) -> Option<Texts> {
        if !self.has(key) {
            self.seen.insert(key.to_owned());
            self.missing(key, &languages_fix(key, languages));
            return None;
        }
        self.opt_texts(key, languages, max)
    }

    /// The same where it may be left out as a whole.
    pub(in crate::station) fn opt_texts(
        &mut self,
        key: &str,
        languages: &[String],
        max: usize,
    ) -> Option<Texts> {
        let value = self.value(key)?;
        let fix = languages_fix(key, languages);
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong(key, value.get_ref(), "a text for each language", &fix);
            return None;
        };
        let mut texts = Texts::default();
        for (language, text) in table {
            let path = format!("{}.{}", self.path_of(key), language.get_ref());
            if !languages.is_empty() && !languages.iter().any(|l| l == language.get_ref()) {
                self.problems.at(
                    code::UNKNOWN_KEY,
                    self.file,
                    language.span(),
                    format!("`{path}`: the station does not speak this language"),
                    format!(
                        "take it away, or add it to `languages` in station.toml ({})",
                        languages.join(", ")
                    ),
                );
                continue;
            }
            match text.get_ref() {
                DeValue::String(t) if !t.trim().is_empty() => {
                    if let Some(what) = too_long(t, max) {
                        self.problems.at(
                            code::TOO_LONG,
                            self.file,
                            text.span(),
                            format!("`{path}` {what}"),
                            "say it shorter",
                        );
                    }
                    texts
                        .0
                        .insert(language.get_ref().to_string(), t.trim().to_owned());
                }
                other => {
                    self.problems.at(
                        code::WRONG_TYPE,
                        self.file,
                        text.span(),
                        format!("`{path}` is {} or empty", other.type_str()),
                        "write a text in quotes",
                    );
                }
            }
        }
        for language in languages {
            if table.get(language.as_str()).is_none() {
                let path = self.path_of(key);
                self.fault(
                    code::MISSING_TEXT,
                    key,
                    format!("`{path}` says nothing in {language}"),
                    format!("add `{key}.{language} = \"...\"`"),
                );
            }
        }
        (!texts.0.is_empty()).then_some(texts)
    }
}

fn languages_fix(key: &str, languages: &[String]) -> String {
    let list = languages
        .iter()
        .map(|l| format!("`{key}.{l} = \"...\"`"))
        .collect::<Vec<_>>()
        .join(" and ");
    if list.is_empty() {
        format!("write `{key}.<language> = \"...\"`")
    } else {
        format!("write {list}")
    }
}

/// Says how a text is too long for a place where `max` Chinese characters fit. A text in Latin letters may have four
/// times as many: two fit in the width of one character, and it may take two lines.
pub(crate) fn too_long(text: &str, max: usize) -> Option<String> {
    let text = text.trim();
    if text.chars().any(|c| c >= '\u{2e80}') {
        let halves: usize = text
            .chars()
            .map(|c| if c < '\u{2e80}' { 1 } else { 2 })
            .sum();
        (halves > max * 2).then(|| {
            format!(
                "is as long as {} Chinese characters; {max} fit",
                halves.div_ceil(2)
            )
        })
    } else {
        let letters = text.chars().count();
        (letters > max * 4).then(|| format!("has {letters} letters; {} fit", max * 4))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_judged_by_what_fits_on_a_tile() {
        assert_eq!(too_long("去外地看病", 8), None);
        assert!(too_long("去外地看病去外地看病", 8).is_some());
        assert_eq!(too_long("Care in another province", 8), None);
        assert!(too_long("Care in another province of the country", 8).is_some());
    }
}
