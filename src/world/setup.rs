//! From arguments and an opened bundle to a kiosk with everything plugged in.

use super::clock::Shifted;
use super::county::{CountyRoad, Setting};
use super::{
    Keeper, KioskClock, MediaRoad, PaperRoad, RecordPlace, ScannerKept, Shift, Tell, World,
};
use crate::bundle::Opened;
use crate::keys::Key;
use crate::kiosk::Kiosk;
use crate::language::Languages;
use crate::picture::Pictures;
use crate::place;
use anyhow::Context;
use jiff::tz::Offset;
use onedoor_devices::camera::{CameraHandle, DeviceSource};
use onedoor_devices::keys::{DeviceKeys, HidKeys, KeyEvent, KeyMap};
use onedoor_devices::microphone::{CpalMicrophone, Microphone, Simulated, VirtualMicrophone};
use onedoor_devices::printer::{
    DeviceFileLink, Link, NetworkLink, Printer, SerialLink, VirtualLink,
};
use onedoor_devices::scanner::{
    CameraScanner, FolderSource, FrameSource, ScanEvent, SerialScanner, Watch,
};
use onedoor_devices::slip_raster::Paper;
use onedoor_devices::sound::narrator::Narrator;
use onedoor_devices::sound::pack::VoiceLibrary;
use onedoor_devices::sound::{CpalSpeaker, Speaker, VirtualSpeaker};
use onedoor_forms::station::{
    KeysConnection, MicrophoneConnection, PrinterConnection, ScannerConnection,
};
use onedoor_store::DbKey;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Which devices, where the arguments say other than the station's configuration.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Plugs {
    /// Printer: `HOST:PORT` for the network, a device file such as /dev/usb/lp0, `virtual` (simulated, PNG files), `none`
    #[arg(long)]
    pub printer: Option<String>,
    /// Scanner: a serial port such as /dev/ttyACM0, a folder of pictures, `none`
    #[arg(long)]
    pub scanner: Option<String>,
    /// Sound: `device`, `virtual` (simulated, silent), `none` (no device: everything is read)
    #[arg(long)]
    pub sound: Option<String>,
    /// Microphone: `device`, `virtual` (simulated, a tone), `none`
    #[arg(long)]
    pub microphone: Option<String>,
    /// Camera for photos and codes: a folder of pictures (simulated), a device such as /dev/video0, `none`
    #[arg(long)]
    pub camera: Option<String>,
    /// The county's hub instead of the station's own (development, on this machine only): http://127.0.0.1:PORT, or `none`
    #[arg(long)]
    pub hub: Option<String>,
    /// The folder that stands for the stick; otherwise any removable medium that is mounted
    #[arg(long)]
    pub stick: Option<PathBuf>,
    /// The folder for copies of the record, on a second medium; otherwise `copies` in the data folder, which a broken disk
    /// takes with it
    #[arg(long, env = "ONEDOOR_COPIES")]
    pub copies: Option<PathBuf>,
    /// Plays a time server that has set the clock (simulated; the dock does it too)
    #[arg(long)]
    pub clock_set: bool,
    /// Puts the wall clock off by so many milliseconds (simulated; for tests and demonstrations of a dead battery)
    #[arg(
        long,
        env = "ONEDOOR_CLOCK_SHIFT_MS",
        default_value_t = 0,
        allow_hyphen_values = true
    )]
    pub clock_shift_ms: i64,
}

/// What the dock plays (simulated): the virtual devices' switches.
#[derive(Clone, Default)]
pub struct Controls {
    /// The virtual printer, where one is plugged in.
    pub printer: Option<VirtualLink>,
    /// Pulls the virtual loudspeaker's cable.
    pub sound: Option<Arc<dyn Fn(bool) + Send + Sync>>,
    /// The hand on the clock.
    pub clock: Shift,
}

impl std::fmt::Debug for Controls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Controls")
    }
}

