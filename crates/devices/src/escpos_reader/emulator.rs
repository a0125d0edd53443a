//! The simulated printer on a TCP port, as a network printer is.

use super::{CutSlip, FaultSwitches, PaperPrinter, Problem, Switch};
use crate::error::DeviceError;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How often switches are looked at.
const TICK: Duration = Duration::from_millis(5);

/// A network printer made of software.
///
/// While [`Switch::Unplugged`] is on the port refuses connections and open ones are cut; power comes
/// back with the plug. Dropping it ends its thread.
#[derive(Debug)]
pub struct PrinterEmulator {
    address: SocketAddr,
    printer: Arc<Mutex<PaperPrinter>>,
    bytes: Arc<Mutex<Vec<u8>>>,
    switches: FaultSwitches,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl PrinterEmulator {
    /// Serves a printer for paper of `width` dots at `address`, e.g. `127.0.0.1:9100`, or port 0 for
    /// any free one ([`address`](Self::address) tells which).
    ///
    /// # Errors
    /// [`DeviceError::Io`] where the port cannot be had.
    pub fn start(address: &str, width: u32) -> Result<Self, DeviceError> {
        let failed = |source| DeviceError::Io {
            what: format!("the printer emulator could not listen at {address}"),
            source,
        };
        let listener = TcpListener::bind(address).map_err(failed)?;
        let address_bound = listener.local_addr().map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let switches = FaultSwitches::default();
        let printer = Arc::new(Mutex::new(PaperPrinter::new(width, switches.clone())));
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let server = Server {
            address: address_bound,
            listener: Some(listener),
            printer: Arc::clone(&printer),
            bytes: Arc::clone(&bytes),
            switches: switches.clone(),
            stop: Arc::clone(&stop),
        };
        let thread = thread::Builder::new()
            .name("printer-emulator".into())
            .spawn(move || server.run())
            .map_err(failed)?;
        Ok(Self {
            address: address_bound,
            printer,
            bytes,
            switches,
            stop,
            thread: Some(thread),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its faults.
    #[must_use]
    pub fn switches(&self) -> &FaultSwitches {
        &self.switches
    }

    /// Slips cut so far, oldest first.
    #[must_use]
    pub fn slips(&self) -> Vec<CutSlip> {
        lock(&self.printer).slips().to_vec()
    }

    /// Byte sequences that were no known command.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        lock(&self.printer).problems().to_vec()
    }

    /// All bytes that came in, over all connections.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        lock(&self.bytes).clone()
    }
}

impl Drop for PrinterEmulator {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            // It looks at the flag every few milliseconds; a panic in it has been printed already.
            let _ = thread.join();
        }
    }
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Server {
    address: SocketAddr,
    listener: Option<TcpListener>,
    printer: Arc<Mutex<PaperPrinter>>,
    bytes: Arc<Mutex<Vec<u8>>>,
    switches: FaultSwitches,
    stop: Arc<AtomicBool>,
}

impl Server {
    /// One connection at a time, as most printers do.
    fn run(mut self) {
        let mut connection: Option<TcpStream> = None;
        while !self.stop.load(Ordering::SeqCst) {
            if self.switches.is(Switch::Unplugged) {
                if self.listener.take().is_some() {
                    lock(&self.printer).power_cycle();
                }
                connection = None;
            } else if self.listener.is_none() {
                // A port just closed may be busy for a moment; the next tick tries again.
                self.listener = TcpListener::bind(self.address)
                    .and_then(|l| l.set_nonblocking(true).map(|()| l))
                    .ok();
            }
            connection = match connection {
                Some(stream) => self.serve(stream),
                None => self.accept(),
            };
        }
    }

    fn accept(&self) -> Option<TcpStream> {
        let accepted = self.listener.as_ref().and_then(|l| l.accept().ok());
        let Some((stream, _)) = accepted else {
            thread::sleep(TICK);
            return None;
        };
        let set = stream
            .set_nonblocking(false)
            .and_then(|()| stream.set_read_timeout(Some(TICK)))
            .and_then(|()| stream.set_nodelay(true));
        set.is_ok().then_some(stream)
    }

    /// Serves one tick; returns the connection while it lasts.
    fn serve(&self, mut stream: TcpStream) -> Option<TcpStream> {
        let mut buffer = [0; 4096];
        let replies = match stream.read(&mut buffer) {
            Ok(0) => return None,
            Ok(n) => {
                let n = self.switches.bytes_through(n);
                lock(&self.bytes).extend_from_slice(&buffer[..n]);
                lock(&self.printer).feed(&buffer[..n])
            }
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                ) =>
            {
                lock(&self.printer).work()
            }
            Err(_) => return None,
        };
        stream.write_all(&replies).ok().map(|()| stream)
    }
}
