//! OneDoor: the kiosk.

fn main() {}