/// Plugs everything in.
///
/// # Errors
/// When the languages, or a thread, cannot be had. A device that is missing is no error: the kiosk says so and goes on.
pub fn kiosk(
    opened: &Opened,
    data: &Path,
    plugs: &Plugs,
    tell: Tell,
) -> anyhow::Result<(Kiosk<World>, Controls)> {
    std::fs::create_dir_all(data).with_context(|| format!("{} cannot be made", data.display()))?;
    let station = opened.station();
    let settings = &station.config().settings;
    let device = &settings.device;
    let mut controls = Controls::default();
    controls.clock.set(plugs.clock_shift_ms);
    if plugs.clock_set {
        controls.clock.play_time_server();
    }

    let record = Keeper::open(
        RecordPlace {
            file: data.join("record.db"),
            key: data.join("record.key"),
            copies: plugs.copies.clone().unwrap_or_else(|| data.join("copies")),
            answers_days: settings.retention_days,
        },
        Arc::new(Shifted::new(controls.clock.clone())),
        station.utc_offset_minutes(),
        tell.clone(),
    );

    let dots = if device.printer.dots >= 576 {
        Paper::Wide
    } else {
        Paper::Narrow
    };
    let link = printer_link(
        plugs.printer.as_deref(),
        &device.printer.connection,
        data,
        dots,
        &mut controls,
    );
    let printer = match link {
        Some(link) => {
            let (events, told) = crossbeam_channel::unbounded();
            Some((Printer::start(link, events)?, told))
        }
        None => None,
    };
    let paper = PaperRoad::open(
        vec![
            place::assets().join("fonts"),
            PathBuf::from("/usr/share/fonts/opentype/noto"),
        ],
        dots,
        printer,
        tell.clone(),
    );

    let (scanner, camera) = eyes(
        plugs,
        &device.scanner.connection,
        device.parts.camera.as_deref(),
        &tell,
    )?;
    let keys = number_pad(&device.parts.keys, &tell)?;
    let mut roots = opened.voices(data)?;
    roots.push(place::assets().join("voices"));
    let speaker: Box<dyn Speaker> = match plugs.sound.as_deref() {
        Some("virtual") => {
            let speaker = VirtualSpeaker::new();
            controls.sound = Some(Arc::new(speaker.cable()));
            Box::new(speaker)
        }
        Some("none") => {
            let speaker = VirtualSpeaker::new();
            speaker.set_unplugged(true);
            Box::new(speaker)
        }
        _ => Box::new(CpalSpeaker::new()),
    };
    let microphone: Option<Box<dyn Microphone>> = match plugs.microphone.as_deref() {
        Some("none") => None,
        Some("virtual") => Some(Box::new(VirtualMicrophone::new(Simulated::Tone {
            hertz: 330.0,
            level: 0.3,
        }))),
        None if device.parts.microphone == MicrophoneConnection::None => None,
        _ => Some(Box::new(CpalMicrophone::new())),
    };
    let media = MediaRoad::open(microphone, camera, tell.clone())?;
    let narrator = Narrator::new(VoiceLibrary::open(&roots), speaker, station.language());
    let county = CountyRoad::open(
        Setting {
            station: settings.id.clone(),
            address: match plugs.hub.as_deref() {
                Some("none") => None,
                instead => Setting::address(settings.hub.as_ref(), instead),
            },
            pinned: match plugs.hub {
                Some(_) => None,
                None => Setting::pinned(settings.hub.as_ref()),
            },
            slow: settings.hub.as_ref().is_some_and(|hub| hub.slow),
            languages: settings.languages.clone(),
            stick: plugs.stick.clone(),
            data: data.to_owned(),
            trust: opened.trusted().clone(),
        },
        DbKey::obtain(&data.join("record.key")).ok(),
        tell.clone(),
    )?;
    let offset =
        Offset::from_seconds(i32::from(station.utc_offset_minutes()) * 60).unwrap_or(Offset::UTC);
    let mut world = World {
        tell,
        record,
        paper,
        media,
        heard: false,
        narrator,
        voices: roots,
        county: Some(county),
        default_language: station.language().to_owned(),
        scanner,
        keys,
        clock: KioskClock::new(controls.clock.clone()),
        offset,
        sound_told: None,
        skipped: std::time::Duration::ZERO,
    };
    crate::effect::Backend::look_after(&mut world);
    let languages = Languages::load(Some(&place::assets().join("translations")))?;
    let pictures = pictures(opened);
    Ok((Kiosk::new(world, languages, pictures, station), controls))
}

/// Pictures of the bundle first, then those that are shipped.
pub fn pictures(opened: &Opened) -> Pictures {
    let media = opened.media();
    Pictures::new(place::assets().join("pictures"), move |name| {
        media.get(name).map(|bytes| bytes.to_vec())
    })
}

