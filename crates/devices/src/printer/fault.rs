//! Printer faults: declared once, with the code a technician reads and what helps.

use serde::{Deserialize, Serialize};

/// One declaration drives code, stable name, sentence and fix.
macro_rules! faults {
    ($(#[$meta:meta])* $vis:vis enum $ty:ident { $($(#[$vmeta:meta])* $variant:ident = $code:literal, $name:literal, $says:literal, $fix:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        $vis enum $ty { $($(#[$vmeta])* $variant,)+ }

        impl $ty {
            /// All of them, in the order of their codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code on screen, in logs and on the technician page; never re-used.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The stable event name for logs, and the key of the resident's sentence.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What happened, for a technician, in English.
            #[must_use]
            pub const fn technician(self) -> &'static str {
                match self { $(Self::$variant => $says,)+ }
            }

            /// What helps, for a technician, in English.
            #[must_use]
            pub const fn fix(self) -> &'static str {
                match self { $(Self::$variant => $fix,)+ }
            }
        }

        impl std::fmt::Display for $ty {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}: {}", self.code(), self.technician())
            }
        }
    };
}
pub(crate) use faults;

faults! {
    /// Why the printer cannot print, or (only [`PaperNearEnd`](Self::PaperNearEnd)) soon will not.
    pub enum PrinterFault {
        /// No paper under the sensor.
        PaperOut = "PRN-001", "paper-out",
            "The printer reported that it has no paper (DLE EOT 4 or 2).",
            "Open the cover, put in a new roll with the print side up, close the cover.";
        /// The cover is open.
        CoverOpen = "PRN-002", "cover-open",
            "The printer reported an open cover (DLE EOT 2).",
            "Press the cover down until both sides click.";
        /// It cannot be reached at all.
        Unplugged = "PRN-003", "unplugged",
            "The printer could not be opened: cable, power, address or device name.",
            "Check power and cable; then compare address or device with station.toml; ping the address.";
        /// It is connected and does not answer.
        Silent = "PRN-004", "silent",
            "The printer did not answer a status request within 2 s.",
            "Switch the printer off and on; check that no other program holds it; check the baud rate of a serial one.";
        /// The cutter is stuck.
        Cutter = "PRN-005", "cutter-jam",
            "The printer reported a cutter error (DLE EOT 3).",
            "Switch off, open the cover, take out paper scraps, turn the cutter wheel back, switch on.";
        /// Some other error that needs hands.
        Hardware = "PRN-006", "hardware-error",
            "The printer reported an error that it cannot clear by itself (DLE EOT 2 or 3).",
            "Switch off and on; if it comes back, replace the printer.";
        /// The line broke while a slip was being sent.
        LinkLost = "PRN-007", "link-lost",
            "The connection to the printer broke while a slip was being sent.",
            "Check cable and power; look whether half a slip came out before printing again.";
        /// The roll is nearly used up; printing still works.
        PaperNearEnd = "PRN-008", "paper-near-end",
            "The printer reported that its roll is nearly used up (DLE EOT 4).",
            "Have a new roll ready; change it when nobody is waiting.";
        /// The head is too hot and will cool down by itself.
        TooHot = "PRN-009", "too-hot",
            "The printer reported an error that clears by itself, usually a hot print head (DLE EOT 3).",
            "Wait two minutes; if it happens often, check the room's temperature and the printer's voltage.";
        /// What answers does not speak ESC/POS.
        NotEscPos = "PRN-010", "not-esc-pos",
            "A status reply did not have the form of ESC/POS (0xx1xx10).",
            "Check that the address or device is the slip printer, and its language is set to ESC/POS.";
        /// The slip could not be drawn.
        CannotDraw = "PRN-011", "cannot-draw",
            "A slip could not be drawn: fonts missing or a QR code too large for the paper.",
            "Install the CJK fonts; run `onedoor doctor`.";
        /// It is offline and does not say why.
        Offline = "PRN-012", "offline",
            "The printer reported that it is offline without a cause we know (DLE EOT 1).",
            "Press the feed button once; if it stays offline, switch it off and on.";
        /// It took the slip and never said that it came out.
        NeverFinished = "PRN-013", "never-finished",
            "The printer took the whole slip and neither finished nor reported a fault in time.",
            "Look whether the slip came out; check paper and cover; switch off and on.";
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_and_names_are_unique_and_well_formed() {
        let codes: BTreeSet<_> = PrinterFault::ALL.iter().map(|f| f.code()).collect();
        let names: BTreeSet<_> = PrinterFault::ALL.iter().map(|f| f.name()).collect();
        assert_eq!(codes.len(), PrinterFault::ALL.len());
        assert_eq!(names.len(), PrinterFault::ALL.len());
        for fault in PrinterFault::ALL {
            assert!(fault.code().starts_with("PRN-") && fault.code().len() == 7);
            assert!(!fault.technician().is_empty() && fault.fix().ends_with('.'));
        }
    }
}
