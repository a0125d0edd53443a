//! Camera faults: declared once, with the code a technician reads and what helps.

use serde::{Deserialize, Serialize};

crate::printer::faults! {
    /// Why no picture is taken.
    pub enum CameraFault {
        /// It cannot be opened.
        Missing = "CAM-001", "missing",
            "The camera could not be opened: cable, device name or permission.",
            "Plug it in; compare the device with station.toml; check that the kiosk's user is in the group video.";
        /// It was open and is gone.
        Unplugged = "CAM-002", "unplugged",
            "The line to the camera broke.",
            "Check the cable; the kiosk opens it again by itself.";
        /// It gives no picture, or a picture kept the decoder for too long.
        Stuck = "CAM-003", "stuck",
            "The camera or a decoder did not come back in time; its thread was given up and a new one started.",
            "If it happens often, unplug the camera and plug it in again; keep the log.";
        /// Pictures cannot be read.
        BadFrame = "CAM-004", "bad-frame",
            "A picture from the camera could not be read.",
            "Check the camera's cable and settings.";
        /// Too many threads hang in its driver.
        GivenUp = "CAM-005", "given-up",
            "The camera hung three times and none of its threads came back: it is not opened any more.",
            "Unplug the camera and plug it in again. If the fault stays, restart the kiosk; keep the log.";
    }
}
