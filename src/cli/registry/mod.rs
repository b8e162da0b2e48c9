//! What there is: units, reservists, equipment.

pub(super) mod equipment;
mod import;
mod listing;
pub(super) mod reservist;
pub(super) mod unit;
