//! Hostile input for every decoder, in a process of its own: it must neither panic nor take much memory.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use onedoor_domain::id::DeviceId;
use onedoor_sim::fiction::{Dice, Writer};
use onedoor_sync::engine::FileName;
use onedoor_sync::enrol::{Enrol, Token};
use onedoor_sync::mail::{HubKeys, Mail};
use onedoor_sync::mailbag::{BagKey, BagReader, SignedReply, open};
use onedoor_sync::seal::{FileTicket, HubSecret, Sealed};
use onedoor_sync::wire::{Batch, DeviceKey, Dictionary, Header, MailItem, Reply, pack, unpack};

use crate::bar::{Bars, Limit};

/// Starts this program once more to play so many rounds; how much memory it took at the most, in MiB.
///
/// # Errors
/// When it panicked or was killed: it said with which round.
pub(super) fn in_a_process_of_its_own(rounds: u64) -> Result<f64> {
    let output = Command::new(std::env::current_exe()?)
        .args(["soak", "12", "--hostile", &rounds.to_string()])
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    // Its bars are the part's own below.
    for line in said.lines().filter(|line| !line.starts_with("bar ")) {
        println!("{line}");
    }
    ensure!(
        output.status.success(),
        "the process ended with {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    said.lines()
        .find_map(|line| line.strip_prefix("hostile: at most ")?.split(' ').next())
        .and_then(|mib| mib.parse().ok())
        .context("it did not say how much memory it took")
}

/// Plays the rounds, or one of them.
///
/// # Errors
/// When memory cannot be asked for.
pub(super) fn play(rounds: u64, only: Option<u64>) -> Result<Bars> {
    let arms = Arms::new()?;
    let mut panics = 0;
    for round in only.map_or(0..rounds, |only| only..only + 1) {
        if catch_unwind(AssertUnwindSafe(|| arms.round(round))).is_err() {
            panics += 1;
            println!(
                "hostile: round {round} panicked\nreplay: ./dev soak 12 --hostile {rounds} --replay {round}"
            );
        }
    }
    let mib = most_memory()?;
    println!("hostile: at most {mib:.1} MiB in {rounds} rounds, {panics} panics");
    let mut bars = Bars::default();
    bars.add(
        "12-hostile-panics",
        f64::from(panics),
        Limit::AtMost(0.0),
        "",
    );
    bars.add("12-hostile-memory", mib, Limit::AtMost(64.0), "MiB");
    Ok(bars)
}

/// The most memory that this process ever held, in MiB.
fn most_memory() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let kib: f64 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB"))
        .and_then(|kib| kib.trim().parse().ok())
        .context("no VmHWM in /proc/self/status")?;
    Ok(kib / 1024.0)
}

/// What is thrown.
struct Arms {
    /// Things as they should be, to be spoiled.
    right: Vec<Vec<u8>>,
    /// A gigabyte of zeros, compressed.
    bomb: Vec<u8>,
    /// Many small frames one behind the other.
    frames: Vec<u8>,
    hub: HubSecret,
    key: DeviceKey,
    bag: BagKey,
    device: DeviceId,
}

impl Arms {
    fn new() -> Result<Self> {
        let mut writer = Writer::new(5);
        let (device, epoch, genesis) = (writer.device, writer.epoch, writer.link);
        let key = DeviceKey::from_secret(&writer.dice.bytes());
        let events = writer.events(20);
        let events: Vec<&[u8]> = events.iter().map(|event| event.bytes()).collect();
        let header = Header {
            device,
            epoch,
            first: 1,
            last: writer.last,
            h_prev: genesis,
            h_last: writer.link,
            cursor: 0,
            opaque: Vec::new(),
        };
        let batch = Batch::encode(&header, &events, &[b"sealed"], &key);
        let reply = Reply::Refused(onedoor_sync::wire::Reason::Behind.into());
        let ticket = FileTicket::new(device, FileName::of(b"file"), 4, &key);
        let right = vec![
            pack(&batch, Dictionary::V1)?,
            header.encode(),
            reply.encode(),
            SignedReply::new(device, &reply, &key).encode(),
            ticket.to_string().into_bytes(),
            batch,
        ];
        let mut bomb = zstd::stream::Encoder::new(Vec::new(), 3)?;
        let zeros = [0; 64 * 1024];
        for _ in 0..16 * 1024 {
            bomb.write_all(&zeros)?;
        }
        Ok(Arms {
            right,
            bomb: bomb.finish()?,
            frames: zstd::bulk::compress(&zeros, 3)?.repeat(500),
            hub: HubSecret::derive(&[0x31; 32])?,
            key,
            bag: BagKey::generate(),
            device,
        })
    }

