//! A mailbag on its stick, to the hub and back. Found: reading it ends with a fault, and what was read before is what was
//! packed; or what was forged into it is refused by the one it is for.

use anyhow::Result;
use onedoor_domain::id::DeviceId;
use onedoor_sim::fiction::{Dice, Writer};
use onedoor_sync::engine::FileName;
use onedoor_sync::mailbag::{BagFault, BagKey, BagWriter, Part, SignedReply, address, open};
use onedoor_sync::seal::FileTicket;
use onedoor_sync::wire::{
    Ack, Batch, DeviceKey, Dictionary, Header, MailPage, Reply, pack, unpack,
};

use super::{NotFound, Thing, spoil};

pub(super) struct Bags {
    device: DeviceId,
    kiosk: DeviceKey,
    hub: DeviceKey,
    key: BagKey,
    bag: Vec<u8>,
    parts: Vec<Part>,
    packed: Vec<u8>,
    ticket: FileTicket,
    sealed: Vec<u8>,
    reply: Reply,
}

impl Bags {
    pub(super) fn new() -> Result<Self> {
        let mut writer = Writer::new(12);
        let (device, epoch) = (writer.device, writer.epoch);
        let genesis = writer.link;
        let kiosk = DeviceKey::from_secret(&writer.dice.bytes());
        let hub = DeviceKey::from_secret(&writer.dice.bytes());
        let events: Vec<Vec<u8>> = writer
            .events(30)
            .iter()
            .map(|event| event.bytes().to_vec())
            .collect();
        let header = Header {
            device,
            epoch,
            first: 1,
            last: events.len() as u64,
            h_prev: genesis,
            h_last: writer.link,
            cursor: 0,
            opaque: Vec::new(),
        };
        let blobs: [&[u8]; 0] = [];
        let packed = pack(
            &Batch::encode(&header, &events, &blobs, &kiosk),
            Dictionary::V1,
        )?;
        // Longer than two of age's chunks of 64 KiB, so that these can change places.
        let sealed: Vec<u8> = (0..150_000).map(|_| writer.dice.next() as u8).collect();
        let file = FileName::of(&sealed);
        let ticket = FileTicket::new(device, file, sealed.len() as u64, &kiosk);
        let key = BagKey::generate();
        let mut bag = address(Vec::new(), &key.address())?;
        bag.batch(Dictionary::V1, &packed)?;
        bag.file(&ticket, &sealed)?;
        let bag = bag.finish()?;
        let parts = open(&bag[..], &key)?.collect::<Result<Vec<_>, _>>()?;
        let reply = Reply::Ack(Box::new(Ack {
            device,
            epoch,
            acked_through: header.last,
            h: header.h_last,
            durable_through: 3,
            rejected: Vec::new(),
            hub_time_ms: 1_790_000_000_000,
            life: 0,
            page: MailPage::default(),
        }));
        Ok(Bags {
            device,
            kiosk,
            hub,
            key,
            bag,
            parts,
            packed,
            ticket,
            sealed,
            reply,
        })
    }

    /// What is read of it before the fault, and the fault.
    fn read(&self, bag: &[u8], key: &BagKey) -> (Vec<Part>, Option<BagFault>) {
        let mut parts = Vec::new();
        match open(bag, key) {
            Err(fault) => (parts, Some(fault)),
            Ok(reader) => {
                for part in reader {
                    match part {
                        Ok(part) => parts.push(part),
                        Err(fault) => return (parts, Some(fault)),
                    }
                }
                (parts, None)
            }
        }
    }

    /// Whoever knows where bags go can pack one; what is in it stands for itself.
    fn forged(&self, dice: &mut Dice) -> Result<bool, NotFound> {
        let plain = unpack(&self.packed, Dictionary::V1).map_err(|e| e.to_string())?;
        let (_, changed) = spoil(&plain, dice);
        let batch = pack(&changed, Dictionary::V1).map_err(|e| e.to_string())?;
        let stranger = DeviceKey::from_secret(&dice.bytes());
        let ticket = FileTicket::new(
            self.device,
            self.ticket.file,
            self.sealed.len() as u64,
            &stranger,
        );
        let packed = || -> Result<Vec<u8>, BagFault> {
            let mut bag: BagWriter<_> = address(Vec::new(), &self.key.address())?;
            bag.batch(Dictionary::V1, &batch)?;
            bag.file(&ticket, &self.sealed)?;
            bag.finish()
        };
        let bag = packed().map_err(|e| e.to_string())?;
        let (parts, fault) = self.read(&bag, &self.key);
        if fault.is_some() || parts.len() != 2 {
            return Err(format!("a well packed bag was not read: {fault:?}"));
        }
        let refused = |part: &Part| match part {
            Part::Batch { dictionary, packed } => unpack(packed, *dictionary)
                .ok()
                .and_then(|plain| {
                    let batch = Batch::decode(&plain).ok()?;
                    batch.verify(&self.kiosk.public()).ok()
                })
                .is_none(),
            Part::File { ticket, .. } => ticket.verify(&self.kiosk.public()).is_err(),
            _ => false,
        };
        Ok(parts.iter().all(refused))
    }
}

impl Thing for Bags {
    fn change(&self, number: u64, dice: &mut Dice) -> Result<&'static str, NotFound> {
        let (what, changed) = match number % 8 {
            0..=3 => spoil(&self.bag, dice),
            4 => {
                // Two of age's chunks, which are sealed with their place.
                const CHUNK: usize = 64 * 1024 + 16;
                let mut changed = self.bag.clone();
                let end = changed.len() - dice.below(500) as usize;
                let (one, two) = (end - 2 * CHUNK, end - CHUNK);
                for i in 0..CHUNK {
                    changed.swap(one + i, two + i);
                }
                ("two chunks swapped", changed)
            }
            5 => {
                let mut changed = self.bag.clone();
                changed.extend_from_slice(&self.bag);
                changed.truncate(self.bag.len() + 1 + dice.below(self.bag.len() as u64) as usize);
                ("another bag behind it", changed)
            }
            6 => {
                return match self.forged(dice)? {
                    true => Ok("forged parts, well packed"),
                    false => Err("forged parts, well packed: they were believed".to_owned()),
                };
            }
            _ => {
                let signed = SignedReply::new(self.device, &self.reply, &self.hub).encode();
                let other = DeviceId::from_random(dice.bytes());
                let (what, bytes, device) = match dice.below(3) {
                    0 => ("the hub's answer to another kiosk", signed, other),
                    1 => {
                        let stranger = DeviceKey::from_secret(&dice.bytes());
                        let forged = SignedReply::new(self.device, &self.reply, &stranger);
                        (
                            "an answer that the hub did not sign",
                            forged.encode(),
                            self.device,
                        )
                    }
                    _ => {
                        let (_, changed) = spoil(&signed, dice);
                        ("the hub's answer changed", changed, self.device)
                    }
                };
                let believed = SignedReply::decode(&bytes)
                    .is_ok_and(|reply| reply.verify(device, &self.hub.public()).is_ok());
                return match believed {
                    false => Ok(what),
                    true => Err(what.to_owned()),
                };
            }
        };
        let (parts, fault) = self.read(&changed, &self.key);
        let prefix = self.parts.starts_with(&parts);
        match fault {
            Some(_) if prefix => Ok(what),
            fault => Err(format!(
                "{what}: {} parts, as packed: {prefix}, {fault:?}",
                parts.len()
            )),
        }
    }
}
