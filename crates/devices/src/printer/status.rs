//! What `DLE EOT 1` to `4` say (Epson ESC/POS reference, "Transmit real-time status").

use super::PrinterFault;
use escpos::utils::{RealTimeStatusRequest as Ask, RealTimeStatusResponse as Says};

/// The four questions, in the order in which they are put.
pub const QUESTIONS: [Ask; 4] = [
    Ask::Printer,
    Ask::OfflineCause,
    Ask::ErrorCause,
    Ask::RollPaperSensor,
];

/// The printer's condition at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// It does not take jobs at the moment.
    pub offline: bool,
    /// The cover is open.
    pub cover_open: bool,
    /// No paper under the sensor, or printing stopped because it ran out.
    pub paper_out: bool,
    /// The roll is nearly used up.
    pub near_end: bool,
    /// The cutter is stuck.
    pub cutter: bool,
    /// An error that does not clear by itself.
    pub hardware: bool,
    /// An error that clears by itself (a hot head).
    pub too_hot: bool,
}

impl Status {
    /// Reads the four reply bytes, in the order of [`QUESTIONS`].
    ///
    /// # Errors
    /// [`PrinterFault::NotEscPos`] where a byte is not of the form 0xx1xx10.
    pub fn from_replies(replies: [u8; 4]) -> Result<Self, PrinterFault> {
        let mut status = Self::default();
        for (question, reply) in QUESTIONS.into_iter().zip(replies) {
            let said = Says::parse(question, reply).map_err(|_| PrinterFault::NotEscPos)?;
            let is = |what: Says| said.get(&what).copied();
            status.offline |= is(Says::Online) == Some(false);
            status.cover_open |= is(Says::CoverClosed) == Some(false);
            status.paper_out |= is(Says::PrintingStopsDueToPaperEnd) == Some(true)
                || is(Says::RollPaperEndSensorPaperPresent) == Some(false);
            status.near_end |= is(Says::RollPaperNearEndSensorPaperAdequate) == Some(false);
            status.cutter |= is(Says::AutocutterErrorOccurred) == Some(true);
            status.hardware |= is(Says::UnrecoverableErrorOccurred) == Some(true)
                || is(Says::RecoverableErrorOccurred) == Some(true);
            status.too_hot |= is(Says::AutoRecoverableErrorOccurred) == Some(true);
        }
        Ok(status)
    }

    /// What keeps it from printing, the one that a person must mend first: an open cover is named
    /// before the missing paper that it also reports.
    #[must_use]
    pub fn fault(&self) -> Option<PrinterFault> {
        [
            (self.cover_open, PrinterFault::CoverOpen),
            (self.paper_out, PrinterFault::PaperOut),
            (self.cutter, PrinterFault::Cutter),
            (self.hardware, PrinterFault::Hardware),
            (self.too_hot, PrinterFault::TooHot),
            (self.offline, PrinterFault::Offline),
        ]
        .into_iter()
        .find_map(|(is, fault)| is.then_some(fault))
    }

    /// True for a byte that can be a reply to `DLE EOT` (0xx1xx10).
    #[must_use]
    pub fn is_reply(byte: u8) -> bool {
        byte & 0b1001_0011 == 0b0001_0010
    }

    /// True for a byte that can be the reply to `GS r 1` (0xx0xxxx): it is sent when everything
    /// before it was printed.
    #[must_use]
    pub fn is_finished_mark(byte: u8) -> bool {
        byte & 0b1001_0000 == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_well_without_a_fault() {
        let status = Status::from_replies([0x16, 0x12, 0x12, 0x12]).expect("well formed");
        assert_eq!(status, Status::default());
        assert_eq!(status.fault(), None);
    }

    #[test]
    fn each_bit_is_read() {
        let fault = |replies| Status::from_replies(replies).expect("well formed").fault();
        assert_eq!(
            fault([0x1e, 0x32, 0x12, 0x72]),
            Some(PrinterFault::PaperOut)
        );
        assert_eq!(
            fault([0x16, 0x12, 0x12, 0x72]),
            Some(PrinterFault::PaperOut)
        );
        assert_eq!(
            fault([0x1e, 0x36, 0x12, 0x72]),
            Some(PrinterFault::CoverOpen)
        );
        assert_eq!(fault([0x1e, 0x52, 0x1a, 0x12]), Some(PrinterFault::Cutter));
        assert_eq!(
            fault([0x1e, 0x52, 0x32, 0x12]),
            Some(PrinterFault::Hardware)
        );
        assert_eq!(fault([0x1e, 0x52, 0x52, 0x12]), Some(PrinterFault::TooHot));
        assert_eq!(fault([0x1e, 0x12, 0x12, 0x12]), Some(PrinterFault::Offline));
        let near = Status::from_replies([0x16, 0x12, 0x12, 0x1e]).expect("well formed");
        assert!(near.near_end && near.fault().is_none());
    }

    #[test]
    fn what_is_not_esc_pos_is_named() {
        assert_eq!(
            Status::from_replies([b'H', b'T', b'T', b'P']),
            Err(PrinterFault::NotEscPos)
        );
    }

    #[test]
    fn the_two_kinds_of_reply_are_never_confused() {
        for byte in 0..=255 {
            assert!(!(Status::is_reply(byte) && Status::is_finished_mark(byte)));
        }
    }
}
