//! What there is: units, reservists, equipment, bases, enterprises, activities.

pub(super) mod code_list;
pub(super) mod equipment;
mod erase;
pub(super) mod force;
pub(in crate::cli) mod import;
mod listing;
pub(super) mod reservist;
mod transfer;
pub(super) mod unit;
mod update;
