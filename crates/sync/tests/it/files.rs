//! Files that go in pieces over links that break.

use onedoor_sync::engine::*;

use crate::bench::Bench;

fn file(bench: &mut Bench, length: usize) -> (FileName, Option<Request>) {
    let bytes: Vec<u8> = (0..length).map(|i| ((i * i) >> 3) as u8).collect();
    let file = FileName::of(&bytes);
    bench.record.files.insert(file, bytes);
    let length = length as u64;
    let ticket = String::new();
    let waiting = FileWaiting {
        file,
        length,
        ticket,
    };
    (file, bench.step(Input::FileWaits(waiting)))
}

#[test]
fn a_file_cut_at_every_megabyte_arrives_with_a_tenth_more_at_most() {
    let mut bench = Bench::new(19);
    bench.write(1);
    bench.grew();
    let (name, _) = file(&mut bench, 2 << 20);
    let mut request = bench.up();
    let (mut on_line, mut cut_at) = (0usize, 1 << 20);
    while bench.arrived.is_empty() {
        let Some(sent) = request.take() else {
            request = bench.sleep();
            continue;
        };
        request = match &sent.call {
            Call::FilePatch {
                file,
                offset,
                length,
                body,
                ..
            } => {
                assert!(body.len() <= 128 * 1024);
                let cut = on_line + body.len() > cut_at;
                // The last 16 KiB before the cut were in buffers and never reached the hub's disk.
                let arrives = if cut {
                    (cut_at - on_line).saturating_sub(16 * 1024)
                } else {
                    body.len()
                };
                on_line += if cut { cut_at - on_line } else { body.len() };
                let (status, offset) = bench.hub.patch(*file, *offset, *length, body, arrives);
                if cut {
                    cut_at += 1 << 20;
                    let failure = Failure::Broken;
                    bench.step(Input::Failed {
                        request: sent.id,
                        failure,
                    })
                } else {
                    bench.file(&sent, status, offset)
                }
            }
            _ => bench.serve(&sent),
        };
    }
    assert_eq!(bench.arrived, [name]);
    assert_eq!(bench.hub.files[&name], bench.record.files[&name]);
    assert!(
        on_line * 100 <= (2 << 20) * 110,
        "{on_line} bytes for 2 MiB"
    );
}

#[test]
fn events_go_between_two_pieces_of_a_file() {
    let mut bench = Bench::new(20);
    bench.write(1);
    bench.grew();
    let request = bench.up();
    bench.carry(request);
    let head = file(&mut bench, 1 << 20).1.unwrap();
    let piece = bench.file(&head, 404, None).unwrap();
    assert!(matches!(piece.call, Call::FilePatch { offset: 0, .. }));
    bench.write(4);
    assert_eq!(bench.grew(), None);
    bench.now += 10_000;
    let next = bench.file(&piece, 204, Some(64 * 1024)).unwrap();
    assert_eq!(next.call.method(), "POST");
    let body = bench.asked(&next);
    let after = bench.answer(&next, &body).unwrap();
    assert!(matches!(after.call, Call::FilePatch { offset: 65_536, .. }));
}

#[test]
fn a_refused_file_is_put_behind_the_others_and_then_aside() {
    let mut bench = Bench::new(21);
    bench.write(1);
    bench.grew();
    let (bad, _) = file(&mut bench, 50_000);
    let (good, _) = file(&mut bench, 60_000);
    let mut request = bench.up();
    for _ in 0..40 {
        let Some(sent) = request.take() else {
            if bench.engine.counters().files_waiting == 0 {
                break;
            }
            request = bench.sleep();
            continue;
        };
        request = match &sent.call {
            Call::FileHead { file, .. } if *file == bad => bench.file(&sent, 403, None),
            _ => bench.serve(&sent),
        };
    }
    assert_eq!(bench.arrived, [good]);
    assert_eq!(
        bench.alarms,
        [Alarm::FileSetAside {
            file: bad,
            status: 403
        }]
    );
}
