//! What an order clashes with: open orders to the same units, drills beside the real thing, an earlier
//! order that is not open any more. Warnings for whoever signs: nothing here forbids.
//!
//! Whom the lists call although another open order calls them is counted by the server, which alone
//! knows who stands on them (`drift` of the call-up).

use roaring::RoaringBitmap;

use crate::domain::instant::Instant;
use crate::domain::order::handling::Handling;
use crate::domain::order::{Order, ReferenceKind};

/// Another order as it bears on this one.
#[derive(Debug, Clone)]
pub(super) struct Other {
    /// What it says.
    pub(super) order: Order,
    /// Whether it was issued and is neither replaced, cancelled nor over.
    pub(super) is_open: bool,
    /// Whether it was ever issued: a draft has no number of its own yet.
    pub(super) is_issued: bool,
}

/// Every clash, a sentence each; the gravest first.
pub(super) fn clashes(order: &Order, others: &[Other], now: Instant) -> Vec<String> {
    let mut found = Vec::new();
    let replaced = order.reference.as_ref();
    if let Some(reference) = replaced {
        let earlier = others.iter().find(|other| other.order.id == reference.order);
        // A form that cancels a draft once it is in force is what it should be.
        let is_early = |other: &&Other| !other.is_issued && order.is_cancel();
        if let Some(earlier) = earlier.filter(|other| !other.is_open && !is_early(other)) {
            let verb = match reference.kind {
                ReferenceKind::Update => "replaces",
                ReferenceKind::Cancel => "cancels",
            };
            let why = if earlier.is_issued { "is not in force any more" } else { "was not issued" };
            found.push(format!("it {verb} {}, which {why}", earlier.order.number_text()));
        }
    }
    let same_number = |other: &&Other| {
        let theirs = &other.order;
        other.is_issued
            && theirs.id != order.id
            && (theirs.handling, theirs.series_year, theirs.number, theirs.epoch)
                == (order.handling, order.series_year, order.number, order.epoch)
    };
    if let Some(other) = others.iter().find(same_number) {
        found.push(format!("its number was given to order {} meanwhile", other.order.id));
    }
    if order.is_cancel() {
        return found;
    }
    let open = others.iter().filter(|other| {
        other.is_open
            && other.order.id != order.id
            && Some(other.order.id) != replaced.map(|own| own.order)
            && !other.order.is_cancel()
            && other.order.not_after >= now
    });
    let (mut real, mut rest) = (Vec::new(), Vec::new());
    for other in open {
        let both = common(&order.audience.endpoints, &other.order.audience.endpoints);
        if both == 0 {
            continue;
        }
        let number = other.order.number_text();
        if (order.handling == Handling::Actual) != (other.order.handling == Handling::Actual) {
            let what =
                if order.handling == Handling::Actual { "a drill" } else { "the REAL order" };
            real.push(format!("{what} {number} is open for {both} of the same endpoints"));
        } else if other.order.kind == order.kind && other.order.handling == order.handling {
            let kind = order.kind.as_str();
            rest.push(format!("{number}, {kind} too, is open for {both} of the same endpoints"));
        }
    }
    found.append(&mut real);
    found.append(&mut rest);
    found
}

fn common(one: &RoaringBitmap, other: &RoaringBitmap) -> u64 {
    one.intersection_len(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::OrderId;
    use crate::domain::order::{OrderKind, Reference};
    use crate::domain::world::tests::support::Province;

    fn open(order: &Order) -> Other {
        Other { order: order.clone(), is_open: true, is_issued: true }
    }

    #[test]
    fn an_open_order_to_the_same_units_is_named_and_one_that_is_over_or_elsewhere_is_not() {
        let mut p = Province::new();
        let order = p.order(Handling::Exercise);
        let now = order.drafted_at;
        let mut other = p.order(Handling::Exercise);
        (other.id, other.number) = (OrderId::from_bytes([7; 16]), order.number + 1);
        let told = clashes(&order, &[open(&other)], now);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("is open for"), "{told:?}");
        let closed = Other { is_open: false, ..open(&other) };
        assert_eq!(clashes(&order, &[closed], now), Vec::<String>::new());
        assert_eq!(clashes(&order, &[open(&other)], other.not_after.offset_by(1)), [""; 0]);
        let mut elsewhere = other.clone();
        elsewhere.audience.endpoints = [9_999].into_iter().collect();
        assert_eq!(clashes(&order, &[open(&elsewhere)], now), [""; 0]);
        other.kind = if other.kind == OrderKind::Directive {
            OrderKind::Equipment
        } else {
            OrderKind::Directive
        };
        assert_eq!(clashes(&order, &[open(&other)], now), [""; 0], "another kind");
    }

    #[test]
    fn a_drill_beside_the_real_thing_comes_first_whatever_its_kind() {
        let mut p = Province::new();
        let (drill, mut real) = (p.order(Handling::Exercise), p.order(Handling::Actual));
        real.kind = OrderKind::Industrial;
        let mut second = drill.clone();
        (second.id, second.number) = (OrderId::from_bytes([8; 16]), drill.number + 5);
        let told = clashes(&drill, &[open(&second), open(&real)], drill.drafted_at);
        assert!(told[0].starts_with("the REAL order"), "{told:?}");
        assert_eq!(told.len(), 2);
        let told = clashes(&real, &[open(&drill)], real.drafted_at);
        assert!(told[0].starts_with("a drill"), "{told:?}");
    }

    #[test]
    fn a_taken_number_and_a_replaced_order_are_named() {
        let mut p = Province::new();
        let mut order = p.order(Handling::Exercise);
        let mut same = order.clone();
        same.id = OrderId::from_bytes([9; 16]);
        same.audience.endpoints = [9_999].into_iter().collect();
        let told = clashes(&order, &[open(&same)], order.drafted_at);
        assert!(told[0].contains("number was given to order"), "{told:?}");
        let draft = Other { is_issued: false, is_open: false, ..open(&same) };
        assert_eq!(clashes(&order, &[draft], order.drafted_at), [""; 0]);
        let (kind, digest) = (ReferenceKind::Update, [0; 32]);
        order.reference = Some(Reference { kind, order: same.id, digest });
        order.number += 1;
        let gone = Other { is_open: false, ..open(&same) };
        let told = clashes(&order, &[gone], order.drafted_at);
        assert!(told[0].contains("not in force any more"), "{told:?}");
        let draft = Other { is_issued: false, is_open: false, ..open(&same) };
        let told = clashes(&order, std::slice::from_ref(&draft), order.drafted_at);
        assert!(told[0].contains("was not issued"), "{told:?}");
        order.reference = Some(Reference { kind: ReferenceKind::Cancel, order: same.id, digest });
        assert_eq!(clashes(&order, &[draft], order.drafted_at), [""; 0], "a form made beforehand");
    }
}
