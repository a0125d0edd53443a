//! Voice packs: how they are looked up, and that the ones in the repository hold what they say.

use onedoor_devices::sound::decode;
use onedoor_devices::sound::pack::{GapReason, IndexEntry, VoiceLibrary, text_hash};
use onedoor_devices::sound::speak::Part;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn pack(folder: &Path, language: &str, name: &str, entries: &[(&str, &str)]) {
    let folder = folder.join(language).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let mut index = BTreeMap::new();
    for (prompt, text) in entries {
        let entry = IndexEntry {
            text: (*text).into(),
            hash: text_hash(text),
            ms: 1000,
            voice: None,
            speed: None,
        };
        index.insert(*prompt, entry);
        let file = folder.join(format!("{prompt}.ogg"));
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, name).unwrap();
    }
    std::fs::write(
        folder.join("index.json"),
        serde_json::to_vec(&index).unwrap(),
    )
    .unwrap();
}

#[test]
fn a_clip_is_found_by_language_id_and_text() {
    let dir = tempfile::tempdir().unwrap();
    pack(
        dir.path(),
        "zh-CN",
        "default",
        &[("say-home", "您好"), ("services/a/q1", "去哪个省？")],
    );
    let library = VoiceLibrary::open(&[dir.path().into()]);
    assert!(library.find("zh-CN", "say-home", "您好").is_ok());
    assert!(
        library
            .find("zh-CN", "services/a/q1", " 去哪个省？\n")
            .is_ok(),
        "white space does not matter"
    );
    assert_eq!(
        library.find("en", "say-home", "您好"),
        Err(GapReason::Missing)
    );
    assert_eq!(
        library.find("zh-CN", "say-away", "您好"),
        Err(GapReason::Missing)
    );
    assert_eq!(
        library.find("zh-CN", "../default/say-home", "您好"),
        Err(GapReason::Missing)
    );
}

#[test]
fn a_recording_of_an_older_text_is_never_played() {
    let dir = tempfile::tempdir().unwrap();
    pack(dir.path(), "zh-CN", "default", &[("say-home", "您好")]);
    let library = VoiceLibrary::open(&[dir.path().into()]);
    assert_eq!(
        library.find("zh-CN", "say-home", "您好，要办什么事？"),
        Err(GapReason::TextChanged {
            recorded: "您好".into()
        })
    );
    let said = library.resolve("zh-CN", &[Part::prompt("say-home", "您好，要办什么事？")]);
    assert!(said.clips.is_empty());
    assert_eq!(said.gaps[0].fault().code(), "SND-006");
}

#[test]
fn a_stations_own_recordings_come_before_the_default_pack() {
    let dir = tempfile::tempdir().unwrap();
    let (own, shipped) = (dir.path().join("station"), dir.path().join("assets"));
    pack(&own, "zh-CN", "default", &[("say-home", "您好")]);
    pack(&own, "zh-CN", "auntie-li", &[("say-home", "您好")]);
    pack(
        &shipped,
        "zh-CN",
        "default",
        &[("say-home", "您好"), ("say-rest", "点这里")],
    );
    let library = VoiceLibrary::open(&[own, shipped]);
    let file = library.find("zh-CN", "say-home", "您好").unwrap().0;
    assert_eq!(std::fs::read_to_string(file).unwrap(), "auntie-li");
    assert!(library.find("zh-CN", "say-rest", "点这里").is_ok());
}

#[test]
fn gaps_are_listed_with_what_numbers_need() {
    let dir = tempfile::tempdir().unwrap();
    pack(
        dir.path(),
        "zh-CN",
        "default",
        &[("say-home", "您好"), ("n/1", "一")],
    );
    std::fs::remove_file(dir.path().join("zh-CN/default/say-home.ogg")).unwrap();
    let gaps = VoiceLibrary::open(&[dir.path().into()]).gaps([("zh-CN", "say-home", "您好")]);
    let why = |prompt: &str| {
        gaps.iter()
            .find(|g| g.prompt == prompt)
            .map(|g| g.why.clone())
    };
    assert_eq!(why("say-home"), Some(GapReason::NoFile));
    assert_eq!(why("n/2"), Some(GapReason::Missing));
    assert_eq!(why("n/1"), None);
    assert_eq!(why("n/42"), None, "smooth clips are not needed");
}

