//! A touchscreen that we play: the socket of Xorg's `inputtest` driver.
//!
//! The wire is xserver's `xf86-input-inputtest-protocol.h`, version 1.1: native-endian structs, each with its own length in
//! front. A client says its version (12 bytes) and hears the server's; then each touch is one message of 1056 bytes; a
//! "wait for sync" (8 bytes) is answered when everything before it has gone through the server. The driver takes one
//! connection at a time and does not get over a lost one, so one is kept for the server's life.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use x11rb::connection::Connection;
use x11rb::protocol::xinput::{ConnectionExt as _, DeviceClassData};
use x11rb::rust_connection::RustConnection;

use crate::server::XServer;

const CLIENT_VERSION: u32 = 0;
const WAIT_FOR_SYNC: u32 = 1;
const TOUCH: u32 = 6;
const MAX_VALUATORS: usize = 64;
/// Header (8), touch id, phase, `has_unaccelerated`, mask (8), padding to 8 (4), then two arrays of 64 doubles.
const TOUCH_BYTES: usize = 8 + 4 + 4 + 4 + 8 + 4 + 2 * MAX_VALUATORS * 8;

/// What one finger did, with XInput 2's own numbers (XI2.h: `XI_TouchBegin` …).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Down = 18,
    Move = 19,
    Up = 20,
}

/// The one connection to a server's touchscreen.
#[derive(Debug)]
pub struct Touchscreen {
    stream: UnixStream,
    /// Screen size in pixels.
    size: (u16, u16),
    /// Largest value of the device's X and Y axes.
    range: (f64, f64),
    next: u32,
}

impl Touchscreen {
    /// Connects to the driver's socket and asks the server for the device's axes.
    pub(crate) fn connect(socket: &Path, server: &XServer) -> Result<Self> {
        let until = Instant::now() + Duration::from_secs(10);
        let stream = loop {
            match UnixStream::connect(socket) {
                Ok(stream) => break stream,
                Err(error) if Instant::now() > until => {
                    return Err(error).context("the inputtest driver's socket");
                }
                Err(_) => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let mut touchscreen = Self {
            stream,
            size: server.size(),
            range: (0.0, 0.0),
            next: 0,
        };
        let mut version = Vec::with_capacity(12);
        version.extend(12u32.to_ne_bytes());
        version.extend(CLIENT_VERSION.to_ne_bytes());
        version.extend(1u16.to_ne_bytes());
        version.extend(1u16.to_ne_bytes());
        touchscreen.stream.write_all(&version)?;
        let mut answer = [0u8; 12];
        touchscreen
            .stream
            .read_exact(&mut answer)
            .context("the inputtest driver did not say its version")?;
        let major = u16::from_ne_bytes([answer[8], answer[9]]);
        ensure!(
            major == 1,
            "the inputtest driver speaks version {major}, this is written for 1"
        );
        touchscreen.range = axes(server)?;
        Ok(touchscreen)
    }

    /// Puts a new finger down at a pixel; its id is for [`Touchscreen::drag`] and [`Touchscreen::up`].
    ///
    /// # Errors
    /// When the server is gone.
    pub fn down(&mut self, x: i32, y: i32) -> Result<u32> {
        let finger = self.next;
        self.next += 1;
        self.send(finger, Phase::Down, x, y)?;
        Ok(finger)
    }

    /// Moves a finger that is down.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn drag(&mut self, finger: u32, x: i32, y: i32) -> Result<()> {
        self.send(finger, Phase::Move, x, y)
    }

    /// Lifts a finger at a pixel.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn up(&mut self, finger: u32, x: i32, y: i32) -> Result<()> {
        self.send(finger, Phase::Up, x, y)
    }

    /// A touch as a person does it: down, a drift of two pixels, up after 60 ms.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn tap(&mut self, x: i32, y: i32) -> Result<()> {
        let finger = self.down(x, y)?;
        std::thread::sleep(Duration::from_millis(30));
        self.drag(finger, x + 1, y + 2)?;
        std::thread::sleep(Duration::from_millis(30));
        self.up(finger, x + 1, y + 2)?;
        self.sync()
    }

    /// Waits until the server has dealt with everything sent.
    ///
    /// # Errors
    /// When the server is gone or does not answer within ten seconds.
    pub fn sync(&mut self) -> Result<()> {
        let mut message = [0u8; 8];
        message[..4].copy_from_slice(&8u32.to_ne_bytes());
        message[4..].copy_from_slice(&WAIT_FOR_SYNC.to_ne_bytes());
        self.stream.write_all(&message)?;
        let mut answer = [0u8; 8];
        self.stream
            .read_exact(&mut answer)
            .context("the inputtest driver did not answer a sync")?;
        Ok(())
    }

    fn send(&mut self, finger: u32, phase: Phase, x: i32, y: i32) -> Result<()> {
        let at = |pixel: i32, size: u16, range: f64| {
            f64::from(pixel) * range / f64::from(size.max(2) - 1)
        };
        let message = touch_message(
            finger,
            phase,
            at(x, self.size.0, self.range.0),
            at(y, self.size.1, self.range.1),
        );
        self.stream
            .write_all(&message)
            .context("the X server's touchscreen is gone")
    }
}

/// One touch on the wire.
fn touch_message(finger: u32, phase: Phase, x: f64, y: f64) -> [u8; TOUCH_BYTES] {
    let mut message = [0u8; TOUCH_BYTES];
    let mut put = |at: usize, bytes: &[u8]| message[at..at + bytes.len()].copy_from_slice(bytes);
    put(
        0,
        &u32::try_from(TOUCH_BYTES).unwrap_or_default().to_ne_bytes(),
    );
    put(4, &TOUCH.to_ne_bytes());
    put(8, &finger.to_ne_bytes());
    put(12, &(phase as u32).to_ne_bytes());
    // 16: has_unaccelerated stays 0. 20: the mask says which valuators are given, here the first two.
    put(20, &[0b11]);
    put(32, &x.to_ne_bytes());
    put(40, &y.to_ne_bytes());
    message
}

/// The largest X and Y of the server's touch device.
fn axes(server: &XServer) -> Result<(f64, f64)> {
    let (connection, _) = RustConnection::connect(Some(server.display()))?;
    connection.xinput_xi_query_version(2, 2)?.reply()?;
    let devices = connection.xinput_xi_query_device(0u16)?.reply()?; // 0: all devices
    let device = devices
        .infos
        .iter()
        .find(|device| device.name == b"touchscreen")
        .context("the server has no device called touchscreen")?;
    let largest = |axis: u16| {
        device.classes.iter().find_map(|class| match &class.data {
            DeviceClassData::Valuator(valuator) if valuator.number == axis => {
                Some(f64::from(valuator.max.integral))
            }
            _ => None,
        })
    };
    drop(connection.flush());
    Ok((
        largest(0).context("the touchscreen has no X axis")?,
        largest(1).context("the touchscreen has no Y axis")?,
    ))
}
