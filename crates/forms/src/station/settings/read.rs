//! Reading `station.toml`.

use jiff::civil::Time;
use onedoor_domain::phone::Phone;

use super::{
    Day, DeviceSettings, HubSettings, Idle, KeysConnection, MicrophoneConnection, OpeningHours,
    PartSettings, PrinterConnection, PrinterSettings, ScannerConnection, ScannerSettings, Settings,
    SoundSettings,
};
use crate::station::Files;
use crate::station::problem::{Problems, code};
use crate::station::reader::{self, Marks, Section};

/// How many tiles one home page has (screens.md).
const TILES: usize = 6;

const DAYS: [(&str, Day); 7] = [
    ("mon", Day::Mon),
    ("tue", Day::Tue),
    ("wed", Day::Wed),
    ("thu", Day::Thu),
    ("fri", Day::Fri),
    ("sat", Day::Sat),
    ("sun", Day::Sun),
];

pub(in crate::station) fn read(
    files: &Files,
    problems: &mut Problems,
    marks: &mut Marks,
) -> Option<Settings> {
    reader::file(files, "station.toml", problems, marks, section)
}

fn section(s: &mut Section<'_, '_>) -> Option<Settings> {
    let format = s.number("format", 1, 1);
    let languages = languages(s);
    let id = s.text(
        "id",
        "write a short id in lower case: id = \"990101-bojing\"",
    );
    if let Some(id) = &id
        && !is_id(id)
    {
        s.bad(
            "id",
            format!("`id` is \"{id}\""),
            "use lower-case letters, digits and hyphens only",
        );
    }
    let name = s.texts("name", &languages, 14);
    let county = s.texts("county", &languages, 14);
    let area = digits(s, "area", 6, "the county's division code (GB/T 2260)");
    let village = digits(
        s,
        "village",
        12,
        "the village's division code, as in places.csv",
    );
    let duty_phone = phone(s, "duty_phone");
    let helper = s.text("helper", "name the role that comes when a person is called");
    let hours = hours(s);
    let utc_offset_minutes = offset(s);
    let home = home(s);
    let retention_days = s.opt_number("retention_days", 1, 3650).unwrap_or(30);
    let idle = s.table("idle", |s| {
        let default = Idle::default();
        let warn = s.opt_number("warn_after_seconds", 30, 3600);
        let leave = s.opt_number("leave_after_seconds", 20, 600);
        Some(Idle {
            warn_after_seconds: small(warn).unwrap_or(default.warn_after_seconds),
            leave_after_seconds: small(leave).unwrap_or(default.leave_after_seconds),
        })
    });
    let printer = s.table("printer", printer).unwrap_or_default();
    let scanner = s.table("scanner", scanner).unwrap_or_default();
    let sound = s
        .table("sound", |s| sound(s, &languages))
        .unwrap_or_default();
    let parts = s
        .table("parts", |s| Some(parts(s, &scanner.connection)))
        .unwrap_or_default();
    let hub = s.table("hub", hub);
    format?;
    Some(Settings {
        id: id?,
        name: name?,
        county: county?,
        area: area?,
        village: village?,
        languages,
        duty_phone: duty_phone?,
        helper: helper?,
        hours,
        utc_offset_minutes: utc_offset_minutes?,
        home,
        retention_days: small(Some(retention_days)).unwrap_or(30),
        idle: idle.unwrap_or_default(),
        device: DeviceSettings {
            printer,
            scanner,
            sound,
            parts,
        },
        hub,
    })
}

/// `[hub]`: where it is, and how it is known to be the hub.
fn hub(s: &mut Section<'_, '_>) -> Option<HubSettings> {
    let url = s.text(
        "url",
        "write the hub's address: url = \"https://hub.example\"",
    )?;
    let plain_http = s.flag("plain_http", false);
    let near = url.starts_with("http://127.0.0.1");
    let plain = near || plain_http && url.starts_with("http://");
    if !url.starts_with("https://") && !plain {
        s.bad(
            "url",
            format!("`hub.url` is \"{url}\""),
            "write an address that begins with https://; or, where the line is protected otherwise, add plain_http = true",
        );
    }
    let fix =
        "put the authority's certificate (PEM) between three quotes: onedoor-hub tls new writes it";
    let authority = s.opt_text("authority", fix);
    match &authority {
        Some(pem) if !pem.contains("-----BEGIN CERTIFICATE-----") => {
            s.bad("authority", "`hub.authority` is no certificate", fix);
        }
        None if url.starts_with("https://") => {
            s.fault(
                code::MISSING_KEY,
                "authority",
                "`hub.authority` is missing: nothing would tell the hub from a stranger",
                fix,
            );
        }
        _ => {}
    }
    let fix = "write the 64 digits that onedoor-hub keys show prints";
    let key = s.opt_text("key", fix);
    if let Some(key) = &key
        && (key.len() != 64 || !key.bytes().all(|b| b.is_ascii_hexdigit()))
    {
        s.bad("key", "`hub.key` is no key", fix);
    }
    Some(HubSettings {
        url,
        authority,
        key,
        plain_http,
        slow: s.flag("slow", false),
    })
}

