//! Devices against their hardware, or what stands in for it.

mod alsa;
mod camera;
mod decoder;
mod keys;
mod machine;
mod microphone;
mod printer_contract;
mod readability;
mod scanner;
mod serial_printers;
mod slip;
mod sound;
mod speak;
mod voices;
