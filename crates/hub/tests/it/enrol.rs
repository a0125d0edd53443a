//! How a kiosk comes in: by code and six words, by token on a stick, and who does not.

use std::sync::Arc;

use onedoor_domain::id::BlobId;
use onedoor_domain::personal::Personal;
use onedoor_hub::devices::DeviceState;
use onedoor_hub::{Hub, Keys};
use onedoor_sync::engine::{Engine, Input, Journal, Output, Settings};
use onedoor_sync::enrol::{Admission, Enrol, EnrolAnswer, EnrolState, Token, Words};
use onedoor_sync::mailbag::{BagKey, BagWriter, Part, address, export, open};
use onedoor_sync::seal::{Content, seal};
use onedoor_sync::wire::*;

use crate::support::{Kiosk, acked, refused, send};

async fn hub() -> (tempfile::TempDir, Arc<Hub>) {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("sqlite:{}", folder.path().join("hub.db").display());
    let db = onedoor_hub::db::open(&address).await.unwrap();
    (
        folder,
        Arc::new(Hub::new(db, Keys::generate().unwrap(), "county 990101")),
    )
}

fn request(kiosk: &Kiosk, bags: &BagKey, admission: Admission) -> Enrol {
    Enrol {
        station: "s1".into(),
        device: kiosk.writer.device,
        key: kiosk.key.public().to_bytes(),
        bags: bags.address().to_string(),
        software: "onedoor 0.1.0".into(),
        admission,
        recovery: None,
    }
}

async fn asked(hub: &Hub, kiosk: &Kiosk, enrol: &Enrol) -> EnrolAnswer {
    let answer = hub.enrol(&enrol.encode(&kiosk.key), false).await.unwrap();
    // As it travels.
    let bytes = answer.encode(&hub.keys.signing);
    EnrolAnswer::decode(&bytes, kiosk.writer.device, Some(&hub.keys.public())).unwrap()
}

#[tokio::test]
async fn by_code_and_words() {
    let (_folder, hub) = hub().await;
    let bags = BagKey::generate();
    let kiosk = Kiosk::new(1);
    let wrong = request(&kiosk, &bags, Admission::Code("00000000".into()));
    assert_eq!(
        asked(&hub, &kiosk, &wrong).await.state,
        EnrolState::BadAdmission
    );
    let code = hub.new_code("s1").await.unwrap();
    let elsewhere = Enrol {
        station: "s2".into(),
        ..request(&kiosk, &bags, Admission::Code(code.clone()))
    };
    assert_eq!(
        asked(&hub, &kiosk, &elsewhere).await.state,
        EnrolState::OtherStation
    );
    let mut enrol = request(&kiosk, &bags, Admission::Code(code.clone()));
    let offer = asked(&hub, &kiosk, &enrol).await;
    assert_eq!(offer.state, EnrolState::Offered);
    let words = Words::of(&enrol, &offer.keys.unwrap())
        .in_language("en")
        .join(" ");
    let line = hub.devices().await.unwrap().remove(0);
    assert_eq!(line.state, DeviceState::Asking);
    assert!(
        line.words.unwrap().starts_with(&words),
        "the same words on both screens"
    );
    assert_eq!(
        asked(&hub, &kiosk, &enrol).await.state,
        EnrolState::Offered,
        "again is the same"
    );
    assert_eq!(
        refused(send(&hub, &kiosk.batch(1, 9, vec![])).await).reason,
        Reason::UnknownDevice
    );
    // The code was used: another kiosk cannot come in by it.
    let second = Kiosk::new(2);
    let late = request(&second, &bags, Admission::Code(code));
    assert_eq!(
        asked(&hub, &second, &late).await.state,
        EnrolState::BadAdmission
    );
    hub.confirm(kiosk.writer.device).await.unwrap();
    assert!(hub.confirm(kiosk.writer.device).await.is_err());
    // Now the kiosk gives its recovery secret, sealed.
    let content = Content {
        salt: [0; 32],
        role: "recovery".into(),
        bytes: Personal::new(vec![42; 32]),
    };
    let blob = BlobId::from_bytes([0; 16]);
    let key = hub.keys.current().unwrap();
    enrol.recovery = Some(seal(key, kiosk.writer.device, blob, &content).unwrap());
    assert_eq!(
        asked(&hub, &kiosk, &enrol).await.state,
        EnrolState::Enrolled
    );
    assert_eq!(
        hub.recover(kiosk.writer.device)
            .await
            .unwrap()
            .bytes
            .expose(),
        &[42; 32]
    );
    acked(send(&hub, &kiosk.batch(1, 9, vec![])).await);
    // Another key under its number.
    let thief = Enrol {
        key: second.key.public().to_bytes(),
        ..enrol.clone()
    };
    let answer = hub.enrol(&thief.encode(&second.key), false).await.unwrap();
    assert_eq!(answer.state, EnrolState::KeyDiffers);
    hub.retire(kiosk.writer.device).await.unwrap();
    assert_eq!(
        asked(&hub, &kiosk, &enrol).await.state,
        EnrolState::Refused,
        "the used code opens nothing"
    );
    let code = hub.new_code("s1").await.unwrap();
    let again = request(&kiosk, &bags, Admission::Code(code));
    assert_eq!(asked(&hub, &kiosk, &again).await.state, EnrolState::Offered);
}

