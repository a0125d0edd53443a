//! Registers of residents, for "fill once": what the county knows is shown and confirmed, never asked again (R3).

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use super::Private;

/// Rows of one register. Each row stands for itself: a later row for the same person takes the place of the earlier.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct ResidentsMail {
    /// Id of the register: `residents`, `medical-insurance` …
    #[n(0)]
    pub register: String,
    /// Its name, by language (BCP 47).
    #[n(1)]
    pub name: BTreeMap<String, String>,
    /// The day it was drawn up, `2026-11-01`: shown with what is offered.
    #[n(2)]
    pub as_of: String,
    /// The rows.
    #[n(3)]
    pub rows: Vec<ResidentRow>,
}

/// What a register says of one person.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct ResidentRow {
    /// ID number (GB 11643), as the person types it.
    #[n(0)]
    pub id_number: Private,
    /// Fields by the names that forms fill from; `None`: the person left the register.
    #[n(1)]
    pub fields: Option<BTreeMap<String, Private>>,
}
