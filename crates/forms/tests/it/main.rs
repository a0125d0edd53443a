//! Tests of the forms crate from outside.

mod bundle;
mod bundle_example;
mod compiling;
mod example_services;
mod example_support;
mod filling;
mod repeats;
mod station;
mod station_support;
mod support;
mod xlsform_cases;
mod xpath_cases;
mod xpath_random;
