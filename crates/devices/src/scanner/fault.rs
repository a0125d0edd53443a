//! Scanner faults: declared once, with the code a technician reads and what helps.

use serde::{Deserialize, Serialize};

crate::printer::faults! {
    /// Why the scanner does not read.
    pub enum ScannerFault {
        /// It cannot be opened.
        Unplugged = "SCN-001", "unplugged",
            "The scanner could not be opened: cable, device name or permission.",
            "Plug it in; compare the device with station.toml; check that the kiosk's user is in the group dialout.";
        /// It was open and is gone.
        LinkLost = "SCN-002", "link-lost",
            "The line to the scanner broke.",
            "Check the cable; the kiosk opens it again by itself.";
        /// It sends what no scanner sends.
        Garbage = "SCN-003", "garbage",
            "The scanner sent more than 512 bytes without a line end.",
            "Check the baud rate; set the scanner to end each code with CR.";
        /// A picture kept the decoder or the camera for too long.
        Stuck = "SCN-004", "stuck",
            "The camera or the decoder did not come back in time; its thread was given up and a new one started.",
            "If it happens often, unplug the camera and plug it in again; keep the log.";
        /// Pictures cannot be read.
        BadFrame = "SCN-005", "bad-frame",
            "A picture from the camera could not be read.",
            "Check the camera's cable and settings.";
        /// Too many threads hang in the camera's driver or in a decoder.
        GivenUp = "SCN-006", "given-up",
            "The camera or the decoder hung three times and none of the threads came back: it is not opened any more.",
            "Unplug the camera and plug it in again. If the fault stays, restart the kiosk; keep the log.";
    }
}
