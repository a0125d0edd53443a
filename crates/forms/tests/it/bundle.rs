//! The bundle: one signed file, deterministic, and no byte of it can be changed unseen.

use onedoor_forms::bundle::{
    Bundle, BundleError, Input, KeyUse, Keypair, Label, TrustedKeys, compile, compile_notices,
};
use onedoor_forms::station::Files;
use proptest::prelude::*;

use crate::station_support::{TODAY, key, make, pictures, small, trusted};

fn bytes() -> Vec<u8> {
    let mut files = small();
    files.insert("voices/zh-CN/local/hello.ogg".to_owned(), vec![7; 3000]);
    make(&files).unwrap_or_else(|p| panic!("{p}")).bytes
}

#[test]
fn the_same_folder_makes_the_same_bytes() {
    assert_eq!(bytes(), bytes());
}

#[test]
fn what_went_in_comes_out() {
    let mut files = small();
    files.insert("voices/zh-CN/local/hello.ogg".to_owned(), vec![7; 3000]);
    let (station, _) = onedoor_forms::station::read(&files).unwrap();
    let bytes = bytes();
    let bundle = Bundle::open(&bytes, &trusted()).unwrap();
    assert_eq!(bundle.station, station);
    assert_eq!(bundle.version, "test.1");
    assert_eq!(bundle.signer, key().public().id());
    assert_eq!(bundle.signed_for, KeyUse::Development);
    assert_eq!(
        bundle.file(&bytes, "voices/zh-CN/local/hello.ogg"),
        Some([7; 3000].as_slice())
    );
    assert_eq!(bundle.file(&bytes, "voices/zh-CN/local/bye.ogg"), None);
    let well = bundle.picture(None, "well").unwrap();
    assert_eq!(well, "pictures/well.svg");
    assert_eq!(
        bundle.file(&bytes, &well),
        Some(pictures()["well.svg"].as_slice())
    );
    assert!(
        bundle.picture(None, "keyboard").is_none(),
        "a picture that nothing names stays out"
    );
}

#[test]
fn a_file_read_later_from_disk_is_checked_against_the_signed_hash() {
    let bytes = bytes();
    let bundle = Bundle::open(&bytes, &trusted()).unwrap();
    let entry = bundle
        .entry("voices/zh-CN/local/hello.ogg")
        .unwrap()
        .clone();
    let start = usize::try_from(entry.offset).unwrap();
    let mut read = bytes[start..start + 3000].to_vec();
    entry.check(&read).unwrap();
    read[1234] ^= 1;
    assert_eq!(entry.check(&read).unwrap_err().code(), "BND-003");
    assert_eq!(entry.check(&read[..2999]).unwrap_err().code(), "BND-003");
}

#[test]
fn editors_files_do_not_change_the_bundle() {
    let plain = make(&small()).unwrap().bytes;
    let mut files = small();
    for name in [
        "station.toml~",
        ".station.toml.swp",
        "services/stuck/~$form.xlsx",
        ".DS_Store",
    ] {
        files.insert(name.to_owned(), b"x".to_vec());
    }
    assert_eq!(make(&files).unwrap().bytes, plain);
}

#[test]
fn a_services_own_picture_comes_before_the_shared_one() {
    let mut files = small();
    files.insert(
        "services/stuck/media/stuck.svg".to_owned(),
        b"<svg/>".to_vec(),
    );
    let bytes = make(&files).unwrap().bytes;
    let bundle = Bundle::open(&bytes, &trusted()).unwrap();
    assert_eq!(
        bundle.picture(Some("stuck"), "stuck").as_deref(),
        Some("media/stuck/stuck.svg")
    );
    assert_eq!(
        bundle.picture(Some("stuck"), "stuck.svg").as_deref(),
        Some("media/stuck/stuck.svg")
    );
    assert!(bundle.entry("pictures/stuck.svg").is_none());
}

#[test]
fn a_key_that_is_not_trusted_is_named() {
    let other = Keypair::from_random(&[9; 32], KeyUse::Station);
    let error = Bundle::open(&bytes(), &TrustedKeys::new().with(other.public())).unwrap_err();
    assert_eq!(error, BundleError::UnknownKey(key().public().id()));
    assert_eq!(error.code(), "BND-004");
    assert_eq!(
        Bundle::open(&bytes(), &TrustedKeys::new())
            .unwrap_err()
            .code(),
        "BND-004"
    );
}

#[test]
fn a_bundle_of_another_key_with_a_trusted_id_is_changed() {
    let pictures = pictures();
    let files = small();
    let input = Input {
        files: &files,
        pictures: &pictures,
        version: "test.1",
        today: TODAY,
    };
    let mut forged = compile(&input, &Keypair::from_random(&[9; 32], KeyUse::Station))
        .unwrap()
        .bytes;
    forged[16..24].copy_from_slice(&key().public().id().0);
    assert_eq!(
        Bundle::open(&forged, &trusted()).unwrap_err().code(),
        "BND-003"
    );
}

