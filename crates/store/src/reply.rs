//! The answer to a call: a future for the GUI, which never waits, and a blocking `wait` for everyone else.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::error::{Result, StoreError};

struct Slot<T> {
    value: Option<Result<T>>,
    waker: Option<Waker>,
}

struct Shared<T> {
    slot: Mutex<Slot<T>>,
    ready: Condvar,
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, Slot<T>> {
        // The slot is only ever assigned whole, so a poisoned lock still holds a good one.
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a call will give once its thread has done it.
///
/// Await it (works under any executor: `Task::perform(store.save_draft(draft), Message::DraftSaved)`), or
/// [`Reply::wait`] for it. The work is done even if the reply is dropped.
#[must_use = "the work is done anyway, but its outcome would go unseen"]
pub struct Reply<T>(Arc<Shared<T>>);

/// The other end, held by the thread that does the work.
pub(crate) struct Answer<T>(Option<Arc<Shared<T>>>);

pub(crate) fn pair<T>() -> (Answer<T>, Reply<T>) {
    let shared = Arc::new(Shared {
        slot: Mutex::new(Slot {
            value: None,
            waker: None,
        }),
        ready: Condvar::new(),
    });
    (Answer(Some(shared.clone())), Reply(shared))
}

impl<T> Answer<T> {
    pub(crate) fn send(mut self, value: Result<T>) {
        if let Some(shared) = self.0.take() {
            put(&shared, value);
        }
    }
}

fn put<T>(shared: &Shared<T>, value: Result<T>) {
    let waker = {
        let mut slot = shared.lock();
        slot.value = Some(value);
        slot.waker.take()
    };
    shared.ready.notify_all();
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl<T> Drop for Answer<T> {
    /// Nobody may wait for ever: work that was never finished says so.
    fn drop(&mut self) {
        if let Some(shared) = self.0.take() {
            let value = if std::thread::panicking() {
                StoreError::Panicked
            } else {
                StoreError::Closed
            };
            put(&shared, Err(value));
        }
    }
}

impl<T> Reply<T> {
    /// Blocks until it is done. Never on the GUI's thread.
    pub fn wait(self) -> Result<T> {
        let mut slot = self.0.lock();
        loop {
            if let Some(value) = slot.value.take() {
                return value;
            }
            slot = self
                .0
                .ready
                .wait(slot)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The outcome, if it is there already; at most once.
    pub fn try_take(&mut self) -> Option<Result<T>> {
        self.0.lock().value.take()
    }
}

impl<T> Future for Reply<T> {
    type Output = Result<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut slot = self.0.lock();
        match slot.value.take() {
            Some(value) => Poll::Ready(value),
            None => {
                slot.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_that_was_never_sent_says_so_instead_of_hanging() {
        let (answer, reply) = pair::<()>();
        drop(answer);
        assert!(matches!(reply.wait(), Err(StoreError::Closed)));
    }

    #[test]
    fn waiting_and_polling_both_get_the_value() {
        let (answer, reply) = pair();
        let sender = std::thread::spawn(move || answer.send(Ok(7)));
        assert_eq!(reply.wait().unwrap(), 7);
        sender.join().unwrap();

        let (answer, mut reply) = pair();
        let mut context = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut reply).poll(&mut context).is_pending());
        answer.send(Ok(8));
        assert!(matches!(
            Pin::new(&mut reply).poll(&mut context),
            Poll::Ready(Ok(8))
        ));
    }
}
