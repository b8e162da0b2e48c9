//! A sound ledger is found sound; and what a server's operator, a terminal or a thief of a backup may
//! do to one is found, for the reason that it is wrong. The operator holds the ledger's key, and signs a
//! new head over whatever the ledger then says.

mod attacks;
mod evidence;
mod stage;
