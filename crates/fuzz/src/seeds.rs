//! Small right values for every target: where a fuzzer begins, and what the tests change. The same at every run, so that
//! the corpus in the repository can be made again (`cargo run -p onedoor-fuzz --example seeds`).

use std::collections::BTreeMap;

use minicbor::Encoder;
use onedoor_domain::calendar::Due;
use onedoor_domain::case::{AnswerKind, CaseStatus, Phase, Word};
use onedoor_domain::clock::{BootId, ClockQuality, Stamp};
use onedoor_domain::code::{CaseCode, FactorKind};
use onedoor_domain::event::*;
use onedoor_domain::id::{BlobId, CaseId, DraftId, Epoch, EventId, Seq, SlipJobId};
use onedoor_domain::personal::Personal;
use onedoor_hub::db::TABLES;
use onedoor_hub::db::schema::Kind;
use onedoor_sync::engine::{FileName, TICKET_HEADER};
use onedoor_sync::enrol::{Admission, Enrol, EnrolAnswer, EnrolState, Token};
use onedoor_sync::mail::{
    BundleKind, BundleMail, CaseMail, CaseText, FactorHash, HubKeys, Included, Mail, Owner,
    RejectedMail, ResidentRow, ResidentsMail, TextRole,
};
use onedoor_sync::mailbag::{BagWriter, SignedArrivals, SignedReply, address};
use onedoor_sync::seal::{Content, FileTicket, Sealing};
use onedoor_sync::wire::{
    Ack, Batch, Dictionary, Header, MailItem, MailPage, Media, Reason, Refusal, Rejection, Reply,
    pack,
};

use crate::seal::{blob, secret};
use crate::{bag_key, device, hub_key, kiosk_key, known};

