//! Tests of the forms crate from outside.

mod support;
mod xpath_cases;
