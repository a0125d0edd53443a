//! Enrolment: who holds which key, and what a stranger in the middle changes.

use onedoor_domain::id::DeviceId;
use onedoor_sync::enrol::{Admission, Enrol, EnrolAnswer, EnrolState, Token, Words};
use onedoor_sync::mail::HubKeys;
use onedoor_sync::mailbag::BagKey;
use onedoor_sync::seal::HubSecret;
use onedoor_sync::wire::{DeviceKey, Reason};

fn hub(number: u8) -> (DeviceKey, HubKeys) {
    let signs = DeviceKey::from_secret(&[number; 32]);
    let keys = HubKeys {
        serial: 1,
        signs: signs.public().to_bytes(),
        seals: HubSecret::derive(&[number; 32])
            .unwrap()
            .public()
            .to_bytes(),
        bags: BagKey::generate().address().to_string(),
    };
    (signs, keys)
}

fn kiosk(number: u8) -> (DeviceKey, Enrol) {
    let key = DeviceKey::from_secret(&[number; 32]);
    let enrol = Enrol {
        station: "990101-bojing".to_owned(),
        device: DeviceId::from_random([number; 8]),
        key: key.public().to_bytes(),
        bags: BagKey::generate().address().to_string(),
        software: "onedoor 0.1.0".to_owned(),
        admission: Admission::Code("01234567".to_owned()),
        recovery: None,
    };
    (key, enrol)
}

#[test]
fn only_the_holder_of_a_key_enrols_it() {
    let (key, enrol) = kiosk(1);
    assert_eq!(Enrol::decode(&enrol.encode(&key)), Ok(enrol.clone()));
    let thief = DeviceKey::from_secret(&[9; 32]);
    assert_eq!(
        Enrol::decode(&enrol.encode(&thief)),
        Err(Reason::BadSignature)
    );
    for admission in [Admission::Token([7; 16]), Admission::Known] {
        let enrol = Enrol {
            admission,
            recovery: Some(vec![1, 2, 3]),
            ..enrol.clone()
        };
        assert_eq!(Enrol::decode(&enrol.encode(&key)), Ok(enrol));
    }
}

#[test]
fn every_changed_byte_of_an_enrolment_is_found() {
    let (key, enrol) = kiosk(1);
    let (signs, keys) = hub(2);
    let answer = EnrolAnswer {
        device: enrol.device,
        state: EnrolState::Offered,
        keys: Some(keys.clone()),
        hub: "Wanghe County".to_owned(),
        hub_time_ms: 1_795_000_000_000,
    };
    let token = Token {
        serial: [3; 16],
        station: enrol.station.clone(),
        keys,
        hub: answer.hub.clone(),
        until_ms: 1,
    };
    let (sent, answered, file) = (
        enrol.encode(&key),
        answer.encode(&signs),
        token.encode(&signs),
    );
    assert_eq!(
        EnrolAnswer::decode(&answered, enrol.device, None),
        Ok(answer)
    );
    assert_eq!(Token::decode(&file, &signs.public()), Ok(token));
    for (at, bit) in (0..sent.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
        let mut bytes = sent.clone();
        bytes[at] ^= 1 << bit;
        assert!(Enrol::decode(&bytes).is_err(), "byte {at}, bit {bit}");
    }
    for at in 0..answered.len() {
        let mut bytes = answered.clone();
        bytes[at] ^= 1;
        assert!(EnrolAnswer::decode(&bytes, enrol.device, None).is_err());
        assert!(EnrolAnswer::decode(&answered[..at], enrol.device, None).is_err());
    }
    for at in 0..file.len() {
        let mut bytes = file.clone();
        bytes[at] ^= 1;
        assert!(Token::decode(&bytes, &signs.public()).is_err());
    }
}

#[test]
fn a_stranger_in_the_middle_changes_the_words_and_fails_the_pin() {
    let (_, enrol) = kiosk(1);
    let ((true_hub, keys), (false_hub, false_keys)) = (hub(2), hub(3));
    let words = Words::of(&enrol, &keys);
    assert_eq!(words, Words::of(&enrol, &keys));
    assert_ne!(words, Words::of(&enrol, &false_keys));
    assert_ne!(words, Words::of(&kiosk(4).1, &keys));
    for language in ["zh-CN", "en"] {
        assert!(words.in_language(language).iter().all(|w| !w.is_empty()));
    }
    assert_ne!(words.in_language("zh-CN"), words.in_language("en"));
    let answer = |keys: &HubKeys, key: &DeviceKey| {
        EnrolAnswer {
            device: enrol.device,
            state: EnrolState::Enrolled,
            keys: Some(keys.clone()),
            hub: String::new(),
            hub_time_ms: 0,
        }
        .encode(key)
    };
    let pin = true_hub.public();
    let read = |bytes: &[u8], pin| EnrolAnswer::decode(bytes, enrol.device, pin).map(|_| ());
    assert_eq!(read(&answer(&keys, &true_hub), Some(&pin)), Ok(()));
    assert_eq!(
        read(&answer(&false_keys, &false_hub), Some(&pin)),
        Err(Reason::BadSignature)
    );
    // Keys of one hub signed by another are nobody's.
    assert_eq!(
        read(&answer(&keys, &false_hub), None),
        Err(Reason::BadSignature)
    );
    let other = DeviceId::from_random([8; 8]);
    assert_eq!(
        EnrolAnswer::decode(&answer(&keys, &true_hub), other, None),
        Err(Reason::UnknownDevice)
    );
}
