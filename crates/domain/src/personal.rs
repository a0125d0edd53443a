//! Personal values: masked wherever they could be printed, wiped from memory when dropped.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroize;

/// A value that says something about a person.
///
/// `Debug` and `Display` never show it, so no log line, panic message or error text can carry it by accident; its
/// memory is zeroed on drop. The value is reached only through [`Personal::expose`], which is easy to look for in
/// review. `Serialize` writes the real value: it exists for the encrypted draft, never for logs.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Personal<T: Zeroize>(T);

impl<T: Zeroize> Personal<T> {
    /// Takes a value into care.
    pub fn new(value: T) -> Self {
        Personal(value)
    }

    /// The value itself; whoever calls this answers for where it goes.
    pub fn expose(&self) -> &T {
        &self.0
    }

    /// The value itself, to be changed in place.
    pub fn expose_mut(&mut self) -> &mut T {
        &mut self.0
    }

    /// Gives the value out of care.
    pub fn into_inner(mut self) -> T
    where
        T: Default,
    {
        std::mem::take(&mut self.0)
    }
}

impl<T: Zeroize> From<T> for Personal<T> {
    fn from(value: T) -> Self {
        Personal(value)
    }
}

impl From<&str> for Personal<String> {
    fn from(value: &str) -> Self {
        Personal(value.to_owned())
    }
}

impl<T: Zeroize> Drop for Personal<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Personal(***)")
    }
}

impl<T: Zeroize> fmt::Display for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<T: Zeroize + Serialize> Serialize for Personal<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Zeroize + Deserialize<'de>> Deserialize<'de> for Personal<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Personal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Form {
        _name: Personal<String>,
    }

    #[test]
    fn debug_and_display_never_show_the_value() {
        let form = Form {
            _name: Personal::from("王小花"),
        };
        assert!(!format!("{form:?}").contains('王'));
        assert!(!format!("{form:#?}").contains('王'));
        assert_eq!(Personal::from("13800000000").to_string(), "***");
    }

    #[test]
    fn the_value_is_wiped_on_drop() {
        struct Seen<'a>(&'a std::cell::Cell<bool>);
        impl Zeroize for Seen<'_> {
            fn zeroize(&mut self) {
                self.0.set(true);
            }
        }
        let wiped = std::cell::Cell::new(false);
        drop(Personal::new(Seen(&wiped)));
        assert!(wiped.get());
    }

    #[test]
    fn a_draft_can_hold_it() {
        let name = Personal::from("王小花");
        let json = serde_json::to_string(&name).unwrap();
        assert_eq!(
            serde_json::from_str::<Personal<String>>(&json).unwrap(),
            name
        );
    }
}
