//! Who there is: officers, endpoints, terminals; and by which rules and in whose stead officers sign.

pub(super) mod bundle;
pub(super) mod delegation;
pub(super) mod endpoint;
pub(super) mod officer;
pub(super) mod rules;
pub(super) mod terminal;
pub(super) mod trust;

pub(in crate::cli) use terminal::offline;
