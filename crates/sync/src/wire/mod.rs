//! What travels between kiosk and hub, byte for byte, and how each side checks it.
//!
//! A **batch** goes up, a **reply** comes down; both are one deterministic CBOR item ([`onedoor_domain::cbor`]),
//! compressed with zstd ([`pack`]):
//!
//! ```text
//! batch  = [ 1, header bytes, signature algorithm, signature, [ event bytes, … ], [ sealed blob, … ] ]
//! header = [ 1, device, epoch, first, last, h_prev, h_last, cursor, [ opaque seq, … ] ]
//! ack    = [ 1, 0, device, epoch, acked_through, h, durable_through, [ [seq, code], … ], hub_time,
//!            page after, page cursor, more, [ [number, kind, version, body bytes], … ] ]
//! refused= [ 1, 1, code, at | null, h | null, retry after s | null, hub_time | null ]
//! ```
//!
//! Events are the bytes that the journal keeps, never encoded again. One signature covers the header, the header's
//! hashes cover the events, and the signed message also covers the sealed blobs, so no byte of a batch can change
//! unseen. Everything that comes in is measured before memory is taken for it; nothing here panics on any bytes.
//! Source of all numbers: design/sync.md, "The wire".

mod batch;
mod header;
pub(crate) mod pack;
mod reason;
mod reply;
mod sign;
mod stream;
pub(crate) mod take;

pub use batch::{Batch, Entry, Verified};
pub use header::Header;
pub use pack::{Dictionary, Media, pack, unpack, unpacked_at_most};
pub use reason::{Reason, Refusal};
pub use reply::{Ack, MailItem, MailPage, Rejection, Reply};
pub use sign::{DeviceKey, PublicKey, Signature, SignatureAlgorithm, Signer, Verifier};
pub use stream::{Continuity, Fork, Head, continuity};

/// Most events in one batch.
pub const MAX_EVENTS: usize = 500;
/// Most sealed blobs in one batch.
pub const MAX_BLOBS: usize = 500;
/// Largest sealed blob that travels inside a batch, in bytes; anything longer goes as a file.
pub const MAX_INLINE_BLOB: usize = 16 * 1024;
/// Largest compressed batch or reply that is made, in bytes; only a lone event may be longer.
pub const MAX_PACKED: usize = 64 * 1024;
/// Largest compressed batch or reply that is read, in bytes: one event of the largest size that does not compress must
/// pass with its header, or it would stand in the way of all others for ever.
pub const MAX_RECEIVED: usize = onedoor_domain::event::MAX_EVENT + 8 * 1024;
/// Largest compressed batch on a slow link, in bytes: it passes a 16 kbit/s line in about 8 s.
pub const MAX_PACKED_SLOW: usize = 16 * 1024;
/// Largest batch or reply once decompressed, in bytes.
pub const MAX_UNPACKED: usize = 8 * 1024 * 1024;
/// Most items on one mailbox page.
pub const MAX_ITEMS: usize = 200;
/// Largest body of one mailbox item, in bytes.
pub const MAX_ITEM: usize = 64 * 1024;
/// Version of this format, the first number in batch, header and reply.
pub const VERSION: u8 = 1;

#[cfg(test)]
mod tests;
