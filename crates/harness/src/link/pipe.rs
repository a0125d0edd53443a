//! The threads of a line: one that accepts, and two for each direction of a connection.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::http::Requests;
use super::{Cut, LOOK, Mode, Shared, lock};

/// Largest piece that is passed on at once, in bytes.
const PIECE: usize = 16 * 1024;
/// Most pieces under way in one direction of a connection: 4 MiB, about what a TCP window grows to.
const UNDER_WAY: usize = 256;
/// A slow line passes pieces of about this length, so that they flow rather than jump.
const SLOW_PIECE: Duration = Duration::from_millis(50);
/// What an idle line may save up: a burst passes at once.
const SAVED_UP: Duration = Duration::from_millis(100);

/// One connection with its two ends.
struct Pair {
    client: TcpStream,
    server: TcpStream,
    generation: u64,
    opened: Instant,
    /// Bytes that may still pass.
    left: AtomicU64,
    /// It ends then at the latest.
    until: Option<Instant>,
    cut: std::sync::atomic::AtomicBool,
    requests: Mutex<Requests>,
}

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Up,
    Down,
}

/// Takes connections until the line is over; the listener is closed while the far end refuses.
pub(super) fn accept(shared: &Arc<Shared>, address: SocketAddr, listener: TcpListener) {
    let mut listener = Some(listener);
    while !shared.is_over() {
        if shared.wanted().1 == Mode::Refuse {
            listener = None;
        } else if listener.is_none() {
            listener = TcpListener::bind(address).ok();
        }
        let here = listener
            .as_ref()
            .is_some_and(|l| l.set_nonblocking(true).is_ok());
        shared.listening.store(here, Ordering::SeqCst);
        match listener.as_ref().map(TcpListener::accept) {
            Some(Ok((client, _))) => open(shared, client),
            _ => std::thread::sleep(LOOK / 10),
        }
    }
}

fn open(shared: &Arc<Shared>, client: TcpStream) {
    shared.counters.connections.fetch_add(1, Ordering::Relaxed);
    let number = shared.numbered.fetch_add(1, Ordering::SeqCst);
    let (shape, _) = shared.wanted();
    let opened = Instant::now();
    let (left, until) = match shape.cut {
        Cut::Never => (u64::MAX, None),
        Cut::After(bytes) => (bytes, None),
        Cut::Within { seed, most } => (1 + mixed(seed, number) % most.max(1), None),
        Cut::Lives { seed, most } => {
            let micros = most.as_micros().max(1) as u64;
            let lives = Duration::from_micros(mixed(seed, number) % micros);
            (u64::MAX, Some(opened + lives))
        }
    };
    // A server that is not there refuses: the client sees its connection close.
    let Ok(server) = TcpStream::connect(shared.server) else {
        return;
    };
    let ready = [&client, &server].iter().all(|stream| {
        stream.set_nonblocking(false).is_ok()
            && stream.set_nodelay(true).is_ok()
            && stream.set_read_timeout(Some(LOOK)).is_ok()
    });
    if !ready {
        return;
    }
    let pair = Arc::new(Pair {
        client,
        server,
        generation: shared.generation.load(Ordering::SeqCst),
        opened,
        left: AtomicU64::new(left),
        until,
        cut: false.into(),
        requests: Mutex::default(),
    });
    for way in [Way::Up, Way::Down] {
        let (give, take) = sync_channel(UNDER_WAY);
        let (mine, theirs) = (Arc::clone(&pair), Arc::clone(shared));
        std::thread::spawn(move || read(&theirs, &mine, way, &give));
        let (mine, theirs) = (Arc::clone(&pair), Arc::clone(shared));
        std::thread::spawn(move || write(&theirs, &mine, way, &take));
    }
}

