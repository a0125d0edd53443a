//! Mailbags: what comes on a stick is taken as by the network, and the answers go back the same way.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::sync::Arc;

use onedoor_domain::id::DeviceId;
use onedoor_sync::engine::FileName;
use onedoor_sync::enrol::{Enrol, EnrolState};
use onedoor_sync::mail::{BundleKind, Mail};
use onedoor_sync::mailbag::{
    BagAddress, BagFault, BagWriter, MAX_ARRIVED, Part, SignedArrivals, SignedReply, address, open,
};
use onedoor_sync::wire::{Ack, Batch, MailPage, Reason, Reply, unpack};

use crate::fault::{Done, HubFault};
use crate::files::{Appended, PIECE_BYTES};
use crate::hub::Hub;
use crate::mailbox::shorten;
use crate::values;

/// Pages of the mailbox that one answer carries to one kiosk at most.
const PAGES: usize = 500;
/// Bundles beyond this length do not fit a stick's answer that somebody waits for.
const BUNDLE_BYTES: u64 = 64 * 1024 * 1024;

/// What was in a bag, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Imported {
    /// The kiosks whose parts were in it; the answer is for them.
    pub devices: Vec<DeviceId>,
    /// Batches taken.
    pub taken: u64,
    /// Batches refused, with why.
    pub refused: Vec<Reason>,
    /// Files that arrived.
    pub files: u64,
    /// Kiosks enrolled by it.
    pub enrolled: Vec<DeviceId>,
    /// Parts left, each with why; for the person who carries it.
    pub left: Vec<String>,
    /// Why reading ended early, where it did. What was read before counts.
    pub damaged: Option<String>,
}

/// The answers for one kiosk.
#[derive(Default)]
struct ForOne {
    enrolment: Option<Vec<u8>>,
    /// Where its bags go, as its request to be enrolled says: of one that was refused nothing else is known.
    bags: Option<BagAddress>,
    replies: Vec<Reply>,
    /// Sealed answers and files of this bag that are here whole.
    arrived: Vec<FileName>,
}

impl ForOne {
    /// Keeps a reply. Of all acks only the one with the furthest page of the mailbox keeps it: a bag may hold a hundred
    /// thousand batches.
    fn keep(&mut self, mut reply: Reply) {
        if let Reply::Ack(new) = &mut reply {
            let full = self.replies.iter_mut().rev().find_map(|held| match held {
                Reply::Ack(ack) if ack.page.cursor > ack.page.after => Some(ack),
                _ => None,
            });
            match full {
                Some(held) if held.page.cursor > new.page.cursor => empty(&mut new.page),
                Some(held) => empty(&mut held.page),
                None => {}
            }
        }
        self.replies.push(reply);
    }
}

/// A page with nothing on it, which a kiosk passes by.
fn empty(page: &mut MailPage) {
    *page = MailPage {
        after: page.after,
        cursor: page.after,
        ..MailPage::default()
    };
}

impl Hub {
    /// Takes a bag. Taking it twice, or an older one after a newer one, changes nothing. The answer for each kiosk is
    /// given to `answer_to`, which opens the file that it goes into.
    ///
    /// # Errors
    /// `Bag` where it cannot be opened at all; `Db` where the database is away (what was taken stays, the rest comes
    /// when it is taken again).
    pub async fn import<R: Read, W: Write>(
        self: &Arc<Self>,
        bag: R,
        mut answer_to: impl FnMut(DeviceId) -> Done<W>,
    ) -> Done<(Imported, Vec<W>)> {
        let mut imported = Imported::default();
        let mut answers: BTreeMap<DeviceId, ForOne> = BTreeMap::new();
        for part in open(bag, &self.keys.bag)? {
            match part {
                Ok(part) => self.part(part, &mut imported, &mut answers).await?,
                Err(why @ (BagFault::Damaged | BagFault::TooLarge | BagFault::Stick(_))) => {
                    imported.damaged = Some(why.to_string());
                }
                Err(why) => return Err(why.into()),
            }
        }
        let mut written = Vec::new();
        imported.devices = answers.keys().copied().collect();
        for (device, one) in answers {
            let to = self.bag_address(device).await?.or_else(|| one.bags.clone());
            let Some(to) = to else {
                imported
                    .left
                    .push(format!("the kiosk {device} named no address for mailbags"));
                continue;
            };
            let mut bag = address(answer_to(device)?, &to)?;
            self.answer(device, one, &mut bag).await?;
            written.push(bag.finish()?);
        }
        Ok((imported, written))
    }

