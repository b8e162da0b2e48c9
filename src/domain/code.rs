//! What kind of trouble an error is, in words that no transport owns.
//!
//! Every error of the pure and moving floors says its code; the doors map codes to statuses once.

/// The kind of an error. The first seven are the caller's to mend, the next two may be tried again
/// later, the last means that a person must look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// What was sent can never be right.
    Invalid,
    /// Nothing goes by that name.
    NotFound,
    /// It is there already.
    Exists,
    /// Right in itself, but not in the present state.
    Precondition,
    /// The caller may not.
    Denied,
    /// Who the caller is was not shown.
    Unauthenticated,
    /// The caller's view is old: read again, then decide.
    Aborted,
    /// Past the end of what is there.
    OutOfRange,
    /// A bound was reached; try again later or ask for less.
    Exhausted,
    /// Not now; try again.
    Unavailable,
    /// This node is at fault.
    Internal,
}

impl Code {
    /// Whether the very same call may succeed later.
    pub const fn retryable(self) -> bool {
        matches!(self, Self::Exhausted | Self::Unavailable)
    }
}
