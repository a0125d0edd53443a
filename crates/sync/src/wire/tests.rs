use onedoor_domain::event::ChainHash;
use onedoor_domain::id::{DeviceId, Epoch};
use proptest::prelude::*;

use super::*;

#[test]
fn every_reason_has_one_number_and_words() {
    for reason in Reason::ALL {
        assert_eq!(Reason::from_code(reason.code()), Some(*reason));
        assert!(reason.to_string().starts_with("SYN-0"), "{reason}");
    }
    let mut codes: Vec<_> = Reason::ALL.iter().map(|r| r.code()).collect();
    codes.dedup();
    assert_eq!(codes.len(), Reason::ALL.len());
    assert_eq!(Reason::from_code(999), None);
}

#[test]
fn the_dictionaries_are_those_that_were_released() {
    let dictionaries: [(&[u8], &str); 2] = [
        (
            include_bytes!("../../dict/onedoor-1.zdict"),
            include_str!("../../dict/onedoor-1.blake3"),
        ),
        (
            include_bytes!("../../dict/answers-1.zdict"),
            include_str!("../../dict/answers-1.blake3"),
        ),
    ];
    for (bytes, released) in dictionaries {
        assert!(bytes.len() <= 16 * 1024);
        assert_eq!(
            blake3::hash(bytes).to_string(),
            released.trim(),
            "a released dictionary must not change: hubs and kiosks hold it"
        );
    }
}

#[test]
fn a_media_type_is_read_as_it_is_written() {
    for dictionary in [Dictionary::None, Dictionary::V1] {
        let media = Media { dictionary };
        assert_eq!(media.to_string().parse(), Ok(media));
    }
    assert_eq!(
        "Application/vnd.OneDoor ;d=1;V=1".parse(),
        Ok(Media::default())
    );
    for (text, reason) in [
        ("", Reason::UnknownVersion),
        ("text/html; v=1; d=1", Reason::UnknownVersion),
        ("application/vnd.onedoor", Reason::UnknownVersion),
        ("application/vnd.onedoor; v=2; d=1", Reason::UnknownVersion),
        ("application/vnd.onedoor; v=1", Reason::UnknownDictionary),
        (
            "application/vnd.onedoor; v=1; d=9",
            Reason::UnknownDictionary,
        ),
        ("application/vnd.onedoor; v=1; v=1; d=1", Reason::Malformed),
        ("application/vnd.onedoor; v=1; d=one", Reason::Malformed),
    ] {
        assert_eq!(text.parse::<Media>(), Err(reason), "{text}");
    }
    let none = Media {
        dictionary: Dictionary::None,
    };
    for (reply, asked) in [
        (none, none),
        (none, Media::default()),
        (Media::default(), none),
        (Media::default(), Media::default()),
    ] {
        assert_eq!(Media::from_reply(&reply.of_reply(asked), asked), Ok(reply));
    }
    assert!(Media::from_reply("text/html", none).is_err());
}

#[test]
fn a_bomb_is_refused_before_it_fills_memory() {
    for dictionary in [Dictionary::None, Dictionary::V1] {
        let bomb = pack(&vec![0; MAX_UNPACKED + 1], dictionary).unwrap();
        assert!(bomb.len() < MAX_PACKED, "it must pass the first limit");
        assert_eq!(unpack(&bomb, dictionary), Err(Reason::TooLarge));
        let most = pack(&vec![0; MAX_UNPACKED], dictionary).unwrap();
        assert_eq!(unpack(&most, dictionary).map(|p| p.len()), Ok(MAX_UNPACKED));
        assert_eq!(
            unpack(&[0; MAX_RECEIVED + 1], dictionary),
            Err(Reason::TooLong)
        );
    }
}

#[test]
fn what_a_frame_can_unpack_to_is_known_before() {
    for length in [0, 10, 300, 70_000, MAX_UNPACKED, MAX_UNPACKED + 1] {
        for dictionary in [Dictionary::None, Dictionary::V1] {
            let packed = pack(&vec![0; length], dictionary).unwrap();
            assert_eq!(unpacked_at_most(&packed), length.min(MAX_UNPACKED));
        }
    }
    // A stream whose length is not known when its head is written.
    let says_nothing = zstd::stream::encode_all(&[0; 300_000][..], 3).unwrap();
    assert_eq!(unpacked_at_most(&says_nothing[4..]), MAX_UNPACKED);
    // One that says less than comes out is not unpacked: what it says is a limit that holds.
    let mut lies = pack(&[7; 60_000], Dictionary::None).unwrap();
    assert_eq!(u16::from_le_bytes([lies[1], lies[2]]), 60_000 - 256);
    lies[1..3].copy_from_slice(&1000u16.to_le_bytes());
    assert_eq!(unpacked_at_most(&lies), 1256);
    assert_eq!(unpack(&lies, Dictionary::None), Err(Reason::NotCompressed));
    assert_eq!(unpacked_at_most(b""), MAX_UNPACKED);
}

#[test]
fn a_frame_that_is_cut_or_followed_by_something_is_refused() {
    let packed = pack(b"a case, a slip, a ticket, a case, a slip", Dictionary::V1).unwrap();
    for end in 1..packed.len() {
        assert_eq!(
            unpack(&packed[..end], Dictionary::V1),
            Err(Reason::NotCompressed),
            "{end}"
        );
    }
    let twice = [&packed[..], &packed[..]].concat();
    assert_eq!(unpack(&twice, Dictionary::V1), Err(Reason::NotCompressed));
}

const EVENTS: [&[u8]; 5] = [b"a", b"b", b"c", b"d", b"e"];