    async fn part(
        self: &Arc<Self>,
        part: Part,
        imported: &mut Imported,
        answers: &mut BTreeMap<DeviceId, ForOne>,
    ) -> Done<()> {
        match part {
            Part::Enrol(message) => {
                let (device, bags) = match Enrol::decode(&message) {
                    Ok(enrol) => (enrol.device, enrol.bags.parse().ok()),
                    Err(why) => {
                        imported
                            .left
                            .push(format!("a request to be enrolled: {why}"));
                        return Ok(());
                    }
                };
                let answer = self.enrol(&message, true).await?;
                if answer.state == EnrolState::Enrolled {
                    imported.enrolled.push(device);
                }
                let one = answers.entry(device).or_default();
                one.enrolment = Some(answer.encode(&self.keys.signing));
                one.bags = bags;
            }
            Part::Batch { dictionary, packed } => {
                let plain = unpack(&packed, dictionary);
                let mut reply = self.sync(dictionary, packed).await;
                let inside = plain.and_then(|plain| {
                    let batch = Batch::decode(&plain)?;
                    if let Reply::Refused(refusal) = &mut reply {
                        *refusal = batch.named(*refusal);
                    }
                    let names: Vec<FileName> =
                        batch.blobs.iter().map(|blob| FileName::of(blob)).collect();
                    Ok((batch.header.device, names))
                });
                match &reply {
                    Reply::Ack(_) => imported.taken += 1,
                    Reply::Refused(refusal) if refusal.reason == Reason::Busy => {
                        return Err(
                            crate::db::DbFault::Away("while a mailbag was taken".into()).into()
                        );
                    }
                    Reply::Refused(refusal) => imported.refused.push(refusal.reason),
                }
                if let Ok((device, names)) = inside {
                    let one = answers.entry(device).or_default();
                    if matches!(reply, Reply::Ack(_)) {
                        one.arrived.extend(names);
                    }
                    one.keep(reply);
                }
            }
            Part::File { ticket, sealed } => {
                let believed = self.ticket(&ticket.to_string()).await;
                match believed {
                    Err(why @ HubFault::Db(_)) => return Err(why),
                    Err(why) => imported.left.push(format!("a file: {why}")),
                    Ok(ticket) => {
                        let mut at = self
                            .file_has(ticket.device, ticket.file, ticket.length)
                            .await?
                            .unwrap_or(0);
                        while at < ticket.length {
                            let from = usize::try_from(at).unwrap_or(usize::MAX);
                            let to = from.saturating_add(PIECE_BYTES).min(sealed.len());
                            let piece = sealed.get(from..to).unwrap_or(&[]).to_vec();
                            match self.append(&ticket, at, piece).await? {
                                Appended::Has(have) if have > at => at = have,
                                other => {
                                    imported.left.push(format!("a file: {other:?}"));
                                    return Ok(());
                                }
                            }
                        }
                        imported.files += 1;
                        let one = answers.entry(ticket.device).or_default();
                        one.arrived.push(ticket.file);
                    }
                }
            }
            Part::Reply(_) | Part::Arrived(_) | Part::EnrolAnswer(_) | Part::BundlePiece { .. } => {
                imported
                    .left
                    .push("a part that goes to kiosks, not to the hub".into());
            }
        }
        Ok(())
    }

    async fn bag_address(&self, device: DeviceId) -> Done<Option<BagAddress>> {
        let mut tx = self.read().await?;
        let row = tx
            .one("SELECT bags FROM device WHERE device = $1", values![device])
            .await?;
        tx.commit().await?;
        Ok(match row {
            Some(row) => row.text(0)?.parse().ok(),
            None => None,
        })
    }

    /// Writes what goes back to one kiosk: its enrolment, its acks, the rest of its mailbox, and the bundles of which
    /// that tells.
    async fn answer<W: Write>(
        &self,
        device: DeviceId,
        one: ForOne,
        bag: &mut BagWriter<W>,
    ) -> Done<()> {
        if let Some(answer) = &one.enrolment {
            bag.enrol_answer(answer)?;
        }
        let mut last: Option<Box<Ack>> = None;
        let mut bundles = Vec::new();
        for reply in one.replies {
            if let Reply::Ack(ack) = &reply {
                bundles.extend(told_of(&ack.page));
                // Pages of one mailbox: the next goes on where the furthest ended.
                if last
                    .as_ref()
                    .is_none_or(|l| l.page.cursor <= ack.page.cursor)
                {
                    last = Some(ack.clone());
                }
            }
            bag.reply(&SignedReply::new(device, &reply, &self.keys.signing))?;
        }
        let mut pages = 0;
        while let Some(before) = last.take_if(|ack| ack.page.more)
            && pages < PAGES
        {
            pages += 1;
            let mut tx = self.read().await?;
            let mut page = self
                .page_after(&mut *tx, device, before.page.cursor)
                .await?;
            tx.commit().await?;
            while page.items.iter().map(|i| i.body.len()).sum::<usize>() > 4 * 1024 * 1024 {
                shorten(&mut page);
            }
            bundles.extend(told_of(&page));
            let ack = Ack {
                page,
                rejected: Vec::new(),
                ..*before
            };
            let reply = Reply::Ack(Box::new(ack.clone()));
            bag.reply(&SignedReply::new(device, &reply, &self.keys.signing))?;
            last = Some(Box::new(ack));
        }
        for names in one.arrived.chunks(MAX_ARRIVED) {
            bag.arrived(&SignedArrivals::new(device, names, &self.keys.signing))?;
        }
        // Of each kind the newest.
        let mut newest: BTreeMap<u8, _> = BTreeMap::new();
        for bundle in bundles {
            newest.insert(u8::from(bundle.kind == BundleKind::Notices), bundle);
        }
        for bundle in newest.into_values() {
            if bundle.length > BUNDLE_BYTES {
                continue;
            }
            let name = FileName(bundle.hash);
            let mut bytes = Vec::new();
            while (bytes.len() as u64) < bundle.length {
                let piece = self
                    .bundle_piece(name, bytes.len() as u64, bundle.length - 1)
                    .await?;
                if piece.is_empty() {
                    break;
                }
                bytes.extend_from_slice(&piece);
            }
            if bytes.len() as u64 == bundle.length {
                bag.bundle(&bytes)?;
            }
        }
        Ok(())
    }
}

fn told_of(page: &MailPage) -> Vec<onedoor_sync::mail::BundleMail> {
    page.items
        .iter()
        .filter_map(|item| match Mail::read(item) {
            Mail::Bundle(bundle) => Some(*bundle),
            _ => None,
        })
        .collect()
}
