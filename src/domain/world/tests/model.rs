//! Random lives of a province against a model so plain that it can be read at one sitting.
//!
//! After each step the world and the model agree on whether it may happen, the invariants hold, the
//! counts are those of the model, and what is in force is what a walk over everything finds. At the
//! end, and wherever a replay falls, the ledger's leaves read back make the same world.

mod ops;
mod plain;

use std::collections::{BTreeMap, BTreeSet};

use proptest::test_runner::TestRunner;

use super::support::*;
use crate::domain::ids::OrderId;
use crate::domain::order::handling::Handling;
use crate::domain::order::{Order, ReferenceKind};
use crate::domain::world::{Actor, Command, Decision, Refusal};
use crate::evidence::envelope::Signature;
use ops::{FACTS, KeyChoice, OFFICERS, Op, ops};
use plain::{Model, Plain, decided, follows};

/// Lives of fifty steps each.
const CASES: u32 = 1_000;

impl Model {
    fn remember(&mut self, order: &Order, changes: Option<(usize, ReferenceKind)>) -> usize {
        let drafter = OFFICERS.iter().position(|name| id(name) == order.drafted_by);
        self.orders.push(Plain {
            id: order.id,
            handling: order.handling,
            drafter: drafter.expect("one of ours"),
            changes,
            not_after: order.not_after,
            signers: BTreeMap::new(),
            issued: false,
            is_form: false,
            replaced: false,
            heard: Default::default(),
        });
        self.orders.len() - 1
    }

    fn mark_issued(&mut self, index: usize) {
        self.orders[index].issued = true;
        if let Some((target, _kind)) = self.orders[index].changes {
            self.orders[target].replaced = true;
        }
        let plain = &self.orders[index];
        let file = self.p.file(&plain.id);
        // Who truly signed, found without the code under test: by trying every officer's keys.
        let truly = |officer: &str| {
            let second = (officer == "commander").then(|| key(12));
            let keys = [Some(key_for(officer, plain.handling)), second];
            keys.iter().flatten().any(|key| file.envelope.verify_with(&key.public()).is_ok())
        };
        let mut persons: Vec<&str> = OFFICERS.into_iter().filter(|name| truly(name)).collect();
        if plain.handling == Handling::Actual {
            if !file.order.is_cancel() {
                persons.retain(|name| *name != OFFICERS[plain.drafter]);
            }
            assert!(persons.len() >= 2, "issued with {persons:?}");
        }
        assert!(!persons.is_empty());
    }

    /// An order by its age, the newest at 0; none before the first.
    fn by_age(&self, age: usize) -> Option<usize> {
        let count = self.orders.len();
        (count > 0).then(|| count - 1 - age % count)
    }

    fn step(&mut self, op: &Op) {
        let about = match op {
            Op::DraftChange { target: age, .. }
            | Op::Change { target: age, .. }
            | Op::Sign { order: age, .. }
            | Op::Issue { order: age }
            | Op::Push { order: age }
            | Op::Answer { order: age, .. } => self.by_age(*age),
            Op::Draft { .. } | Op::Advance { .. } | Op::Retire { .. } | Op::Replay => None,
        };
        match about {
            Some(order) => self.step_of(order, op),
            None => self.step_of_all(op),
        }
    }

    fn step_of(&mut self, order: usize, op: &Op) {
        match op {
            Op::DraftChange { kind, .. } => self.change(order, *kind, None),
            Op::Change { kind, signers, .. } => self.change(order, *kind, Some(signers)),
            Op::Sign { officer, choice, .. } => self.sign(order, *officer, *choice),
            Op::Push { .. } => {
                self.sign(order, 1, KeyChoice::Right);
                self.sign(order, 2, KeyChoice::Right);
                self.issue(order);
            }
            Op::Issue { .. } => self.issue(order),
            Op::Answer { endpoint, fact, ahead, .. } => {
                self.answer(order, *endpoint, *fact, *ahead);
            }
            Op::Draft { .. } | Op::Advance { .. } | Op::Retire { .. } | Op::Replay => {}
        }
    }

    fn issue(&mut self, index: usize) {
        let plain = &self.orders[index];
        let expected = self.open(index)
            && Self::enough(Self::places(plain), &self.counting(plain))
            && self.target_stands(plain);
        let taken = self.p.issue(plain.id);
        assert_eq!(taken.is_ok(), expected, "{taken:?}");
        if expected {
            self.mark_issued(index);
        }
    }

