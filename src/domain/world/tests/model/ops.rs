//! What may happen in a life, and how often.

use proptest::prelude::*;

use crate::domain::order::ReferenceKind;
use crate::domain::order::delivery::{DeclineReason, Fact, Strength};
use crate::domain::order::handling::Handling;

pub(super) const STEPS: usize = 50;

pub(super) const OFFICERS: [&str; 6] =
    ["clerk", "commander", "commissar", "duty", "deputy", "auditor"];
pub(super) const FACTS: [Fact; 7] = [
    Fact::Delivered,
    Fact::Opened,
    Fact::Acknowledged,
    Fact::Accepted,
    Fact::Declined(DeclineReason::RoadCut),
    Fact::Strength(Strength {
        called: 9,
        reached: 8,
        will_come: 7,
        arrived: 6,
        excused: 1,
        unexcused: 2,
        equipment_called: 3,
        equipment_arrived: 3,
    }),
    Fact::Completed,
];

#[derive(Debug, Clone, Copy)]
pub(super) enum KeyChoice {
    Right,
    OfTheOtherUse,
    Second,
    Forged,
}

#[derive(Debug, Clone)]
pub(super) enum Op {
    Draft {
        handling: Handling,
        drafter: usize,
    },
    DraftChange {
        target: usize,
        kind: ReferenceKind,
    },
    Sign {
        order: usize,
        officer: usize,
        choice: KeyChoice,
    },
    Issue {
        order: usize,
    },
    Change {
        target: usize,
        kind: ReferenceKind,
        signers: Vec<usize>,
    },
    /// Two officers sign and it is issued, where that may be.
    Push {
        order: usize,
    },
    /// A fact, or the next one that makes sense.
    Answer {
        order: usize,
        endpoint: u32,
        fact: Option<usize>,
        ahead: u32,
    },
    Advance {
        minutes: i64,
    },
    Retire {
        officer: usize,
    },
    Replay,
}

pub(super) fn ops() -> impl Strategy<Value = Vec<Op>> {
    let handling = prop::sample::select(vec![
        Handling::Actual,
        Handling::Actual,
        Handling::Exercise,
        Handling::Test,
    ]);
    let kind = prop::sample::select(vec![ReferenceKind::Cancel, ReferenceKind::Update]);
    let choice = prop::sample::select(vec![
        KeyChoice::Right,
        KeyChoice::Right,
        KeyChoice::Right,
        KeyChoice::Right,
        KeyChoice::OfTheOtherUse,
        KeyChoice::Second,
        KeyChoice::Forged,
    ]);
    // Counted from the newest, which most of what happens is about.
    let (order, who) = (0..4_usize, 0..OFFICERS.len());
    let signers = prop::collection::vec(0..OFFICERS.len(), 0..4);
    let facts = prop_oneof![3 => Just(None), 2 => (0..FACTS.len()).prop_map(Some)];
    let op = prop_oneof![
        3 => (handling, who.clone()).prop_map(|(handling, drafter)| Op::Draft { handling, drafter }),
        1 => (order.clone(), kind.clone())
            .prop_map(|(target, kind)| Op::DraftChange { target, kind }),
        10 => (order.clone(), who.clone(), choice)
            .prop_map(|(order, officer, choice)| Op::Sign { order, officer, choice }),
        5 => order.clone().prop_map(|order| Op::Issue { order }),
        2 => (order.clone(), kind, signers)
            .prop_map(|(target, kind, signers)| Op::Change { target, kind, signers }),
        3 => order.clone().prop_map(|order| Op::Push { order }),
        24 => (order, 1..6_u32, facts, prop::sample::select(vec![0, 0, 0, 0, 0, 0, 0, 1]))
            .prop_map(|(order, endpoint, fact, ahead)| Op::Answer { order, endpoint, fact, ahead }),
        2 => (0..500_i64).prop_map(|minutes| Op::Advance { minutes }),
        1 => who.prop_map(|officer| Op::Retire { officer }),
        1 => Just(Op::Replay),
    ];
    prop::collection::vec(op, STEPS)
}
