//! The county hub: it has no service yet and says so.

fn main() {
    eprintln!("onedoor-hub: this build has no hub service yet; the kiosk works whole without one.");
    std::process::exit(2);
}
