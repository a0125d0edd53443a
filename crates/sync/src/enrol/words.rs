//! Six words that two people compare: the same on both screens only where nobody stands between.

use super::Enrol;
use crate::mail::HubKeys;

/// Six of 2,048 words (66 bits) that stand for both sides' keys and the admission. The lists are those of BIP-39, made
/// to be told apart when read aloud; in Chinese each word is one character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words([u16; 6]);

impl Words {
    /// The words for this kiosk and these keys of the hub.
    pub fn of(enrol: &Enrol, keys: &HubKeys) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("onedoor enrolment words v1");
        let admission = minicbor::to_vec(&enrol.admission).unwrap_or_default();
        let keys = keys.encode();
        let parts: [&[u8]; 6] = [
            enrol.station.as_bytes(),
            &enrol.device.get().to_be_bytes(),
            &enrol.key,
            enrol.bags.as_bytes(),
            &admission,
            &keys,
        ];
        for part in parts {
            hasher.update(&(part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        let hash = hasher.finalize();
        let mut words = [0; 6];
        for (word, pair) in words.iter_mut().zip(hash.as_bytes().chunks_exact(2)) {
            *word = (u16::from(pair[0]) << 8 | u16::from(pair[1])) % 2048;
        }
        Words(words)
    }

    /// In a language (BCP 47); English where there is no list for it.
    pub fn in_language(&self, language: &str) -> [&'static str; 6] {
        let list = if language.starts_with("zh") {
            bip39::Language::SimplifiedChinese
        } else {
            bip39::Language::English
        }
        .word_list();
        self.0.map(|word| list[usize::from(word) % list.len()])
    }
}
