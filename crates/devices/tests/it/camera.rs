//! Live pictures and photos from the scanner's camera, over pictures in a folder and cameras that misbehave.

use crossbeam_channel::Receiver;
use image::{GrayImage, Luma, Rgb, RgbImage};
use onedoor_devices::camera::{
    CameraEvent, CameraFault, CameraHandle, DeviceSource, Frame, Photo, Readable,
};
use onedoor_devices::scanner::{
    CameraScanner, FolderSource, FrameSource, ScanEvent, ScannerFault, Watch,
};
use qrcodegen::{QrCode, QrCodeEcc};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(8);

fn next(camera: &CameraHandle) -> CameraEvent {
    camera
        .events()
        .recv_timeout(PATIENCE)
        .expect("an event in time")
}

/// The photo that was asked for; live pictures before it are passed over.
fn photo(camera: &CameraHandle) -> Photo {
    loop {
        match next(camera) {
            CameraEvent::Photo(photo) => return photo,
            CameraEvent::Preview(_) => {}
            other => panic!("{other:?} instead of a photo"),
        }
    }
}

/// The fault that was told; live pictures before it are passed over.
fn fault(camera: &CameraHandle) -> CameraFault {
    loop {
        match next(camera) {
            CameraEvent::Fault(fault) => return fault,
            CameraEvent::Preview(_) => {}
            other => panic!("{other:?} instead of a fault"),
        }
    }
}

fn scanned(heard: &Receiver<ScanEvent>) -> ScanEvent {
    heard.recv_timeout(PATIENCE).expect("an event in time")
}

fn code(text: &str) -> GrayImage {
    let qr = QrCode::encode_text(text, QrCodeEcc::Medium).expect("short");
    let side = (qr.size() as u32 + 8) * 5;
    GrayImage::from_fn(side, side, |x, y| {
        let at = |v: u32| (v / 5) as i32 - 4;
        Luma([if qr.get_module(at(x), at(y)) { 20 } else { 235 }])
    })
}

/// A red sheet of small black squares, 2400 × 1200.
fn sheet() -> RgbImage {
    RgbImage::from_fn(2400, 1200, |x, y| {
        let ink = (100..2300).contains(&x) && (x / 8 + y / 8) % 2 == 0;
        Rgb(if ink { [30, 20, 20] } else { [230, 140, 140] })
    })
}

#[test]
fn one_camera_serves_photos_and_codes() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().to_owned();
    sheet().save(place.join("1.png")).expect("saved");
    let (events, heard) = crossbeam_channel::unbounded();
    let open = {
        let place = place.clone();
        move || FolderSource::open(&place).map(|s| Box::new(s) as Box<dyn FrameSource>)
    };
    let scanner = CameraScanner::start(open, Watch::default(), events).expect("a thread");
    let camera = scanner.camera();
    assert_eq!(next(&camera), CameraEvent::Ready);
    assert_eq!(scanned(&heard), ScanEvent::Ready);
    std::thread::sleep(Duration::from_millis(400));
    assert!(camera.events().is_empty(), "nobody asked for a picture");

    // A live picture goes on although the folder has nothing new, at most eight times a second.
    camera.preview(true);
    let begun = Instant::now();
    let mut shown = 0;
    while begun.elapsed() < Duration::from_secs(1) {
        if let Ok(CameraEvent::Preview(preview)) =
            camera.events().recv_timeout(Duration::from_millis(200))
        {
            shown += 1;
            assert_eq!((preview.width, preview.height), (960, 480));
            let rgba = preview.rgba.expose();
            assert_eq!(rgba.len(), 4 * 960 * 480);
            assert!(rgba[0] > 200 && rgba[1] < 160 && rgba[3] == 255, "red");
            assert!(
                !format!("{preview:?}").contains("230"),
                "a picture was shown"
            );
        }
    }
    assert!(
        (3..=9).contains(&shown),
        "{shown} live pictures in a second"
    );

    camera.shutter();
    let taken = photo(&camera);
    assert_eq!((taken.width, taken.height), (2000, 1000));
    assert_eq!(taken.verdict, Readable::Good);
    let shown = image::load_from_memory(taken.jpeg.expose()).expect("a picture");
    let corner = shown.to_rgb8().get_pixel(5, 5).0;
    assert!(corner[0] > 200 && corner[1] < 170, "{corner:?}");

    // No code is read while the picture is live; afterwards they are.
    let put = |image: &GrayImage, name: &str| {
        let new = folder.path().join("new");
        image
            .save_with_format(&new, image::ImageFormat::Png)
            .expect("saved");
        std::fs::rename(&new, place.join(name)).expect("renamed");
    };
    put(&code("OD1:S:LIVE"), "2.png");
    std::thread::sleep(Duration::from_millis(800));
    assert!(heard.is_empty(), "a code was read in a live picture");
    camera.preview(false);
    put(&code("OD1:S:THEN"), "3.png");
    assert!(matches!(scanned(&heard), ScanEvent::Read(scan) if scan.text() == "OD1:S:THEN"));

    // A photo without a live picture; one that shows nothing says so.
    let blank = GrayImage::from_pixel(1280, 960, Luma([170]));
    put(&blank, "4.png");
    std::thread::sleep(Duration::from_millis(300));
    camera.events().try_iter().for_each(drop);
    camera.shutter();
    let taken = photo(&camera);
    assert_eq!((taken.verdict, taken.width), (Readable::TooEmpty, 1280));
    std::thread::sleep(Duration::from_millis(500));
    assert!(camera.events().is_empty(), "one photo a shutter");
}

