//! Eyes (and a mouse, and keys) on an X server: screenshots, the DAMAGE extension, XTEST.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::damage::{ConnectionExt as _, ReportLevel};
use x11rb::protocol::xproto::{
    BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConnectionExt as _, ImageFormat, InputFocus,
    KEY_PRESS_EVENT, KEY_RELEASE_EVENT, MOTION_NOTIFY_EVENT, MapState, Window,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

use crate::server::XServer;

/// A client of its own at one server.
#[derive(Debug)]
pub struct Screen {
    connection: RustConnection,
    root: Window,
    size: (u16, u16),
}

/// The pixels of a whole screen at one moment.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    /// Width and height in pixels.
    pub size: (u16, u16),
    /// Blue, green, red, unused: four bytes a pixel, row by row, as X servers of 24 bits send it.
    pub bgrx: Vec<u8>,
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Frame({}×{})", self.size.0, self.size.1)
    }
}

impl Frame {
    /// The share of pixels, 0 to 1, in which two frames of one size differ.
    #[must_use]
    pub fn difference(&self, other: &Self) -> f64 {
        let different = self
            .pixels()
            .zip(other.pixels())
            .filter(|(a, b)| a != b)
            .count();
        different as f64 / (self.bgrx.len() / 4).max(1) as f64
    }

    /// How many different colours there are: an empty screen has one.
    #[must_use]
    pub fn colours(&self) -> usize {
        self.pixels()
            .collect::<std::collections::HashSet<_>>()
            .len()
    }

    fn pixels(&self) -> impl Iterator<Item = &[u8]> {
        self.bgrx.chunks_exact(4).map(|pixel| &pixel[..3])
    }

    /// Writes it as PNG.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &std::path::Path) -> Result<()> {
        let rgb: Vec<u8> = self.pixels().flat_map(|p| [p[2], p[1], p[0]]).collect();
        let picture =
            image::RgbImage::from_raw(u32::from(self.size.0), u32::from(self.size.1), rgb)
                .context("a frame has not the size it says")?;
        picture
            .save(path)
            .with_context(|| format!("writing {}", path.display()))
    }
}

impl Screen {
    /// Connects to a server.
    ///
    /// # Errors
    /// When the server is gone or lacks DAMAGE or XTEST.
    pub fn connect(server: &XServer) -> Result<Self> {
        let (connection, number) = RustConnection::connect(Some(server.display()))?;
        connection
            .damage_query_version(1, 1)?
            .reply()
            .context("the X server has no DAMAGE extension")?;
        connection
            .xtest_get_version(2, 2)?
            .reply()
            .context("the X server has no XTEST extension")?;
        let screen = &connection.setup().roots[number];
        let (root, size) = (
            screen.root,
            (screen.width_in_pixels, screen.height_in_pixels),
        );
        Ok(Self {
            connection,
            root,
            size,
        })
    }

