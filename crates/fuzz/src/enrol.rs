//! How kiosk and hub come to know each other.

use minicbor::Encoder;
use onedoor_sync::enrol::{Enrol, EnrolAnswer, MAX_ENROL, Token};
use onedoor_sync::wire::{DeviceKey, Signer};

use crate::{device, hub_key, kiosk_key, known, mode};

/// A message to be enrolled. Mode 0: as it came. Else: the rest is its body, signed here with the kiosk's key.
pub fn enrol(bytes: &[u8]) {
    with(bytes, b"onedoor enrol v1\0", &kiosk_key(), |message| {
        let Ok(enrol) = Enrol::decode(message) else {
            return;
        };
        crate::taken();
        assert!(message.len() <= MAX_ENROL && enrol.bag().is_ok());
        if enrol.key == kiosk_key().public().to_bytes() {
            let again = enrol.encode(&kiosk_key());
            assert_eq!(Enrol::decode(&again).as_ref(), Ok(&enrol));
        }
    });
}

/// The hub's answer. Mode 0: as it came. Else: the rest is its body, signed here with the hub's key.
pub fn enrol_answer(bytes: &[u8]) {
    let hub = hub_key();
    with(bytes, b"onedoor enrol answer v1\0", &hub, |message| {
        for pinned in [None, Some(&hub.public())] {
            let Ok(answer) = EnrolAnswer::decode(message, device(), pinned) else {
                continue;
            };
            crate::taken();
            let again = answer.encode(&hub);
            assert_eq!(
                EnrolAnswer::decode(&again, device(), pinned).as_ref(),
                Ok(&answer)
            );
            assert!(answer.keys.is_none_or(|keys| keys.check().is_ok()));
        }
    });
}

/// A token. Mode 0: as it came. Else: the rest is its body, signed here with the hub's key.
pub fn token(bytes: &[u8]) {
    let hub = hub_key();
    with(bytes, b"onedoor token v1\0", &hub, |message| {
        let Ok(token) = Token::decode(message, &hub.public()) else {
            return;
        };
        crate::taken();
        assert!(token.keys.check().is_ok());
        assert_eq!(
            Token::decode(&token.encode(&hub), &hub.public()).as_ref(),
            Ok(&token)
        );
    });
}

fn with(bytes: &[u8], context: &[u8], key: &DeviceKey, read: impl Fn(&[u8])) {
    match mode(bytes) {
        None => {}
        Some((0, message)) => read(message),
        Some((_, body)) => read(&signed(context, body, key)),
    }
}

/// The envelope of all three.
fn signed(context: &[u8], body: &[u8], key: &DeviceKey) -> Vec<u8> {
    let signature = key.sign(&[context, body].concat());
    let mut e = Encoder::new(Vec::new());
    known(
        e.array(4)
            .and_then(|e| e.u8(1))
            .and_then(|e| e.bytes(body))
            .and_then(|e| e.u8(signature.algorithm.0))
            .and_then(|e| e.bytes(&signature.bytes))
            .map(|_| ()),
    );
    e.into_writer()
}
