//! Xorg's touchscreen: what a client with XInput 2 is told is where the finger was.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use onedoor_harness::server::XServer;
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xinput::{
    ConnectionExt as _, Device, EventMask, TouchBeginEvent, XIEventMask,
};
use x11rb::protocol::xproto::{ConnectionExt as _, CreateWindowAux, WindowClass};
use x11rb::wrapper::ConnectionExt as _;

/// Within one pixel: the device's axis has 65,536 steps for the screen.
const NEAR: i32 = 1;

#[test]
fn a_finger_goes_down_moves_and_lifts_where_it_was_put() -> Result<()> {
    let (server, mut touchscreen) = XServer::touch(1280, 800)?;
    let (client, number) = x11rb::connect(Some(server.display()))?;
    let screen = &client.setup().roots[number];
    assert_eq!(
        (screen.width_in_pixels, screen.height_in_pixels),
        (1280, 800)
    );
    client.xinput_xi_query_version(2, 2)?.reply()?;
    let window = client.generate_id()?;
    let looks = CreateWindowAux::new();
    client
        .create_window(
            24,
            window,
            screen.root,
            0,
            0,
            1280,
            800,
            0,
            WindowClass::INPUT_OUTPUT,
            0,
            &looks,
        )?
        .check()?;
    let touches = XIEventMask::TOUCH_BEGIN | XIEventMask::TOUCH_UPDATE | XIEventMask::TOUCH_END;
    let mask = EventMask {
        deviceid: Device::ALL_MASTER.into(),
        mask: vec![touches],
    };
    client.xinput_xi_select_events(window, &[mask])?.check()?;
    client.map_window(window)?.check()?;
    client.sync()?;

    let first = touchscreen.down(100, 200)?;
    let second = touchscreen.down(1279, 799)?;
    touchscreen.drag(first, 110, 205)?;
    touchscreen.up(second, 1279, 799)?;
    touchscreen.up(first, 110, 205)?;
    touchscreen.sync()?;

    let mut told = Vec::new();
    let until = Instant::now() + Duration::from_secs(10);
    while told.len() < 5 && Instant::now() < until {
        let at = |event: &TouchBeginEvent| (event.detail, event.event_x >> 16, event.event_y >> 16);
        match client.poll_for_event()? {
            Some(Event::XinputTouchBegin(event)) => told.push(("down", at(&event))),
            Some(Event::XinputTouchUpdate(event)) => told.push(("move", at(&event))),
            Some(Event::XinputTouchEnd(event)) => told.push(("up", at(&event))),
            Some(_) => {}
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    }
    let what: Vec<&str> = told.iter().map(|(what, _)| *what).collect();
    assert_eq!(what, ["down", "down", "move", "up", "up"]);
    let wanted = [(100, 200), (1279, 799), (110, 205), (1279, 799), (110, 205)];
    for ((_, (_, x, y)), (wanted_x, wanted_y)) in told.iter().zip(wanted) {
        assert!(
            (x - wanted_x).abs() <= NEAR && (y - wanted_y).abs() <= NEAR,
            "{told:?}"
        );
    }
    let ids: Vec<u32> = told.iter().map(|(_, (id, _, _))| *id).collect();
    assert_ne!(ids[0], ids[1], "two fingers are two touches");
    let same = ids.get(2).context("no move")?;
    assert_eq!(*same, ids[0]);
    Ok(())
}