/// A camera that works until it is unplugged.
struct Pluggable(Arc<AtomicBool>);

impl FrameSource for Pluggable {
    fn next_frame(&mut self) -> io::Result<Option<Frame>> {
        std::thread::sleep(Duration::from_millis(30));
        if self.0.load(Ordering::SeqCst) {
            Ok(Some(GrayImage::from_pixel(64, 64, Luma([99])).into()))
        } else {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }
}

fn quick() -> Watch {
    Watch {
        frame: Duration::from_millis(250),
        reopen: Duration::from_millis(20),
        ..Watch::default()
    }
}

#[test]
fn a_camera_that_is_pulled_out_takes_no_photo_and_comes_back() {
    let plugged = Arc::new(AtomicBool::new(true));
    let open = {
        let plugged = Arc::clone(&plugged);
        move || -> io::Result<Box<dyn FrameSource>> {
            if plugged.load(Ordering::SeqCst) {
                Ok(Box::new(Pluggable(Arc::clone(&plugged))))
            } else {
                Err(io::ErrorKind::NotFound.into())
            }
        }
    };
    let (events, _heard) = crossbeam_channel::unbounded();
    let scanner = CameraScanner::start(open, quick(), events).expect("a thread");
    let camera = scanner.camera();
    assert_eq!(next(&camera), CameraEvent::Ready);
    camera.preview(true);
    camera.shutter();
    plugged.store(false, Ordering::SeqCst);
    assert_eq!(fault(&camera), CameraFault::Unplugged);
    // Asked while it is gone: said again at once.
    camera.shutter();
    assert_eq!(fault(&camera), CameraFault::Unplugged);
    plugged.store(true, Ordering::SeqCst);
    loop {
        match next(&camera) {
            CameraEvent::Ready => break,
            CameraEvent::Preview(_) => {}
            other => panic!("{other:?}"),
        }
    }
    camera.shutter();
    assert_eq!(photo(&camera).width, 64);
}

#[test]
fn a_camera_without_pictures_does_not_keep_a_person_waiting() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().to_owned();
    let open = move || FolderSource::open(&place).map(|s| Box::new(s) as Box<dyn FrameSource>);
    let (events, _heard) = crossbeam_channel::unbounded();
    let scanner = CameraScanner::start(open, Watch::default(), events).expect("a thread");
    let camera = scanner.camera();
    assert_eq!(next(&camera), CameraEvent::Ready);
    camera.shutter();
    assert_eq!(fault(&camera), CameraFault::Stuck);
}

#[test]
fn a_camera_that_is_not_there_has_its_code() {
    let open = || {
        DeviceSource::open("/dev/video-that-is-not-there", (1280, 720))
            .map(|source| Box::new(source) as Box<dyn FrameSource>)
    };
    let (events, heard) = crossbeam_channel::unbounded();
    let scanner = CameraScanner::start(open, quick(), events).expect("a thread");
    let camera = scanner.camera();
    assert_eq!(fault(&camera), CameraFault::Missing);
    assert_eq!(CameraFault::Missing.code(), "CAM-001");
    assert_eq!(scanned(&heard), ScanEvent::Fault(ScannerFault::Unplugged));
}

/// A driver that does not come back until it is let go.
struct Hangs(Arc<AtomicBool>);

impl FrameSource for Hangs {
    fn next_frame(&mut self) -> io::Result<Option<Frame>> {
        while !self.0.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(20));
        Ok(None)
    }
}

#[test]
fn three_hung_threads_are_enough_until_one_comes_back() {
    let (opened, let_go) = (
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let open = {
        let (opened, let_go) = (Arc::clone(&opened), Arc::clone(&let_go));
        move || -> io::Result<Box<dyn FrameSource>> {
            opened.fetch_add(1, Ordering::SeqCst);
            Ok(Box::new(Hangs(Arc::clone(&let_go))))
        }
    };
    let (events, heard) = crossbeam_channel::unbounded();
    let scanner = CameraScanner::start(open, quick(), events).expect("a thread");
    let camera = scanner.camera();
    for _ in 0..3 {
        assert_eq!(scanned(&heard), ScanEvent::Ready, "it opens");
        assert_eq!(scanned(&heard), ScanEvent::Fault(ScannerFault::Stuck));
    }
    assert_eq!(scanned(&heard), ScanEvent::Fault(ScannerFault::GivenUp));
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(opened.load(Ordering::SeqCst), 3, "no fourth thread");
    assert!(heard.is_empty(), "told once");
    camera.events().try_iter().for_each(drop);
    camera.shutter();
    assert_eq!(fault(&camera), CameraFault::GivenUp);

    let_go.store(true, Ordering::SeqCst);
    assert_eq!(scanned(&heard), ScanEvent::Ready);
    assert_eq!(next(&camera), CameraEvent::Ready);
}
