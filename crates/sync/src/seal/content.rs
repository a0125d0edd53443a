//! What is sealed: a few bytes say what it is and how it was compressed, the rest is the thing itself.
//!
//! ```text
//! content = how + 16 where a salt follows (1 byte), role (1 byte; 0: its length and text follow), [salt (32 bytes)], bytes
//! how     = 0 plain | 1 zstd | 2 zstd with the first dictionary for answers
//! ```
//!
//! One answer is too short to compress by itself; the dictionary is what it is compared with (`dict/README.md`). A zstd
//! frame lies here without its magic number, which would say again what the first byte says. A role in
//! letters that has a number, and a salt that need not follow, are refused.

use std::sync::LazyLock;

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
/// How every zstd frame begins.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
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
    exported: &[u8; 32],
) -> Result<Zeroizing<Vec<u8>>, SealFault> {
    let bytes = content.bytes.expose();
    if bytes.len() > MAX_CONTENT {
        return Err(SealFault::TooLarge);
    }
    if content.role.len() > MAX_ROLE {
        return Err(SealFault::Malformed);
    }
    let packed = packed(bytes);
    let (how, rest) = match &packed {
        Some((how, packed)) => (*how, &packed[MAGIC.len()..]),
        None => (0, bytes.as_slice()),
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
        .filter(|(_, packed)| {
            packed.starts_with(&MAGIC) && packed.len() < bytes.len() + MAGIC.len()
        })
}

pub(super) fn decode(plain: &[u8], exported: [u8; 32]) -> Result<Content, SealFault> {
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
    let bytes = match first & !SALT {
        0 => rest.to_vec(),
        how @ (1 | 2) => {
            let frame = Zeroizing::new([&MAGIC, rest].concat());
            if how == 1 {
                pack::unpack_up_to(&frame, pack::Dictionary::None, MAX_CONTENT)
            } else {
                let dictionary = DECODER.as_ref().ok_or(malformed)?;
                pack::unpack_with(&frame, dictionary, MAX_CONTENT)
            }
            .map_err(|_| malformed)?
        }
        _ => return Err(malformed),
    };
    Ok(Content {
        salt,
        role: role.to_owned(),
        bytes: Personal::new(bytes),
    })
}
