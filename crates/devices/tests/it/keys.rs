//! Scanners that type and keys of their own, over a pipe that gives the kernel's bytes.

use crossbeam_channel::Receiver;
use onedoor_devices::keys::stroke::EVENT_BYTES;
use onedoor_devices::keys::{
    FdKeys, HidKeys, HidScanner, KeyAction, KeyEvent, KeyMap, KeysFault, PadKey,
};
use onedoor_devices::scanner::{ScanEvent, ScanSource, ScannerFault};
use std::io::{self, PipeReader, PipeWriter, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(8);
const SHIFT: u16 = 42;
const ENTER: u16 = 28;

/// Opens the pipe that was laid there, once.
type Socket = Arc<Mutex<Option<PipeReader>>>;

fn plug_in(socket: &Socket) -> PipeWriter {
    let (reader, writer) = io::pipe().expect("a pipe");
    *socket.lock().unwrap() = Some(reader);
    writer
}

fn opener(socket: &Socket) -> impl Fn() -> io::Result<FdKeys<PipeReader>> + Send + 'static {
    let socket = Arc::clone(socket);
    move || {
        let reader = socket.lock().unwrap().take();
        reader
            .map(FdKeys::new)
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// The bytes of a key as the kernel gives them: scan code, key (1 down, 2 held, 0 up), end of the moment.
fn key(code: u16, value: i32) -> Vec<u8> {
    let event = |kind: u16, code: u16, value: i32| {
        let mut bytes = vec![0x5a; EVENT_BYTES - 8];
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(code.to_ne_bytes());
        bytes.extend(value.to_ne_bytes());
        bytes
    };
    [event(4, 4, 458_752), event(1, code, value), event(0, 0, 0)].concat()
}

fn press(code: u16) -> Vec<u8> {
    [key(code, 1), key(code, 2), key(code, 0)].concat()
}

/// O, D, 1 with shift around each capital.
fn typed_od1() -> Vec<u8> {
    let shifted = |code: u16| [key(SHIFT, 1), press(code), key(SHIFT, 0)].concat();
    [shifted(24), shifted(32), press(2)].concat()
}

fn next<T>(heard: &Receiver<T>) -> T {
    heard.recv_timeout(PATIENCE).expect("an event in time")
}

#[test]
fn a_scanner_that_types_is_read_and_survives_its_cable() {
    let socket = Socket::default();
    let (events, heard) = crossbeam_channel::unbounded();
    let _scanner = HidScanner::start(opener(&socket), events).expect("a thread");
    assert_eq!(next(&heard), ScanEvent::Fault(ScannerFault::Unplugged));

    let mut line = plug_in(&socket);
    assert_eq!(next(&heard), ScanEvent::Ready);
    // In pieces that break events apart.
    let bytes = [typed_od1(), press(ENTER)].concat();
    for piece in bytes.chunks(31) {
        line.write_all(piece).expect("plugged in");
    }
    let read = next(&heard);
    assert!(
        matches!(&read, ScanEvent::Read(scan)
            if scan.text() == "OD1" && scan.source() == ScanSource::Keyboard),
        "{read:?}"
    );

    // Without Enter the silence ends it.
    line.write_all(&press(3)).expect("plugged in");
    assert!(matches!(next(&heard), ScanEvent::Read(scan) if scan.text() == "2"));

    line.write_all(&press(4)).expect("plugged in");
    drop(line);
    assert_eq!(
        next(&heard),
        ScanEvent::Fault(ScannerFault::LinkLost),
        "half a code is no code"
    );
    let mut line = plug_in(&socket);
    assert_eq!(next(&heard), ScanEvent::Ready);
    line.write_all(&[press(5), press(ENTER)].concat())
        .expect("plugged in");
    assert!(matches!(next(&heard), ScanEvent::Read(scan) if scan.text() == "4"));

    line.write_all(&press(30).repeat(600)).expect("plugged in");
    assert_eq!(next(&heard), ScanEvent::Fault(ScannerFault::Garbage));
}

#[test]
fn a_number_pad_and_a_call_button_act_once_a_press() {
    let socket = Socket::default();
    let (events, heard) = crossbeam_channel::unbounded();
    let map = KeyMap {
        call: Some(0x161),
        next: None,
    };
    let _keys = HidKeys::start(opener(&socket), map, events).expect("a thread");
    assert_eq!(next(&heard), KeyEvent::Fault(KeysFault::Unplugged));
    let mut line = plug_in(&socket);
    assert_eq!(next(&heard), KeyEvent::Ready);
    for key in [79, 30, 0x161, 96] {
        line.write_all(&press(key)).expect("plugged in");
    }
    let pad = |key| KeyEvent::Action(KeyAction::Pad(key));
    assert_eq!(next(&heard), pad(PadKey::Digit(1)));
    assert_eq!(next(&heard), KeyEvent::Action(KeyAction::Call));
    assert_eq!(next(&heard), pad(PadKey::Enter));
    drop(line);
    assert_eq!(next(&heard), KeyEvent::Fault(KeysFault::LinkLost));
    std::thread::sleep(Duration::from_millis(600));
    assert!(heard.is_empty(), "told once: {:?}", heard.try_recv());
}
