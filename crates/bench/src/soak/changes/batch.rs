//! A batch on its way to a hub that holds what came before it. Found: it is refused, and the hub holds what it held.

use anyhow::{Result, ensure};
use onedoor_domain::event::ChainHash;
use onedoor_domain::id::{DeviceId, Epoch};
use onedoor_sim::fiction::{Dice, Writer};
use onedoor_sim::model::Hub;
use onedoor_sync::wire::{
    Batch, DeviceKey, Dictionary, Header, Reason, Reply, Signature, Signer, pack, unpack,
};

use super::{NotFound, Thing, spoil};

/// Different kiosks that are tried in turn.
const KIOSKS: u64 = 32;
/// Sealed answers that go along; what is in them does not matter here.
const BLOBS: [&[u8]; 2] = [b"sealed answers", b"and some more of them"];

pub(super) struct Batches(Vec<Kiosk>);

struct Kiosk {
    device: DeviceId,
    epoch: Epoch,
    key: DeviceKey,
    events: Vec<Vec<u8>>,
    links: Vec<ChainHash>,
    /// How many the hub holds already.
    there: usize,
    /// Another continuation after fewer events: what a disk that was set back writes.
    fork: Vec<Vec<u8>>,
    forked_at: usize,
}

/// Gives a signature that was made for something else.
struct Forger(Signature);

impl Signer for Forger {
    fn sign(&self, _: &[u8]) -> Signature {
        self.0.clone()
    }
}

impl Batches {
    pub(super) fn new() -> Result<Self> {
        let kiosks: Vec<Kiosk> = (0..KIOSKS).map(Kiosk::new).collect();
        // A hub that refuses everything would find everything.
        for kiosk in &kiosks {
            let taken = kiosk.hub(kiosk.there).and_then(|mut hub| {
                let reply = send(&mut hub, &kiosk.batch(kiosk.there, kiosk.events.len()))?;
                Ok(matches!(reply, Reply::Ack(_)) && kiosk.held(&hub) == kiosk.events)
            });
            ensure!(taken == Ok(true), "a batch that is right was not taken");
        }
        Ok(Batches(kiosks))
    }
}

impl Kiosk {
    fn new(seed: u64) -> Self {
        let mut writer = Writer::new(seed);
        let (device, epoch) = (writer.device, writer.epoch);
        let key = DeviceKey::from_secret(&writer.dice.bytes());
        let first = writer.events(10);
        let there = first.len();
        let before = writer.clone();
        let mut links = Vec::new();
        let mut link = ChainHash::genesis(device, epoch);
        let events: Vec<Vec<u8>> = first
            .into_iter()
            .chain(writer.events(14))
            .map(|event| event.bytes().to_vec())
            .collect();
        for event in &events {
            link = link.next(event);
            links.push(link);
        }
        let mut other = before;
        other.dice.next();
        let fork = other.events(6).iter().map(|e| e.bytes().to_vec()).collect();
        Kiosk {
            device,
            epoch,
            key,
            events,
            links,
            there,
            fork,
            forked_at: there,
        }
    }

    fn link(&self, after: usize) -> ChainHash {
        match after.checked_sub(1).and_then(|at| self.links.get(at)) {
            Some(link) => *link,
            None => ChainHash::genesis(self.device, self.epoch),
        }
    }

    /// The header for events `from..to`, counted from 0.
    fn header(&self, from: usize, to: usize) -> Header {
        Header {
            device: self.device,
            epoch: self.epoch,
            first: from as u64 + 1,
            last: to as u64,
            h_prev: self.link(from),
            h_last: self.link(to),
            cursor: 0,
            opaque: Vec::new(),
        }
    }

    fn batch(&self, from: usize, to: usize) -> Vec<u8> {
        let events = self.events.get(from..to).unwrap_or_default();
        Batch::encode(&self.header(from, to), events, &BLOBS, &self.key)
    }

    fn hub(&self, holds: usize) -> Result<Hub, NotFound> {
        let mut hub = Hub::new();
        hub.keys.insert(self.device, Box::new(self.key.public()));
        match send(&mut hub, &self.batch(0, holds))? {
            Reply::Ack(_) => Ok(hub),
            Reply::Refused(why) => Err(format!("the hub refused what is right: {why:?}")),
        }
    }

    fn held(&self, hub: &Hub) -> Vec<Vec<u8>> {
        let held = hub.streams.get(&(self.device, self.epoch));
        held.map(|held| held.events.clone()).unwrap_or_default()
    }
}

fn send(hub: &mut Hub, plain: &[u8]) -> Result<Reply, NotFound> {
    let packed = pack(plain, Dictionary::V1).map_err(|e| e.to_string())?;
    send_packed(hub, &packed)
}

