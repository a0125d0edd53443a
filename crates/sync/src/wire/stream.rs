//! Where a batch stands against what the hub holds of that stream: new, a repetition, ahead, or a fork.

use onedoor_domain::event::ChainHash;
use onedoor_domain::id::{DeviceId, Epoch};

use super::{Reason, Refusal, Verified};

/// How far the hub holds a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The last event, 0 for none.
    pub seq: u64,
    /// The link after it.
    pub link: ChainHash,
}

impl Head {
    /// Of a stream that the hub holds nothing of.
    pub fn empty(device: DeviceId, epoch: Epoch) -> Self {
        Head {
            seq: 0,
            link: ChainHash::genesis(device, epoch),
        }
    }
}

/// Two different records under one number, as data for the person who must look: a disk was copied or rolled back, or
/// somebody changed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fork {
    /// The kiosk.
    pub device: DeviceId,
    /// The life of its record.
    pub epoch: Epoch,
    /// The first number whose links differ; the one before the batch where already that differs.
    pub seq: u64,
    /// The link that the hub holds.
    pub held: ChainHash,
    /// The link that came.
    pub came: ChainHash,
}

impl From<Fork> for Refusal {
    fn from(fork: Fork) -> Self {
        Refusal {
            h: Some(fork.held),
            ..Refusal::at(Reason::Fork, fork.seq)
        }
    }
}

/// Where a batch stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Continuity {
    /// Insert from this number on; what is before it is held already, and the same.
    Continues {
        /// The first number that is new.
        from: u64,
    },
    /// All of it is held already, and the same: ack it again.
    Repeats,
    /// Events are missing between. The kiosk sends from there ([`Reason::Behind`]).
    Ahead {
        /// The first number that is missing.
        wants: u64,
    },
    /// Freeze the stream, tell a person.
    Forked(Fork),
}

/// Compares a batch with what is held. `held` gives the link after an event that is held, or the beginning's for 0;
/// `None` for what the hub does not hold any more counts as the same.
pub fn continuity(
    batch: &Verified,
    head: Head,
    mut held: impl FnMut(u64) -> Option<ChainHash>,
) -> Continuity {
    let header = &batch.header;
    if header.first > head.seq + 1 {
        return Continuity::Ahead {
            wants: head.seq + 1,
        };
    }
    let came = std::iter::once((header.first - 1, header.h_prev))
        .chain((header.first..).zip(batch.links.iter().copied()))
        .take_while(|(seq, _)| *seq <= head.seq);
    for (seq, came) in came {
        let held = if seq == head.seq {
            Some(head.link)
        } else {
            held(seq)
        };
        if let Some(held) = held.filter(|held| *held != came) {
            return Continuity::Forked(Fork {
                device: header.device,
                epoch: header.epoch,
                seq,
                held,
                came,
            });
        }
    }
    if header.last <= head.seq {
        Continuity::Repeats
    } else {
        Continuity::Continues { from: head.seq + 1 }
    }
}
