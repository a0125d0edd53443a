//! Where pictures come from.

use super::decode::Pass;
use crate::camera::Frame;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A source of pictures.
pub trait FrameSource: Send {
    /// The next picture, or `None` where there is none now (after about 50 ms of waiting).
    ///
    /// # Errors
    /// The source is gone, or its picture cannot be read (`InvalidData`).
    fn next_frame(&mut self) -> io::Result<Option<Frame>>;

    /// Whether the last picture still stands before the camera while there is none: true of pictures in a folder, so
    /// that a live picture of them can be shown and a photo taken.
    fn holds_still(&self) -> bool {
        false
    }
}

/// How long to wait before looking into the folder again.
const LOOK: Duration = Duration::from_millis(50);

/// Pictures put into a folder (PNG or JPEG), each shown as if it were held before a camera: for as many
/// frames as the decoder has passes. For demonstration and tests.
#[derive(Debug)]
pub struct FolderSource {
    folder: PathBuf,
    seen: HashMap<PathBuf, SystemTime>,
    held: Option<(Frame, usize)>,
}

impl FolderSource {
    /// Pictures that come into `folder` from now on; those already there come first, by name.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn open(folder: impl AsRef<Path>) -> io::Result<Self> {
        std::fs::read_dir(folder.as_ref())?;
        Ok(Self {
            folder: folder.as_ref().to_owned(),
            seen: HashMap::new(),
            held: None,
        })
    }

    /// The next picture file that is new or was changed.
    fn next_file(&mut self) -> io::Result<Option<PathBuf>> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let picture = path
                .extension()
                .and_then(|e| e.to_str())
                .is_some_and(|e| matches!(&*e.to_ascii_lowercase(), "png" | "jpg" | "jpeg"));
            // A file that was taken away in between is not there.
            if let (true, Ok(about)) = (picture, std::fs::metadata(&path)) {
                files.push((path, about.modified()?));
            }
        }
        files.sort();
        for (path, changed) in files {
            if self.seen.get(&path) != Some(&changed) {
                self.seen.insert(path.clone(), changed);
                return Ok(Some(path));
            }
        }
        Ok(None)
    }
}

impl FrameSource for FolderSource {
    fn holds_still(&self) -> bool {
        true
    }

    fn next_frame(&mut self) -> io::Result<Option<Frame>> {
        if let Some((picture, left)) = self.held.take() {
            if left > 1 {
                self.held = Some((picture.clone(), left - 1));
            }
            return Ok(Some(picture));
        }
        let Some(path) = self.next_file()? else {
            std::thread::sleep(LOOK);
            return Ok(None);
        };
        let picture = image::open(&path)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        let picture = Frame::from(picture.into_rgb8());
        self.held = Some((picture.clone(), Pass::ROTATION.len() - 1));
        Ok(Some(picture))
    }
}
