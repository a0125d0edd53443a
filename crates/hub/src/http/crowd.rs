//! Connections: only so many, and the one that has been silent longest makes room.
//!
//! A kiosk keeps its connection open between two polls, so silence alone is no fault. But whoever opens connections and
//! says nothing must not keep others out: when the hub is full and another comes, the connection that has asked nothing for the
//! longest time is closed, whether it sent half a head or nothing at all. An honest kiosk whose connection was closed opens
//! another at its next poll. A request is never cut here before its answer begins; how many there may be,
//! [`super::places`] says. An answer that nobody reads is no reason to keep a connection: a bundle that is cut is fetched
//! on from there.

use std::collections::BTreeMap;
use std::future::{Future, Ready, ready};
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

use axum_server::accept::Accept;
use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tower_service::Service;

use crate::hub::Hub;
use crate::metrics::count;

/// All connections of a hub.
#[derive(Clone)]
pub(super) struct Crowd {
    hub: Arc<Hub>,
    most: usize,
    began: Instant,
    all: Arc<Mutex<Everyone>>,
}

#[derive(Default)]
struct Everyone {
    next: u64,
    here: BTreeMap<u64, Arc<Mark>>,
}

/// How one connection stands.
#[derive(Default)]
struct Mark {
    /// Requests under way.
    busy: AtomicUsize,
    /// Since when it has asked nothing, ms after the hub's start.
    silent_since: AtomicU64,
    /// It must make room.
    gone: AtomicBool,
    waker: AtomicWaker,
}

impl Crowd {
    /// At most so many at once.
    pub(super) fn new(hub: Arc<Hub>, most: usize) -> Self {
        Crowd {
            hub,
            most: most.max(1),
            began: Instant::now(),
            all: Arc::default(),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// A place for one more, where there is one or one can be made.
    fn admit(&self) -> Option<Place> {
        let mark = Arc::new(Mark::default());
        mark.silent_since.store(self.now(), Ordering::Relaxed);
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if all.here.len() >= self.most {
            let silent = all
                .here
                .iter()
                .filter(|(_, mark)| mark.busy.load(Ordering::Acquire) == 0)
                .min_by_key(|(_, mark)| mark.silent_since.load(Ordering::Relaxed))
                .map(|(number, _)| *number)?;
            if let Some(mark) = all.here.remove(&silent) {
                mark.gone.store(true, Ordering::Release);
                mark.waker.wake();
                count(&self.hub.metrics.connections_closed, 1);
            }
        }
        let number = all.next;
        all.next += 1;
        all.here.insert(number, Arc::clone(&mark));
        Some(Place {
            number,
            mark,
            crowd: self.clone(),
        })
    }
}

/// A connection's place; given back when it is dropped.
struct Place {
    number: u64,
    mark: Arc<Mark>,
    crowd: Crowd,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self
            .crowd
            .all
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        all.here.remove(&self.number);
    }
}

impl<I, S> Accept<I, S> for Crowd {
    type Stream = Guarded<I>;
    type Service = Watched<S>;
    type Future = Ready<io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        let Some(place) = self.admit() else {
            count(&self.hub.metrics.connections_refused, 1);
            return ready(Err(io::ErrorKind::QuotaExceeded.into()));
        };
        let watched = Watched {
            inner: service,
            mark: Arc::clone(&place.mark),
            crowd: self.clone(),
        };
        let guarded = Guarded {
            inner: stream,
            place,
        };
        ready(Ok((guarded, watched)))
    }
}

/// A connection that ends when it must make room.
pub(super) struct Guarded<I> {
    inner: I,
    place: Place,
}

impl<I: AsyncRead + Unpin> AsyncRead for Guarded<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mark = &self.place.mark;
        mark.waker.register(context.waker());
        if mark.gone.load(Ordering::Acquire) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Guarded<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

/// Notes when a connection asks something.
#[derive(Clone)]
pub(super) struct Watched<S> {
    inner: S,
    mark: Arc<Mark>,
    crowd: Crowd,
}

impl<R, S> Service<R> for Watched<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let busy = Busy::begin(Arc::clone(&self.mark), self.crowd.clone());
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await;
            drop(busy);
            answer
        })
    }
}

/// A request under way.
struct Busy {
    mark: Arc<Mark>,
    crowd: Crowd,
}

impl Busy {
    fn begin(mark: Arc<Mark>, crowd: Crowd) -> Self {
        mark.busy.fetch_add(1, Ordering::AcqRel);
        Busy { mark, crowd }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let now = self.crowd.now();
        self.mark.silent_since.store(now, Ordering::Relaxed);
        self.mark.busy.fetch_sub(1, Ordering::AcqRel);
    }
}
