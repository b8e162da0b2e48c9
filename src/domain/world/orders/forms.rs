//! Cancels that are signed in advance: a form for the worst case, laid down and signed beside the
//! order while its officers are at hand, so that one duty officer can call it back at night.
//!
//! A form is a draft of a cancel like any other, but for its time: its order is not issued yet. It
//! names that order's id and the digest of its bytes, so it can cancel that one and nothing else; it
//! has the order's handling, so a drill's form is none for the real thing; it takes a number of its
//! own, and is issued at most once. Its signatures are weighed as everybody's are: by the rule for
//! cancels, none withdrawn, none long before the other. Before its order is in force it cancels
//! nothing, and with the order's end it ends.

use crate::domain::ids::OrderId;
use crate::domain::instant::Instant;
use crate::domain::order::{Order, ReferenceKind};
use crate::domain::world::{OrderFile, OrderRefusal, OrderState, Refusal, World};

/// Most forms of one order: a second where the first was a slip of the pen, and room for one more.
pub const CANCEL_FORMS_MAX: usize = 4;

impl World {
    /// Whether a cancel that is being drafted is a form for an order that waits for its issue.
    pub(super) fn check_form(
        &self,
        cancel: &Order,
        earlier: &OrderFile,
        now: Instant,
    ) -> Result<bool, Refusal> {
        let is_cancel = cancel.reference.as_ref().is_some_and(|r| r.kind == ReferenceKind::Cancel);
        if !is_cancel || !waits(earlier.state(now)) {
            return Ok(false);
        }
        if earlier.cancel_forms.len() >= CANCEL_FORMS_MAX {
            let (order, reason) = (earlier.order.id, "it has as many cancel forms as it can have");
            return Err(OrderRefusal::Reference { order, reason }.into());
        }
        Ok(true)
    }

    /// The form that would cancel an order: one that has every signature it needs, else the newest
    /// that waits for some.
    pub fn cancel_form(&self, order: &OrderId, now: Instant) -> Option<&OrderFile> {
        let forms = &self.orders.get(order)?.cancel_forms;
        let open = forms.iter().rev().filter_map(|id| self.orders.get(id));
        let mut open = open.filter(|form| waits(form.state(now)));
        let newest = open.clone().next();
        open.find(|form| form.state(now) == OrderState::Signed).or(newest)
    }
}

const fn waits(state: OrderState) -> bool {
    matches!(state, OrderState::Drafted | OrderState::Signed)
}
