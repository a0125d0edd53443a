//! Live pictures and photos from the frames of the scanner's camera thread.

use super::readability::{self, Readable};
use super::{
    CameraEvent, CameraFault, Frame, PHOTO_EDGE, PREVIEW_EVERY, PREVIEW_SIZE, Photo, Preview,
    SHUTTER_FRAMES,
};
use crossbeam_channel::{Receiver, Sender, unbounded};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{GrayImage, RgbImage};
use onedoor_domain::personal::Personal;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const QUALITY: u8 = 80;
/// A slow camera's photo is the best of what came in this time after its first frame.
const BEST_WITHIN: Duration = Duration::from_millis(1500);
/// A photo of which no frame has come by then is not taken.
const GIVE_UP: Duration = Duration::from_secs(3);
/// More live pictures than this do not wait in the queue.
const WAITING: usize = 2;

/// What was asked of a camera, and where it answers: between the handle, the camera's thread and its watchdog.
#[derive(Debug)]
pub(crate) struct Desk {
    asked: Mutex<Asked>,
    told: Sender<CameraEvent>,
    events: Receiver<CameraEvent>,
}

#[derive(Debug, Default)]
struct Asked {
    preview: bool,
    /// Since when a photo is waited for.
    shutter: Option<Instant>,
    fault: Option<CameraFault>,
}

impl Desk {
    pub fn new() -> Self {
        let (told, events) = unbounded();
        Desk {
            asked: Mutex::default(),
            told,
            events,
        }
    }

    pub fn preview(&self, on: bool) {
        self.asked().preview = on;
    }

    pub fn shutter(&self) {
        let mut asked = self.asked();
        match asked.fault {
            // One bad picture does not mean that the next is.
            None | Some(CameraFault::BadFrame) => {
                asked.shutter.get_or_insert_with(Instant::now);
            }
            Some(fault) => self.tell(CameraEvent::Fault(fault)),
        }
    }

    pub fn events(&self) -> Receiver<CameraEvent> {
        self.events.clone()
    }

    /// The watchdog saw that the camera works.
    pub fn works(&self) {
        self.asked().fault = None;
        self.tell(CameraEvent::Ready);
    }

    /// The watchdog saw a fault. A photo is tried on after a bad picture, and not taken after any other.
    pub fn fault(&self, fault: CameraFault) {
        let mut asked = self.asked();
        asked.fault = Some(fault);
        if fault != CameraFault::BadFrame {
            asked.shutter = None;
        }
        if asked.shutter.is_none() {
            self.tell(CameraEvent::Fault(fault));
        }
    }

    fn asked(&self) -> MutexGuard<'_, Asked> {
        // A panic of another holder leaves wishes behind, which are whole.
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, event: CameraEvent) {
        // The desk itself holds a receiver: this cannot fail.
        let _ = self.told.send(event);
    }
}

/// The camera thread's side: turns frames into what was asked for.
pub(crate) struct Stills {
    desk: Arc<Desk>,
    last_preview: Option<Instant>,
    best: Option<Best>,
}

/// The sharpest frame since the shutter.
struct Best {
    sharpness: f64,
    picture: RgbImage,
    grey: GrayImage,
    seen: usize,
    first: Instant,
}

impl Stills {
    pub fn new(desk: Arc<Desk>) -> Self {
        Stills {
            desk,
            last_preview: None,
            best: None,
        }
    }

    /// Whether frames are wanted: then codes are not read.
    pub fn wanted(&mut self) -> bool {
        let mut asked = self.desk.asked();
        match asked.shutter {
            None => self.best = None,
            Some(since) if self.best.is_none() && since.elapsed() > GIVE_UP => {
                asked.shutter = None;
                let why = asked.fault.unwrap_or(CameraFault::Stuck);
                self.desk.tell(CameraEvent::Fault(why));
            }
            Some(_) => {}
        }
        asked.preview || asked.shutter.is_some()
    }

    /// Takes a frame for what was asked.
    ///
    /// # Errors
    /// `InvalidData` where it cannot be decoded or encoded.
    pub fn take(&mut self, frame: &Frame) -> io::Result<()> {
        let (preview, shutter) = {
            let asked = self.desk.asked();
            (asked.preview, asked.shutter.is_some())
        };
        let now = Instant::now();
        let due = self
            .last_preview
            .is_none_or(|last| now.duration_since(last) >= PREVIEW_EVERY);
        let show = preview && due && self.desk.told.len() < WAITING;
        if !show && !shutter {
            return Ok(());
        }
        let picture = frame.to_rgb()?;
        if show {
            self.last_preview = Some(now);
            self.desk.tell(CameraEvent::Preview(small(&picture)));
        }
        if shutter {
            self.consider(picture, now)?;
        }
        Ok(())
    }

    fn consider(&mut self, picture: RgbImage, now: Instant) -> io::Result<()> {
        let grey = imageops::grayscale(&picture);
        let sharpness = readability::sharpness(&grey);
        match &mut self.best {
            Some(best) => {
                best.seen += 1;
                if sharpness > best.sharpness {
                    (best.sharpness, best.picture, best.grey) = (sharpness, picture, grey);
                }
            }
            None => {
                self.best = Some(Best {
                    sharpness,
                    picture,
                    grey,
                    seen: 1,
                    first: now,
                });
            }
        }
        let enough = |best: &mut Best| {
            best.seen >= SHUTTER_FRAMES || now.duration_since(best.first) > BEST_WITHIN
        };
        if let Some(best) = self.best.take_if(enough) {
            let photo = photo(&best.picture, readability::judge(&best.grey))?;
            let mut asked = self.desk.asked();
            // A fault in between has said already that there is no photo.
            if asked.shutter.take().is_some() {
                self.desk.tell(CameraEvent::Photo(photo));
            }
        }
        Ok(())
    }
}

