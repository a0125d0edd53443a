//! A bad line between a client and a server: a TCP proxy that counts, delays, slows, cuts, refuses and swallows.
//!
//! What is sent passes four stations: read, wait for its share of the rate (so that the sender feels the slow line),
//! be under way for the delay, be written. A connection's first byte waits one round trip longer, as a TCP handshake
//! would make it ([`Shape::quick_open`] leaves that out). Slow start and loss are not imitated; [`crate::netns`] has real ones, where it can be made.

mod http;
mod pipe;

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// How often a waiting thread looks whether something else is wanted of it.
const LOOK: Duration = Duration::from_millis(20);

/// What the line is like.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Shape {
    /// One way; a round trip takes twice this.
    pub delay: Duration,
    /// From client to server, bytes a second over all connections together; `None` for no limit.
    pub up: Option<u64>,
    /// From server to client, the same.
    pub down: Option<u64>,
    /// When connections break.
    pub cut: Cut,
    /// A new connection costs no round trip of its own.
    pub quick_open: bool,
}

/// When a connection breaks: both ends see it closed, and what was under way is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cut {
    /// Never.
    #[default]
    Never,
    /// Each after so many bytes, both ways together.
    After(u64),
    /// Each after between 1 and `most` bytes, another number for each; the same numbers for the same seed.
    Within {
        /// Chooses the numbers.
        seed: u64,
        /// Most bytes.
        most: u64,
    },
    /// Each after between 0 and `most` of time, whether it moves or not.
    Lives {
        /// Chooses the spans.
        seed: u64,
        /// The longest.
        most: Duration,
    },
}

/// What the far end does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// It is there.
    #[default]
    Through,
    /// Nobody listens, and what was open is cut.
    Refuse,
    /// It takes connections, and nothing moves any more on any of them.
    BlackHole,
}

/// What passed, since the last [`Link::take_count`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// Connections that were made.
    pub connections: u64,
    /// HTTP/1.1 requests in them; 0 where something else is spoken.
    pub requests: u64,
    /// Bytes from client to server.
    pub up: u64,
    /// Bytes from server to client.
    pub down: u64,
    /// Connections that were cut.
    pub cuts: u64,
}

impl Count {
    /// Bytes both ways.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.up + self.down
    }
}

/// A line that stands. Dropping it cuts everything.
#[derive(Debug)]
pub struct Link {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Counters {
    connections: AtomicU64,
    requests: AtomicU64,
    up: AtomicU64,
    down: AtomicU64,
    cuts: AtomicU64,
}

impl Counters {
    fn read(&self, take: impl Fn(&AtomicU64) -> u64) -> Count {
        Count {
            connections: take(&self.connections),
            requests: take(&self.requests),
            up: take(&self.up),
            down: take(&self.down),
            cuts: take(&self.cuts),
        }
    }
}

/// What all threads of a line share.
#[derive(Debug)]
struct Shared {
    server: SocketAddr,
    wanted: Mutex<(Shape, Mode)>,
    listening: AtomicBool,
    over: AtomicBool,
    /// Connections of an earlier generation are to be cut.
    generation: AtomicU64,
    /// Connections so far, by which their cuts are chosen.
    numbered: AtomicU64,
    counters: Counters,
    /// When the line is free again, for each direction.
    up_free: Mutex<Option<Instant>>,
    down_free: Mutex<Option<Instant>>,
}

impl Shared {
    fn wanted(&self) -> (Shape, Mode) {
        *lock(&self.wanted)
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }
}

/// A panic of another thread leaves plain numbers behind, which are still good.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Link {
    /// Puts a line before a server; clients speak to [`Self::address`] from now on.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn to(server: SocketAddr, shape: Shape) -> Result<Self> {
        Self::from([127, 0, 0, 1].into(), server, shape)
    }

    /// The same with the near end at another address of this machine, such as one of a network namespace
    /// ([`crate::netns`]): threads of the line stay in the network of the calling one.
    ///
    /// # Errors
    /// When no port can be had there.
    pub fn from(near: IpAddr, server: SocketAddr, shape: Shape) -> Result<Self> {
        let listener = TcpListener::bind((near, 0)).context("no port for the line")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            server,
            wanted: Mutex::new((shape, Mode::Through)),
            listening: AtomicBool::new(true),
            over: AtomicBool::new(false),
            generation: AtomicU64::new(0),
            numbered: AtomicU64::new(0),
            counters: Counters::default(),
            up_free: Mutex::new(None),
            down_free: Mutex::new(None),
        });
        let accepting = {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || pipe::accept(&shared, address, listener))
        };
        Ok(Link {
            address,
            shared,
            accepting: Some(accepting),
        })
    }

    /// Where clients find it.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as a URL without a path.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Another line from now on; connections that stand take it up with their next byte, but keep their cut.
    pub fn reshape(&self, shape: Shape) {
        lock(&self.shared.wanted).0 = shape;
    }

    /// Another far end from now on. When this returns it is so.
    pub fn set_mode(&self, mode: Mode) {
        lock(&self.shared.wanted).1 = mode;
        if mode == Mode::Refuse {
            self.cut();
        }
        while self.shared.listening.load(Ordering::SeqCst) == (mode == Mode::Refuse) {
            std::thread::sleep(LOOK / 4);
        }
    }

    /// Cuts every connection that stands.
    pub fn cut(&self) {
        self.shared.generation.fetch_add(1, Ordering::SeqCst);
    }

    /// What passed since the last [`Self::take_count`].
    #[must_use]
    pub fn count(&self) -> Count {
        self.shared.counters.read(|n| n.load(Ordering::Relaxed))
    }

    /// What passed, and begins to count anew.
    pub fn take_count(&self) -> Count {
        self.shared.counters.read(|n| n.swap(0, Ordering::Relaxed))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        self.cut();
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}