/// An input: its target, its name, its bytes.
pub type Seed = (&'static str, String, Vec<u8>);

/// ID numbers of the made-up area 990101.
const PEOPLE: [&str; 3] = [
    "990101195001010010",
    "990101195001010029",
    "990101195001010037",
];

fn epoch() -> Epoch {
    Epoch::from_random([0x12; 8])
}

fn id(seq: u64) -> EventId {
    EventId {
        device: device(),
        epoch: epoch(),
        seq: known(Seq::try_from(seq)),
    }
}

fn draft() -> DraftId {
    DraftId::from_random([3; 16])
}

fn job() -> SlipJobId {
    SlipJobId::from_random([4; 16])
}

/// One body of every known type, with every part that may be absent.
fn bodies() -> Vec<EventBody> {
    let text = || "text".to_owned();
    let blob = BlobId::from_random([5; 16]);
    let code = CaseCode::from_random(1_234_567);
    vec![
        EpochOpened {
            software: text(),
            previous: Some(id(7)),
            previous_hash: Some([6; 32]),
        }
        .into(),
        Restored {
            from: Epoch::from_random([1; 8]),
            through: Some(Seq::FIRST),
            reason: text(),
        }
        .into(),
        CaseSaved {
            code,
            service: text(),
            form_version: text(),
            draft: draft(),
            language: "zh-CN".into(),
            owner: Some(text()),
            term_days: 300,
            due: Due::WithinWorkingDays(20),
            factors: vec![FactorKind::IdLastFour, FactorKind::SlipPin],
            helper_typed: vec![text()],
        }
        .into(),
        CaseStateChanged {
            to: MoveKind::Answered,
            owner: Some(text()),
            term_days: Some(3),
            due: Some(Due::WithinWorkingDays(3)),
            answer: Some(AnswerKind::Refused),
            reason: Some(blob),
            other_way: Some(blob),
        }
        .into(),
        ResidentWord {
            word: Word::Partly,
            wants_to_talk: true,
        }
        .into(),
        ToldHow {
            way: TellWay::ComeBack,
        }
        .into(),
        SlipAsked {
            job: job(),
            copy: 1,
        }
        .into(),
        SlipPrinted { job: job() }.into(),
        SlipFailed {
            job: job(),
            why: "PRN-003".into(),
        }
        .into(),
        HelpCalled {
            call: draft(),
            page: text(),
            service: Some(text()),
        }
        .into(),
        HelpDismissed { call: draft() }.into(),
        HelpAnswered { call: draft() }.into(),
        DraftSealed {
            draft: draft(),
            code,
        }
        .into(),
        SlipVoided { new_code: code }.into(),
        Erased {
            blobs: vec![blob, blob],
            reason: EraseReason::ResidentAsked,
        }
        .into(),
        ClockChecked {
            quality: ClockQuality::Hub,
            was_off_ms: Some(-1_000_000),
            boot: BootId([8; 16]),
        }
        .into(),
        FaultSeen {
            part: text(),
            code: text(),
        }
        .into(),
        FaultCleared {
            part: text(),
            code: text(),
        }
        .into(),
        BackupMade {
            through: Seq::FIRST,
            length: 1 << 40,
        }
        .into(),
        ConsentGiven {
            text: text(),
            language: text(),
        }
        .into(),
        ConsentWithdrawn {
            text: text(),
            language: text(),
        }
        .into(),
        ProfileKept {
            fields: vec![text(), text()],
        }
        .into(),
        ProfileCorrected {
            fields: vec![text()],
        }
        .into(),
        ProfileErased {
            fields: vec![text()],
            reason: EraseReason::ResidentAsked,
        }
        .into(),
        FamilyLinked {}.into(),
        CardIssued {}.into(),
        CardVoided { card: blob }.into(),
        DraftErased {
            draft: draft(),
            reason: EraseReason::RetentionOver,
        }
        .into(),
        EraseAsked {}.into(),
    ]
}

/// Them, and one that no program knows, as events.
fn events() -> Vec<Event> {
    let unknown = EventBody::Other(OtherBody {
        kind: "from_the_future".into(),
        version: 7,
        raw: vec![0xa1, 0x01, 0x82, 0x02, 0xf6],
    });
    let actors = [
        Actor::Machine,
        Actor::Resident,
        Actor::Helper,
        Actor::Staff("staff-990101-01".into()),
    ];
    let all = bodies().into_iter().chain([unknown]);
    (1..)
        .zip(all)
        .map(|(seq, body)| {
            let new = NewEvent {
                stamp: Stamp {
                    wall_ms: 1_790_000_000_000 + seq as i64,
                    boot: BootId([9; 16]),
                    mono_ms: 5000,
                    quality: ClockQuality::Hub,
                },
                actor: actors[seq as usize % 4].clone(),
                case: (seq % 3 != 0).then(|| CaseId::new(1, [2; 10])),
                blobs: (0..seq % 3)
                    .map(|n| BlobRef::new(BlobId::from_random([7; 16]), &[1; 32], &[n as u8]))
                    .collect(),
                body,
            };
            known(new.seal(id(seq)))
        })
        .collect()
}

fn header_of(events: &[Event], opaque: Vec<u64>) -> Header {
    let genesis = ChainHash::genesis(device(), epoch());
    Header {
        device: device(),
        epoch: epoch(),
        first: 1,
        last: events.len() as u64,
        h_prev: genesis,
        h_last: events
            .iter()
            .fold(genesis, |link, event| link.next(event.bytes())),
        cursor: 300,
        opaque,
    }
}

fn batch_of(events: &[Event], opaque: Vec<u64>) -> Vec<u8> {
    let bytes: Vec<&[u8]> = events.iter().map(|event| event.bytes()).collect();
    let header = header_of(events, opaque);
    Batch::encode(&header, &bytes, &[sealed("answers", b"yes")], &kiosk_key())
}

fn sealed(role: &str, bytes: &[u8]) -> Vec<u8> {
    let sealing = known(Sealing::begin_with(secret().public(), device(), &[5; 32]));
    let content = Content {
        salt: sealing.salt(blob()),
        role: role.into(),
        bytes: Personal::new(bytes.to_vec()),
    };
    known(sealing.seal(blob(), &content))
}

fn keys() -> HubKeys {
    HubKeys {
        serial: 2,
        signs: hub_key().public().to_bytes(),
        seals: secret().public().to_bytes(),
        bags: bag_key().address().to_string(),
    }
}

fn mails() -> Vec<Mail> {
    let name = BTreeMap::from([("zh-CN".to_owned(), "名册".to_owned())]);
    let fields = BTreeMap::from([("name".to_owned(), "赵某".into())]);
    vec![
        CaseMail {
            case: CaseId::new(1, [2; 10]),
            code: CaseCode::from_random(77),
            service: "complaint".to_owned(),
            form_version: "2026-11-01".to_owned(),
            language: "zh-CN".to_owned(),
            saved_ms: 1_795_000_000_000,
            version: 3,
            status: CaseStatus {
                phase: Phase::Told,
                delivered: true,
                level: 1,
                owner: Some("staff-990101-01".to_owned()),
                term_days: Some(5),
                due: Some(Due::WithinWorkingDays(5)),
                answer: Some(AnswerKind::Refused),
                word: Some(Word::Partly),
            },
            included: Some(Included {
                epoch: epoch(),
                seq: Seq::FIRST,
            }),
            owner: Some(Owner {
                id: "staff-990101-01".to_owned(),
                name: Some("周某".to_owned()),
                phone: Some("010".to_owned()),
            }),
            texts: vec![CaseText {
                role: TextRole::OtherWay,
                language: "zh-CN".to_owned(),
                text: "带上新卡".into(),
            }],
            factors: vec![FactorHash {
                kind: FactorKind::SlipPin,
                salt: [1; 32],
                hash: [2; 32],
            }],
            words_apart: Some((Word::Solved, Word::NotSolved)),
        }
        .into(),
        RejectedMail {
            epoch: epoch(),
            seq: Seq::FIRST,
            code: 2,
            words: "this event moves a case and names none".into(),
        }
        .into(),
        ResidentsMail {
            register: "residents".into(),
            name,
            as_of: "2026-11-01".into(),
            rows: vec![
                ResidentRow {
                    id_number: PEOPLE[0].into(),
                    fields: Some(fields),
                },
                ResidentRow {
                    id_number: PEOPLE[1].into(),
                    fields: None,
                },
            ],
        }
        .into(),
        keys().into(),
        BundleMail {
            kind: BundleKind::Notices,
            version: "2026-11-22.1".into(),
            hash: [8; 32],
            length: 100_000,
        }
        .into(),
    ]
}

fn replies() -> Vec<Reply> {
    let items: Vec<MailItem> = (4..)
        .zip(mails())
        .filter_map(|(number, mail)| {
            let (kind, version, body) = mail.write()?;
            Some(MailItem {
                number,
                kind: kind.into(),
                version,
                body,
            })
        })
        .collect();
    let ack = Ack {
        device: device(),
        epoch: epoch(),
        acked_through: 9,
        h: ChainHash([4; 32]),
        durable_through: 8,
        rejected: vec![Rejection { seq: 6, code: 40 }],
        hub_time_ms: -5,
        life: 1_795_000_000,
        page: MailPage {
            after: 3,
            cursor: 30,
            more: true,
            items,
        },
    };
    let plain = Ack {
        rejected: Vec::new(),
        page: MailPage::default(),
        ..ack.clone()
    };
    let full = Refusal {
        reason: Reason::Behind,
        at: Some(3),
        h: Some(ChainHash([1; 32])),
        retry_after_s: Some(30),
        hub_time_ms: Some(1),
    };
    vec![
        Reply::Ack(Box::new(ack)),
        Reply::Ack(Box::new(plain)),
        Reply::Refused(full),
        Reply::Refused(Reason::Busy.into()),
    ]
}

fn moded(mode: u8, rest: &[u8]) -> Vec<u8> {
    [&[mode], rest].concat()
}

struct Seeds(Vec<Seed>);

impl Seeds {
    fn add(&mut self, target: &'static str, name: impl Into<String>, bytes: Vec<u8>) {
        self.0
            .push((target, format!("seed-{}", name.into()), bytes));
    }
}

/// All seeds but those that are encrypted with fresh randomness ([`encrypted`]).
pub fn all() -> Vec<Seed> {
    let mut seeds = Seeds(Vec::new());
    wire(&mut seeds);
    kiosks(&mut seeds);
    bags(&mut seeds);
    of_the_hub(&mut seeds);
    requests(&mut seeds);
    seeds.0
}

fn wire(seeds: &mut Seeds) {
    let events = events();
    for event in &events {
        let name = event.body().kind().to_owned();
        seeds.add("event", name, event.bytes().to_vec());
    }
    let few = &events[..3];
    let batch = batch_of(few, vec![2]);
    let empty = Header {
        first: 7,
        last: 6,
        h_prev: ChainHash([3; 32]),
        h_last: ChainHash([3; 32]),
        ..header_of(&[], Vec::new())
    };
    let none: &[&[u8]] = &[];
    let poll = Batch::encode(&empty, none, none, &kiosk_key());
    let mut pieces = vec![1, 2, 0, 0, 0, 0, 0, 0, 0, 1];
    for event in few {
        pieces.extend_from_slice(&(event.bytes().len() as u16).to_be_bytes());
        pieces.extend_from_slice(event.bytes());
    }
    seeds.add("batch", "few", moded(0, &batch));
    seeds.add("batch", "poll", moded(0, &poll));
    seeds.add("batch", "events", pieces);
    seeds.add("header", "poll", empty.encode());
    let letters = [b"a", b"b", b"c", b"d", b"e"];
    let five = Header {
        first: 5,
        last: 9,
        h_last: letters
            .iter()
            .fold(ChainHash([3; 32]), |link, event| link.next(*event)),
        opaque: vec![6, 9],
        ..empty
    };
    seeds.add("header", "five", five.encode());
    for (mode, dictionary) in [(0, Dictionary::None), (1, Dictionary::V1)] {
        let packed = known(pack(&batch, dictionary));
        seeds.add("frame", format!("batch-{mode}"), moded(mode, &packed));
        let reply = replies().remove(0).encode();
        let packed = known(pack(&reply, dictionary));
        seeds.add("frame", format!("ack-{mode}"), moded(mode, &packed));
        seeds.add("frame", format!("plain-{mode}"), moded(mode + 2, &poll));
        let zeros = known(pack(&vec![0; 9 * 1024 * 1024], dictionary));
        seeds.add("frame", format!("bomb-{mode}"), moded(mode, &zeros));
    }
    for (number, reply) in replies().iter().enumerate() {
        seeds.add("reply", number.to_string(), reply.encode());
        seeds.add("cbor", format!("reply-{number}"), reply.encode());
    }
    seeds.add("cbor", "map", vec![0xa2, 0x01, 0x20, 0x61, 0x61, 0xf6]);
    for (number, mail) in (0..).zip(mails()) {
        if let Some((kind, _, body)) = mail.write() {
            seeds.add("mail", kind, moded(number, &body));
        }
    }
    seeds.add("hub_keys", "keys", keys().encode());
    let name = FileName::of(b"file").to_string();
    for (number, text) in [
        Media::default().to_string(),
        "Application/vnd.OneDoor ; d=0; V=1; q=3".into(),
        "application/vnd.onedoor".into(),
        name,
        bag_key().address().to_string(),
        device().to_string(),
    ]
    .into_iter()
    .enumerate()
    {
        seeds.add("text", number.to_string(), text.into_bytes());
    }
}

fn kiosks(seeds: &mut Seeds) {
    for (name, admission) in [
        ("code", Admission::Code("01234567".into())),
        ("token", Admission::Token([7; 16])),
        ("known", Admission::Known),
    ] {
        let enrol = Enrol {
            station: "990101-fuzz".into(),
            device: device(),
            key: kiosk_key().public().to_bytes(),
            bags: bag_key().address().to_string(),
            software: "onedoor 0.1.0".into(),
            admission,
            recovery: (name == "known").then(|| sealed("recovery", &[6; 32])),
        };
        seeds.add(
            "enrol",
            format!("{name}-whole"),
            moded(0, &enrol.encode(&kiosk_key())),
        );
        seeds.add("enrol", name, moded(1, &known(minicbor::to_vec(&enrol))));
    }
    for (name, state) in [
        ("offered", EnrolState::Offered),
        ("refused", EnrolState::BadAdmission),
    ] {
        let answer = EnrolAnswer {
            device: device(),
            state,
            keys: (state == EnrolState::Offered).then(keys),
            hub: "county 990101".into(),
            hub_time_ms: 1_795_000_000_000,
        };
        let whole = answer.encode(&hub_key());
        seeds.add("enrol_answer", format!("{name}-whole"), moded(0, &whole));
        seeds.add(
            "enrol_answer",
            name,
            moded(1, &known(minicbor::to_vec(&answer))),
        );
    }
    let token = Token {
        serial: [7; 16],
        station: "990101-fuzz".into(),
        keys: keys(),
        hub: "county 990101".into(),
        until_ms: 1_795_000_000_000,
    };
    seeds.add("token", "whole", moded(0, &token.encode(&hub_key())));
    seeds.add("token", "body", moded(1, &known(minicbor::to_vec(&token))));
    let named = format!("<data><instanceID>uuid:{}</instanceID></data>", blob());
    for (name, role, bytes) in [
        ("answers", "answers", named.as_bytes()),
        ("voice", "part:voice", &[1, 2, 3][..]),
    ] {
        seeds.add("sealed", name, moded(0, &sealed(role, bytes)));
    }
    seeds.add("sealed", "plain", b"\x01\x00\x01yes".to_vec());
    seeds.add(
        "sealed",
        "plain-role",
        b"\x01\x00\x00\x05photobytes".to_vec(),
    );
    let named = [&[1, 32, 2][..], b"<a>\x01</a>"].concat();
    seeds.add("sealed", "plain-named", named);
    let salted = [&[1, 16, 1][..], &[9; 32], b"salted"].concat();
    seeds.add("sealed", "plain-salted", salted);
    let packed = known(pack(&[b'a'; 300], Dictionary::None));
    seeds.add("sealed", "plain-packed", [&[1, 1, 1][..], &packed].concat());
    let ticket = FileTicket::new(device(), FileName::of(b"file"), 4, &kiosk_key());
    seeds.add("ticket", "file", ticket.to_string().into_bytes());
}

fn bags(seeds: &mut Seeds) {
    let (whole, parts) = (content(), parts());
    seeds.add("bag", "content", moded(0, &whole));
    let mut pieces = vec![1];
    for (kind, part) in &parts {
        pieces.push(*kind);
        pieces.extend_from_slice(&(part.len() as u16).to_be_bytes());
        pieces.extend_from_slice(part);
    }
    seeds.add("bag", "parts", pieces);
    for (number, reply) in replies().iter().enumerate() {
        let signed = SignedReply::new(device(), reply, &hub_key());
        seeds.add("signed_reply", number.to_string(), signed.encode());
    }
    let names = [FileName([1; 32]), FileName([2; 32])];
    let arrivals = SignedArrivals::new(device(), &names, &hub_key());
    seeds.add("arrivals", "two", arrivals.encode());
}

/// The content of a bag with a part of each kind.
fn content() -> Vec<u8> {
    let mut writer = known(BagWriter::new(Vec::new()));
    fill(&mut writer);
    known(writer.end())
}

fn fill<W: std::io::Write>(writer: &mut BagWriter<W>) {
    let packed = known(pack(&batch_of(&events()[..2], vec![]), Dictionary::V1));
    known(writer.batch(Dictionary::V1, &packed));
    let file = sealed("part:voice", &[3; 90]);
    let ticket = FileTicket::new(
        device(),
        FileName::of(&file),
        file.len() as u64,
        &kiosk_key(),
    );
    known(writer.file(&ticket, &file));
    for reply in replies().iter().skip(1) {
        known(writer.reply(&SignedReply::new(device(), reply, &hub_key())));
    }
    let arrivals = SignedArrivals::new(device(), &[FileName([1; 32])], &hub_key());
    known(writer.arrived(&arrivals));
    known(writer.enrol(b"enrol"));
    known(writer.enrol_answer(b"answer"));
    known(writer.bundle(b"1DOORBND and so on"));
}

/// The same parts, cut out.
fn parts() -> Vec<(u8, Vec<u8>)> {
    let whole = content();
    let mut rest = &whole[12..];
    let mut parts = Vec::new();
    while let Some((head, after)) = rest.split_first_chunk::<5>() {
        if head[0] == 0 {
            break;
        }
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let (part, after) = after.split_at(length.min(after.len()));
        parts.push((head[0], part.to_vec()));
        rest = after;
    }
    parts
}

/// Seeds that are made once: encryption draws fresh randomness.
pub fn encrypted() -> Vec<Seed> {
    let mut writer = known(address(Vec::new(), &bag_key().address()));
    fill(&mut writer);
    let bag = known(writer.finish());
    vec![("bag", "once-encrypted".into(), moded(2, &bag))]
}

/// Every table with one row, as a copy of a hub holds them; the number says whether an item is a row.
fn items() -> Vec<(u8, Vec<u8>)> {
    let mut items = Vec::new();
    for table in TABLES {
        let mut e = Encoder::new(Vec::new());
        known(e.array(2).and_then(|e| e.str(table.name)).map(|_| ()));
        known(e.array(table.columns.len() as u64).map(|_| ()));
        for column in table.columns {
            known(e.str(column.name).map(|_| ()));
        }
        items.push((0, e.into_writer()));
        // Streams and events must fit one another: an empty stream does.
        if table.name != "event" && table.name != "stream" {
            let mut e = Encoder::new(Vec::new());
            known(e.array(table.columns.len() as u64).map(|_| ()));
            for column in table.columns {
                known(
                    match column.kind {
                        _ if column.empty => e.null(),
                        Kind::Int => e.i64(3),
                        Kind::Text => e.str("text"),
                        Kind::Bytes => e.bytes(&[4; 32]),
                    }
                    .map(|_| ()),
                );
            }
            items.push((1, e.into_writer()));
        }
        items.push((0, vec![0xf6]));
    }
    items
}

/// A stream with one event whose chain fits.
fn stream() -> Vec<(u8, Vec<u8>)> {
    let mut items = Vec::new();
    let genesis = ChainHash::genesis(device(), epoch());
    let (bytes, link) = (b"event", genesis.next(b"event"));
    for table in TABLES
        .iter()
        .filter(|t| t.name == "stream" || t.name == "event")
    {
        let mut e = Encoder::new(Vec::new());
        known(e.array(2).and_then(|e| e.str(table.name)).map(|_| ()));
        known(e.array(table.columns.len() as u64).map(|_| ()));
        for column in table.columns {
            known(e.str(column.name).map(|_| ()));
        }
        items.push((0, e.into_writer()));
        let mut e = Encoder::new(Vec::new());
        known(e.array(table.columns.len() as u64).map(|_| ()));
        for column in table.columns {
            known(
                match column.name {
                    _ if column.empty => e.null(),
                    "device" => e.u64(device().get()),
                    "epoch" => e.u64(epoch().get()),
                    "link" => e.bytes(&link.0),
                    "bytes" => e.bytes(bytes),
                    "kind" => e.str("text"),
                    "seq" => e.u64(1),
                    _ => e.u64(0),
                }
                .map(|_| ()),
            );
        }
        items.push((1, e.into_writer()));
        items.push((0, vec![0xf6]));
    }
    items
}

fn of_the_hub(seeds: &mut Seeds) {
    let text = format!(
        "\u{feff}id_number,name,village\n{},赵某,一村\n123,x,y\n{},again\n{},twice,z\n{},,\n{},\"a \"\"b\",c\n",
        PEOPLE[0], PEOPLE[1], PEOPLE[0], PEOPLE[1], PEOPLE[2]
    );
    seeds.add("table", "utf-8", text.into_bytes());
    let mut gb = format!("id_number,name\n{},", PEOPLE[0]).into_bytes();
    gb.extend_from_slice(&[0xd5, 0xd4, 0xc4, 0xb3, b'\n']);
    seeds.add("table", "gb18030", gb);
    for (name, items) in [("tables", items()), ("stream", stream())] {
        let mut pieces = vec![1];
        let mut plain = b"ONEDOORHUB1\0".to_vec();
        for (row, item) in &items {
            pieces.push(*row);
            pieces.extend_from_slice(&(item.len() as u16).to_be_bytes());
            pieces.extend_from_slice(item);
            plain.extend_from_slice(&(item.len() as u32).to_be_bytes());
            plain.extend_from_slice(item);
        }
        seeds.add("copy", name, pieces);
        let file = known(zstd::bulk::compress(&plain, 3));
        seeds.add("copy", format!("{name}-content"), moded(0, &plain));
        seeds.add("copy", format!("{name}-file"), moded(2, &file));
    }
    let bomb = [&b"ONEDOORHUB1\0\xff\xff\xff\xff"[..], &vec![0; 1 << 24]].concat();
    let bomb = known(zstd::bulk::compress(&bomb, 3));
    seeds.add("copy", "bomb", moded(2, &bomb));
}

fn requests(seeds: &mut Seeds) {
    let file = sealed("part:voice", &[3; 90]);
    let name = FileName::of(&file);
    let ticket = FileTicket::new(device(), name, file.len() as u64, &kiosk_key());
    let media = Media::default();
    let mut add = |what: &str, head: String, body: &[u8]| {
        seeds.add("request", what, [head.as_bytes(), b"\n", body].concat());
    };
    let blob = |method: &str, offset: &str| {
        format!(
            "{method} /v1/blob/{name}\nTus-Resumable: 1.0.0\n{TICKET_HEADER}: {ticket}\nUpload-Offset: {offset}\nUpload-Length: {}\nContent-Type: application/offset+octet-stream\n",
            file.len()
        )
    };
    add("head", blob("HEAD", "0"), b"");
    add("patch-first", blob("PATCH", "0"), &file[..50]);
    add("patch-rest", blob("PATCH", "50"), &file[50..]);
    add("patch-far", blob("PATCH", "18446744073709551615"), b"abc");
    add("options", "OPTIONS /v1/blob/x\n".into(), b"");
    let sync = format!("POST /v1/sync\nContent-Type: {media}\n");
    let packed = known(pack(&batch_of(&events()[..3], vec![]), Dictionary::V1));
    add("sync", sync.clone(), &packed);
    let none: &[&[u8]] = &[];
    let poll = Batch::encode(&header_of(&[], Vec::new()), none, none, &kiosk_key());
    add("poll", sync, &known(pack(&poll, Dictionary::V1)));
    let enrol = Enrol {
        station: "990101-fuzz".into(),
        device: device(),
        key: kiosk_key().public().to_bytes(),
        bags: bag_key().address().to_string(),
        software: "onedoor 0.1.0".into(),
        admission: Admission::Known,
        recovery: None,
    };
    add(
        "enrol",
        "POST /v1/enrol\n".into(),
        &enrol.encode(&kiosk_key()),
    );
    for range in ["bytes=0-9", "bytes=-5", "bytes=18446744073709551615-"] {
        let head = format!("GET /v1/bundle/{name}\nRange: {range}\n");
        add(&format!("bundle-{}", range.len()), head, b"");
    }
    for path in [
        "/healthz",
        "/metrics",
        "/openapi.json",
        "/v1/bundle/..%2f..%2fetc",
    ] {
        let name: String = path.chars().filter(char::is_ascii_alphanumeric).collect();
        add(&name, format!("GET {path}\n"), b"");
    }
}
