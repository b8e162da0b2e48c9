//! Who there is: officers, endpoints, terminals.

pub(super) mod bundle;
pub(super) mod endpoint;
pub(super) mod officer;
pub(super) mod terminal;
