//! XLSForm to checked form, expressions, the station bundle; no I/O.
