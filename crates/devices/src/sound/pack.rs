//! Voice packs: `<root>/<language>/<pack>/<prompt>.ogg` and an `index.json` that says which text each clip speaks.
//!
//! ```json
//! { "say-rest": { "text": "按错不要紧…", "hash": "91c6…", "ms": 3310, "voice": "zm_yunxi", "speed": 0.87 } }
//! ```
//!
//! `hash` is [`text_hash`] of the text that was recorded. A sentence that was changed later no longer matches, so a
//! stale recording is never played for it: it is a [`Gap`], and `onedoor check` lists it. A prompt's id may hold `/`;
//! they are folders. Several roots are searched in order, a station's own recordings before the default pack.

use super::speak::{self, Part, Piece};
use super::{Clip, SoundFault};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

/// Extensions of clips, best first: a master by FLAC is as good as Vorbis.
const EXTENSIONS: [&str; 3] = ["ogg", "flac", "wav"];

/// One clip of a pack's index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IndexEntry {
    /// The sentence that was recorded.
    pub text: String,
    /// [`text_hash`] of it.
    pub hash: String,
    /// Length in milliseconds.
    pub ms: u32,
    /// Voice or speaker, where the maker noted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voice: Option<String>,
    /// Speed that was set when it was made; 1 is the voice's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed: Option<f32>,
}

/// The first 16 hex digits of BLAKE3 over the text with runs of white space as one blank and without Unicode's
/// isolation marks (Fluent puts them around what it inserts).
pub fn text_hash(text: &str) -> String {
    let bare: String = text
        .chars()
        .filter(|c| !matches!(c, '\u{2066}'..='\u{2069}'))
        .collect();
    let spaced = bare.split_whitespace().collect::<Vec<_>>().join(" ");
    blake3::hash(spaced.as_bytes())
        .to_hex()
        .chars()
        .take(16)
        .collect()
}

/// A text without a fitting recording.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// Language, a BCP 47 tag.
    pub language: String,
    /// Id of the prompt.
    pub prompt: String,
    /// The text to record.
    pub text: String,
    /// What is wrong with what there is.
    pub why: GapReason,
}

/// Why a text has no clip.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GapReason {
    /// No pack of this language has the prompt.
    Missing,
    /// It was recorded for another text.
    TextChanged {
        /// The text that was recorded.
        recorded: String,
    },
    /// The index has it, the file is not there.
    NoFile,
}

impl Gap {
    /// The fault to log or show.
    pub fn fault(&self) -> SoundFault {
        SoundFault::Gap(format!("{}/{}", self.language, self.prompt))
    }
}

/// A folder that could not be used as a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackProblem {
    /// The index file.
    pub index: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

/// What an utterance became.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// What can be played.
    pub clips: Vec<Clip>,
    /// What cannot: the screen shows it in larger type.
    pub gaps: Vec<Gap>,
}

#[derive(Clone, Debug)]
struct Pack {
    language: String,
    folder: PathBuf,
    index: BTreeMap<String, IndexEntry>,
}

/// All packs of some roots, their indexes in memory (a few hundred lines a language).
#[derive(Clone, Debug, Default)]
pub struct VoiceLibrary {
    packs: Vec<Pack>,
    problems: Vec<PackProblem>,
}

impl VoiceLibrary {
    /// Reads the indexes under these folders; earlier roots come first, packs of a root in the order of their names
    /// with `default` last. A folder that is not there has no packs; what cannot be read is in
    /// [`problems`](Self::problems).
    pub fn open(roots: &[PathBuf]) -> Self {
        let mut library = VoiceLibrary::default();
        for root in roots {
            for language in folders(root) {
                let mut packs = folders(&language);
                packs.sort_by_key(|folder| {
                    (
                        folder.file_name().is_some_and(|n| n == "default"),
                        folder.clone(),
                    )
                });
                for folder in packs {
                    library.add(&language, folder);
                }
            }
        }
        library
    }

    fn add(&mut self, language: &Path, folder: PathBuf) {
        let index_file = folder.join("index.json");
        if !index_file.exists() {
            return;
        }
        let read = std::fs::read(&index_file)
            .map_err(|e| e.to_string())
            .and_then(|bytes| {
                serde_json::from_slice::<BTreeMap<String, IndexEntry>>(&bytes)
                    .map_err(|e| e.to_string())
            });
        match read {
            Ok(index) => {
                let language = language
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned();
                self.packs.push(Pack {
                    language,
                    folder,
                    index,
                });
            }
            Err(why) => self.problems.push(PackProblem {
                index: index_file,
                why,
            }),
        }
    }