#[test]
fn numbers_take_smooth_clips_where_the_pack_has_them() {
    let dir = tempfile::tempdir().unwrap();
    pack(
        dir.path(),
        "zh-CN",
        "default",
        &[
            ("n/4", "四"),
            ("n/10", "十"),
            ("n/2", "二"),
            ("n/43", "四十三"),
        ],
    );
    let library = VoiceLibrary::open(&[dir.path().into()]);
    let clips = |n| -> Vec<String> {
        library
            .resolve("zh-CN", &[Part::Number(n)])
            .clips
            .into_iter()
            .map(|c| c.prompt)
            .collect()
    };
    assert_eq!(clips(42), ["n/4", "n/10", "n/2"]);
    assert_eq!(clips(43), ["n/43"]);
}

#[test]
fn a_broken_index_is_a_problem_and_the_others_still_speak() {
    let dir = tempfile::tempdir().unwrap();
    pack(dir.path(), "zh-CN", "default", &[("say-home", "您好")]);
    pack(dir.path(), "en", "default", &[("say-home", "Hello")]);
    std::fs::write(dir.path().join("en/default/index.json"), b"{ not json").unwrap();
    let library = VoiceLibrary::open(&[dir.path().into(), dir.path().join("nowhere")]);
    assert_eq!(library.problems().len(), 1);
    assert!(library.find("zh-CN", "say-home", "您好").is_ok());
}

/// Clips of 8 characters and more are spoken at 160–180 characters a minute, pauses included (5 words and more at
/// 130–150 words); a clip may be a little outside where the model speaks in coarse steps, the pack may not.
#[test]
fn the_packs_in_the_repository_are_whole_and_keep_their_pace() {
    let folders = [
        root().join("assets/voices"),
        root().join("kiosk-config/voices"),
    ];
    let mut clips = 0;
    for folder in &folders {
        for language in ["zh-CN", "en"] {
            let pack = folder.join(language).join("default");
            let Ok(bytes) = std::fs::read(pack.join("index.json")) else {
                continue;
            };
            let index: BTreeMap<String, IndexEntry> = serde_json::from_slice(&bytes).unwrap();
            let (mut inside, mut measured) = (0, 0);
            for (prompt, entry) in &index {
                assert_eq!(entry.hash, text_hash(&entry.text), "{language} {prompt}");
                let sound = decode::read(&pack.join(format!("{prompt}.ogg"))).unwrap();
                let ms = sound.samples.len() as u32 / (sound.rate / 1000);
                assert!(
                    ms.abs_diff(entry.ms) <= 60,
                    "{language} {prompt}: {ms} ms, the index says {}",
                    entry.ms
                );
                let peak = sound
                    .samples
                    .iter()
                    .fold(0.0_f32, |most, s| s.abs().max(most));
                assert!(
                    (0.1..=1.0).contains(&peak),
                    "{language} {prompt}: peak {peak}"
                );
                clips += 1;
                if let Some((pace, slow, fast)) = pace(prompt, entry, language) {
                    measured += 1;
                    inside += u32::from((slow..=fast).contains(&pace));
                    assert!(
                        (slow * 0.9..=fast * 1.1).contains(&pace),
                        "{language} {prompt}: {pace:.0} a minute"
                    );
                }
            }
            assert!(
                inside * 10 >= measured * 9,
                "{language}: {inside} of {measured} keep the pace"
            );
        }
    }
    println!("{clips} clips");
    let library = VoiceLibrary::open(&folders[..1]);
    for language in ["zh-CN", "en"] {
        let gaps = library.gaps([(language, "n/1", if language == "en" { "one" } else { "一" })]);
        assert!(gaps.is_empty(), "numbers need: {gaps:?}");
    }
}

fn pace(prompt: &str, entry: &IndexEntry, language: &str) -> Option<(f32, f32, f32)> {
    let number = [
        "n/",
        "unit/",
        "month/",
        "day/",
        "year/",
        "weekday/",
        "count/",
        "workdays/",
    ];
    if number.iter().any(|prefix| prompt.starts_with(prefix)) {
        return None;
    }
    let (units, least, slow, fast) = if language == "en" {
        let words = entry
            .text
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '\'')
            .filter(|w| !w.is_empty());
        (words.count(), 5, 130.0, 150.0)
    } else {
        (
            entry
                .text
                .chars()
                .filter(|c| ('\u{3400}'..='\u{9fff}').contains(c))
                .count(),
            8,
            160.0,
            180.0,
        )
    };
    (units >= least).then(|| (units as f32 / entry.ms as f32 * 60_000.0, slow, fast))
}
