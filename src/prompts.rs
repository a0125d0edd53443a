//! Every sentence that is spoken, for whoever records a voice: one JSON line a sentence and language.

use crate::bundle;
use crate::language::Languages;
use crate::place;
use onedoor_devices::sound::speak;
use onedoor_forms::bundle::{Bundle, KeyUse, Keypair, TrustedKeys};
use serde_json::json;
use std::path::Path;

/// One sentence to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// `kiosk` (shipped with the program) or `station` (in the station's own pack).
    pub pack: &'static str,
    /// BCP 47 tag.
    pub language: String,
    /// The clip's id.
    pub prompt: String,
    /// The words.
    pub text: String,
}

/// All sentences of the program and of a station.
///
/// # Errors
/// When a translation or the station is wrong.
pub fn sentences(station: &Path) -> anyhow::Result<Vec<Sentence>> {
    let languages = Languages::load(Some(&place::assets().join("translations")))?;
    let mut all = Vec::new();
    for tag in languages.tags() {
        let mut add = |prompt: String, text: String| {
            all.push(Sentence {
                pack: "kiosk",
                language: tag.to_owned(),
                prompt,
                text,
            });
        };
        for (prompt, text) in languages.get(tag).spoken() {
            add(prompt, text);
        }
        for clip in speak::clip_list(tag) {
            add(clip.prompt, clip.text);
        }
    }
    let key = Keypair::from_random(&[1; 32], KeyUse::Development);
    let bytes = bundle::compile(station, &key, "prompts", jiff::Zoned::now().date())?;
    let opened = Bundle::open(&bytes, &TrustedKeys::new().with(key.public()))?;
    for tag in &opened.station.settings.languages {
        let mut add = |prompt: String, text: &str| {
            if !text.is_empty() {
                all.push(Sentence {
                    pack: "station",
                    language: tag.clone(),
                    prompt,
                    text: text.to_owned(),
                });
            }
        };
        for (id, service) in &opened.station.services {
            add(format!("services/{id}/title"), service.title.get(tag));
            for paper in &service.papers {
                add(
                    format!("services/{id}/papers/{}", paper.id),
                    paper.name.get(tag),
                );
                if let Some(who) = &paper.who {
                    add(
                        format!("services/{id}/papers/{}.who", paper.id),
                        who.get(tag),
                    );
                }
            }
        }
        for (id, person) in &opened.station.staff.persons {
            add(format!("name/{id}"), person.name.get(tag));
        }
        for notice in &opened.station.notices {
            let id = &notice.id;
            add(format!("notices/{id}/title"), notice.title.get(tag));
            add(format!("notices/{id}/source"), notice.source.get(tag));
            add(format!("notices/{id}/body"), notice.body.get(tag));
        }
        for (id, form) in &opened.forms {
            for prompt in onedoor_forms::prompts(form) {
                if prompt.tag == *tag && prompt.fixed {
                    let slash = if prompt.id.starts_with('/') { "" } else { "/" };
                    add(format!("services/{id}{slash}{}", prompt.id), &prompt.text);
                }
            }
        }
    }
    Ok(all)
}

/// Prints them.
///
/// # Errors
/// As [`sentences`].
pub fn list(station: &Path) -> anyhow::Result<()> {
    for one in sentences(station)? {
        println!(
            "{}",
            json!({"pack": one.pack, "language": one.language, "prompt": one.prompt, "text": one.text})
        );
    }
    Ok(())
}
