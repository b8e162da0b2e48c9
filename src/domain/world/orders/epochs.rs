//! What a restored backup leaves behind: orders of an earlier epoch, and numbers that papers carry
//! and the backup does not know.
//!
//! A terminal refuses what is of an earlier epoch than its trust bundle names. Such an order is not
//! sent any more, and stays marked until an update or a cancel of this epoch stands in its place.

use std::collections::BTreeMap;

use crate::domain::instant::Instant;
use crate::domain::order::ReferenceKind;
use crate::domain::order::handling::Handling;
use crate::domain::world::{Event, NumberTaken, OrderFile, Refusal, World};

/// Furthest that the papers can be ahead of a backup: more is a slip of the finger, and would burn
/// the series.
const NUMBERS_AHEAD_MAX: u32 = 1_000;

impl World {
    /// Whether an order in force was issued in an earlier epoch and must be issued again, so that
    /// terminals that do not have it can believe it.
    pub fn must_be_issued_again(&self, file: &OrderFile, now: Instant) -> bool {
        let replaced = |file: &OrderFile| {
            // A cancel that another cancel of the same order took over from.
            let cancelled = file.order.reference.as_ref().filter(|_cancel| file.order.is_cancel());
            let earlier = cancelled.and_then(|reference| self.orders.get(&reference.order));
            earlier.is_some_and(|earlier| {
                earlier.replaced_by.is_none_or(|(by, _kind)| by != file.order.id)
            })
        };
        file.order.epoch < self.epoch && file.is_current(now) && !replaced(file)
    }

    /// All orders that must be issued again, oldest first.
    pub fn to_be_issued_again(&self, now: Instant) -> impl Iterator<Item = &OrderFile> {
        self.current(now).filter(move |file| self.must_be_issued_again(file, now))
    }

    /// Whether a terminal with the bundle in force would believe the order, as far as its epoch
    /// goes. Until the bundle names the new epoch, terminals still believe the old one.
    pub fn is_believed(&self, file: &OrderFile) -> bool {
        self.trust.as_ref().is_none_or(|trust| file.order.epoch >= trust.bundle.epoch)
    }

    /// Whether an order was cancelled in an earlier epoch only: whoever missed that cancel would not
    /// believe it any more, so it may be cancelled again.
    pub(super) fn is_cancelled_before_this_epoch(&self, file: &OrderFile) -> bool {
        let Some((by, ReferenceKind::Cancel)) = file.replaced_by else { return false };
        self.orders.get(&by).is_some_and(|cancel| cancel.order.epoch < self.epoch)
    }

    pub(in crate::domain::world) fn begin_epoch(
        &self,
        last_numbers: &BTreeMap<Handling, u32>,
        now: Instant,
    ) -> Result<Vec<Event>, Refusal> {
        let year = now.year_in_vietnam();
        let mut numbers_taken = Vec::new();
        for (handling, number) in last_numbers {
            let next = self.next_number(*handling, year);
            if number.saturating_sub(next) >= NUMBERS_AHEAD_MAX {
                return Err(Refusal::Invalid {
                    reason: "a last number is more than 1,000 ahead of the backup: check it",
                });
            }
            if *number >= next {
                numbers_taken.push(NumberTaken { handling: *handling, year, number: *number });
            }
        }
        Ok(vec![Event::EpochBegun { epoch: self.epoch.saturating_add(1), numbers_taken }])
    }
}
