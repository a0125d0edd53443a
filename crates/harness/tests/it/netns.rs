//! A real line between two namespaces, where the machine can make one; elsewhere it says why not.

use std::time::{Duration, Instant};

use anyhow::Result;
use onedoor_harness::netns::{End, Line, Net};

#[test]
fn a_slow_lossy_line_is_slow_and_loses() -> Result<()> {
    let line = |kbit, loss_percent| Line { kbit, loss_percent };
    let net = match Net::new(line(2000, 0)) {
        Ok(net) => net,
        Err(why) => {
            // Root with its tools can; then a failure is one.
            let able = rustix::process::geteuid().is_root()
                && ["ip", "tc", "nft"].iter().all(|tool| {
                    std::process::Command::new(tool)
                        .arg("-V")
                        .output()
                        .is_ok_and(|output| output.status.success())
                });
            assert!(
                !able || format!("{why:#}").contains("not permitted"),
                "{why:#}"
            );
            eprintln!("not tried here: {why:#}");
            return Ok(());
        }
    };
    let full = 2000.0 * 1000.0 / 8.0;
    let clean = net.plain_stream(Duration::from_secs(2))?;
    assert!(
        (0.6 * full..1.05 * full).contains(&clean),
        "2 Mbit/s carried {clean} bytes/s"
    );
    let passed = net.passed()?;
    assert!(passed.up as f64 > clean && passed.down > 0, "{passed:?}");

    let lossy = Net::new(line(2000, 20))?.plain_stream(Duration::from_secs(3))?;
    assert!(
        lossy < 0.8 * clean,
        "with 20 % loss {lossy} bytes/s, without {clean}"
    );

    // What runs at one end is there, and nowhere else.
    let far = net.address(End::Far).to_string();
    let addresses = |end| -> Result<String> {
        let output = net.command(end, "ip").args(["-4", "addr"]).output()?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    assert!(addresses(End::Far)?.contains(&far));
    assert!(!addresses(End::Near)?.contains(&far));
    let began = Instant::now();
    drop(net);
    assert!(began.elapsed() < Duration::from_secs(5));
    let left = std::process::Command::new("ip")
        .args(["netns", "list"])
        .output()?;
    let own = format!("od{}n", std::process::id());
    assert!(!String::from_utf8_lossy(&left.stdout).contains(&own));
    Ok(())
}