#[tokio::test]
async fn codes_cannot_be_guessed_without_end() {
    let (_folder, hub) = hub().await;
    let bags = BagKey::generate();
    let mut states = Vec::new();
    for number in 0..70 {
        let kiosk = Kiosk::new(100 + number);
        let enrol = request(&kiosk, &bags, Admission::Code(format!("{number:08}")));
        states.push(asked(&hub, &kiosk, &enrol).await.state);
    }
    assert_eq!(states[0], EnrolState::BadAdmission);
    assert_eq!(states[69], EnrolState::TooManyTries);
    // Whoever guesses shuts neither a station out that has a code, nor a token.
    let code = hub.new_code("s1").await.unwrap();
    let kiosk = Kiosk::new(1);
    let enrol = request(&kiosk, &bags, Admission::Code(code));
    assert_eq!(asked(&hub, &kiosk, &enrol).await.state, EnrolState::Offered);
    let token = Token::decode(&hub.new_token("s1", 30).await.unwrap(), &hub.keys.public()).unwrap();
    // While a code of its own is open, a station's wrong ones count for it.
    hub.new_code("s1").await.unwrap();
    for number in 0..61 {
        let guess = Kiosk::new(200 + number);
        let enrol = request(&guess, &bags, Admission::Code(format!("{number:08}")));
        let state = asked(&hub, &guess, &enrol).await.state;
        let expected = if number < 60 {
            EnrolState::BadAdmission
        } else {
            EnrolState::TooManyTries
        };
        assert_eq!(state, expected, "{number}");
    }
    let kiosk = Kiosk::new(2);
    let enrol = request(&kiosk, &bags, Admission::Token(token.serial));
    assert!(matches!(
        asked(&hub, &kiosk, &enrol).await.state,
        EnrolState::Offered | EnrolState::Enrolled
    ));
}

#[tokio::test]
async fn by_token_on_a_stick_and_the_answer_goes_back_on_it() {
    let (_folder, hub) = hub().await;
    let bags = BagKey::generate();
    let mut kiosk = Kiosk::new(3);
    let token = Token::decode(&hub.new_token("s1", 30).await.unwrap(), &hub.keys.public()).unwrap();
    kiosk.visit(&hub, "x");
    let enrol = request(&kiosk, &bags, Admission::Token(token.serial));
    let to = token.keys.bag().unwrap();
    let mut bag = address(Vec::new(), &to).unwrap();
    bag.enrol(&enrol.encode(&kiosk.key)).unwrap();
    put(&mut bag, &kiosk.batch(1, 3, vec![]));
    put(&mut bag, &kiosk.batch(4, 500, vec![]));
    let bytes = bag.finish().unwrap();
    let (imported, answers) = hub.import(&bytes[..], |_| Ok(Vec::new())).await.unwrap();
    assert_eq!(
        (
            imported.taken,
            imported.enrolled.len(),
            imported.refused.len()
        ),
        (2, 1, 0)
    );
    let parts: Vec<_> = open(&answers[0][..], &bags)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let Part::EnrolAnswer(answer) = &parts[0] else {
        panic!("{parts:?}")
    };
    let answer =
        EnrolAnswer::decode(answer, kiosk.writer.device, Some(&hub.keys.public())).unwrap();
    assert_eq!(answer.state, EnrolState::Enrolled);
    let (mut through, mut arrived) = (0, 0);
    for part in &parts[1..] {
        let reply = match part {
            Part::Reply(reply) => reply,
            Part::Arrived(signed) => {
                arrived += 1;
                let names = signed.verify(kiosk.writer.device, &hub.keys.public());
                assert_eq!(names.unwrap().len(), 1, "the answers of one visit");
                continue;
            }
            other => panic!("{other:?}"),
        };
        let reply = reply
            .verify(kiosk.writer.device, &hub.keys.public())
            .unwrap();
        through = acked(reply).acked_through.max(through);
    }
    assert_eq!((through, arrived), (5, 1));
    // Once more changes nothing; a bag for another does not open; a damaged one ends early and says so.
    let (again, _) = hub.import(&bytes[..], |_| Ok(Vec::new())).await.unwrap();
    assert_eq!(again.taken, 2);
    assert_eq!(hub.devices().await.unwrap()[0].events, 5);
    let strange = address(Vec::new(), &bags.address())
        .unwrap()
        .finish()
        .unwrap();
    assert!(hub.import(&strange[..], |_| Ok(Vec::new())).await.is_err());
    // A short one is a single piece of age's: cut off, none of it opens.
    let cut = hub
        .import(&bytes[..bytes.len() - 40], |_| Ok(Vec::new()))
        .await;
    assert!(cut.unwrap_err().to_string().starts_with("BAG-003"));
    // The token was used.
    let second = Kiosk::new(4);
    let late = request(&second, &bags, Admission::Token(token.serial));
    assert_eq!(
        asked(&hub, &second, &late).await.state,
        EnrolState::BadAdmission
    );
}

