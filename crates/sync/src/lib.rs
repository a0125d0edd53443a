//! The wire format and the kiosk's sync engine.
