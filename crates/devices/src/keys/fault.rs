//! Faults of keys: declared once, with the code a technician reads and what helps.

use serde::{Deserialize, Serialize};

crate::printer::faults! {
    /// Why a number pad, a call button or a "next" key does nothing.
    pub enum KeysFault {
        /// It cannot be opened.
        Unplugged = "KEY-001", "unplugged",
            "The keys could not be opened: cable, device name or permission.",
            "Plug them in; compare the device with station.toml; check that the kiosk's user is in the group input.";
        /// They were open and are gone.
        LinkLost = "KEY-002", "link-lost",
            "The line to the keys broke.",
            "Check the cable; the kiosk opens them again by itself.";
    }
}
