//! Every decoder of what comes from outside, each as one function that takes any bytes.
//!
//! A target must not panic on any bytes, and checks what must hold of what was read: limits are kept, and what was read
//! is written as the same bytes again (or, where a newer version may have added parts that are skipped, as bytes that
//! read the same). The fuzzer (`targets/`, `./dev fuzz`) and the tests (`tests/it`) call the same functions; the tests play the
//! inputs in `corpus/NAME/`, and mutations of them.
//!
//! A signature or hash stops a fuzzer that only guesses. Where one stands before what is to be read, the first byte of
//! the input says whether the rest is taken as it came, or is signed here first with keys that everybody knows.

mod bag;
mod bundle;
mod enrol;
mod hub;
mod mail;
pub mod mutate;
mod seal;
pub mod seeds;
mod wire;

pub use bag::{arrivals, bag, signed_reply};
pub use bundle::{bundle, station};
pub use enrol::{enrol, enrol_answer, token};
pub use hub::{copy, request, table};
pub use mail::{hub_keys, mail};
pub use seal::{sealed, ticket};
pub use wire::{batch, cbor, event, frame, header, reply, text};

use onedoor_domain::id::DeviceId;
use onedoor_sync::mailbag::BagKey;
use onedoor_sync::wire::{DeviceKey, Reason, Signature, Signer, Verifier};

/// A decoder under its name.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name, and that of its folder in `corpus/`.
    pub name: &'static str,
    /// Throws any bytes at it.
    pub throw: fn(&[u8]),
    /// How many inputs a second of testing is worth, roughly: what asks a database is slow.
    pub slow: bool,
}

macro_rules! targets {
    ($($name:ident $(($slow:ident))?),* $(,)?) => {
        /// All targets.
        pub const TARGETS: &[Target] = &[
            $(Target { name: stringify!($name), throw: $name, slow: targets!(@ $($slow)?) }),*
        ];
    };
    (@ slow) => { true };
    (@) => { false };
}

targets! {
    arrivals, bag, batch, bundle, cbor, copy, enrol, enrol_answer, event, frame, header, hub_keys, mail, reply,
    request(slow), sealed, signed_reply, table, text, ticket, token,
}

impl Target {
    /// The one with this name.
    pub fn named(name: &str) -> Option<Self> {
        TARGETS.iter().find(|target| target.name == name).copied()
    }
}

/// Believes every signature, so that what lies behind one is reached.
struct Anyone;

impl Verifier for Anyone {
    fn verify(&self, _: &[u8], _: &Signature) -> Result<(), Reason> {
        Ok(())
    }
}

/// Signs everything with the same bytes, so that what was read can be written again.
struct Same(Signature);

impl Signer for Same {
    fn sign(&self, _: &[u8]) -> Signature {
        self.0.clone()
    }
}

/// The kiosk of all inputs.
fn device() -> DeviceId {
    DeviceId::from_random([0x11; 8])
}

/// Its key.
fn kiosk_key() -> DeviceKey {
    DeviceKey::from_secret(&[0x22; 32])
}

/// The hub's key for signing.
fn hub_key() -> DeviceKey {
    DeviceKey::from_secret(&[0x33; 32])
}

/// What opens mailbags: made for these tests, and nothing else.
const BAG_KEY: &str = "AGE-SECRET-KEY-1VENXVENXVENXVENXVENXVENXVENXVENXVENXVENXVENXVENXVENQFXDPCP";

fn bag_key() -> BagKey {
    known(BAG_KEY.parse())
}

/// What is written down here is right, or nothing here is worth anything.
fn known<T, E: std::fmt::Debug>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(why) => panic!("a constant of the fuzz targets: {why:?}"),
    }
}

thread_local! {
    static TAKEN: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Something was read: a target whose seeds are all refused would pass whatever it throws.
fn taken() {
    TAKEN.set(TAKEN.get() + 1);
}

/// How often something was read on this thread.
pub fn taken_so_far() -> u64 {
    TAKEN.get()
}

/// The first byte says how the rest is meant.
fn mode(bytes: &[u8]) -> Option<(u8, &[u8])> {
    bytes.split_first().map(|(mode, rest)| (*mode, rest))
}
