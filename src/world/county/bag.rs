//! The mailbag: everything that the county lacks goes on a stick, and its answer comes back the same way.

use super::adapter::CountyRecord;
use super::bond::{self, Keys};
use super::{Setting, stick};
use crate::county::{News, No};
use onedoor_domain::id::Epoch;
use onedoor_store::{DbKey, Lack, Store, SyncApply};
use onedoor_sync::enrol::{Admission, Enrol, EnrolAnswer, EnrolState, Token};
use onedoor_sync::mailbag::{BagFault, Part, address, export, open};
use onedoor_sync::wire::{PublicKey, Reason, Refusal, Reply};
use std::fs::{self, File};
use std::io::{self, BufReader};

/// Looks for a token for this station on the stick, and takes the keys in it for the hub's.
///
/// # Errors
/// What staff are told: there is no stick, no token for this station, or nothing by which one could be believed.
pub fn by_token(store: &Store, keys: &mut Keys, setting: &Setting) -> Result<(), News> {
    let folder = stick::find(setting.stick.as_deref()).ok_or(News::NoStick)?;
    let Some(pinned) = &setting.pinned else {
        // Without the hub's key in the signed station bundle nothing tells its token from a stranger's.
        tracing::error!(event = "county.no_pinned_key");
        return Err(News::NoHubKey);
    };
    let mut news = News::NoToken;
    for path in stick::files(&folder, stick::TOKEN).map_err(bad_stick)? {
        let bytes = match fs::metadata(&path) {
            Ok(file) if file.len() <= onedoor_sync::enrol::MAX_ENROL as u64 => {
                fs::read(&path).map_err(bad_stick)?
            }
            _ => continue,
        };
        match Token::decode(&bytes, pinned) {
            Ok(token) if token.station == setting.station => {
                return keys
                    .by_token(store, token.serial, token.keys, &token.hub)
                    .map_err(|error| News::BadStick(error.code().to_owned()));
            }
            // A technician carries those of many stations.
            Ok(token) => {
                tracing::info!(event = "county.token_elsewhere", station = token.station);
                if news == News::NoToken {
                    news = News::TokenElsewhere;
                }
            }
            Err(reason) => {
                tracing::error!(event = "county.bad_token", %reason);
                news = News::BadBag(format!("SYN-{:03}", reason.code()));
            }
        }
    }
    Err(news)
}

/// While the hub has not answered to a token, the one on the stick counts: the first may have been used up.
pub fn fresh_token(record: &CountyRecord<'_>, setting: &Setting) {
    let mut keys = record.keys.borrow_mut();
    if keys.token.is_some()
        && let Err(news) = by_token(record.store, &mut keys, setting)
    {
        tracing::info!(event = "county.token_kept", ?news);
    }
}

/// Writes a bag. Gives what staff are told, and how far each life of the record is in it. `key` is the record's: with a
/// token the hub gets a copy that only it can open.
pub fn write(
    record: &CountyRecord<'_>,
    setting: &Setting,
    key: Option<&DbKey>,
) -> (News, Vec<(Epoch, u64)>) {
    let Some(folder) = stick::find(setting.stick.as_deref()) else {
        return (News::NoStick, Vec::new());
    };
    let cases = record.store.undelivered().wait().map_or(0, |u| u.cases);
    match written(record, setting, key, &folder) {
        Ok(through) => (News::Written { cases }, through),
        Err(fault) => {
            tracing::error!(event = "county.bag_not_written", %fault);
            (News::BadStick(short(&fault)), Vec::new())
        }
    }
}

