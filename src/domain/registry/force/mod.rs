//! What there is beside reservists and equipment: the forces that stand already.
//!
//! Called by the checks of records and by the doors. Invariants as in the registry: a record is made
//! only by the check of its input, and a problem never carries what was in a field.

mod force_type;

pub use force_type::{FORCE_TYPE_CHARS_MAX, ForceType, KnownForce};