    fn step_of_all(&mut self, op: &Op) {
        match op {
            Op::Draft { handling, drafter } => {
                let order = Order { drafted_by: id(OFFICERS[*drafter]), ..self.p.order(*handling) };
                let taken = self.p.draft(&order);
                assert_eq!(taken.is_ok(), !self.retired.contains(drafter), "{taken:?}");
                if taken.is_ok() {
                    self.remember(&order, None);
                }
            }
            Op::Advance { minutes } => self.p.pass(minutes * MINUTE),
            Op::Retire { officer } => self.retire(*officer),
            Op::Replay => {
                assert_eq!(self.p.replayed(), self.p.world);
                self.p.world = self.p.replayed();
            }
            _about_an_order => {}
        }
    }

    /// A cancel or update of an order, by the duty officer: as a draft, or signed and in one step.
    fn change(&mut self, target: usize, kind: ReferenceKind, signers: Option<&Vec<usize>>) {
        let Some(earlier) = self.orders.get(target).map(|plain| plain.id) else { return };
        let order = Order { drafted_by: id("duty"), ..self.p.follow_up(&earlier, kind) };
        let index = self.remember(&order, Some((target, kind)));
        let sound = !self.retired.contains(&3) && self.target_stands(&self.orders[index]);
        let (taken, expected): (Result<(), Refusal>, bool) = match signers {
            None => {
                let form = !self.retired.contains(&3) && self.takes_a_form(&self.orders[index]);
                self.orders[index].is_form = form;
                (self.p.draft(&order).map(|_order| ()), sound || form)
            }
            Some(signers) => {
                let now = self.p.now;
                self.orders[index].signers = signers.iter().map(|who| (*who, now)).collect();
                let plain = &self.orders[index];
                let enough = Self::enough(Self::places(plain), &self.counting(plain));
                let keys: Vec<_> =
                    signers.iter().map(|s| key_for(OFFICERS[*s], order.handling)).collect();
                (self.p.issue_signed(&order, &keys).map(|_events| ()), sound && enough)
            }
        };
        assert_eq!(taken.is_ok(), expected, "{taken:?}");
        if taken.is_err() {
            self.orders.pop();
        } else if signers.is_some() {
            self.mark_issued(index);
        }
    }

    fn sign(&mut self, index: usize, officer: usize, choice: KeyChoice) {
        let (order, handling) = (self.orders[index].id, self.orders[index].handling);
        let (actual, name) = (handling == Handling::Actual, OFFICERS[officer]);
        let other = if actual { Handling::Exercise } else { Handling::Actual };
        // Whoever calls carries it; it is its maker's.
        let commander = OFFICERS.iter().position(|own| *own == "commander").expect("one of them");
        let (officer, key, holds) = match choice {
            KeyChoice::Right | KeyChoice::Forged => (officer, key_for(name, handling), true),
            KeyChoice::OfTheOtherUse => (officer, key_for(name, other), false),
            KeyChoice::Second => (commander, key(12), actual),
        };
        let mut signature = signature(&self.p.file(&order).envelope, &key);
        let forged = matches!(choice, KeyChoice::Forged);
        if forged {
            signature = Signature { bytes: [officer.try_into().expect("few"); 64], ..signature };
        }
        let plain = &self.orders[index];
        let mut together = self.counting_with(plain, Some(self.p.now));
        let fresh = !together.contains(&officer);
        together.push(officer);
        let places = Self::places(plain);
        let seated = together.len() < places.len() || Self::enough(places, &together);
        let expected = holds
            && !forged
            && fresh
            && seated
            && self.open(index)
            && self.may_sign(plain, officer);
        let taken = self.p.does(&self::officer(name), Command::AddSignature { order, signature });
        assert_eq!(taken.is_ok(), expected, "{taken:?}");
        if expected {
            let now = self.p.now;
            self.orders[index].signers.insert(officer, now);
        }
    }