    /// What the whole screen shows now.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn shot(&self) -> Result<Frame> {
        let (width, height) = self.size;
        let reply = self
            .connection
            .get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, width, height, !0)?
            .reply()?;
        ensure!(
            reply.data.len() == usize::from(width) * usize::from(height) * 4,
            "the X server has not four bytes a pixel"
        );
        Ok(Frame {
            size: self.size,
            bgrx: reply.data,
        })
    }

    /// Starts to watch for changed pixels on the whole screen.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn watch(&self) -> Result<Watch<'_>> {
        let id = self.connection.generate_id()?;
        self.connection
            .damage_create(id, self.root, ReportLevel::RAW_RECTANGLES)?
            .check()?;
        Ok(Watch { screen: self, id })
    }

    /// A click of the first mouse button (XTEST), for servers without a touchscreen.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn click(&self, x: i16, y: i16) -> Result<()> {
        self.pointer(x, y)?;
        self.button(true)?;
        std::thread::sleep(Duration::from_millis(60));
        self.button(false)
    }

    /// Moves the mouse.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn pointer(&self, x: i16, y: i16) -> Result<()> {
        self.connection
            .xtest_fake_input(MOTION_NOTIFY_EVENT, 0, 0, self.root, x, y, 0)?
            .check()?;
        Ok(())
    }

    /// Presses or releases the first mouse button where the mouse is.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn button(&self, pressed: bool) -> Result<()> {
        let kind = if pressed {
            BUTTON_PRESS_EVENT
        } else {
            BUTTON_RELEASE_EVENT
        };
        self.connection
            .xtest_fake_input(kind, 1, 0, self.root, 0, 0, 0)?
            .check()?;
        Ok(())
    }

    /// Presses and releases the key with an X keysym (its Latin-1 value for letters and digits), as a number pad does.
    ///
    /// # Errors
    /// When the server is gone or its keyboard has no such key.
    pub fn key(&self, keysym: u32) -> Result<()> {
        let setup = self.connection.setup();
        let (first, count) = (setup.min_keycode, setup.max_keycode - setup.min_keycode + 1);
        let map = self
            .connection
            .get_keyboard_mapping(first, count)?
            .reply()?;
        let row = map
            .keysyms
            .chunks(usize::from(map.keysyms_per_keycode))
            .position(|keysyms| keysyms.first() == Some(&keysym))
            .with_context(|| format!("no key has keysym {keysym:#x}"))?;
        let code = first + u8::try_from(row)?;
        for kind in [KEY_PRESS_EVENT, KEY_RELEASE_EVENT] {
            self.connection
                .xtest_fake_input(kind, code, 0, self.root, 0, 0, 0)?
                .check()?;
        }
        Ok(())
    }

    /// Waits until a program shows a window, and gives it the keyboard, which without a window manager nobody else does.
    ///
    /// # Errors
    /// When none is shown in time or the server is gone.
    pub fn window(&self, patience: Duration) -> Result<Window> {
        let until = Instant::now() + patience;
        loop {
            for window in self.connection.query_tree(self.root)?.reply()?.children {
                let Ok(attributes) = self.connection.get_window_attributes(window)?.reply() else {
                    continue;
                };
                let Ok(place) = self.connection.get_geometry(window)?.reply() else {
                    continue;
                };
                if attributes.map_state == MapState::VIEWABLE
                    && place.width > 100
                    && place.height > 100
                {
                    let now = x11rb::CURRENT_TIME;
                    self.connection
                        .set_input_focus(InputFocus::POINTER_ROOT, window, now)?
                        .check()?;
                    return Ok(window);
                }
            }
            ensure!(
                Instant::now() < until,
                "no window was shown in {patience:?}"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Changed pixels, one by one. Dropping it stops the watch.
#[derive(Debug)]
pub struct Watch<'a> {
    screen: &'a Screen,
    id: u32,
}

impl Watch<'_> {
    /// Waits for the next change; `None` when nothing changed for as long as `patience`. The time is when this client
    /// heard of it, which is after the server had the pixels.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn next(&self, patience: Duration) -> Result<Option<Instant>> {
        let connection = &self.screen.connection;
        let until = Instant::now() + patience;
        loop {
            while let Some(event) = connection.poll_for_event()? {
                if matches!(event, Event::DamageNotify(_)) {
                    return Ok(Some(Instant::now()));
                }
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            connection.flush()?;
            let mut waiting = [PollFd::from_borrowed_fd(
                connection.stream().as_fd(),
                PollFlags::IN,
            )];
            poll(
                &mut waiting,
                Some(&Timespec {
                    tv_sec: left.as_secs().cast_signed(),
                    tv_nsec: left.subsec_nanos().into(),
                }),
            )?;
        }
    }

    /// Forgets the changes heard of so far, and waits until nothing has changed for `quiet`.
    ///
    /// # Errors
    /// When the screen does not come to rest within `patience`, or the server is gone.
    pub fn settle(&self, quiet: Duration, patience: Duration) -> Result<()> {
        let until = Instant::now() + patience;
        while self.next(quiet)?.is_some() {
            ensure!(
                Instant::now() < until,
                "the screen did not come to rest in {patience:?}"
            );
        }
        Ok(())
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if let Ok(cookie) = self.screen.connection.damage_destroy(self.id) {
            let _ = cookie.check();
        }
    }
}
