//! Browser pages for staff and officials.
