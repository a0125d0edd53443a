//! What a service, an answer, a case, a resident, a slip IS. Pure rules and state machines: no I/O, no GUI.

