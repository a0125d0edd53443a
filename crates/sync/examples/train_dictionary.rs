//! Trains a dictionary from fictitious events: `cargo run -p onedoor-sync --example train_dictionary OUT`.
//!
//! A dictionary that was released never changes; a better one gets the next number (see `dict/README.md`).

use onedoor_domain::event::ChainHash;
use onedoor_sim::fiction::Writer;
use onedoor_sync::wire::{
    Ack, Batch, DeviceKey, Header, MailItem, MailPage, Reason, Refusal, Reply,
};

/// Bytes of a dictionary.
const SIZE: usize = 16 * 1024;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("where to? (a file name)")?;
    let mut samples: Vec<Vec<u8>> = Vec::new();
    for seed in 0..3000 {
        samples.push(batch(seed));
        if seed.is_multiple_of(10) {
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
fn batch(seed: u64) -> Vec<u8> {
    let mut writer = Writer::new(seed);
    writer.something();
    let (first, h_prev) = (writer.last + 1, writer.link);
    let events = writer.something();
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
    let events: Vec<&[u8]> = events.iter().map(|e| e.bytes()).collect();
    let key = DeviceKey::from_secret(&writer.dice.bytes());
    Batch::encode(&header, &events, &[] as &[&[u8]], &key)
}

fn reply(seed: u64) -> Vec<u8> {
    let mut writer = Writer::new(seed);
    if seed.is_multiple_of(100) {
        return Reply::Refused(Refusal::new(Reason::Busy)).encode();
    }
    let after = writer.dice.below(100);
    let number = after + 1;
    let items = writer
        .visit()
        .into_iter()
        .take(1)
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
        page: MailPage {
            after,
            cursor: number,
            more: false,
            items,
        },
    }))
    .encode()
}
