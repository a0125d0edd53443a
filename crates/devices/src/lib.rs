//! Printer, scanner, speaker: a trait each, real drivers and virtual ones.