    /// Indexes that could not be read.
    pub fn problems(&self) -> &[PackProblem] {
        &self.problems
    }

    /// Languages that have a pack.
    pub fn languages(&self) -> BTreeSet<&str> {
        self.packs.iter().map(|p| p.language.as_str()).collect()
    }

    /// The file of a clip and its length.
    ///
    /// # Errors
    /// Why no pack of this language can say this text under this id.
    pub fn find(
        &self,
        language: &str,
        prompt: &str,
        text: &str,
    ) -> Result<(PathBuf, Duration), GapReason> {
        let hash = text_hash(text);
        let mut reason = GapReason::Missing;
        for pack in self
            .packs
            .iter()
            .filter(|p| p.language.eq_ignore_ascii_case(language))
        {
            let Some(entry) = pack.index.get(prompt) else {
                continue;
            };
            if entry.hash != hash {
                reason = GapReason::TextChanged {
                    recorded: entry.text.clone(),
                };
                continue;
            }
            match pack.file(prompt) {
                Some(file) => return Ok((file, Duration::from_millis(entry.ms.into()))),
                None => reason = GapReason::NoFile,
            }
        }
        Err(reason)
    }

    /// Composes parts with the clips of a language and looks every one up.
    pub fn resolve(&self, language: &str, parts: &[Part]) -> Resolved {
        let specs = SmoothTexts::of(language);
        let pieces = speak::compose(language, parts, &|prompt| {
            specs
                .text(prompt)
                .is_some_and(|text| self.find(language, prompt, text).is_ok())
        });
        self.resolve_pieces(language, &pieces)
    }

    fn resolve_pieces(&self, language: &str, pieces: &[Piece]) -> Resolved {
        let mut resolved = Resolved::default();
        for piece in pieces {
            let file = if piece.prompt.is_empty() {
                None
            } else {
                match self.find(language, &piece.prompt, &piece.text) {
                    Ok((file, _)) => Some(file),
                    Err(why) => {
                        resolved.gaps.push(Gap {
                            language: language.to_owned(),
                            prompt: piece.prompt.clone(),
                            text: piece.text.clone(),
                            why,
                        });
                        continue;
                    }
                }
            };
            resolved.clips.push(Clip {
                prompt: piece.prompt.clone(),
                text: piece.text.clone(),
                file,
                pause: Duration::from_millis(piece.pause_ms.into()),
            });
        }
        resolved
    }

    /// Which of these texts (language, prompt, text), and which required clips of their languages' numbers, have no
    /// recording.
    pub fn gaps<'a>(
        &self,
        wanted: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>,
    ) -> Vec<Gap> {
        let mut gaps = BTreeSet::new();
        let mut languages = BTreeSet::new();
        let mut look = |language: &str, prompt: &str, text: &str| {
            if let Err(why) = self.find(language, prompt, text) {
                gaps.insert(Gap {
                    language: language.into(),
                    prompt: prompt.into(),
                    text: text.into(),
                    why,
                });
            }
        };
        for (language, prompt, text) in wanted {
            languages.insert(language);
            look(language, prompt, text);
        }
        for language in languages {
            for clip in speak::clip_list(language)
                .into_iter()
                .filter(|clip| clip.required)
            {
                look(language, &clip.prompt, &clip.text);
            }
        }
        gaps.into_iter().collect()
    }
}

impl Pack {
    fn file(&self, prompt: &str) -> Option<PathBuf> {
        let relative = Path::new(prompt);
        // An id never leaves the pack's folder.
        if !relative
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
        {
            return None;
        }
        let base = self.folder.join(relative);
        EXTENSIONS
            .iter()
            .map(|extension| {
                let mut name = base.clone().into_os_string();
                name.push(".");
                name.push(extension);
                PathBuf::from(name)
            })
            .find(|file| file.is_file())
    }
}

fn folders(of: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(of) else {
        return Vec::new();
    };
    let mut folders: Vec<PathBuf> = entries
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.is_dir())
        .collect();
    folders.sort();
    folders
}

/// Texts of a language's number clips by id.
struct SmoothTexts(BTreeMap<String, String>);

impl SmoothTexts {
    fn of(language: &str) -> Self {
        SmoothTexts(
            speak::clip_list(language)
                .into_iter()
                .map(|clip| (clip.prompt, clip.text))
                .collect(),
        )
    }

    fn text(&self, prompt: &str) -> Option<&str> {
        self.0.get(prompt).map(String::as_str)
    }
}
