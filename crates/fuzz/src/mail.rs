//! What the items of a mailbox say.

use onedoor_sync::mail::{HubKeys, Mail};
use onedoor_sync::wire::MailItem;

use crate::mode;

/// The body of an item of any kind: the first byte chooses the kind.
pub fn mail(bytes: &[u8]) {
    let Some((choice, body)) = mode(bytes) else {
        return;
    };
    let kinds = Mail::KINDS.len();
    let Some((kind, version)) = Mail::KINDS.get(usize::from(choice) % kinds) else {
        return;
    };
    read(&MailItem {
        number: 1,
        kind: (*kind).to_owned(),
        version: *version,
        body: body.to_vec(),
    });
}

/// An item is read, and written as bytes that read the same.
pub(crate) fn read(item: &MailItem) {
    let mail = Mail::read(item);
    let Some((kind, version, body)) = mail.write() else {
        return;
    };
    crate::taken();
    assert_eq!((kind, version), (item.kind.as_str(), item.version));
    let again = Mail::read(&MailItem {
        body: body.clone(),
        ..item.clone()
    });
    assert_eq!(again, mail, "it was written as something else");
    assert_eq!(again.write().map(|(_, _, again)| again), Some(body));
    if let Mail::HubKeys(keys) = &mail {
        let _ = keys.check();
    }
}

/// The keys of a hub.
pub fn hub_keys(bytes: &[u8]) {
    let Ok(keys) = HubKeys::decode(bytes) else {
        return;
    };
    crate::taken();
    assert!(keys.verifier().is_ok() && keys.sealing().is_ok() && keys.bag().is_ok());
    assert_eq!(HubKeys::decode(&keys.encode()), Ok(keys));
}
