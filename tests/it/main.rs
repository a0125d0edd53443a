//! The whole kiosk: pages in process, the program in a real window, and the program killed at every page.

mod behaviour;
mod county;
mod county_open;
mod county_pinned;
mod county_renewed;
mod end_to_end;
mod faults;
mod kill;
mod pages;
mod people;
mod place;
mod record;
mod resident;
mod ways;