/// The size that fits into `most`, with the same shape; never larger than it was.
fn fitting((width, height): (u32, u32), most: (u32, u32)) -> (u32, u32) {
    let scale = (f64::from(most.0) / f64::from(width.max(1)))
        .min(f64::from(most.1) / f64::from(height.max(1)))
        .min(1.0);
    let side = |length: u32| ((f64::from(length) * scale).round() as u32).max(1);
    (side(width), side(height))
}

fn small(picture: &RgbImage) -> Preview {
    let (width, height) = fitting(picture.dimensions(), PREVIEW_SIZE);
    let shrunk;
    let picture = if (width, height) == picture.dimensions() {
        picture
    } else {
        shrunk = imageops::thumbnail(picture, width, height);
        &shrunk
    };
    let mut rgba = Vec::with_capacity(4 * width as usize * height as usize);
    for pixel in picture.as_raw().chunks_exact(3) {
        rgba.extend([pixel[0], pixel[1], pixel[2], 255]);
    }
    Preview {
        width,
        height,
        rgba: Personal::new(rgba),
    }
}

fn photo(picture: &RgbImage, verdict: Readable) -> io::Result<Photo> {
    let (width, height) = fitting(picture.dimensions(), (PHOTO_EDGE, PHOTO_EDGE));
    let shrunk;
    let picture = if (width, height) == picture.dimensions() {
        picture
    } else {
        shrunk = imageops::resize(picture, width, height, FilterType::Triangle);
        &shrunk
    };
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode_image(picture)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    Ok(Photo {
        jpeg: Personal::new(jpeg),
        width,
        height,
        verdict,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_shrink_to_fit_and_never_grow() {
        assert_eq!(fitting((1920, 1080), PREVIEW_SIZE), (960, 540));
        assert_eq!(fitting((1080, 1920), PREVIEW_SIZE), (405, 720));
        assert_eq!(fitting((640, 480), PREVIEW_SIZE), (640, 480));
        assert_eq!(fitting((5000, 1), PREVIEW_SIZE), (960, 1));
        assert_eq!(
            fitting((4000, 3000), (PHOTO_EDGE, PHOTO_EDGE)),
            (2000, 1500)
        );
    }

    #[test]
    fn a_photo_is_a_jpeg_without_exif() {
        let picture = RgbImage::from_fn(2400, 1000, |x, _| image::Rgb([(x / 10) as u8, 9, 200]));
        let photo = photo(&picture, Readable::TooEmpty).expect("encoded");
        assert_eq!((photo.width, photo.height), (2000, 833));
        let jpeg = photo.jpeg.expose();
        let read = image::load_from_memory(jpeg).expect("a picture");
        assert_eq!((read.width(), read.height()), (2000, 833));
        assert!(!jpeg.windows(4).any(|bytes| bytes == b"Exif"));
    }

    #[test]
    fn the_sharpest_of_the_next_frames_is_taken_once() {
        let desk = Arc::new(Desk::new());
        let mut stills = Stills::new(Arc::clone(&desk));
        assert!(!stills.wanted());
        desk.shutter();
        desk.shutter();
        assert!(stills.wanted());
        let grey = |sharp: bool| {
            GrayImage::from_fn(400, 300, |x, y| {
                let dark = if sharp {
                    (x / 4 + y / 4) % 2 == 0
                } else {
                    false
                };
                image::Luma([if dark { 30 } else { 200 }])
            })
        };
        for sharp in [false, true, false, false, false, true, true] {
            if stills.wanted() {
                stills.take(&grey(sharp).into()).expect("fine");
            }
        }
        let events: Vec<_> = desk.events().try_iter().collect();
        let [CameraEvent::Photo(photo)] = &events[..] else {
            panic!("{events:?}")
        };
        let shown = image::load_from_memory(photo.jpeg.expose()).expect("a picture");
        let dark = shown.to_luma8().pixels().filter(|p| p.0[0] < 100).count();
        assert!(dark > 400 * 300 / 3, "the one with squares: {dark}");
        assert!(!stills.wanted());
    }

    #[test]
    fn a_fault_ends_a_shutter_and_one_bad_frame_does_not() {
        let desk = Arc::new(Desk::new());
        let mut stills = Stills::new(Arc::clone(&desk));
        desk.shutter();
        desk.fault(CameraFault::BadFrame);
        assert!(stills.wanted() && desk.events().is_empty());
        desk.fault(CameraFault::Unplugged);
        assert!(!stills.wanted());
        desk.shutter();
        let told: Vec<_> = desk.events().try_iter().collect();
        assert_eq!(told, vec![CameraEvent::Fault(CameraFault::Unplugged); 2]);
        assert!(!stills.wanted(), "asked in vain");
        desk.works();
        desk.preview(true);
        assert!(stills.wanted());
        // Nobody takes live pictures out: they do not pile up.
        for _ in 0..4 {
            stills.last_preview = None;
            stills.take(&GrayImage::new(8, 8).into()).expect("fine");
        }
        assert!(desk.events().len() <= WAITING);
    }
}
