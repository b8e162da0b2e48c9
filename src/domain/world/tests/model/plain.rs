//! The model: what it knows of an order, and the rules in their plainest words.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::ids::OrderId;
use crate::domain::instant::Instant;
use crate::domain::order::ReferenceKind;
use crate::domain::order::handling::Handling;
use crate::domain::world::tests::support::Province;

/// What the model knows of an order.
#[derive(Debug)]
pub(super) struct Plain {
    pub(super) id: OrderId,
    pub(super) handling: Handling,
    pub(super) drafter: usize,
    pub(super) changes: Option<(usize, ReferenceKind)>,
    pub(super) not_after: Instant,
    /// Who signed, and when last.
    pub(super) signers: BTreeMap<usize, Instant>,
    pub(super) issued: bool,
    /// Whether it cancels what was not issued when it was drafted.
    pub(super) is_form: bool,
    pub(super) replaced: bool,
    pub(super) heard: [Vec<usize>; 4],
}

pub(super) struct Model {
    pub(super) p: Province,
    pub(super) orders: Vec<Plain>,
    pub(super) retired: BTreeSet<usize>,
}

/// The roles, as one letter each: signer, approver, duty.
const fn roles(officer: usize) -> &'static str {
    ["sa", "sa", "a", "d", "s", ""][officer]
}

impl Model {
    /// The places of the rule that covers an order, each by the letters that may fill it.
    pub(super) fn places(plain: &Plain) -> &'static [&'static str] {
        let cancel = matches!(plain.changes, Some((_target, ReferenceKind::Cancel)));
        match (plain.handling == Handling::Actual, cancel) {
            (true, false) => &["s", "a"],
            (true, true) => &["sa", "sad"],
            (false, false) => &["s"],
            (false, true) => &["sad"],
        }
    }

    pub(super) fn fits(officer: usize, place: &str) -> bool {
        roles(officer).chars().any(|role| place.contains(role))
    }

    pub(super) fn may_sign(&self, plain: &Plain, officer: usize) -> bool {
        let cancel = matches!(plain.changes, Some((_target, ReferenceKind::Cancel)));
        let shut_out = plain.handling == Handling::Actual && !cancel && plain.drafter == officer;
        !shut_out
            && !self.retired.contains(&officer)
            && Self::places(plain).iter().any(|place| Self::fits(officer, place))
    }

    pub(super) fn counting(&self, plain: &Plain) -> Vec<usize> {
        self.counting_with(plain, None)
    }

    /// Those who count beside a signature that comes at a time: under what is actual none came more
    /// than half an hour before the last.
    pub(super) fn counting_with(&self, plain: &Plain, coming: Option<Instant>) -> Vec<usize> {
        let may = plain.signers.iter().filter(|(officer, _at)| self.may_sign(plain, **officer));
        let newest = coming.or_else(|| may.clone().map(|(_officer, at)| *at).max());
        let actual = plain.handling == Handling::Actual;
        let in_time = may.filter(|(_officer, at)| {
            !actual || newest.is_none_or(|newest| newest.millis_since(**at) <= 30 * 60_000)
        });
        in_time.map(|(officer, _at)| *officer).collect()
    }

    pub(super) fn enough(places: &[&str], persons: &[usize]) -> bool {
        let Some((first, rest)) = places.split_first() else { return true };
        persons.iter().any(|person| {
            let others: Vec<usize> = persons.iter().copied().filter(|p| p != person).collect();
            Self::fits(*person, first) && Self::enough(rest, &others)
        })
    }

    pub(super) fn target_stands(&self, plain: &Plain) -> bool {
        plain.changes.is_none_or(|(target, _kind)| {
            let target = &self.orders[target];
            let is_cancel = matches!(target.changes, Some((_earlier, ReferenceKind::Cancel)));
            target.issued && !target.replaced && !is_cancel
        })
    }

    /// Whether a cancel may be drafted for an order that waits to be issued.
    pub(super) fn takes_a_form(&self, plain: &Plain) -> bool {
        let Some((target, ReferenceKind::Cancel)) = plain.changes else { return false };
        let forms =
            self.orders.iter().filter(|other| other.is_form && other.changes == plain.changes);
        let is_cancel =
            matches!(self.orders[target].changes, Some((_earlier, ReferenceKind::Cancel)));
        self.open(target) && !is_cancel && forms.count() < 4
    }

    pub(super) fn open(&self, index: usize) -> bool {
        !self.orders[index].issued && self.p.now <= self.orders[index].not_after
    }
}

pub(super) fn decided(heard: &[usize]) -> Option<usize> {
    heard.iter().copied().rfind(|fact| matches!(fact, 3 | 4))
}

/// Whether a fact may follow what was heard: delivered, opened, acknowledged, then accepted and
/// declined in turn, numbers once accepted, done once accepted, and after that numbers only.
pub(super) fn follows(heard: &[usize], fact: usize) -> bool {
    let done = heard.contains(&6);
    match fact {
        0 => heard.is_empty(),
        1 => heard == [0],
        2 => heard == [0, 1],
        3 | 4 => !done && heard.contains(&2) && decided(heard) != Some(fact),
        5 => decided(heard) == Some(3),
        6 => !done && decided(heard) == Some(3),
        other => panic!("there is no fact {other}"),
    }
}
