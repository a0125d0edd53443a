//! Sealed answers and files, and the tickets that go with them.

use onedoor_domain::id::BlobId;
use onedoor_sync::seal::{
    FileTicket, HubSecret, MAX_CONTENT, Sealed, Sealing, blob_of_first_bytes, read_content,
};

use crate::{Anyone, device, known, mode};

pub(crate) fn secret() -> HubSecret {
    known(HubSecret::derive(&[0x31; 32]))
}

pub(crate) fn blob() -> BlobId {
    BlobId::from_bytes([0x44; 16])
}

/// A sealed blob. Mode 0: as it came, opened. Else: the rest is what was sealed, once decrypted.
pub fn sealed(bytes: &[u8]) {
    match mode(bytes) {
        None => {}
        Some((0, bytes)) => {
            let first = blob_of_first_bytes(bytes);
            let Ok(sealed) = Sealed::decode(bytes) else {
                return;
            };
            assert_eq!(first, Some(sealed.blob), "the first bytes say the same");
            crate::taken();
            if let Ok(content) = sealed.open(device(), &secret()) {
                assert!(content.bytes.expose().len() <= MAX_CONTENT + 36);
            }
        }
        Some((_, plain)) => opened(plain),
    }
}

fn opened(plain: &[u8]) {
    let secret = secret();
    let sealing = known(Sealing::begin_with(secret.public(), device(), &[5; 32]));
    let salt = sealing.salt(blob());
    let Ok(content) = read_content(plain, blob(), salt) else {
        return;
    };
    crate::taken();
    if content.bytes.expose().len() > 64 * 1024 {
        return;
    }
    // Whatever was read can be sealed again, and opens as the same.
    let again = known(sealing.seal(blob(), &content));
    let again = known(known(Sealed::decode(&again)).open(device(), &secret));
    assert_eq!(
        (&again.role, again.salt, again.bytes.expose()),
        (&content.role, content.salt, content.bytes.expose())
    );
}

/// The ticket of a file's requests.
pub fn ticket(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let Ok(ticket) = FileTicket::decode(text) else {
        return;
    };
    assert_eq!(
        ticket.to_string(),
        text,
        "another form of the same was taken"
    );
    crate::taken();
    let _ = ticket.verify(&crate::kiosk_key().public());
    assert_eq!(ticket.verify(&Anyone), Ok(()));
}
