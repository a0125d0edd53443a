//! Tests of the forms crate from outside.

mod bundle;
mod bundle_example;
mod compiling;
mod eligible;
mod example_services;
mod example_support;
mod filling;
mod parts;
mod repeats;
mod station;
mod station_support;
mod support;
mod when;
mod xlsform_cases;
mod xpath_cases;
mod xpath_random;
