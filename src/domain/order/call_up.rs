//! What a signed order says of its call-up lists: whose they are, how many they call, and the root
//! under which they lie. The lists themselves are elsewhere, each unit's its own.

use jiff::civil::Date;

use crate::domain::ids::{OrderId, ReserveUnitCode};

/// Most leaves under one root: a page for each of several thousand units, or the largest communes'
/// pages by the hundred.
pub const LEAVES_MAX: u32 = 4_096;
/// Most people and items that one order calls by name: an order takes a batch of the store, which
/// holds some 20,000 rows.
pub const CALLED_MAX: u32 = 20_000;

/// An order's call-up lists, as signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallUp {
    /// The order under whose draft the lists were frozen: this one, or the one it updates.
    pub frozen_by: OrderId,
    /// The day for which age and status were judged.
    pub as_of: Date,
    /// The reserve unit whose plan is called; none for required strength.
    pub plan: Option<ReserveUnitCode>,
    /// People called.
    pub people: u32,
    /// Items called.
    pub equipment: u32,
    /// Leaves of the tree, the summary included.
    pub leaves: u32,
    /// The root over the leaves.
    pub root: [u8; 32],
}

impl CallUp {
    /// Whether the numbers can be true of any lists.
    pub fn is_possible(&self) -> bool {
        let called = self.people.checked_add(self.equipment);
        (2..=LEAVES_MAX).contains(&self.leaves)
            && called.is_some_and(|called| (1..=CALLED_MAX).contains(&called))
    }
}