#[test]
fn other_files_newer_formats_and_bytes_after_the_end_are_told_apart() {
    let bytes = bytes();
    for other in [&b""[..], b"PK\x03\x04 a zip", b"1", b"1DOORBNE", &[0; 5000]] {
        let code = Bundle::open(other, &trusted()).unwrap_err().code();
        assert_eq!(code, if other == b"1" { "BND-002" } else { "BND-001" });
    }
    let mut newer = bytes.clone();
    newer[9] = 2;
    assert_eq!(
        Bundle::open(&newer, &trusted()).unwrap_err(),
        BundleError::NewerVersion { found: 2, known: 1 }
    );
    let mut longer = bytes.clone();
    longer.push(0);
    assert_eq!(
        Bundle::open(&longer, &trusted()).unwrap_err().code(),
        "BND-003"
    );
}

#[test]
fn a_bundle_cut_anywhere_is_refused() {
    let bytes = bytes();
    let trusted = trusted();
    for end in (0..2000).chain((2000..bytes.len()).step_by(977)) {
        let error = Bundle::open(&bytes[..end], &trusted).unwrap_err();
        let expected = if end == 0 { "BND-001" } else { "BND-002" };
        assert_eq!(error.code(), expected, "cut at {end}: {error}");
    }
}

#[test]
fn no_single_changed_byte_goes_unseen() {
    let bytes = bytes();
    let trusted = trusted();
    // Every byte of header and manifest, then a sample of the rest.
    for at in (0..3000).chain((3000..bytes.len()).step_by(601)) {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        assert!(Bundle::open(&changed, &trusted).is_err(), "byte {at}");
    }
}

#[test]
fn nothing_is_signed_while_anything_is_wrong() {
    let mut files: Files = small();
    files.insert("staff.toml".to_owned(), b"[person]\n".to_vec());
    let problems = make(&files).unwrap_err();
    assert!(!problems.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn mutated_bundles_are_refused_without_a_panic(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..4), 1..12),
    ) {
        use std::sync::LazyLock;
        static WHOLE: LazyLock<Vec<u8>> = LazyLock::new(bytes);
        let mut changed = WHOLE.clone();
        for (at, byte, how) in edits {
            if changed.is_empty() { break; }
            // Half of the edits go into header and manifest, where the lengths are.
            let at = if byte % 2 == 0 { at.index(changed.len()) } else { at.index(changed.len().min(400)) };
            match how {
                0 => changed[at] = byte,
                1 => { changed.remove(at); }
                2 => changed.insert(at, byte),
                _ => changed.truncate(at),
            }
        }
        if changed != *WHOLE {
            prop_assert!(Bundle::open(&changed, &trusted()).is_err());
        }
    }

    #[test]
    fn any_bytes_after_the_magic_are_refused_without_a_panic(rest in prop::collection::vec(any::<u8>(), 0..600)) {
        let mut bytes = b"1DOORBND\0\x01\0\0\0\0\0\x40".to_vec();
        bytes.extend_from_slice(&key().public().id().0);
        bytes.extend(rest);
        prop_assert!(Bundle::open(&bytes, &trusted()).is_err());
    }

    #[test]
    fn any_text_is_no_key_file_and_makes_no_panic(text in any::<String>()) {
        prop_assert!(Keypair::from_file(&text).is_err());
        prop_assert!(TrustedKeys::from_file(&text).is_err());
    }
}

#[test]
fn a_bundle_of_notices_holds_notices_and_nobody() {
    let pictures = pictures();
    let mut files = small();
    files.insert(
        "voices/zh-CN/default/notices/first/body.ogg".to_owned(),
        b"clip".to_vec(),
    );
    files.insert(
        "voices/zh-CN/default/name/li.ogg".to_owned(),
        b"clip".to_vec(),
    );
    let input = Input {
        files: &files,
        pictures: &pictures,
        version: "test.1",
        today: TODAY,
    };
    let whole = compile(&input, &key()).unwrap().bytes;
    let notices = compile_notices(&input, &key()).unwrap().bytes;
    let (label, of_whole) = (Label::read(&notices).unwrap(), Label::read(&whole).unwrap());
    assert!(label.only_notices && !of_whole.only_notices);
    assert_eq!(label.signer, key().public().id());
    let (all, opened) = (
        Bundle::open(&whole, &trusted()).unwrap(),
        Bundle::open(&notices, &trusted()).unwrap(),
    );
    assert_eq!(opened.station.notices, all.station.notices);
    assert!(opened.station.staff.persons.is_empty() && opened.forms.is_empty());
    assert!(
        opened
            .entry("voices/zh-CN/default/notices/first/body.ogg")
            .is_some()
    );
    assert!(opened.entry("voices/zh-CN/default/name/li.ogg").is_none());
    // A label is read whoever signed; a changed file is found all the same.
    let mut other = compile_notices(&input, &Keypair::from_random(&[9; 32], KeyUse::Station))
        .unwrap()
        .bytes;
    assert!(Label::read(&other).is_ok() && Bundle::open(&other, &trusted()).is_err());
    if let Some(last) = other.last_mut() {
        *last ^= 1;
    }
    assert_eq!(Label::read(&other).unwrap_err().code(), "BND-003");
}
