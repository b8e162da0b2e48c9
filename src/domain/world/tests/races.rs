//! Approving, cancelling, revoking and expiring in random orders: whatever the way, nothing actual goes
//! out without two serving persons, neither of them its author, who signed within half an hour of each
//! other and are still who they were.
//!
//! The walk keeps a plain diary of its own (who signed what, when, as whom) and holds each issue
//! against that and against the bytes, never against the code that counts signatures. 50,000 steps
//! each time; `HOATOC_RACE_STEPS` asks for more, `HOATOC_RACE_SEED` for others.

use std::collections::BTreeMap;

use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::support::*;
use crate::domain::authority::{Delegation, Role};
use crate::domain::ids::{OfficerId, OrderId};
use crate::domain::instant::Instant;
use crate::domain::order::handling::Handling;
use crate::domain::order::{Order, ReferenceKind};
use crate::domain::world::{Actor, Command, Decision, Entry, Event, Request};
use crate::evidence::key::KeyUse;
use crate::evidence::trust::TrustBundle;

const STEPS: usize = 50_000;
const STEPS_A_LIFE: usize = 250;
const OFFICERS: [&str; 6] = ["clerk", "commander", "commissar", "duty", "deputy", "auditor"];
const SOME_ROLES: [Role; 5] =
    [Role::Signer, Role::PoliticalCommissar, Role::Approver, Role::DutyOfficer, Role::Drafter];

fn asked(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().expect("a number"))
}

/// One province, its history as the test saw it, and a source of accidents.
struct Walk {
    p: Province,
    random: ChaCha8Rng,
    orders: Vec<OrderId>,
    /// When an officer's signature under an order was last taken, and who they were.
    diary: BTreeMap<(OrderId, OfficerId), (Instant, String)>,
    issued_actual: usize,
    cancelled_actual: usize,
}

/// Who an officer is, as far as it may matter to a signature.
fn standing(bundle: &TrustBundle, officer: &OfficerId) -> String {
    let lent: Vec<&Delegation> =
        bundle.delegations.iter().filter(|lent| lent.to == *officer).collect();
    let known = bundle.officer(officer).map(|own| (&own.unit, &own.roles, &own.keys));
    format!("{known:?} {lent:?}")
}

impl Walk {
    fn new(seed: u64) -> Self {
        let (random, orders, diary) =
            (ChaCha8Rng::seed_from_u64(seed), Vec::new(), BTreeMap::new());
        let p = Province::new();
        Self { p, random, orders, diary, issued_actual: 0, cancelled_actual: 0 }
    }