/// One step of SplitMix64 over both numbers: the same everywhere.
fn mixed(seed: u64, number: u64) -> u64 {
    let mut z = seed.wrapping_add((number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Pair {
    /// Whether it is still to be carried on; cuts it where it is not.
    fn stands(&self, shared: &Shared) -> bool {
        let late = self.until.is_some_and(|until| Instant::now() >= until);
        let old = shared.generation.load(Ordering::SeqCst) != self.generation;
        if late || old {
            self.end(shared);
        }
        !self.cut.load(Ordering::SeqCst)
    }

    fn end(&self, shared: &Shared) {
        if !self.cut.swap(true, Ordering::SeqCst) {
            shared.counters.cuts.fetch_add(1, Ordering::Relaxed);
        }
        self.close();
    }

    fn close(&self) {
        let _ = self.client.shutdown(Shutdown::Both);
        let _ = self.server.shutdown(Shutdown::Both);
    }

    /// Takes up to so many bytes of what may still pass.
    fn claim(&self, most: usize) -> usize {
        let taken = |left: u64| left.saturating_sub(most as u64);
        let before = self
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| Some(taken(left)))
            .unwrap_or_default();
        (before - taken(before)) as usize
    }
}

type Piece = (Instant, Vec<u8>);

/// From one end, as fast as the line takes it.
fn read(shared: &Shared, pair: &Pair, way: Way, give: &SyncSender<Piece>) {
    let mut from = match way {
        Way::Up => &pair.client,
        Way::Down => &pair.server,
    };
    let mut buffer = vec![0; PIECE];
    while pair.stands(shared) {
        let (shape, mode) = shared.wanted();
        if mode == Mode::BlackHole {
            std::thread::sleep(LOOK);
            continue;
        }
        let rate = if way == Way::Up { shape.up } else { shape.down };
        let most = rate.map_or(PIECE as u64, |rate| {
            (rate as f64 * SLOW_PIECE.as_secs_f64()) as u64
        });
        let most = (most as usize).clamp(256, PIECE);
        let read = match from.read(&mut buffer[..most]) {
            Ok(0) => return,
            Ok(read) => read,
            Err(why) if matches!(why.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                continue;
            }
            Err(_) => return,
        };
        let passes = pair.claim(read);
        let bytes = buffer[..passes].to_vec();
        let counter = match way {
            Way::Up => {
                let began = lock(&pair.requests).take(&bytes);
                shared.counters.requests.fetch_add(began, Ordering::Relaxed);
                &shared.counters.up
            }
            Way::Down => &shared.counters.down,
        };
        counter.fetch_add(passes as u64, Ordering::Relaxed);
        if let Some(rate) = rate {
            wait_for_share(shared, way, passes, rate);
        }
        // The first byte waits for the handshake's round trip as well.
        let handshake = if shape.quick_open {
            Duration::ZERO
        } else {
            2 * shape.delay
        };
        let left_at = Instant::now().max(pair.opened + handshake);
        if !hand_on(shared, pair, give, (left_at + shape.delay, bytes)) {
            return;
        }
        if passes < read || pair.left.load(Ordering::SeqCst) == 0 {
            pair.end(shared);
        }
    }
}

/// Books the line for so many bytes and waits until they are on it.
fn wait_for_share(shared: &Shared, way: Way, bytes: usize, rate: u64) {
    let span = Duration::from_secs_f64(bytes as f64 / rate.max(1) as f64);
    let now = Instant::now();
    let free = {
        let mut free = lock(match way {
            Way::Up => &shared.up_free,
            Way::Down => &shared.down_free,
        });
        let earliest = now.checked_sub(SAVED_UP).unwrap_or(now);
        let begins = free.map_or(earliest, |free| free.max(earliest));
        *free.insert(begins + span)
    };
    std::thread::sleep(free.saturating_duration_since(now));
}

fn hand_on(shared: &Shared, pair: &Pair, give: &SyncSender<Piece>, mut piece: Piece) -> bool {
    loop {
        match give.try_send(piece) {
            Ok(()) => return true,
            Err(TrySendError::Disconnected(_)) => return false,
            Err(TrySendError::Full(back)) => piece = back,
        }
        if !pair.stands(shared) {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// To the other end, when each piece is due.
fn write(shared: &Shared, pair: &Pair, way: Way, take: &Receiver<Piece>) {
    let mut to = match way {
        Way::Up => &pair.server,
        Way::Down => &pair.client,
    };
    loop {
        let (due, bytes) = match take.recv_timeout(LOOK) {
            Ok(piece) => piece,
            Err(RecvTimeoutError::Timeout) if pair.stands(shared) => continue,
            Err(RecvTimeoutError::Timeout) => return,
            Err(RecvTimeoutError::Disconnected) => break,
        };
        while pair.stands(shared) {
            let left = due.saturating_duration_since(Instant::now());
            let hole = shared.wanted().1 == Mode::BlackHole;
            if left.is_zero() && !hole {
                break;
            }
            std::thread::sleep(if hole { LOOK } else { left.min(LOOK) });
        }
        // A cut loses what is under way.
        if !pair.stands(shared) {
            return;
        }
        if to.write_all(&bytes).is_err() {
            return pair.close();
        }
    }
    // The other side said that it has no more; what it hears may still go on.
    let _ = to.shutdown(Shutdown::Write);
}
