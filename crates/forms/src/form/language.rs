//! Languages of a form and how the kiosk's language finds one.

use serde::{Deserialize, Serialize};

/// One language of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Language {
    /// As in the column headers: `English (en)`; `default` where no column names one.
    pub name: String,
    /// The BCP 47 tag in the parentheses (`en`, `zh-CN`), or the name itself where there is none.
    pub tag: String,
}

impl Language {
    /// A language from the part of a header after `::`.
    pub fn from_header(name: &str) -> Language {
        let tag = name
            .rsplit_once('(')
            .and_then(|(_, rest)| rest.strip_suffix(')'))
            .map(str::trim)
            .filter(|t| !t.is_empty())
            .unwrap_or(name);
        Language {
            name: name.to_string(),
            tag: tag.to_string(),
        }
    }
}

/// Index of the tag that fits best: equal, then equal without case, then the same primary language.
pub fn match_language(tags: &[String], wanted: &str) -> Option<usize> {
    let primary = |t: &str| t.split(['-', '_']).next().unwrap_or(t).to_ascii_lowercase();
    let same = |a: &str, b: &str| {
        a.eq_ignore_ascii_case(b)
            || a.replace('_', "-")
                .eq_ignore_ascii_case(&b.replace('_', "-"))
    };
    tags.iter()
        .position(|t| t == wanted)
        .or_else(|| tags.iter().position(|t| same(t, wanted)))
        .or_else(|| tags.iter().position(|t| primary(t) == primary(wanted)))
}

/// Index of the language that a BCP 47 tag or a form's own name means; the default language where there is none.
pub fn find_language(languages: &[Language], wanted: &str) -> usize {
    let tags: Vec<String> = languages
        .iter()
        .flat_map(|l| [l.name.clone(), l.tag.clone()])
        .collect();
    match_language(&tags, wanted).map_or(0, |index| index / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_is_what_stands_in_parentheses() {
        assert_eq!(Language::from_header("中文 (zh-CN)").tag, "zh-CN");
        assert_eq!(Language::from_header("english").tag, "english");
        assert_eq!(Language::from_header("odd ()").tag, "odd ()");
    }

    #[test]
    fn a_region_falls_back_to_its_language() {
        let tags: Vec<String> = ["中文 (zh)", "zh", "English (en)", "en"]
            .map(String::from)
            .to_vec();
        assert_eq!(match_language(&tags, "zh-CN"), Some(1));
        assert_eq!(match_language(&tags, "en_GB"), Some(3));
        assert_eq!(match_language(&tags, "sw"), None);
    }
}
