//! The code at the foot of a paper form: which form, which version of it, which page.

/// Longest version that is written into a code.
const MAX_VERSION: usize = 16;
const BASE32: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// What the code of a paper form's page says, in the grammar of the station's other codes (`onedoor_domain::qr`), of kind `F`:
///
/// ```text
/// OD1:F:<SERVICE>/<VERSION>/<PAGE>:<check>
/// ```
///
/// Service and version in capitals (of the version only A-Z 0-9 - and full stops, at most 16), the page from 1. The check is
/// theirs too: the first 20 bits of BLAKE3 over all before the last colon. Nothing of a resident is in it.
pub fn form_code(service: &str, version: &str, page: usize) -> String {
    let version: String = version
        .to_ascii_uppercase()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))
        .take(MAX_VERSION)
        .collect();
    let text = format!("OD1:F:{}/{version}/{page}", service.to_ascii_uppercase());
    let hash = blake3::hash(text.as_bytes());
    let h = hash.as_bytes();
    let bits = u32::from_be_bytes([h[0], h[1], h[2], h[3]]);
    let check: String = (0..4)
        .map(|i| char::from(BASE32[(bits >> (27 - 5 * i)) as usize & 31]))
        .collect();
    format!("{text}:{check}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use onedoor_domain::qr::{Payload, ServiceId};

    #[test]
    fn a_form_code_is_made_of_what_qr_codes_hold_in_few_modules() {
        let code = form_code("cross-province-medical", "2026-11-22.1 (测试)", 12);
        assert!(
            code.starts_with("OD1:F:CROSS-PROVINCE-MEDICAL/2026-11-22.1/12:"),
            "{code}"
        );
        let alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
        assert!(code.chars().all(|c| alphanumeric.contains(c)));
    }

    #[test]
    fn its_check_is_that_of_the_other_codes() {
        // The same text under kind W must get the check that the domain writes.
        let card = Payload::WallCard(ServiceId::new("stuck").unwrap()).encode();
        let (front, check) = card.rsplit_once(':').unwrap();
        let hash = blake3::hash(front.as_bytes());
        let bits = u32::from_be_bytes(hash.as_bytes()[..4].try_into().unwrap());
        let ours: String = (0..4)
            .map(|i| char::from(BASE32[(bits >> (27 - 5 * i)) as usize & 31]))
            .collect();
        assert_eq!(ours, check);
    }
}
