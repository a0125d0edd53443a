//! What is sealed: a few bytes say what it is and how it was compressed, the rest is the thing itself.
//!
//! ```text
//! content = how + 16 where a salt follows + 32 where the id is left out (1 byte),
//!           role (1 byte; 0: its length and text follow), [salt (32 bytes)], bytes
//! how     = 0 plain | 1 zstd | 2 zstd with the first dictionary for answers
//! ```
//!
//! A frozen instance names itself (`uuid:` and the draft's id), and the record gives its blob the same id: where the
//! blob's id stands once in the bytes in letters, one byte 1, which no XML and no text has, stands for it.
//!
//! One answer is too short to compress by itself; the dictionary is what it is compared with (`dict/README.md`). A role in
//! letters that has a number, and a salt that need not follow, are refused.

use std::sync::LazyLock;

use onedoor_domain::id::BlobId;
use onedoor_domain::personal::Personal;
use zeroize::Zeroizing;
use zstd::dict::{DecoderDictionary, EncoderDictionary};

use super::{Content, MAX_CONTENT, SealFault};
use crate::wire::pack;

/// Longest name of a role, in bytes.
const MAX_ROLE: usize = 64;
/// Roles with a number, from 1. A number keeps its meaning; new ones are added at the end.
const ROLES: [&str; 6] = [
    "answers",
    "instance",
    "asked",
    "tell",
    "reason",
    "other-way",
];
/// Set in the first byte where the salt follows.
const SALT: u8 = 16;
/// Set in the first byte where the blob's own id was left out.
const NAMED: u8 = 32;
/// Stands for it.
const ID: u8 = 1;
/// Longer things gain nothing from the dictionary, and more effort would be felt.
const SHORT: usize = 64 * 1024;
/// Effort for what is short: about 1 ms.
const LEVEL: i32 = 19;

static ANSWERS_1: &[u8] = include_bytes!("../../dict/answers-1.zdict");
static ENCODER: LazyLock<Option<EncoderDictionary<'static>>> =
    LazyLock::new(|| EncoderDictionary::try_copy(ANSWERS_1, LEVEL).ok());
static DECODER: LazyLock<Option<DecoderDictionary<'static>>> =
    LazyLock::new(|| DecoderDictionary::try_copy(ANSWERS_1).ok());

pub(super) fn encode(
    content: &Content,
    blob: BlobId,
    exported: &[u8; 32],
) -> Result<Zeroizing<Vec<u8>>, SealFault> {
    let bytes = content.bytes.expose();
    if bytes.len() > MAX_CONTENT {
        return Err(SealFault::TooLarge);
    }
    if content.role.len() > MAX_ROLE {
        return Err(SealFault::Malformed);
    }
    let shorter = without_id(bytes, blob).map(Zeroizing::new);
    let (named, bytes) = match &shorter {
        Some(shorter) => (NAMED, shorter.as_slice()),
        None => (0, bytes.as_slice()),
    };
    let packed = packed(bytes);
    let (how, rest) = match &packed {
        Some((how, packed)) => (*how + named, packed.as_slice()),
        None => (named, bytes),
    };
    let mut plain = Zeroizing::new(Vec::with_capacity(rest.len() + 2 + 1 + MAX_ROLE + 32));
    let carried = content.salt != *exported;
    plain.push(if carried { how + SALT } else { how });
    match ROLES.iter().position(|role| *role == content.role) {
        Some(place) => plain.push(place as u8 + 1),
        None => {
            plain.extend([0, content.role.len() as u8]);
            plain.extend(content.role.as_bytes());
        }
    }
    if carried {
        plain.extend(content.salt);
    }
    plain.extend(rest);
    Ok(plain)
}

/// The bytes with a byte 1 for the blob's id, where it stands in them once and no byte 1 does.
pub fn without_id(bytes: &[u8], blob: BlobId) -> Option<Vec<u8>> {
    let id = blob.to_string();
    if bytes.len() > SHORT || bytes.contains(&ID) {
        return None;
    }
    let mut places = bytes
        .windows(id.len())
        .enumerate()
        .filter(|(_, window)| *window == id.as_bytes());
    let (at, _) = places.next()?;
    if places.next().is_some() {
        return None;
    }
    Some([&bytes[..at], &[ID], &bytes[at + id.len()..]].concat())
}

/// And back.
fn with_id(bytes: &[u8], blob: BlobId) -> Option<Vec<u8>> {
    let at = bytes.iter().position(|byte| *byte == ID)?;
    let (before, after) = (&bytes[..at], &bytes[at + 1..]);
    let whole = [before, blob.to_string().as_bytes(), after].concat();
    // Only what would have been written so.
    without_id(&whole, blob)
        .is_some_and(|again| again == bytes)
        .then_some(whole)
}

/// The smallest way, where one is smaller than the bytes: photos and recordings go as they are.
fn packed(bytes: &[u8]) -> Option<(u8, Zeroizing<Vec<u8>>)> {
    let packed = if bytes.len() <= SHORT {
        pack::pack_with(bytes, ENCODER.as_ref()?).map(|packed| (2, packed))
    } else {
        pack::pack(bytes, pack::Dictionary::None).map(|packed| (1, packed))
    };
    packed
        .ok()
        .map(|(how, packed)| (how, Zeroizing::new(packed)))
        .filter(|(_, packed)| packed.len() < bytes.len())
}

pub(super) fn decode(plain: &[u8], blob: BlobId, exported: [u8; 32]) -> Result<Content, SealFault> {
    let malformed = SealFault::Malformed;
    let (first, rest) = plain.split_first().ok_or(malformed)?;
    let (role, rest) = rest.split_first().ok_or(malformed)?;
    let (role, rest) = match role {
        0 => {
            let (length, rest) = rest.split_first().ok_or(malformed)?;
            let (role, rest) = rest
                .split_at_checked(usize::from(*length))
                .ok_or(malformed)?;
            let role = std::str::from_utf8(role).map_err(|_| malformed)?;
            if role.len() > MAX_ROLE || ROLES.contains(&role) {
                return Err(malformed);
            }
            (role, rest)
        }
        number => {
            let role = ROLES.get(usize::from(*number) - 1).ok_or(malformed)?;
            (*role, rest)
        }
    };
    let (salt, rest) = if first & SALT == 0 {
        (exported, rest)
    } else {
        let (salt, rest) = rest.split_first_chunk().ok_or(malformed)?;
        if *salt == exported {
            return Err(malformed);
        }
        (*salt, rest)
    };
    let bytes = match first & !(SALT | NAMED) {
        0 => rest.to_vec(),
        1 => {
            pack::unpack_up_to(rest, pack::Dictionary::None, MAX_CONTENT).map_err(|_| malformed)?
        }
        2 => {
            let dictionary = DECODER.as_ref().ok_or(malformed)?;
            pack::unpack_with(rest, dictionary, MAX_CONTENT).map_err(|_| malformed)?
        }
        _ => return Err(malformed),
    };
    let bytes = if first & NAMED == 0 {
        bytes
    } else {
        with_id(&Zeroizing::new(bytes), blob).ok_or(malformed)?
    };
    Ok(Content {
        salt,
        role: role.to_owned(),
        bytes: Personal::new(bytes),
    })
}