fn small(n: Option<i64>) -> Option<u16> {
    n.and_then(|n| u16::try_from(n).ok())
}

fn languages(s: &mut Section<'_, '_>) -> Vec<String> {
    let fix = "list BCP 47 tags, the first is the one that the kiosk starts in: languages = [\"zh-CN\", \"en\"]";
    let languages = s.texts_list("languages", fix);
    if languages.is_empty() {
        s.fault(
            code::MISSING_KEY,
            "languages",
            "`languages` names none",
            fix,
        );
    }
    for tag in &languages {
        if tag.parse::<unic_langid::LanguageIdentifier>().is_err() {
            s.bad("languages", format!("\"{tag}\" is no language tag"), fix);
        }
    }
    languages
}

fn home(s: &mut Section<'_, '_>) -> Vec<String> {
    let fix = "list ids of services and of built-in pages, in the order of the tiles";
    let home = s.texts_list("home", fix);
    if home.is_empty() {
        s.fault(code::MISSING_KEY, "home", "`home` has no tiles", fix);
    }
    // Screens: "how far is it" and "couldn't get it done" stand on the first two pages, so that nobody has to look for them.
    for (tile, needed) in [("my-matters", true), ("stuck", false)] {
        let early = match home.iter().position(|t| t == tile) {
            Some(at) => at < 2 * TILES,
            None => !needed || home.is_empty(),
        };
        if !early {
            s.bad(
                "home",
                format!("\"{tile}\" is not on the first two home pages"),
                format!("put it among the first {} tiles", 2 * TILES),
            );
        }
    }
    home
}

fn offset(s: &mut Section<'_, '_>) -> Option<i16> {
    let fix = "write local time minus UTC: utc_offset = \"+08:00\"";
    let text = s.text("utc_offset", fix)?;
    let read = || {
        let (sign, rest) = match text.split_at_checked(1)? {
            ("+", rest) => (1, rest),
            ("-", rest) => (-1, rest),
            _ => return None,
        };
        let (hours, minutes) = rest.split_once(':')?;
        if hours.len() != 2 || minutes.len() != 2 {
            return None;
        }
        let (hours, minutes): (i16, i16) = (hours.parse().ok()?, minutes.parse().ok()?);
        ((0..=14).contains(&hours) && (0..60).contains(&minutes))
            .then_some(sign * (hours * 60 + minutes))
    };
    let minutes = read();
    if minutes.is_none() {
        s.bad("utc_offset", format!("`utc_offset` is \"{text}\""), fix);
    }
    minutes
}

/// Opening hours: `[[hours]]` with `days`, `open`, `close`.
pub(in crate::station) fn hours(s: &mut Section<'_, '_>) -> Vec<OpeningHours> {
    s.tables("hours", |s| {
        let fix = "list days: days = [\"mon\", \"tue\"]";
        let words = s.texts_list("days", fix);
        if words.is_empty() {
            s.fault(code::MISSING_KEY, "days", "`days` names none", fix);
        }
        let mut days = Vec::new();
        for word in &words {
            match DAYS.iter().find(|(w, _)| w == word) {
                Some((_, day)) => days.push(*day),
                None => s.bad(
                    "days",
                    format!("\"{word}\" is no day"),
                    "use mon, tue, wed, thu, fri, sat, sun",
                ),
            }
        }
        let (open, close) = (time(s, "open")?, time(s, "close")?);
        if open >= close {
            s.bad(
                "close",
                format!("closing ({close}) does not come after opening ({open})"),
                "write the later time in `close`; a break makes two entries",
            );
        }
        Some(OpeningHours { days, open, close })
    })
}

fn time(s: &mut Section<'_, '_>, key: &str) -> Option<Time> {
    let fix = format!("write a time in quotes: {key} = \"08:30\"");
    let text = s.text(key, &fix)?;
    let read = || {
        let (hour, minute) = text.split_once(':')?;
        Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
    };
    let time = read();
    if time.is_none() {
        s.bad(key, format!("`{key}` is \"{text}\""), fix);
    }
    time
}

/// A telephone number as people dial it, with a hyphen where it is written with one.
pub(in crate::station) fn phone(s: &mut Section<'_, '_>, key: &str) -> Option<String> {
    let fix = "write a mobile number (11 digits) or area code and number: \"0900-0000001\"";
    let text = s.text(key, fix)?;
    if let Err(error) = Phone::parse(&text) {
        s.bad(
            key,
            format!("`{key}` is no telephone number ({error})"),
            fix,
        );
    }
    Some(text)
}

fn digits(s: &mut Section<'_, '_>, key: &str, count: usize, what: &str) -> Option<String> {
    let fix = format!("write {what} in quotes: {count} digits");
    let text = s.text(key, &fix)?;
    if text.len() != count || !text.bytes().all(|b| b.is_ascii_digit()) {
        s.bad(key, format!("`{key}` is \"{text}\""), fix);
    }
    Some(text)
}

