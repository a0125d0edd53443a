//! Compression: zstd (RFC 8878) with a dictionary that both sides hold, named by the media type. A frame goes without its
//! magic number, which the media type makes needless.
//!
//! A lone event is too short to compress by itself; the dictionary is what it is compared with. A kiosk uses the
//! newest that the hub's replies used; a hub reads all. `dict/README.md` says how each was made.

use std::fmt;
use std::io::Read;
use std::str::FromStr;
use std::sync::LazyLock;

use zstd::dict::{DecoderDictionary, EncoderDictionary};

use super::{MAX_RECEIVED, MAX_UNPACKED, Reason};

/// Name of the media type, before its parameters.
const NAME: &str = "application/vnd.onedoor";
/// Effort of compression for what is short: less made a lone event longer, more did not make it shorter (measured from 3 to
/// 12).
const LEVEL: i32 = 9;
/// Effort for what is longer than [`SHORT`]: 9 made a batch of 250 cases 0.5 % shorter and took three times as long.
const BATCH_LEVEL: i32 = 3;
/// What is short, in bytes before compression: a visit or two.
const SHORT: usize = 8 * 1024;
/// How every zstd frame begins; left out.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Largest window, as a power of two, that a frame may ask memory for: 8 MiB.
const WINDOW_LOG: u32 = 23;

static DICTIONARY_1: &[u8] = include_bytes!("../../dict/onedoor-1.zdict");
static ENCODER_1: LazyLock<Option<EncoderDictionary<'static>>> =
    LazyLock::new(|| EncoderDictionary::try_copy(DICTIONARY_1, LEVEL).ok());
static BATCH_ENCODER_1: LazyLock<Option<EncoderDictionary<'static>>> =
    LazyLock::new(|| EncoderDictionary::try_copy(DICTIONARY_1, BATCH_LEVEL).ok());
static DECODER_1: LazyLock<Option<DecoderDictionary<'static>>> =
    LazyLock::new(|| DecoderDictionary::try_copy(DICTIONARY_1).ok());

/// What both sides compare with. A dictionary never changes; a better one gets a new number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Dictionary {
    /// None.
    None,
    /// The first: `dict/onedoor-1.zdict`, 16 KiB.
    #[default]
    V1,
}

impl Dictionary {
    /// Its number in the media type.
    pub const fn id(self) -> u8 {
        match self {
            Dictionary::None => 0,
            Dictionary::V1 => 1,
        }
    }

    pub(crate) fn from_id(id: u8) -> Option<Self> {
        match id {
            0 => Some(Dictionary::None),
            1 => Some(Dictionary::V1),
            _ => None,
        }
    }
}

/// The media type of a batch or reply: `application/vnd.onedoor;v=1;d=1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Media {
    /// The dictionary that it was compressed with.
    pub dictionary: Dictionary,
}

impl Media {
    /// As what a reply names: a reply in the request's own media type need not repeat its parameters.
    pub fn of_reply(self, asked: Media) -> String {
        if self == asked {
            NAME.to_owned()
        } else {
            self.to_string()
        }
    }

    /// Reads what a reply names, to a request of this media type.
    ///
    /// # Errors
    /// As a media type is read.
    pub fn from_reply(text: &str, asked: Media) -> Result<Self, Reason> {
        if text.trim().eq_ignore_ascii_case(NAME) {
            Ok(asked)
        } else {
            text.parse()
        }
    }
}

impl fmt::Display for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (version, dictionary) = (super::VERSION, self.dictionary.id());
        write!(f, "{NAME};v={version};d={dictionary}")
    }
}

impl FromStr for Media {
    type Err = Reason;

    /// Spaces and case do not count; the version and dictionary must be named, once, and known.
    fn from_str(text: &str) -> Result<Self, Reason> {
        let mut parts = text.split(';').map(str::trim);
        if !parts.next().unwrap_or("").eq_ignore_ascii_case(NAME) {
            return Err(Reason::UnknownVersion);
        }
        let (mut version, mut dictionary) = (None, None);
        for part in parts {
            let (name, value) = part.split_once('=').ok_or(Reason::Malformed)?;
            let value: u8 = value.trim().parse().map_err(|_| Reason::Malformed)?;
            let place = match name.trim() {
                "v" | "V" => &mut version,
                "d" | "D" => &mut dictionary,
                _ => continue,
            };
            if place.replace(value).is_some() {
                return Err(Reason::Malformed);
            }
        }
        if version != Some(super::VERSION) {
            return Err(Reason::UnknownVersion);
        }
        let dictionary = dictionary
            .and_then(Dictionary::from_id)
            .ok_or(Reason::UnknownDictionary)?;
        Ok(Media { dictionary })
    }
}

