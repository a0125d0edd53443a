//! Network printers: raw bytes over TCP, port 9100 ("JetDirect", AppSocket).

use super::link::{Connection, Link, closed};
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

const OPEN_TIMEOUT: Duration = Duration::from_secs(2);

/// A printer at `host:9100`.
#[derive(Clone, Debug)]
pub struct NetworkLink {
    address: String,
}

impl NetworkLink {
    /// `address` is `host:port` or `host`, which means port 9100.
    #[must_use]
    pub fn new(address: impl Into<String>) -> Self {
        let address = address.into();
        let has_port = address
            .rsplit_once(':')
            .is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()));
        Self {
            address: if has_port {
                address
            } else {
                format!("{address}:9100")
            },
        }
    }
}

impl Link for NetworkLink {
    fn describe(&self) -> String {
        format!("network {}", self.address)
    }

    fn open(&mut self) -> io::Result<Box<dyn Connection>> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in self.address.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, OPEN_TIMEOUT) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    return Ok(Box::new(NetworkConnection { stream }));
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

struct NetworkConnection {
    stream: TcpStream,
}

/// A time limit of zero would mean "none" to the socket.
fn at_least_a_millisecond(timeout: Duration) -> Duration {
    timeout.max(Duration::from_millis(1))
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
    )
}

impl Connection for NetworkConnection {
    fn write(&mut self, bytes: &[u8], timeout: Duration) -> io::Result<usize> {
        self.stream
            .set_write_timeout(Some(at_least_a_millisecond(timeout)))?;
        match self.stream.write(bytes) {
            Ok(0) if !bytes.is_empty() => Err(closed()),
            Ok(n) => Ok(n),
            Err(error) if is_timeout(&error) => Ok(0),
            Err(error) => Err(error),
        }
    }

    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> io::Result<usize> {
        self.stream
            .set_read_timeout(Some(at_least_a_millisecond(timeout)))?;
        match self.stream.read(buffer) {
            Ok(0) => Err(closed()),
            Ok(n) => Ok(n),
            Err(error) if is_timeout(&error) => Ok(0),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_9100_unless_said() {
        assert_eq!(NetworkLink::new("192.0.2.1").address, "192.0.2.1:9100");
        assert_eq!(NetworkLink::new("printer:9101").address, "printer:9101");
        assert_eq!(NetworkLink::new("[::1]:9100").address, "[::1]:9100");
    }
}