fn header() -> Header {
    let (device, epoch) = (DeviceId::from_random([1; 8]), Epoch::from_random([2; 8]));
    Header {
        device,
        epoch,
        first: 5,
        last: 9,
        h_prev: ChainHash([3; 32]),
        h_last: EVENTS
            .iter()
            .fold(ChainHash([3; 32]), |link, event| link.next(event)),
        cursor: 7,
        opaque: vec![6, 9],
    }
}

#[test]
fn a_header_whose_numbers_do_not_fit_is_refused() {
    let ok = header();
    assert_eq!(Header::decode(&ok.encode(), &EVENTS), Ok(ok.clone()));
    assert_eq!(
        Header::decode(&ok.encode(), &EVENTS[1..]),
        Err(Reason::NotInOrder)
    );
    assert_eq!(
        Header::decode(&ok.encode(), &[b"a", b"b", b"c", b"e", b"d"]),
        Err(Reason::BrokenChain)
    );
    let wrong = |change: &dyn Fn(&mut Header)| {
        let mut header = ok.clone();
        change(&mut header);
        let count = header.last.saturating_add(1).saturating_sub(header.first);
        let events = &EVENTS[..count.min(5) as usize];
        Header::decode(&header.encode(), events)
    };
    let order = Err(Reason::NotInOrder);
    assert_eq!(wrong(&|h| h.first = 0), order);
    assert_eq!(wrong(&|h| h.first = 11), order);
    assert_eq!(wrong(&|h| h.last = u64::MAX), order);
    assert_eq!(wrong(&|h| h.last = i64::MAX as u64), order);
    assert_eq!(wrong(&|h| h.opaque = vec![9, 6]), order);
    assert_eq!(wrong(&|h| h.opaque = vec![6, 6]), order);
    assert_eq!(wrong(&|h| h.opaque = vec![4]), order);
    assert_eq!(wrong(&|h| h.opaque = vec![10]), order);
    assert_eq!(wrong(&|h| h.last = 505), Err(Reason::TooMany));
    // A hub counts on from it.
    assert_eq!(wrong(&|h| h.cursor = u64::MAX), Err(Reason::Malformed));
    assert_eq!(
        wrong(&|h| h.cursor = i64::MAX as u64),
        Err(Reason::Malformed)
    );
    assert_eq!(wrong(&|h| h.first = 1), Err(Reason::BrokenChain));
    assert_eq!(
        wrong(&|h| {
            h.last = 4;
            h.opaque.clear();
        }),
        Err(Reason::BrokenChain)
    );
}

fn ack() -> Ack {
    let item = |number| MailItem {
        number,
        kind: "from_the_future".into(),
        version: 3,
        body: vec![1, 2, 3],
    };
    Ack {
        device: DeviceId::from_random([1; 8]),
        epoch: Epoch::from_random([2; 8]),
        acked_through: 9,
        h: ChainHash([4; 32]),
        durable_through: 8,
        rejected: vec![Rejection { seq: 6, code: 40 }],
        hub_time_ms: -5,
        life: 1_795_000_000,
        page: MailPage {
            after: 7,
            cursor: 12,
            more: true,
            items: vec![item(8), item(12)],
        },
    }
}

#[test]
fn a_reply_is_read_as_it_was_written() {
    let full = Refusal {
        reason: Reason::Behind,
        at: Some(3),
        h: Some(ChainHash([1; 32])),
        retry_after_s: Some(30),
        hub_time_ms: Some(1),
    };
    for reply in [
        Reply::Ack(Box::new(ack())),
        Reply::Refused(full),
        Reply::Refused(Reason::Busy.into()),
    ] {
        assert_eq!(Reply::decode(&reply.encode()), Ok(reply));
    }
}

#[test]
fn an_ack_whose_numbers_do_not_fit_is_refused() {
    let wrong = |change: &dyn Fn(&mut Ack)| {
        let mut ack = ack();
        change(&mut ack);
        Reply::decode(&Reply::Ack(Box::new(ack)).encode())
    };
    let order = Err(Reason::NotInOrder);
    assert_eq!(wrong(&|a| a.durable_through = 10), order);
    assert_eq!(wrong(&|a| a.rejected[0].seq = 10), order);
    assert_eq!(wrong(&|a| a.page.cursor = 6), order);
    assert_eq!(wrong(&|a| a.page.items[0].number = 7), order);
    assert_eq!(wrong(&|a| a.page.items[1].number = 13), order);
    assert_eq!(wrong(&|a| a.page.items.swap(0, 1)), order);
    assert_eq!(
        wrong(&|a| {
            a.page.items.clear();
            a.page.cursor = a.page.after;
        }),
        order,
        "a page that never ends"
    );
    assert_eq!(
        wrong(&|a| a.page.items = vec![a.page.items[1].clone(); MAX_ITEMS + 1]),
        Err(Reason::TooMany)
    );
    assert_eq!(
        wrong(&|a| a.page.items[0].body = vec![0; MAX_ITEM + 1]),
        Err(Reason::TooLarge)
    );
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Header::decode(&bytes, &EVENTS);
        let _ = Batch::decode(&bytes);
        let _ = Reply::decode(&bytes);
        let _ = unpack(&bytes, Dictionary::V1);
        let _ = unpack(&bytes, Dictionary::None);
        let _ = String::from_utf8_lossy(&bytes).parse::<Media>();
    }

    #[test]
    fn what_is_packed_comes_back(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
        for dictionary in [Dictionary::None, Dictionary::V1] {
            let packed = pack(&bytes, dictionary).unwrap();
            prop_assert_eq!(unpack(&packed, dictionary).unwrap(), bytes.clone());
        }
    }
}
