//! Registers of residents: filled from tables later; a new kiosk gets what its station has.

use onedoor_domain::id::DeviceId;

use crate::db::Tx;
use crate::fault::Done;
use crate::hub::Hub;

impl Hub {
    /// Puts all rows that its station has into a new kiosk's mailbox.
    pub(crate) async fn send_registers(
        &self,
        _tx: &mut dyn Tx,
        _station: &str,
        _device: DeviceId,
    ) -> Done<()> {
        Ok(())
    }
}
