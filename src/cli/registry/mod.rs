//! What there is: units, reservists, equipment.

pub(super) mod equipment;
mod erase;
mod import;
mod listing;
pub(super) mod reservist;
pub(super) mod unit;