#[tokio::test]
async fn an_event_that_nobody_can_read_does_not_stop_a_station_of_sticks() {
    let (_folder, hub) = hub().await;
    let bags = BagKey::generate();
    let mut kiosk = Kiosk::new(6);
    let token = Token::decode(&hub.new_token("s1", 30).await.unwrap(), &hub.keys.public()).unwrap();
    let enrol = request(&kiosk, &bags, Admission::Token(token.serial));
    hub.enrol(&enrol.encode(&kiosk.key), true).await.unwrap();
    kiosk.visit(&hub, "x");
    let garbage = vec![0xff; 20];
    kiosk.writer.link = kiosk.writer.link.next(&garbage);
    kiosk.writer.last += 1;
    kiosk.record.append_raw(kiosk.writer.epoch, garbage);
    kiosk.visit(&hub, "y");
    let last = kiosk.record.end().unwrap().1;
    let mut engine = Engine::new(
        kiosk.record.standing(),
        Settings::default(),
        Box::new(kiosk.signer()),
        Box::new(|| 4),
    );
    for (round, waits) in [(0, last), (1, 0)] {
        let mut bag = address(Vec::new(), &token.keys.bag().unwrap()).unwrap();
        let (standing, doubts) = (engine.standing(), engine.doubts());
        export(&standing, &kiosk.record, &kiosk.key, &doubts, &mut bag).unwrap();
        let bytes = bag.finish().unwrap();
        let (_, answers) = hub.import(&bytes[..], |_| Ok(Vec::new())).await.unwrap();
        for part in open(&answers[0][..], &bags).unwrap() {
            let Part::Reply(reply) = part.unwrap() else {
                continue;
            };
            let reply = reply.verify(kiosk.writer.device, &hub.keys.public());
            let mut next = vec![match reply.unwrap() {
                Reply::Ack(ack) => Input::BagAnswered(ack),
                Reply::Refused(refusal) => {
                    let before = kiosk
                        .record
                        .link(kiosk.writer.epoch, refusal.at.unwrap() - 1);
                    assert_eq!(refusal.h, before.unwrap(), "it says which stream is meant");
                    Input::BagRefused(refusal)
                }
            }];
            while let Some(input) = next.pop() {
                let outputs = engine.step(round, input, &kiosk.record);
                if outputs
                    .iter()
                    .any(|output| matches!(output, Output::Apply(_)))
                {
                    next.push(Input::Applied);
                }
            }
        }
        assert_eq!(engine.counters().waiting, waits);
    }
    assert_eq!(hub.devices().await.unwrap()[0].events, last);
}

fn put<W: std::io::Write>(bag: &mut BagWriter<W>, batch: &[u8]) {
    bag.batch(Dictionary::V1, &pack(batch, Dictionary::V1).unwrap())
        .unwrap();
}