    fn anybody(&mut self) -> &'static str {
        OFFICERS.choose(&mut self.random).expect("there are some")
    }

    /// One of the newest orders.
    fn some_order(&mut self) -> Option<OrderId> {
        let newest = &self.orders[self.orders.len().saturating_sub(5)..];
        newest.choose(&mut self.random).copied()
    }

    /// Decides and applies, and looks at whatever went out.
    fn does(&mut self, actor: &Actor, command: Command) -> bool {
        let request = Request { actor: actor.clone(), id: None, command };
        let Ok(Decision::Happens(events)) = self.p.world.decide(&request, self.p.now) else {
            return false;
        };
        for event in events {
            let (at, actor) = (self.p.now, actor.clone());
            let signed = match &event {
                Event::SignatureAdded { order, signature } => Some((*order, *signature)),
                _other => None,
            };
            let issued = match &event {
                Event::OrderIssued { order, .. } => Some(*order),
                _other => None,
            };
            self.p.world.apply(&Entry { at, actor, request: None, event });
            if let Some((order, signature)) = signed {
                let bundle = &self.p.world.trust().expect("in force").bundle;
                let (holder, _key) = bundle.holder_of(&signature.key_id).expect("somebody's");
                let note = (at, standing(bundle, &holder.id));
                self.diary.insert((order, holder.id.clone()), note);
            }
            if let Some(order) = issued {
                self.look_at(order);
            }
        }
        true
    }

    /// What must be true of whatever goes out.
    fn look_at(&mut self, order: OrderId) {
        let now = self.p.now;
        let file = self.p.file(&order);
        let bundle = &self.p.world.trust().expect("in force").bundle;
        assert!(now <= file.order.not_after, "issued after its end");
        if file.order.handling != Handling::Actual {
            return;
        }
        let cancels = file.order.is_cancel();
        let mut when: Vec<Instant> = Vec::new();
        for officer in &bundle.officers {
            let serves = officer.retired_at.is_none_or(|retired_at| now < retired_at);
            let is_author = !cancels && officer.id == file.order.drafted_by;
            let keys = officer.keys.iter().filter(|own| own.key_use == KeyUse::Actual);
            let mut keys = keys.filter(|own| own.valid_from <= now && now < own.valid_to);
            let signed = keys.any(|own| file.envelope.verify_with(&own.key).is_ok());
            let note = self.diary.get(&(order, officer.id.clone()));
            if let Some((at, then)) = note.filter(|_note| signed && serves && !is_author)
                && *then == standing(bundle, &officer.id)
            {
                when.push(*at);
            }
        }
        when.sort();
        let together = when.windows(2).any(|two| two[1].millis_since(two[0]) <= 30 * MINUTE);
        assert!(together, "{order} went out on {when:?} at {now:?}");
        if let Some(reference) = &file.order.reference {
            let earlier = self.p.file(&reference.order);
            assert_eq!(earlier.order.handling, Handling::Actual);
            assert!(earlier.issue.is_some() && earlier.digest == reference.digest);
            assert_eq!(earlier.replaced_by.map(|(by, _kind)| by), Some(order));
        }
        if cancels {
            self.cancelled_actual += 1;
        } else {
            self.issued_actual += 1;
        }
    }

    fn draft(&mut self) {
        let handling = if self.random.random_bool(0.8) { Handling::Actual } else { Handling::Test };
        let author = self.anybody();
        let order = Order { drafted_by: id(author), ..self.p.order(handling) };
        if self.does(&officer(author), Command::Draft(new_draft(&order))) {
            self.orders.push(order.id);
        }
    }

    /// A cancel or update, before or after the issue of what it names.
    fn draft_change(&mut self) {
        let Some(target) = self.some_order() else { return };
        let author = self.anybody();
        let kind = if self.random.random_bool(0.8) {
            ReferenceKind::Cancel
        } else {
            ReferenceKind::Update
        };
        let order = Order { drafted_by: id(author), ..self.p.follow_up(&target, kind) };
        if self.random.random_bool(0.5) {
            let signers = self.random.random_range(0..4);
            let keys: Vec<_> =
                (0..signers).map(|_one| key_for(self.anybody(), order.handling)).collect();
            let draft = signed_draft(&order, &keys);
            let by = self.anybody();
            if self.does(&officer(by), Command::IssueSigned(draft)) {
                self.orders.push(order.id);
            }
        } else if self.does(&officer(author), Command::Draft(new_draft(&order))) {
            self.orders.push(order.id);
        }
    }

    fn sign(&mut self) {
        let (Some(order), name) = (self.some_order(), self.anybody()) else { return };
        let file = self.p.file(&order);
        let second = name == "commander" && self.random.random_bool(0.2);
        let key = if second { key(12) } else { key_for(name, file.order.handling) };
        let signature = signature(&file.envelope, &key);
        self.does(&officer(name), Command::AddSignature { order, signature });
    }

    fn issue(&mut self) {
        let (Some(order), by) = (self.some_order(), self.anybody()) else { return };
        self.does(&officer(by), Command::Issue { order, traceparent: String::new() });
    }

    /// The usual way, so that enough goes out: two who may sign, and the issue.
    fn push(&mut self) {
        let Some(order) = self.some_order() else { return };
        for name in ["commander", "commissar", "deputy"] {
            let file = self.p.file(&order);
            let signature = signature(&file.envelope, &key_for(name, file.order.handling));
            self.does(&officer(name), Command::AddSignature { order, signature });
            self.p.pass(MINUTE);
        }
        self.does(&officer("duty"), Command::Issue { order, traceparent: String::new() });
    }

    /// A new bundle: somebody retires or comes back, or has another unit, role, key or delegation.
    fn revoke(&mut self) {
        let mut next = self.p.world.trust().expect("in force").bundle.clone();
        next.version += 1;
        next.issued_at = self.p.now;
        let now = self.p.now;
        let who = self.random.random_range(0..next.officers.len());
        let other = (who + self.random.random_range(1..OFFICERS.len())) % OFFICERS.len();
        let role = *SOME_ROLES.choose(&mut self.random).expect("there are some");
        let (from, to) = (next.officers[who].id.clone(), next.officers[other].id.clone());
        let own = &mut next.officers[who];
        match self.random.random_range(0..6) {
            0 => own.retired_at = Some(now),
            1 => own.retired_at = None,
            2 => {
                if !own.roles.remove(&role) || own.roles.is_empty() {
                    own.roles.insert(role);
                }
            }
            3 => {
                own.unit =
                    if own.unit.as_str() == "11" { "KV1" } else { "11" }.parse().expect("code")
            }
            4 => {
                let first = &mut own.keys[0];
                first.valid_to = if first.valid_to > now { now } else { now.offset_by(400 * DAY) };
                if first.valid_to <= first.valid_from {
                    first.valid_from = now.offset_by(-DAY);
                }
            }
            _delegation if next.delegations.len() > 3 => next.delegations.clear(),
            _delegation => next.delegations.push(Delegation {
                from,
                to,
                roles: [role, Role::Signer].into(),
                handling: None,
                kinds: Default::default(),
                units: Default::default(),
                document: format!("{}/QĐ", next.version),
                valid_from: now,
                valid_to: now.offset_by(2 * HOUR),
            }),
        }
        self.does(&Actor::Server, Command::PublishTrust(trust(&next, &[201, 202])));
    }

    fn step(&mut self) {
        match self.random.random_range(0..100) {
            0..12 => self.draft(),
            12..22 => self.draft_change(),
            22..55 => self.sign(),
            55..70 => self.issue(),
            70..80 => self.push(),
            80..86 => self.revoke(),
            86..99 => {
                let minutes = self.random.random_range(1..40);
                self.p.pass(minutes * MINUTE);
            }
            _expiry => self.p.pass(2 * DAY),
        }
    }
}

#[test]
fn nothing_actual_goes_out_without_two_serving_persons_who_are_not_its_author() {
    let steps = usize::try_from(asked("HOATOC_RACE_STEPS", STEPS as u64)).expect("it fits");
    let seed = asked("HOATOC_RACE_SEED", 1);
    let (mut issued, mut cancelled) = (0, 0);
    for life in 0..steps.div_ceil(STEPS_A_LIFE) {
        let mut walk = Walk::new(seed.wrapping_mul(1_000_003).wrapping_add(life as u64));
        (0..STEPS_A_LIFE).for_each(|_step| walk.step());
        assert_eq!(walk.p.world.check(), [], "life {life}");
        issued += walk.issued_actual;
        cancelled += walk.cancelled_actual;
    }
    // A walk in which little happens would show little.
    assert!(issued > steps / 200 && cancelled > steps / 1_000, "{issued} and {cancelled}");
}
