//! `station.toml`: what this station is, how it looks, what is plugged into it.

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use super::Texts;

mod read;

pub(super) use self::read::{hours, is_id, phone, read};

/// Tiles of the home page that are the kiosk's own pages, not services of the catalogue.
pub const BUILT_IN_TILES: [&str; 4] = ["my-matters", "queue", "notices", "practice"];

/// `station.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Stable id: lower-case letters, digits, hyphens. It names the station at the hub.
    pub id: String,
    /// Shown at the top of every page and slip.
    pub name: Texts,
    /// The county, as people call it.
    pub county: Texts,
    /// Division code of the county, six digits (GB/T 2260).
    pub area: String,
    /// Division code of the station's own village, twelve digits, in `places.csv`.
    pub village: String,
    /// BCP 47 tags, the first is the one that the kiosk starts in.
    pub languages: Vec<String>,
    /// Printed on slips of urgent matters and shown when the machine is out of order.
    pub duty_phone: String,
    /// Role in `staff.toml` that comes when a person is called.
    pub helper: String,
    /// When the station is open.
    pub hours: Vec<OpeningHours>,
    /// Local time minus UTC, in minutes.
    pub utc_offset_minutes: i16,
    /// Tiles of the home pages in order: ids of services and of [`BUILT_IN_TILES`].
    pub home: Vec<String>,
    /// How long answers are kept here after the hub has them for good, in days.
    pub retention_days: u16,
    /// When an abandoned page is left.
    pub idle: Idle,
    /// What is plugged in.
    pub device: DeviceSettings,
    /// Where matters are sent; none means that a mailbag carries them.
    pub hub: Option<HubSettings>,
}

/// Seconds of idleness (screens.md: time limits).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Idle {
    /// From the last act to the spoken and shown warning.
    pub warn_after_seconds: u16,
    /// From the warning to saving and going home; at least 20 (WCAG 2.2.1).
    pub leave_after_seconds: u16,
}

impl Default for Idle {
    fn default() -> Self {
        Idle {
            warn_after_seconds: 90,
            leave_after_seconds: 30,
        }
    }
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Day {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

/// A time span on some days of the week; a day with a lunch break has two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpeningHours {
    /// On these days.
    pub days: Vec<Day>,
    /// Local time of opening.
    pub open: Time,
    /// Local time of closing, after opening.
    pub close: Time,
}

/// What is plugged into the kiosk.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceSettings {
    /// The slip printer.
    pub printer: PrinterSettings,
    /// The code scanner.
    pub scanner: ScannerSettings,
    /// The loudspeaker.
    pub sound: SoundSettings,
    /// Microphone, camera and keys.
    #[serde(default)]
    pub parts: PartSettings,
}

/// The slip printer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrinterSettings {
    /// How it is reached.
    pub connection: PrinterConnection,
    /// Dots across the paper: 384 (58 mm) or 576 (80 mm).
    pub dots: u16,
    /// Whether it has a cutter.
    pub cut: bool,
}

impl Default for PrinterSettings {
    fn default() -> Self {
        PrinterSettings {
            connection: PrinterConnection::None,
            dots: 384,
            cut: false,
        }
    }
}

/// How a printer is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrinterConnection {
    /// There is none; slips are shown on the screen.
    None,
    /// Over the network.
    Network {
        /// Host name or address.
        host: String,
        /// Usually 9100.
        port: u16,
    },
    /// A device file such as `/dev/usb/lp0`.
    File {
        /// Its path.
        path: String,
    },
    /// A serial port.
    Serial {
        /// Its path, e.g. `/dev/ttyUSB0`.
        path: String,
        /// Bits per second.
        baud: u32,
    },
}

/// The code scanner.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScannerSettings {
    /// How it is reached.
    pub connection: ScannerConnection,
}

/// How a scanner is reached.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScannerConnection {
    /// There is none; codes are typed.
    #[default]
    None,
    /// A serial port that sends a line a code.
    Serial {
        /// Its path, e.g. `/dev/ttyACM0`.
        path: String,
        /// Bits per second.
        baud: u32,
    },
    /// A camera.
    Camera {
        /// Its path, e.g. `/dev/video0`.
        path: String,
    },
    /// A folder into which frames are put as pictures.
    Folder {
        /// Its path.
        path: String,
    },
}

/// The loudspeaker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoundSettings {
    /// Name of the output device; none means the system's default.
    pub device: Option<String>,
    /// Step that each person starts with, from 1 to 4; a step is 6 dB.
    pub volume_step: u8,
    /// Voice pack of each language: folder name under `voices/<language>/`. A language that is left out has the default pack.
    pub voices: std::collections::BTreeMap<String, String>,
}

impl Default for SoundSettings {
    fn default() -> Self {
        SoundSettings {
            device: None,
            volume_step: 2,
            voices: std::collections::BTreeMap::new(),
        }
    }
}

/// `[parts]`: what else is plugged in. What is left out there is as in [`PartSettings::default`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartSettings {
    /// What people speak into.
    pub microphone: MicrophoneConnection,
    /// Path of the camera that takes photos and reads codes, e.g. `/dev/video0`; `None` where there is none besides that
    /// of [`ScannerConnection::Camera`], which does both as well.
    pub camera: Option<String>,
    /// The number pad.
    pub keys: KeysConnection,
}

/// How a microphone is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MicrophoneConnection {
    /// The system's default input device. Where it is missing the kiosk says so, and everything can be written.
    #[default]
    Device,
    /// There is none; nobody is asked to speak.
    None,
}

/// How a number pad is reached.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeysConnection {
    /// Whatever keyboard the system has types into the kiosk's window.
    #[default]
    Keyboard,
    /// There is none: no key does anything, so that a hand scanner that types touches no tile.
    None,
    /// A keyboard of its own, kept from everything else.
    Device {
        /// Its path; one under `/dev/input/by-id/` stays the same when the machine starts again.
        path: String,
    },
}

/// The hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HubSettings {
    /// `https://…`.
    pub url: String,
    /// Certificate (PEM) of the authority that vouches for the hub; no other is believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// The hub's own signature key (64 hex digits): what a token, a mailbag or an enrolment says must be signed with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Plain HTTP is wanted, though what is sent can be read and changed on the way.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub plain_http: bool,
    /// The line is slow or paid by volume.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub slow: bool,
}