    fn answer(&mut self, index: usize, endpoint: u32, fact: Option<usize>, ahead: u32) {
        let order = self.orders[index].id;
        let slot = usize::try_from(endpoint - 1).expect("few");
        let heard = self.orders[index].heard.get(slot).map_or(&[][..], |heard| heard);
        let fact =
            fact.or_else(|| (0..FACTS.len()).find(|fact| follows(heard, *fact))).unwrap_or(5);
        let mut answer = self.p.answer(order, endpoint, FACTS[fact]);
        answer.number += ahead;
        let repeat = self.p.take(answer.clone());
        let plain = &mut self.orders[index];
        let expected = plain.issued && ahead == 0 && slot < 4 && follows(&plain.heard[slot], fact);
        assert_eq!(repeat.is_ok(), expected, "{repeat:?}");
        if expected {
            plain.heard[slot].push(fact);
            let again = self.p.take(answer);
            assert!(matches!(again, Ok(Decision::Repeated { .. })), "{again:?}");
        }
    }

    fn retire(&mut self, officer: usize) {
        // A bundle without a signer and an approver left would stop the story.
        if officer == 1 || !self.retired.insert(officer) {
            return;
        }
        let mut next = self.p.world.trust().expect("in force").bundle.clone();
        next.version += 1;
        next.officers[officer].retired_at = Some(self.p.now);
        let publish = Command::PublishTrust(trust(&next, &[201, 202]));
        self.p.does(&Actor::Server, publish).expect("newer and signed");
    }

    fn agree(&self) {
        for plain in &self.orders {
            let counts = self.p.file(&plain.id).counts;
            let whose = |wanted: fn(&[usize]) -> bool| {
                let count = plain.heard.iter().filter(|heard| wanted(heard)).count();
                u32::try_from(count).expect("few")
            };
            assert_eq!(counts.endpoints, 4);
            assert_eq!(counts.delivered, whose(|heard| heard.contains(&0)));
            assert_eq!(counts.opened, whose(|heard| heard.contains(&1)));
            assert_eq!(counts.acknowledged, whose(|heard| heard.contains(&2)));
            assert_eq!(counts.accepted, whose(|heard| decided(heard) == Some(3)));
            assert_eq!(counts.declined, whose(|heard| decided(heard) == Some(4)));
            assert_eq!(counts.completed, whose(|heard| heard.contains(&6)));
            assert_eq!(counts.unreached(), whose(<[usize]>::is_empty));
            let silent = whose(|heard| heard.contains(&0) && !heard.contains(&2));
            assert_eq!(counts.silent(), silent);
        }
        let current: BTreeSet<OrderId> =
            self.p.world.current(self.p.now).map(|file| file.order.id).collect();
        let in_force =
            |plain: &&Plain| plain.issued && !plain.replaced && self.p.now <= plain.not_after;
        let expected: BTreeSet<OrderId> =
            self.orders.iter().filter(in_force).map(|plain| plain.id).collect();
        assert_eq!(current, expected);
        let issued = self.orders.iter().filter(|plain| plain.issued).count();
        assert_eq!(self.p.world.issued_after(0).count(), issued);
    }
}

/// Gives how many actual orders and drills were issued, how many orders replaced, answers taken, and
/// endpoints left silent.
fn lives_as_the_model_says(start: &Province, ops: &[Op]) -> [usize; 5] {
    let mut model = Model { p: start.clone(), orders: Vec::new(), retired: BTreeSet::new() };
    for op in ops {
        model.step(op);
        model.agree();
    }
    assert_eq!(model.p.replayed(), model.p.world, "the ledger's leaves make the same world");
    let count = |wanted: fn(&Plain) -> bool| model.orders.iter().filter(|o| wanted(o)).count();
    let heard = || model.orders.iter().flat_map(|plain| &plain.heard);
    [
        count(|plain| plain.issued && plain.handling == Handling::Actual),
        count(|plain| plain.issued && plain.handling != Handling::Actual),
        count(|plain| plain.replaced),
        heard().map(Vec::len).sum(),
        heard().filter(|heard| heard.contains(&0) && !heard.contains(&2)).count(),
    ]
}

#[test]
fn fifty_thousand_random_steps_agree_with_the_model() {
    let start = Province::new();
    let totals = std::cell::RefCell::new([0; 5]);
    TestRunner::new(crate::wire::tests::samples::cases(CASES))
        .run(&ops(), |ops| {
            let seen = lives_as_the_model_says(&start, &ops);
            totals.borrow_mut().iter_mut().zip(seen).for_each(|(total, seen)| *total += seen);
            Ok(())
        })
        .expect("the world and the model agree");
    // Nothing is proven by lives in which nothing happens.
    let totals = totals.into_inner();
    let least = [300, 500, 100, 1_500, 900];
    assert!(totals.iter().zip(least).all(|(total, least)| *total >= least), "{totals:?}");
}
