//! Trains a dictionary from fictitious events: `cargo run -p onedoor-sync --example train_dictionary OUT`.
//!
//! A dictionary that was released never changes; a better one gets the next number (see `dict/README.md`).

use onedoor_domain::event::{ChainHash, Event};
use onedoor_domain::personal::Personal;
use onedoor_sim::fiction::Writer;
use onedoor_sync::seal::{Content, HubSecret, Sealing};
use onedoor_sync::wire::{
    Ack, Batch, DeviceKey, Header, MailItem, MailPage, Reason, Refusal, Reply,
};

/// Bytes of a dictionary.
const SIZE: usize = 16 * 1024;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("where to? (a file name)")?;
    let mut samples: Vec<Vec<u8>> = Vec::new();
    // By far the most goes to and fro when nothing has happened, or one thing.
    for seed in 0..3000 {
        let most = [usize::MAX, 1, 0][seed as usize % 3];
        samples.push(batch(seed, most));
        if seed.is_multiple_of(3) {
            samples.push(reply(seed));
        }
    }
    let dictionary = zstd::dict::from_samples(&samples, SIZE)?;
    std::fs::write(&path, &dictionary)?;
    println!(
        "{} bytes, BLAKE3 {}",
        dictionary.len(),
        blake3::hash(&dictionary)
    );
    Ok(())
}

/// A small batch, as it goes up after one visit.
fn batch(seed: u64, most: usize) -> Vec<u8> {
    let mut writer = Writer::new(seed);
    writer.something();
    let (first, h_prev) = (writer.last + 1, writer.link);
    let mut after = writer.clone();
    let mut written = after.something();
    written.truncate(most);
    for event in &written {
        writer.last += 1;
        writer.link = writer.link.next(event.bytes());
    }
    let header = Header {
        device: writer.device,
        epoch: writer.epoch,
        first,
        last: writer.last,
        h_prev,
        h_last: writer.link,
        cursor: writer.dice.below(50),
        opaque: Vec::new(),
    };
    let events: Vec<&[u8]> = written.iter().map(|e| e.bytes()).collect();
    let blobs = sealed(&mut writer, &written);
    let key = DeviceKey::from_secret(&writer.dice.bytes());
    Batch::encode(&header, &events, &blobs, &key)
}

/// What goes with the events: answers that nobody can read, each sealed for its event.
fn sealed(writer: &mut Writer, events: &[Event]) -> Vec<Vec<u8>> {
    let Ok(hub) = HubSecret::derive(&writer.dice.bytes::<32>()) else {
        return Vec::new();
    };
    let mut blobs = Vec::new();
    for event in events
        .iter()
        .filter(|event| event.body().kind() == "case_saved")
    {
        let length = 60 + writer.dice.below(200) as usize;
        let noise = writer.dice.bytes::<264>()[..length].to_vec();
        for reference in event.blobs() {
            let seed = writer.dice.bytes();
            let sealed =
                Sealing::begin_with(hub.public(), writer.device, &seed).and_then(|sealing| {
                    let content = Content {
                        salt: sealing.salt(reference.id),
                        role: "instance".into(),
                        bytes: Personal::new(noise.clone()),
                    };
                    sealing.seal(reference.id, &content)
                });
            blobs.extend(sealed);
        }
    }
    blobs
}

fn reply(seed: u64) -> Vec<u8> {
    let mut writer = Writer::new(seed);
    if seed.is_multiple_of(50) {
        return Reply::Refused(Refusal::new(Reason::Busy)).encode();
    }
    let after = writer.dice.below(100);
    let number = after + 1;
    let items = writer
        .visit()
        .into_iter()
        .take(usize::from(seed.is_multiple_of(5)))
        .map(|event| MailItem {
            number,
            kind: "case_move".into(),
            version: 1,
            body: event.bytes().to_vec(),
        })
        .collect();
    Reply::Ack(Box::new(Ack {
        device: writer.device,
        epoch: writer.epoch,
        acked_through: writer.last,
        h: ChainHash(writer.dice.bytes()),
        durable_through: writer.last,
        rejected: Vec::new(),
        hub_time_ms: 1_790_000_000_000 + seed as i64,
        life: 0,
        page: MailPage {
            after,
            cursor: number,
            more: false,
            items,
        },
    }))
    .encode()
}
