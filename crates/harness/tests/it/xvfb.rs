//! Xvfb: a screenshot shows what was drawn, and a change of pixels is heard of.

use std::time::Duration;

use anyhow::{Context, Result};
use onedoor_harness::screen::Screen;
use onedoor_harness::server::XServer;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    ConnectionExt as _, CreateGCAux, CreateWindowAux, Rectangle, WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;

#[test]
fn drawn_pixels_are_heard_of_and_seen() -> Result<()> {
    let server = XServer::xvfb(640, 480)?;
    let screen = Screen::connect(&server)?;
    let (client, number) = x11rb::connect(Some(server.display()))?;
    let root = client.setup().roots[number].root;
    let window = client.generate_id()?;
    let looks = CreateWindowAux::new().background_pixel(0x00ff_ffff);
    client
        .create_window(
            24,
            window,
            root,
            0,
            0,
            640,
            480,
            0,
            WindowClass::INPUT_OUTPUT,
            0,
            &looks,
        )?
        .check()?;
    client.map_window(window)?.check()?;
    client.sync()?;
    assert_eq!(screen.window(Duration::from_secs(5))?, window);

    let watch = screen.watch()?;
    watch.settle(Duration::from_millis(200), Duration::from_secs(10))?;
    let before = screen.shot()?;
    assert_eq!(
        watch.next(Duration::from_millis(100))?,
        None,
        "nothing was drawn, yet a change was heard of"
    );

    let pen = client.generate_id()?;
    client
        .create_gc(pen, window, &CreateGCAux::new().foreground(0x0012_3456))?
        .check()?;
    let half = Rectangle {
        x: 0,
        y: 0,
        width: 320,
        height: 480,
    };
    client.poly_fill_rectangle(window, pen, &[half])?.check()?;
    watch
        .next(Duration::from_secs(5))?
        .context("a drawn rectangle was not heard of")?;
    let after = screen.shot()?;
    assert!(
        (before.difference(&after) - 0.5).abs() < 1e-9,
        "half of the screen was drawn"
    );
    assert_eq!(&after.bgrx[..3], &[0x56, 0x34, 0x12]);
    assert_eq!(after.colours(), 2);

    let picture = server.folder().join("shot.png");
    after.save(&picture)?;
    let read = image::open(&picture)?.to_rgb8();
    assert_eq!(read.get_pixel(10, 10).0, [0x12, 0x34, 0x56]);
    Ok(())
}

#[test]
fn two_servers_side_by_side_have_displays_of_their_own() -> Result<()> {
    let (one, two) = (XServer::xvfb(320, 200)?, XServer::xvfb(320, 200)?);
    assert_ne!(one.display(), two.display());
    let display = one.display().to_owned();
    drop(one);
    assert!(
        x11rb::connect(Some(&display)).is_err(),
        "a dropped server still answers"
    );
    assert!(x11rb::connect(Some(two.display())).is_ok());
    Ok(())
}
