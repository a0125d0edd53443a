//! Printer, scanner, speaker, microphone, camera and keys: a trait each, real drivers and virtual ones.
//!
//! - [`slip_raster`] draws a slip, [`printer`] prints it, [`escpos_reader`] is a printer made of software.
//! - [`scanner`] reads codes from a serial hand scanner and from pictures; [`camera`] takes photos with the same camera.
//! - [`sound`] speaks prompts and plays recordings; [`microphone`] makes them, in chunks that can be kept one by one.
//! - [`keys`] reads hand scanners that type, number pads and call buttons from their own devices.
//!
//! Every fault has a stable code (`PRN-001`, `SCN-001`) with a sentence and a fix for the technician;
//! what a resident is told is worded by the kiosk, by the fault's stable name.

pub mod camera;
pub mod error;
pub mod escpos_reader;
pub mod keys;
pub mod microphone;
pub mod printer;
pub mod raster;
pub mod scanner;
pub mod slip_raster;
pub mod sound;

pub use error::DeviceError;
pub use raster::Raster;