    fn round(&self, round: u64) {
        let mut dice = Dice(round);
        match round % 8 {
            // A thousand bombs would only take long.
            0 if round.is_multiple_of(800) => self.thrown(&self.bomb, &mut dice),
            0 => self.thrown(&self.frames, &mut dice),
            1 => {
                let length = dice.below(70_000) as usize;
                let noise: Vec<u8> = (0..length).map(|_| dice.next() as u8).collect();
                self.thrown(&noise, &mut dice);
            }
            2 => self.thrown(&claims(&mut dice), &mut dice),
            3 => {
                // Nested without end.
                let depth = dice.below(60_000) as usize;
                let open = [0x81, 0x9f, 0xa1, 0xc1, 0xd8][dice.below(5) as usize];
                self.thrown(&vec![open; depth], &mut dice);
            }
            4 => {
                // A bag that claims parts of four gigabytes.
                let mut bag = b"ONEDOORBAG1\0".to_vec();
                bag.push(1 + dice.below(7) as u8);
                bag.extend_from_slice(&(u32::MAX >> dice.below(20)).to_be_bytes());
                bag.extend_from_slice(&dice.bytes::<64>());
                self.thrown(&bag, &mut dice);
            }
            _ => {
                let which = dice.below(self.right.len() as u64) as usize;
                let mut bytes = self.right[which].clone();
                for _ in 0..=dice.below(4) {
                    let at = dice.below(bytes.len() as u64) as usize;
                    bytes[at] = dice.next() as u8;
                }
                self.thrown(&bytes, &mut dice);
            }
        }
    }

    /// Into every decoder that takes bytes from outside.
    fn thrown(&self, bytes: &[u8], dice: &mut Dice) {
        for dictionary in [Dictionary::None, Dictionary::V1] {
            if let Ok(plain) = unpack(bytes, dictionary) {
                self.decoded(&plain, dice);
            }
            // Well packed, so that what is inside is looked at.
            if bytes.len() < 100_000
                && let Ok(packed) = pack(bytes, dictionary)
            {
                let _ = unpack(&packed, dictionary).map(|plain| self.decoded(&plain, dice));
            }
        }
        self.decoded(bytes, dice);
        if let Ok(reader) = BagReader::new(bytes) {
            reader.take(1000).for_each(drop);
        }
        if let Ok(reader) = open(bytes, &self.bag) {
            reader.take(1000).for_each(drop);
        }
    }

    fn decoded(&self, bytes: &[u8], dice: &mut Dice) {
        if let Ok(batch) = Batch::decode(bytes) {
            let _ = batch.verify(&self.key.public());
        }
        let _ = Header::decode(bytes, &[] as &[&[u8]]);
        let _ = Reply::decode(bytes);
        let _ = SignedReply::decode(bytes)
            .and_then(|reply| reply.verify(self.device, &self.key.public()));
        let _ = Enrol::decode(bytes);
        let _ = Token::decode(bytes, &self.key.public());
        let _ = HubKeys::decode(bytes);
        let _ = onedoor_domain::event::Event::decode(bytes);
        if let Ok(sealed) = Sealed::decode(bytes) {
            let _ = sealed.open(self.device, &self.hub);
        }
        if let Ok(text) = std::str::from_utf8(bytes) {
            let _ = FileTicket::decode(text);
            let _ = text.parse::<onedoor_sync::wire::Media>();
            let _ = text.parse::<FileName>();
        }
        const KINDS: [&str; 6] = [
            "case",
            "rejected",
            "residents",
            "hub_keys",
            "bundle",
            "withdrawn",
        ];
        let kind = KINDS[dice.below(6) as usize];
        let item = MailItem {
            number: 1,
            kind: kind.into(),
            version: 1,
            body: bytes.to_vec(),
        };
        let _ = Mail::read(&item);
    }
}

/// CBOR that claims to be far longer than it is.
fn claims(dice: &mut Dice) -> Vec<u8> {
    let major = [0x40, 0x60, 0x80, 0xa0][dice.below(4) as usize];
    let mut bytes = vec![0x86, 0x01];
    for _ in 0..dice.below(6) {
        bytes.push(major | 27);
        bytes.extend_from_slice(&(u64::MAX >> dice.below(60)).to_be_bytes());
        bytes.push(dice.next() as u8);
    }
    bytes
}
