//! What there is: units, reservists, equipment.

pub(super) mod equipment;
mod erase;
mod import;
pub(super) mod reservist;
pub(super) mod unit;