/// Lower-case letters, digits, hyphens; begins with a letter or digit.
pub(in crate::station) fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && !text.starts_with('-')
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// The kinds of connection, as written.
#[derive(Clone, Copy)]
enum Way {
    None,
    Network,
    File,
    Serial,
    Camera,
    Folder,
}

fn printer(s: &mut Section<'_, '_>) -> Option<PrinterSettings> {
    let way = s.word(
        "connection",
        &[
            ("none", Way::None),
            ("network", Way::Network),
            ("file", Way::File),
            ("serial", Way::Serial),
        ],
    );
    let connection = match way {
        Some(Way::Network) => {
            let host = s.text("host", "write the printer's host name or address");
            let port = s.opt_number("port", 1, 65535).unwrap_or(9100);
            host.map(|host| PrinterConnection::Network {
                host,
                port: small(Some(port)).unwrap_or(9100),
            })
        }
        Some(Way::File) => s
            .text("path", "write the device file: path = \"/dev/usb/lp0\"")
            .map(|path| PrinterConnection::File { path }),
        Some(Way::Serial) => serial(s).map(|(path, baud)| PrinterConnection::Serial { path, baud }),
        _ => Some(PrinterConnection::None),
    };
    let dots = s.opt_number("dots", 384, 576).unwrap_or(384);
    if dots != 384 && dots != 576 {
        s.bad(
            "dots",
            format!("`dots` is {dots}"),
            "write 384 (58 mm paper) or 576 (80 mm paper)",
        );
    }
    let cut = s.flag("cut", false);
    Some(PrinterSettings {
        connection: connection?,
        dots: small(Some(dots)).unwrap_or(384),
        cut,
    })
}

fn scanner(s: &mut Section<'_, '_>) -> Option<ScannerSettings> {
    let way = s.word(
        "connection",
        &[
            ("none", Way::None),
            ("serial", Way::Serial),
            ("camera", Way::Camera),
            ("folder", Way::Folder),
        ],
    );
    let connection = match way {
        Some(Way::Serial) => serial(s).map(|(path, baud)| ScannerConnection::Serial { path, baud }),
        Some(Way::Camera) => s
            .text(
                "path",
                "write the camera's device file: path = \"/dev/video0\"",
            )
            .map(|path| ScannerConnection::Camera { path }),
        Some(Way::Folder) => s
            .text("path", "write the folder's path")
            .map(|path| ScannerConnection::Folder { path }),
        _ => Some(ScannerConnection::None),
    };
    Some(ScannerSettings {
        connection: connection?,
    })
}

fn serial(s: &mut Section<'_, '_>) -> Option<(String, u32)> {
    let path = s.text("path", "write the device file: path = \"/dev/ttyUSB0\"");
    let baud = s.opt_number("baud", 1200, 921_600).unwrap_or(9600);
    Some((path?, u32::try_from(baud).unwrap_or(9600)))
}

fn sound(s: &mut Section<'_, '_>, languages: &[String]) -> Option<SoundSettings> {
    let device = s.opt_text(
        "device",
        "write the name of the output device, or take the line away",
    );
    let step = s.opt_number("volume_step", 1, 4).unwrap_or(2);
    let mut voices = std::collections::BTreeMap::new();
    s.table("voices", |s| {
        for language in languages {
            if let Some(pack) = s.opt_text(language, "write the name of a voice pack") {
                voices.insert(language.clone(), pack);
            }
        }
        Some(())
    });
    Some(SoundSettings {
        device,
        volume_step: u8::try_from(step).unwrap_or(2),
        voices,
    })
}

fn parts(s: &mut Section<'_, '_>, scanner: &ScannerConnection) -> PartSettings {
    let microphone = s.opt_word(
        "microphone",
        &[
            ("device", MicrophoneConnection::Device),
            ("none", MicrophoneConnection::None),
        ],
    );
    let camera = device_path(
        s,
        "camera",
        "write the camera's device file: camera = \"/dev/video0\", or take the line away",
    );
    // One camera does both; two would be opened in turn, and one of them would never take a photo.
    if let (Some(camera), ScannerConnection::Camera { path }) = (&camera, scanner)
        && camera.as_ref() != Some(path)
    {
        s.bad(
            "camera",
            format!("`parts.camera` is not the scanner's camera, {path}"),
            "take this line away: the scanner's camera takes the photos too",
        );
    }
    let keys = device_path(
        s,
        "keys",
        "write the pad's device file: keys = \"/dev/input/by-id/usb-...-event-kbd\", or \"none\"",
    );
    PartSettings {
        microphone: microphone.unwrap_or_default(),
        camera: camera.flatten(),
        keys: match keys {
            None => KeysConnection::Keyboard,
            Some(None) => KeysConnection::None,
            Some(Some(path)) => KeysConnection::Device { path },
        },
    }
}

/// `"none"` or a whole path; `None` where it is left out.
fn device_path(s: &mut Section<'_, '_>, key: &str, fix: &str) -> Option<Option<String>> {
    let text = s.opt_text(key, fix)?;
    if text == "none" {
        return Some(None);
    }
    if !text.starts_with('/') {
        s.bad(key, format!("`parts.{key}` is \"{text}\""), fix);
    }
    Some(Some(text))
}
