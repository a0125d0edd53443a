//! The line, from both its ends: what it says that it does is what a client and a server see.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use anyhow::Result;
use onedoor_harness::link::{Cut, Link, Mode, Shape};

/// A server that gives back each byte.
fn echo() -> Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut from = stream.try_clone()?;
                std::io::copy(&mut from, &mut stream)
            });
        }
    });
    Ok(address)
}

fn client(link: &Link) -> Result<TcpStream> {
    let stream = TcpStream::connect(link.address())?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Sends bytes and reads as many back; how many came, and how long it took.
fn there_and_back(stream: &mut TcpStream, length: usize) -> Result<(usize, Duration)> {
    let began = Instant::now();
    let mut giving = stream.try_clone()?;
    let giver = std::thread::spawn(move || {
        let bytes: Vec<u8> = (0..length).map(|i| i as u8).collect();
        giving.write_all(&bytes)
    });
    let mut back = Vec::new();
    let mut buffer = [0; 4096];
    while back.len() < length {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(read) => back.extend_from_slice(&buffer[..read]),
        }
    }
    let _ = giver.join();
    assert!(back.iter().enumerate().all(|(i, byte)| *byte == i as u8));
    Ok((back.len(), began.elapsed()))
}

#[test]
fn a_plain_line_passes_every_byte_and_counts_them() -> Result<()> {
    let link = Link::to(echo()?, Shape::default())?;
    for _ in 0..3 {
        let (back, _) = there_and_back(&mut client(&link)?, 300_000)?;
        assert_eq!(back, 300_000);
    }
    let count = link.take_count();
    assert_eq!(
        (count.connections, count.up, count.down),
        (3, 900_000, 900_000)
    );
    assert_eq!((count.requests, count.cuts), (0, 0));
    assert_eq!(link.count().bytes(), 0, "it counts anew");
    Ok(())
}

#[test]
fn a_round_trip_takes_twice_the_delay_and_the_first_one_the_handshake_too() -> Result<()> {
    let delay = Duration::from_millis(150);
    let shape = Shape {
        delay,
        ..Shape::default()
    };
    let link = Link::to(echo()?, shape)?;
    let mut stream = client(&link)?;
    for trips in [2, 1, 1] {
        let (_, took) = there_and_back(&mut stream, 10)?;
        let least = 2 * delay * trips;
        assert!(
            took >= least && took < least + Duration::from_millis(140),
            "{took:?}, {trips} round trips"
        );
    }
    // Much may be under way at once: a megabyte takes hardly longer than a byte.
    let (back, took) = there_and_back(&mut stream, 1_000_000)?;
    assert_eq!(back, 1_000_000);
    assert!(took < Duration::from_millis(1500), "{took:?}");
    Ok(())
}

#[test]
fn each_direction_has_its_own_rate_over_all_connections() -> Result<()> {
    for (up, down) in [(Some(40_000), None), (None, Some(40_000))] {
        let shape = Shape {
            up,
            down,
            ..Shape::default()
        };
        let link = Link::to(echo()?, shape)?;
        let began = Instant::now();
        let (mut one, mut other) = (client(&link)?, client(&link)?);
        let thread = std::thread::spawn(move || there_and_back(&mut one, 30_000).map(|_| ()));
        there_and_back(&mut other, 30_000)?;
        thread.join().expect("it did not panic")?;
        let took = began.elapsed().as_secs_f64();
        assert!((1.2..2.2).contains(&took), "60,000 bytes took {took} s");
    }
    Ok(())
}

#[test]
fn a_connection_is_cut_after_its_bytes() -> Result<()> {
    let shape = Shape {
        cut: Cut::After(100_000),
        ..Shape::default()
    };
    let link = Link::to(echo()?, shape)?;
    let (back, _) = there_and_back(&mut client(&link)?, 40_000)?;
    assert_eq!(back, 40_000, "below the limit");
    let (back, _) = there_and_back(&mut client(&link)?, 400_000)?;
    assert!(back < 100_000, "{back}");
    let count = link.take_count();
    assert_eq!(count.cuts, 1);
    assert_eq!(count.bytes(), 80_000 + 100_000, "not a byte more");
    Ok(())
}

#[test]
fn random_cuts_are_the_same_for_the_same_seed() -> Result<()> {
    let passed = |seed| -> Result<Vec<u64>> {
        let most = 50_000;
        let shape = Shape {
            cut: Cut::Within { seed, most },
            ..Shape::default()
        };
        let link = Link::to(echo()?, shape)?;
        let mut passed = vec![];
        for _ in 0..6 {
            there_and_back(&mut client(&link)?, 100_000)?;
            passed.push(link.take_count().bytes());
        }
        Ok(passed)
    };
    let (once, twice, other) = (passed(7)?, passed(7)?, passed(8)?);
    assert_eq!(once, twice);
    assert_ne!(once, other);
    assert!(once.iter().all(|bytes| *bytes <= 50_000), "{once:?}");

    let shape = Shape {
        cut: Cut::Lives {
            seed: 1,
            most: Duration::from_millis(300),
        },
        ..Shape::default()
    };
    let link = Link::to(echo()?, shape)?;
    let began = Instant::now();
    assert!(matches!(client(&link)?.read(&mut [0]), Ok(0) | Err(_)));
    assert!(began.elapsed() < Duration::from_millis(600));
    assert_eq!(link.count().cuts, 1);
    Ok(())
}

#[test]
fn who_is_refused_knows_it_and_who_falls_into_a_hole_does_not() -> Result<()> {
    let link = Link::to(echo()?, Shape::default())?;
    let mut open = client(&link)?;
    there_and_back(&mut open, 10)?;
    link.set_mode(Mode::Refuse);
    let refused = TcpStream::connect(link.address());
    assert_eq!(
        refused.err().map(|why| why.kind()),
        Some(std::io::ErrorKind::ConnectionRefused)
    );
    assert!(
        matches!(open.read(&mut [0]), Ok(0) | Err(_)),
        "what was open is cut"
    );

    link.set_mode(Mode::BlackHole);
    let mut lost = client(&link)?;
    lost.set_read_timeout(Some(Duration::from_millis(300)))?;
    lost.write_all(b"is anybody there?")?;
    let silence = lost.read(&mut [0]).err().map(|why| why.kind());
    assert_eq!(silence, Some(std::io::ErrorKind::WouldBlock));

    link.set_mode(Mode::Through);
    lost.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut back = [0; 17];
    lost.read_exact(&mut back)?;
    assert_eq!(&back, b"is anybody there?");
    there_and_back(&mut client(&link)?, 10)?;
    Ok(())
}

#[test]
fn requests_are_counted() -> Result<()> {
    let link = Link::to(echo()?, Shape::default())?;
    let mut stream = client(&link)?;
    let talk = b"GET / HTTP/1.1\r\nHost: a\r\n\r\nPOST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc";
    stream.write_all(talk)?;
    stream.read_exact(&mut vec![0; talk.len()])?;
    assert_eq!(link.count().requests, 2);
    Ok(())
}
