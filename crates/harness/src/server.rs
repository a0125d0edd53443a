//! Real X servers for tests: `Xvfb`, and `Xorg` with a dummy screen and a touchscreen that we play.

use std::io::Read;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{FdFlags, fcntl_setfd};

use crate::touch::Touchscreen;

/// How long a server may take until it has chosen its display. A loaded two-core machine needs a few seconds for Xorg.
const START: Duration = Duration::from_secs(60);

/// A running X server of our own. Dropping it ends it.
#[derive(Debug)]
pub struct XServer {
    child: Child,
    display: String,
    size: (u16, u16),
    folder: tempfile::TempDir,
}

impl XServer {
    /// Starts `Xvfb` with one screen of `width` × `height` pixels at 24 bits.
    ///
    /// # Errors
    /// When Xvfb is not installed (Debian package `xvfb`) or did not start.
    pub fn xvfb(width: u16, height: u16) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut command = Command::new("Xvfb");
        command.args([
            "-screen",
            "0",
            &format!("{width}x{height}x24"),
            "-nolisten",
            "tcp",
            "-noreset",
            "-ac",
        ]);
        start(command, (width, height), folder).context("Xvfb did not start (Debian package xvfb)")
    }

    /// Starts `Xorg` with the `dummy` driver's screen and one `inputtest` touchscreen of ten fingers, and connects to it.
    ///
    /// # Errors
    /// When Xorg or its dummy driver is not installed (Debian packages `xserver-xorg-core`, `xserver-xorg-video-dummy`) or
    /// the server did not start; the server's log is in the message.
    pub fn touch(width: u16, height: u16) -> Result<(Self, Touchscreen)> {
        let folder = tempfile::tempdir()?;
        let socket = folder.path().join("touch.socket");
        let log = folder.path().join("Xorg.log");
        let config = folder.path().join("xorg.conf");
        std::fs::write(&config, configuration(width, height, &socket))?;

        let mut command = Command::new("Xorg");
        command
            .arg("-config")
            .arg(&config)
            .arg("-logfile")
            .arg(&log);
        command.args([
            "-nolisten",
            "tcp",
            "-noreset",
            "-ac",
            "-novtswitch",
            "-sharevts",
        ]);
        let server = start(command, (width, height), folder).with_context(|| {
            let log = std::fs::read_to_string(&log).unwrap_or_default();
            let end: Vec<&str> = log.lines().rev().take(15).collect();
            format!(
                "Xorg did not start (Debian packages xserver-xorg-core, xserver-xorg-video-dummy); its log ended:\n{}",
                end.into_iter().rev().collect::<Vec<_>>().join("\n")
            )
        })?;
        let touchscreen = Touchscreen::connect(&socket, &server)?;
        Ok((server, touchscreen))
    }

    /// What `DISPLAY` must be for a program to open its window here, such as `:3`.
    #[must_use]
    pub fn display(&self) -> &str {
        &self.display
    }

    /// Width and height in pixels.
    #[must_use]
    pub fn size(&self) -> (u16, u16) {
        self.size
    }

    /// A folder that lives as long as the server, for the sockets and files of its clients.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for XServer {
    fn drop(&mut self) {
        // SIGTERM lets the server remove its lock and socket in /tmp; a server that hangs is killed.
        if let Some(pid) = rustix::process::Pid::from_raw(self.child.id().cast_signed()) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let until = Instant::now() + Duration::from_secs(5);
        while Instant::now() < until {
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a server with `-displayfd`: it takes the first free display number itself and writes it to a pipe, so that tests
/// running side by side never meet.
fn start(mut command: Command, size: (u16, u16), folder: tempfile::TempDir) -> Result<XServer> {
    let (mut reader, writer) = std::io::pipe()?;
    // The server inherits the pipe's writing end by its number. Another test of this process that starts a program in the
    // same instant inherits it too, which does no harm: we stop reading at the end of the line.
    fcntl_setfd(&writer, FdFlags::empty())?;
    command
        .arg("-displayfd")
        .arg(writer.as_raw_fd().to_string());
    let output: PathBuf = folder.path().join("server.output");
    let file = std::fs::File::create(&output)?;
    command
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file);
    let child = command
        .spawn()
        .with_context(|| format!("{:?} could not be run", command.get_program()))?;
    drop(writer);
    let mut server = XServer {
        child,
        display: String::new(),
        size,
        folder,
    };

    let until = Instant::now() + START;
    let mut number = String::new();
    while !number.ends_with('\n') {
        if let Some(status) = server.child.try_wait()? {
            bail!(
                "the server ended with {status}: {}",
                std::fs::read_to_string(&output).unwrap_or_default()
            );
        }
        ensure!(
            Instant::now() < until,
            "the server chose no display in {START:?}"
        );
        let mut waiting = [PollFd::new(&reader, PollFlags::IN)];
        let pause = Timespec {
            tv_sec: 0,
            tv_nsec: 50_000_000,
        };
        if poll(&mut waiting, Some(&pause))? > 0 {
            let mut byte = [0];
            if reader.read(&mut byte)? == 1 {
                number.push(char::from(byte[0]));
            }
        }
    }
    server.display = format!(":{}", number.trim());
    Ok(server)
}

/// An Xorg configuration with nothing of the machine in it: no real screen, no real mouse, no virtual terminal.
fn configuration(width: u16, height: u16, socket: &Path) -> String {
    // Any timing will do, since the dummy driver shows nothing and only asks that a mode of this size exists; but 160 pixels
    // between lines would mean "reduced blanking", which it refuses.
    let (w, h) = (u32::from(width), u32::from(height));
    let clock = f64::from((w + 200) * (h + 40)) * 60.0 / 1e6;
    format!(
        r#"Section "ServerFlags"
  Option "AutoAddDevices" "false"
  Option "AutoEnableDevices" "false"
  Option "DontVTSwitch" "true"
  Option "BlankTime" "0"
EndSection
Section "Device"
  Identifier "card"
  Driver "dummy"
  VideoRam 65536
EndSection
Section "Monitor"
  Identifier "monitor"
  HorizSync 5-1000
  VertRefresh 5-200
  Modeline "kiosk" {clock:.2} {w} {} {} {} {h} {} {} {}
EndSection
Section "Screen"
  Identifier "screen"
  Device "card"
  Monitor "monitor"
  DefaultDepth 24
  SubSection "Display"
    Depth 24
    Modes "kiosk"
    Virtual {w} {h}
  EndSubSection
EndSection
Section "InputDevice"
  Identifier "touchscreen"
  Driver "inputtest"
  Option "DeviceType" "Touch"
  Option "TouchCount" "10"
  Option "SocketPath" "{}"
EndSection
Section "ServerLayout"
  Identifier "kiosk"
  Screen "screen"
  InputDevice "touchscreen"
EndSection
"#,
        w + 48,
        w + 80,
        w + 200,
        h + 3,
        h + 8,
        h + 40,
        socket.display(),
    )
}