fn written(
    record: &CountyRecord<'_>,
    setting: &Setting,
    key: Option<&DbKey>,
    folder: &std::path::Path,
) -> Result<Vec<(Epoch, u64)>, BagFault> {
    let keys = record.keys.borrow();
    let hub = keys.hub.as_ref().ok_or(BagFault::BadKey)?;
    let to = hub.bag()?;
    let standing = record.standing().map_err(journal)?;
    let files = record.all_files().map_err(journal)?;
    let name = format!(
        "{}-{}-{}.{}",
        setting.station,
        keys.device,
        record.now_ms(),
        stick::TO_HUB
    );
    let mut fault = None;
    let outcome = stick::write_whole(folder, &name, |file| {
        let fill = || -> Result<(Vec<(Epoch, u64)>, File), BagFault> {
            let mut bag = address(file.try_clone()?, &to)?;
            if let Some(serial) = keys.token {
                // The token is signed with the hub's key that stands in the station bundle: there are no words to compare.
                let enrol = Enrol {
                    recovery: bond::recovery(key, hub, keys.device),
                    ..keys.enrol(setting, Admission::Token(serial))
                };
                bag.enrol(&enrol.encode(&keys.signer()))?;
            }
            let exported = export(
                &standing,
                record,
                &keys.signer(),
                &record.doubts(),
                &mut bag,
            )?;
            for (ticket, sealed) in &files {
                bag.file(ticket, sealed)?;
            }
            Ok((exported.through, bag.finish()?))
        };
        fill().map_err(|why| {
            let words = why.to_string();
            fault = Some(why);
            io::Error::other(words)
        })
    });
    match (outcome, fault) {
        (Ok(through), _) => Ok(through),
        (Err(_), Some(fault)) => Err(fault),
        (Err(error), None) => Err(error.into()),
    }
}

fn journal(error: onedoor_store::StoreError) -> BagFault {
    BagFault::Journal(onedoor_sync::engine::JournalFault(error.code().to_owned()))
}

/// What bags held for this kiosk.
#[derive(Default)]
struct Answers {
    /// Acks and refusals, for the engine, in their order.
    replies: Vec<Reply>,
    any: bool,
    /// The hub refused something for a reason that another bag does not mend.
    refused: Option<Reason>,
    /// The hub said no to the token.
    no: Option<News>,
}

/// Reads what the stick has for this kiosk. Each part stands for itself: what was read before a fault is good.
pub fn read(record: &CountyRecord<'_>, setting: &Setting) -> (News, Vec<Reply>) {
    let Some(folder) = stick::find(setting.stick.as_deref()) else {
        return (News::NoStick, Vec::new());
    };
    let files = match stick::bags(&folder) {
        Ok(files) => files,
        Err(error) => return (bad_stick(error), Vec::new()),
    };
    let mut answers = Answers::default();
    let mut fault = None;
    for path in files {
        match read_one(record, setting, &path, &mut answers) {
            // Another kiosk's: it stays for them.
            Ok(()) | Err(BagFault::OtherKey) => {}
            Err(why) => {
                tracing::error!(event = "county.bag_not_read", fault = %why);
                fault = Some(short(&why));
            }
        }
    }
    if answers.any {
        record.heard_by_stick();
    }
    let refused = |reason: Reason| format!("SYN-{:03}", reason.code());
    let fault = fault.or(answers.refused.map(refused));
    let before = record.store.undelivered().wait().map_or(0, |u| u.cases);
    let news = match (fault, answers.no) {
        // What it says no to is not said of a bond that stands.
        (_, Some(news)) if record.keys.borrow().token.is_some() => news,
        (Some(code), _) => News::BadBag(code),
        (None, _) if answers.any => News::Read {
            cases: reached(record, &answers.replies).min(before),
        },
        (None, _) => News::NoBag,
    };
    (news, answers.replies)
}

/// How many matters these answers bring to the county.
fn reached(record: &CountyRecord<'_>, replies: &[Reply]) -> usize {
    let undelivered = record.store.undelivered().wait().unwrap_or_default();
    undelivered
        .first
        .iter()
        .filter(|case| case.lack == Lack::All)
        .filter(|case| {
            let saved = record.store.case_events(case.case).wait();
            let saved = saved.ok().and_then(|events| Some(events.first()?.id()));
            saved.is_some_and(|id| {
                replies.iter().any(|reply| {
                    matches!(reply, Reply::Ack(ack)
                        if ack.epoch == id.epoch && ack.acked_through >= id.seq.get())
                })
            })
        })
        .count()
}