fn printer_link(
    asked: Option<&str>,
    configured: &PrinterConnection,
    data: &Path,
    dots: Paper,
    controls: &mut Controls,
) -> Option<Box<dyn Link>> {
    let mut play = || -> Option<Box<dyn Link>> {
        let link = VirtualLink::new(dots.dots(), Some(data.join("slips")));
        controls.printer = Some(link.clone());
        Some(Box::new(link))
    };
    match asked {
        Some("none") => None,
        Some("virtual") => play(),
        Some(path) if path.starts_with('/') => Some(Box::new(DeviceFileLink::new(path))),
        Some(address) => Some(Box::new(NetworkLink::new(address))),
        None => match configured {
            PrinterConnection::None => None,
            PrinterConnection::Network { host, port } => {
                Some(Box::new(NetworkLink::new(format!("{host}:{port}"))))
            }
            PrinterConnection::File { path } => Some(Box::new(DeviceFileLink::new(path))),
            PrinterConnection::Serial { path, baud } => {
                Some(Box::new(SerialLink::new(path, *baud)))
            }
        },
    }
}

/// Keys of their own, kept from everything else; a keyboard that types into the window needs nothing here.
fn number_pad(configured: &KeysConnection, tell: &Tell) -> anyhow::Result<Option<HidKeys>> {
    let KeysConnection::Device { path } = configured else {
        return Ok(None);
    };
    let (events, told) = crossbeam_channel::unbounded::<KeyEvent>();
    let path = path.clone();
    let keys = HidKeys::start(move || DeviceKeys::open(&path), KeyMap::default(), events)?;
    let tell = tell.clone();
    std::thread::Builder::new()
        .name("key-events".into())
        .spawn(move || {
            for event in told {
                if let KeyEvent::Action(action) = event
                    && let Some(key) = Key::of_action(action)
                {
                    tell(crate::effect::Happening::Pressed(key));
                }
            }
        })?;
    Ok(Some(keys))
}

/// The size that is asked of a camera, in pixels; it gives what it has.
const CAMERA_SIZE: (u32, u32) = (1920, 1080);

/// What reads codes, and the camera that also takes photos.
fn eyes(
    plugs: &Plugs,
    configured: &ScannerConnection,
    beside: Option<&str>,
    tell: &Tell,
) -> anyhow::Result<(Vec<ScannerKept>, Option<CameraHandle>)> {
    let (events, told) = crossbeam_channel::unbounded::<ScanEvent>();
    let camera = |path: &str| {
        let path = PathBuf::from(path);
        CameraScanner::start(
            move || -> std::io::Result<Box<dyn FrameSource>> {
                if path.is_dir() {
                    Ok(Box::new(FolderSource::open(&path)?))
                } else {
                    Ok(Box::new(DeviceSource::open(&path, CAMERA_SIZE)?))
                }
            },
            Watch::default(),
            events.clone(),
        )
    };
    let serial = |path: &str, baud| {
        SerialScanner::start(path, baud, events.clone()).map(ScannerKept::Serial)
    };
    let is_camera = |path: &str| Path::new(path).is_dir() || path.starts_with("/dev/video");
    let mut kept = Vec::new();
    let mut handle = None;
    let cameras: Vec<&str> = match (
        plugs.camera.as_deref(),
        plugs.scanner.as_deref(),
        configured,
    ) {
        (Some("none"), _, _) => Vec::new(),
        (Some(path), _, _) => vec![path],
        (None, Some(path), _) if is_camera(path) => vec![path],
        (None, None, ScannerConnection::Folder { path } | ScannerConnection::Camera { path }) => {
            vec![path]
        }
        // A camera beside a hand scanner.
        (None, _, _) => beside.into_iter().collect(),
    };
    for path in cameras {
        let scanner = camera(path)?;
        handle = Some(scanner.camera());
        kept.push(ScannerKept::Camera(scanner));
    }
    match (plugs.scanner.as_deref(), configured) {
        (Some("none"), _) => {}
        (Some(path), _) if is_camera(path) => {}
        (Some(path), _) => kept.push(serial(path, 9600)?),
        (None, ScannerConnection::Serial { path, baud }) => kept.push(serial(path, *baud)?),
        _ => {}
    }
    if handle.is_some() {
        // Until it says otherwise; a camera that is not there says so within a second.
        tell(crate::effect::Happening::Photo(
            crate::screen::photo::News::Ready,
        ));
    }
    if kept.is_empty() {
        tell(crate::effect::Happening::Scanner(Err("SCN-000")));
        return Ok((kept, handle));
    }
    let tell = tell.clone();
    std::thread::Builder::new()
        .name("scanner-events".into())
        .spawn(move || {
            for event in told {
                tell(match event {
                    ScanEvent::Read(scan) => {
                        crate::effect::Happening::Scanned(scan.bytes().to_vec())
                    }
                    ScanEvent::Fault(fault) => crate::effect::Happening::Scanner(Err(fault.code())),
                    ScanEvent::Ready => crate::effect::Happening::Scanner(Ok(())),
                });
            }
        })?;
    Ok((kept, handle))
}
