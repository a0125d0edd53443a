//! `[parts]` of station.toml: microphone, camera, keys.

use onedoor_forms::station::{
    Files, KeysConnection, MicrophoneConnection, PartSettings, ScannerConnection, Settings, code,
    read,
};

use crate::station_support::{line_of, make, replace, small};

const FILE: &str = "station.toml";

/// The station with other parts, and a scanner where one is given.
fn with(parts: &str, scanner: Option<&str>) -> Files {
    let mut files = small();
    replace(&mut files, FILE, "microphone = \"device\"", parts);
    if let Some(scanner) = scanner {
        let serial = "connection = \"serial\"\npath = \"/dev/ttyACM0\"\nbaud = 9600";
        replace(&mut files, FILE, serial, scanner);
    }
    files
}

fn parts(written: &str) -> PartSettings {
    let (station, _) = read(&with(written, None)).unwrap_or_else(|p| panic!("{p}"));
    station.settings.device.parts
}

#[test]
fn the_parts_are_read_and_each_may_be_left_out() {
    assert_eq!(parts(""), PartSettings::default());
    assert_eq!(
        parts(
            "microphone = \"none\"\ncamera = \"/dev/video2\"\nkeys = \"/dev/input/by-id/pad-event-kbd\""
        ),
        PartSettings {
            microphone: MicrophoneConnection::None,
            camera: Some("/dev/video2".to_owned()),
            keys: KeysConnection::Device {
                path: "/dev/input/by-id/pad-event-kbd".to_owned()
            },
        }
    );
    let none = parts("camera = \"none\"\nkeys = \"none\"");
    assert_eq!(none.microphone, MicrophoneConnection::Device);
    assert_eq!(none.camera, None);
    assert_eq!(none.keys, KeysConnection::None);
    let mut files = small();
    replace(&mut files, FILE, "[parts]\n", "");
    replace(&mut files, FILE, "microphone = \"device\"\n", "");
    let (station, _) = read(&files).unwrap_or_else(|p| panic!("{p}"));
    assert_eq!(station.settings.device.parts, PartSettings::default());
    assert_eq!(
        station.settings.device.parts.keys,
        KeysConnection::Keyboard,
        "a pad that is only plugged in works"
    );
}

#[test]
fn the_scanners_camera_takes_the_photos_and_no_other_one() {
    let camera = Some("connection = \"camera\"\npath = \"/dev/video0\"");
    let (station, _) = read(&with("camera = \"/dev/video0\"", camera)).unwrap();
    assert_eq!(
        station.settings.device.scanner.connection,
        ScannerConnection::Camera {
            path: "/dev/video0".to_owned()
        }
    );
    for other in ["camera = \"/dev/video1\"", "camera = \"none\""] {
        let files = with(other, camera);
        let problems = read(&files).unwrap_err();
        let [problem] = problems.list() else {
            panic!("{problems}");
        };
        assert_eq!(problem.code, code::BAD_VALUE);
        assert_eq!(problem.line, line_of(&files, FILE, other));
        assert!(problem.what.contains("/dev/video0"), "{problem}");
    }
}

#[test]
fn faults_of_parts_are_said_together_in_their_place() {
    let files = with(
        "microphone = \"yes\"\ncamera = \"video0\"\nkeys = 3\nspeaker = \"loud\"",
        None,
    );
    let problems = make(&files).unwrap_err();
    let found: Vec<(&str, u32)> = problems
        .list()
        .iter()
        .map(|p| (p.code.as_str(), p.line))
        .collect();
    let line = |what| line_of(&files, FILE, what);
    assert_eq!(
        found,
        [
            (code::BAD_VALUE, line("microphone = \"yes\"")),
            (code::BAD_VALUE, line("camera = \"video0\"")),
            (code::WRONG_TYPE, line("keys = 3")),
            (code::UNKNOWN_KEY, line("speaker = \"loud\"")),
        ],
        "{problems}"
    );
    for (problem, fix) in problems.list().iter().zip([
        "\"device\", \"none\"",
        "/dev/video0",
        "/dev/input/",
        "known here",
    ]) {
        assert!(problem.fix.contains(fix), "{problem}");
    }
}

#[test]
fn a_station_from_before_has_the_parts_it_had() {
    let (station, _) = read(&with("microphone = \"none\"", None)).unwrap();
    let mut old = serde_json::to_value(&station.settings).unwrap();
    let device = old["device"].as_object_mut().unwrap();
    assert!(device.remove("parts").is_some());
    let opened: Settings = serde_json::from_value(old).unwrap();
    assert_eq!(opened.device.parts, PartSettings::default());
}
