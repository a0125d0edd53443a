//! Serial printers (RS-232, USB-serial adapters).

use super::link::{Connection, Link};
use serialport::SerialPort;
use std::io::{self, Read, Write};
use std::time::Duration;

/// A printer on a serial line: 8 data bits, no parity, 1 stop bit.
#[derive(Clone, Debug)]
pub struct SerialLink {
    path: String,
    baud: u32,
    flow: serialport::FlowControl,
}

impl SerialLink {
    /// `path` is the device, e.g. `/dev/ttyUSB0`; hardware flow control stays off.
    #[must_use]
    pub fn new(path: impl Into<String>, baud: u32) -> Self {
        Self {
            path: path.into(),
            baud,
            flow: serialport::FlowControl::None,
        }
    }

    /// Uses the RTS/CTS lines, as most printers with a full cable want (DSR/DTR bridged to them).
    #[must_use]
    pub fn with_hardware_flow(mut self) -> Self {
        self.flow = serialport::FlowControl::Hardware;
        self
    }
}

impl Link for SerialLink {
    fn describe(&self) -> String {
        format!("serial {} at {} baud", self.path, self.baud)
    }

    fn open(&mut self) -> io::Result<Box<dyn Connection>> {
        let port = serialport::new(&self.path, self.baud)
            .flow_control(self.flow)
            .timeout(Duration::from_millis(100))
            .open()
            .map_err(io::Error::from)?;
        Ok(Box::new(SerialConnection { port }))
    }
}

struct SerialConnection {
    port: Box<dyn SerialPort>,
}

fn nothing_in_time(result: io::Result<usize>) -> io::Result<usize> {
    match result {
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
            ) =>
        {
            Ok(0)
        }
        other => other,
    }
}

impl Connection for SerialConnection {
    fn write(&mut self, bytes: &[u8], timeout: Duration) -> io::Result<usize> {
        self.port.set_timeout(timeout)?;
        nothing_in_time(self.port.write(bytes))
    }

    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> io::Result<usize> {
        self.port.set_timeout(timeout)?;
        nothing_in_time(self.port.read(buffer))
    }
}
