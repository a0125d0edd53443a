//! Microphone faults: declared once, with the code a technician reads and what helps.

use serde::{Deserialize, Serialize};

crate::printer::faults! {
    /// Why nothing (more) is recorded.
    pub enum MicFault {
        /// It cannot be opened.
        NoDevice = "MIC-001", "no-device",
            "The microphone could not be opened: cable, sound settings or permission.",
            "Plug it in; check that the system's default input is this microphone and that the kiosk's user is in the group audio.";
        /// It was open and is gone.
        Lost = "MIC-002", "lost",
            "The microphone went away while it recorded; what was said until then is kept.",
            "Check the cable; the next recording opens it again.";
        /// It is open and gives one and the same value.
        Silent = "MIC-003", "silent",
            "The microphone gave nothing but digital silence for three seconds.",
            "Look for a mute switch on the microphone; raise the capture volume (alsamixer, F4).";
        /// It is open and gives nothing, or opening it does not return.
        Stuck = "MIC-004", "stuck",
            "The microphone gave no samples in time, or its driver did not return.",
            "Unplug the microphone and plug it in again; restart the sound service; keep the log.";
        /// It offers no sample format of ours.
        Format = "MIC-005", "format",
            "The microphone offered no usable sample format.",
            "Choose another input device; its formats are in the log.";
        /// The recording could not be encoded.
        Encoder = "MIC-006", "encoder",
            "The recording could not be encoded.",
            "This is a fault of the program: keep the log and report it.";
    }
}

impl MicFault {
    /// Whether the recording ends with it. Only [`Silent`](Self::Silent) is told and the recording goes on.
    #[must_use]
    pub const fn ends(self) -> bool {
        !matches!(self, Self::Silent)
    }
}