fn read_one(
    record: &CountyRecord<'_>,
    setting: &Setting,
    path: &std::path::Path,
    answers: &mut Answers,
) -> Result<(), BagFault> {
    let device = record.keys.borrow().device;
    let reader = match open(BufReader::new(File::open(path)?), &record.keys.borrow().bag) {
        Ok(reader) => reader,
        // Some other program's file, by its name too: nobody needs to know of it.
        Err(BagFault::Damaged) if !stick::says_from_hub(path) => return Ok(()),
        Err(why) => return Err(why),
    };
    for part in reader {
        match part? {
            Part::Reply(reply) => {
                let Some(verifier) = verifier(record) else {
                    continue;
                };
                let reply = reply.verify(device, &verifier)?;
                answers.any = true;
                if let Reply::Refused(Refusal { reason, at, .. }) = &reply {
                    tracing::error!(event = "county.bag_refused", %reason, at);
                    // One batch's refusal leaves what others say as it is, and what the engine can mend is no fault of
                    // the stick.
                    let mends = reason.is_about_content() || reason.is_about_size();
                    if !mends && *reason != Reason::Behind {
                        answers.refused = Some(*reason);
                    }
                } else {
                    // An older answer's no is over.
                    answers.refused = None;
                }
                answers.replies.push(reply);
            }
            Part::EnrolAnswer(bytes) => {
                let answer = EnrolAnswer::decode(&bytes, device, setting.pinned.as_ref())?;
                answers.any = true;
                match (answer.state, answer.keys) {
                    (EnrolState::Enrolled, Some(hub)) => {
                        record
                            .keys
                            .borrow_mut()
                            .known(record.store, hub, &answer.hub)
                            .map_err(journal)?;
                        record.use_keys();
                    }
                    (state, _) => {
                        tracing::error!(event = "county.token_refused", ?state);
                        answers.no = Some(match state {
                            EnrolState::OtherStation => News::TokenElsewhere,
                            EnrolState::KeyDiffers => News::NotTaken(No::OtherKey),
                            EnrolState::Refused => News::NotTaken(No::Official),
                            _ => News::TokenRefused,
                        });
                    }
                }
            }
            Part::BundlePiece {
                hash,
                offset,
                bytes,
            } => {
                record
                    .piece_in_bag(hash, offset, &bytes)
                    .map_err(io::Error::other)?;
            }
            Part::Arrived(arrivals) => {
                let Some(verifier) = verifier(record) else {
                    continue;
                };
                let arrived = arrivals.verify(device, &verifier)?;
                let change = SyncApply {
                    arrived: arrived.iter().map(|file| file.0).collect(),
                    ..SyncApply::default()
                };
                record.store.apply(change).wait().map_err(journal)?;
            }
            // Not for a kiosk.
            Part::Batch { .. } | Part::File { .. } | Part::Enrol(_) => {}
        }
    }
    Ok(())
}

/// The key that checks what the hub signed, once it is known.
fn verifier(record: &CountyRecord<'_>) -> Option<PublicKey> {
    record.keys.borrow().hub.as_ref()?.verifier().ok()
}

/// The stick cannot be read: the system's words are for the log, not for the page.
fn bad_stick(error: io::Error) -> News {
    tracing::error!(event = "county.bad_stick", %error);
    News::BadStick(short(&BagFault::Stick(error)))
}

/// The stable code of a fault.
fn short(fault: &BagFault) -> String {
    if let BagFault::Wire(reason) = fault {
        return format!("SYN-{:03}", reason.code());
    }
    let words = fault.to_string();
    words.split(':').next().unwrap_or_default().to_owned()
}