/// Compresses. The result may be longer than may be sent: the one who sends it looks.
///
/// # Errors
/// `NotCompressed` where the compressor gave up, which needs a lack of memory.
pub fn pack(plain: &[u8], dictionary: Dictionary) -> Result<Vec<u8>, Reason> {
    let (level, encoder) = if plain.len() <= SHORT {
        (LEVEL, &ENCODER_1)
    } else {
        (BATCH_LEVEL, &BATCH_ENCODER_1)
    };
    match dictionary {
        Dictionary::None => {
            let compressor = zstd::bulk::Compressor::new(level);
            compress(compressor.map_err(|_| Reason::NotCompressed)?, plain)
        }
        Dictionary::V1 => pack_with(plain, encoder.as_ref().ok_or(Reason::NotCompressed)?),
    }
}

/// Compresses with any dictionary.
pub(crate) fn pack_with(
    plain: &[u8],
    dictionary: &EncoderDictionary<'_>,
) -> Result<Vec<u8>, Reason> {
    let compressor = zstd::bulk::Compressor::with_prepared_dictionary(dictionary);
    compress(compressor.map_err(|_| Reason::NotCompressed)?, plain)
}

fn compress(mut compressor: zstd::bulk::Compressor<'_>, plain: &[u8]) -> Result<Vec<u8>, Reason> {
    use zstd::zstd_safe::CParameter::{ChecksumFlag, DictIdFlag};
    let failed = |_| Reason::NotCompressed;
    // The media type or what is around it names the dictionary, and hashes or a tag check the bytes: neither is said twice.
    compressor
        .set_parameter(DictIdFlag(false))
        .map_err(failed)?;
    compressor
        .set_parameter(ChecksumFlag(false))
        .map_err(failed)?;
    let mut frame = compressor.compress(plain).map_err(failed)?;
    if !frame.starts_with(&MAGIC) {
        return Err(Reason::NotCompressed);
    }
    frame.drain(..MAGIC.len());
    Ok(frame)
}

/// Decompresses one frame of at most [`MAX_RECEIVED`] bytes into at most [`MAX_UNPACKED`]. Memory grows with what really
/// comes out, never with what the frame claims.
///
/// # Errors
/// `TooLong`, `TooLarge`, `NotCompressed` (damaged, cut short, or followed by something).
pub fn unpack(packed: &[u8], dictionary: Dictionary) -> Result<Vec<u8>, Reason> {
    if packed.len() > MAX_RECEIVED {
        return Err(Reason::TooLong);
    }
    unpack_up_to(packed, dictionary, MAX_UNPACKED)
}

/// How many bytes a packed frame can unpack to: what it says, which unpacking holds it to, or [`MAX_UNPACKED`] where it
/// does not say, or says more. For whoever must know before how much memory it takes.
pub fn unpacked_at_most(packed: &[u8]) -> usize {
    // The head of a frame is at most 18 bytes, RFC 8878 §3.1.1.1.
    let head = [&MAGIC[..], packed.get(..18).unwrap_or(packed)].concat();
    let says = zstd::zstd_safe::get_frame_content_size(&head)
        .ok()
        .flatten();
    says.and_then(|says| usize::try_from(says).ok())
        .map_or(MAX_UNPACKED, |says| says.min(MAX_UNPACKED))
}

pub(crate) fn unpack_up_to(
    mut packed: &[u8],
    dictionary: Dictionary,
    most: usize,
) -> Result<Vec<u8>, Reason> {
    match dictionary {
        Dictionary::None => {
            let decoder = zstd::stream::read::Decoder::with_buffer(MAGIC.chain(&mut packed))
                .map_err(|_| Reason::NotCompressed)?;
            let plain = read_frame(decoder, most)?;
            whole(packed, plain)
        }
        Dictionary::V1 => {
            let dictionary = DECODER_1.as_ref().ok_or(Reason::NotCompressed)?;
            unpack_with(packed, dictionary, most)
        }
    }
}

/// Decompresses one frame with any dictionary.
pub(crate) fn unpack_with(
    mut packed: &[u8],
    dictionary: &DecoderDictionary<'_>,
    most: usize,
) -> Result<Vec<u8>, Reason> {
    let decoder =
        zstd::stream::read::Decoder::with_prepared_dictionary(MAGIC.chain(&mut packed), dictionary)
            .map_err(|_| Reason::NotCompressed)?;
    let plain = read_frame(decoder, most)?;
    whole(packed, plain)
}

/// Nothing may follow the frame.
fn whole(rest: &[u8], plain: Vec<u8>) -> Result<Vec<u8>, Reason> {
    if rest.is_empty() {
        Ok(plain)
    } else {
        Err(Reason::NotCompressed)
    }
}

fn read_frame<R: std::io::BufRead>(
    decoder: zstd::stream::read::Decoder<'_, R>,
    most: usize,
) -> Result<Vec<u8>, Reason> {
    let mut decoder = decoder.single_frame();
    decoder
        .window_log_max(WINDOW_LOG)
        .map_err(|_| Reason::NotCompressed)?;
    let mut plain = Vec::new();
    (&mut decoder)
        .take(most as u64 + 1)
        .read_to_end(&mut plain)
        .map_err(|_| Reason::NotCompressed)?;
    if plain.len() > most {
        return Err(Reason::TooLarge);
    }
    Ok(plain)
}