fn send_packed(hub: &mut Hub, packed: &[u8]) -> Result<Reply, NotFound> {
    let answer = hub.sync(packed, Dictionary::V1);
    let plain = unpack(&answer, Dictionary::V1).map_err(|e| e.to_string())?;
    Reply::decode(&plain).map_err(|e| e.to_string())
}

impl Thing for Batches {
    fn change(&self, number: u64, dice: &mut Dice) -> Result<&'static str, NotFound> {
        let at = (dice.below(KIOSKS)) as usize;
        let kiosk = self.0.get(at).ok_or("no kiosk")?;
        let (there, all) = (kiosk.there, kiosk.events.len());
        let mut hub = kiosk.hub(there)?;
        let before = kiosk.held(&hub);
        let right = kiosk.batch(there, all);
        let signature = Batch::decode(&right).map_err(|e| e.to_string())?.signature;
        let forger = Forger(signature);
        let header = kiosk.header(there, all);
        let mut events = kiosk.events.get(there..).unwrap_or_default().to_vec();
        let one = dice.below(events.len() as u64) as usize;
        let other = (one + 1 + dice.below(events.len() as u64 - 1) as usize) % events.len();
        let mut wanted = None;
        let (what, plain) = match number % 12 {
            0..=2 => spoil(&right, dice),
            3 => {
                let packed = pack(&right, Dictionary::V1).map_err(|e| e.to_string())?;
                let (_, changed) = spoil(&packed, dice);
                // Of the same content: a bit that zstd does not look at.
                if unpack(&changed, Dictionary::V1).is_ok_and(|plain| plain == right) {
                    return Ok("compressed bytes changed, and the same was in them");
                }
                let reply = send_packed(&mut hub, &changed)?;
                return match reply {
                    Reply::Refused(_) if kiosk.held(&hub) == before => {
                        Ok("compressed bytes changed")
                    }
                    reply => Err(format!("compressed bytes changed: {reply:?}")),
                };
            }
            4 => {
                events.swap(one, other);
                let plain = Batch::encode(&header, &events, &BLOBS, &forger);
                ("two events swapped", plain)
            }
            5 => {
                events.remove(one);
                let plain = Batch::encode(&header, &events, &BLOBS, &forger);
                ("an event removed", plain)
            }
            6 => {
                // And the header made to fit, as good as one can without the key.
                events.remove(one);
                let mut link = kiosk.link(there);
                for event in &events {
                    link = link.next(event);
                }
                let header = Header {
                    last: header.last - 1,
                    h_last: link,
                    ..header
                };
                let plain = Batch::encode(&header, &events, &BLOBS, &forger);
                ("an event removed, and the header made to fit", plain)
            }
            7 => {
                let blobs = [BLOBS[1], BLOBS[0]];
                let plain = Batch::encode(&header, &events, &blobs, &forger);
                ("sealed answers swapped", plain)
            }
            8 => {
                let stranger = DeviceKey::from_secret(&dice.bytes());
                let plain = Batch::encode(&header, &events, &BLOBS, &stranger);
                ("signed by another", plain)
            }
            9 => {
                // A disk set back goes on with other events under the numbers that the hub has: signed rightly.
                let (at, mut link) = (kiosk.forked_at, kiosk.link(kiosk.forked_at));
                hub = kiosk.hub(all)?;
                for event in &kiosk.fork {
                    link = link.next(event);
                }
                let header = Header {
                    last: (at + kiosk.fork.len()) as u64,
                    h_last: link,
                    ..kiosk.header(at, all)
                };
                wanted = Some(Reason::Fork);
                let plain = Batch::encode(&header, &kiosk.fork, &BLOBS, &kiosk.key);
                ("a fork", plain)
            }
            10 => {
                let from = there + 1 + dice.below((all - there - 1) as u64) as usize;
                wanted = Some(Reason::Behind);
                ("events left out before it", kiosk.batch(from, all))
            }
            _ => {
                hub = kiosk.hub(all)?;
                let full = kiosk.held(&hub);
                let to = 1 + dice.below(all as u64) as usize;
                let old = kiosk.batch(dice.below(to as u64) as usize, to);
                return match send(&mut hub, &old)? {
                    Reply::Ack(ack)
                        if kiosk.held(&hub) == full && ack.acked_through == to as u64 =>
                    {
                        Ok("an old one came again, and nothing was doubled")
                    }
                    reply => Err(format!("an old one came again: {reply:?}")),
                };
            }
        };
        let before = if wanted == Some(Reason::Fork) {
            kiosk.held(&hub)
        } else {
            before
        };
        match send(&mut hub, &plain)? {
            Reply::Refused(why)
                if kiosk.held(&hub) == before && wanted.is_none_or(|w| w == why.reason) =>
            {
                Ok(what)
            }
            reply => Err(format!("{what}: {reply:?}")),
        }
    }
}
