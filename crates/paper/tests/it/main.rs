//! Printed pages: laid out without a flaw, with what they must say, and read back from the PDF by programs of others.

mod calendar;
mod cards;
mod forms;
mod pdf;
mod relevant;
mod support;
mod words;
