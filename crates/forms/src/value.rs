//! An answer, as the kiosk gives it and gets it back.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// An answer to one question. It is personal: `Debug` shows only what kind it is, there is no `Display`.
#[derive(Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum Value {
    /// Not answered.
    #[default]
    Empty,
    /// Typed text; a barcode's content. Given to a number or date question it is read as one.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number with decimals.
    Decimal(f64),
    /// A calendar date.
    Date(Date),
    /// The name of the one choice taken.
    One(String),
    /// The names of the choices taken, in the order of the list.
    Many(Vec<String>),
    /// An acknowledgement was given (stored as `OK`).
    Acknowledged,
    /// A recording or picture: the file name under which the kiosk keeps it.
    File(String),
    /// Whether one more entry of a repeat is wanted; only for `PageKind::AddAnother`.
    Another(bool),
}

impl Value {
    /// Whether there is no answer.
    pub fn is_empty(&self) -> bool {
        match self {
            Value::Empty => true,
            Value::Text(t) | Value::One(t) | Value::File(t) => t.is_empty(),
            Value::Many(names) => names.is_empty(),
            _ => false,
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Value::Empty => "Empty",
            Value::Text(_) => "Text(…)",
            Value::Integer(_) => "Integer(…)",
            Value::Decimal(_) => "Decimal(…)",
            Value::Date(_) => "Date(…)",
            Value::One(_) => "One(…)",
            Value::Many(_) => "Many(…)",
            Value::Acknowledged => "Acknowledged",
            Value::File(_) => "File(…)",
            Value::Another(_) => "Another(…)",
        })
    }
}
