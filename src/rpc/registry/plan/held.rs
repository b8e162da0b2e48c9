//! What is held already of the places to fill.
//!
//! Asked for by a proposal. Invariants: a place or quota counts on the day, from the one asked about on,
//! when most of it is held; holders who do not fit keep their places, and are told of.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::domain::ids::UnitCode;
use crate::domain::plan::{
    Area, Assignment, Needs, ReserveUnit, Span, Stage, Subject, most_at_once,
};
use crate::domain::registry::eligibility::Occasion;
use crate::domain::unit::Units;
use crate::index::assignments::One;
use crate::index::assignments::commune_of;
use crate::index::{Looking, PlanIndex, Row, Table};
use crate::rpc::registry::RegistryParts;

/// How many for each reason.
type Reasons = BTreeMap<&'static str, u64>;

/// What is held from the day on, each place and quota on the day when most of it is.
pub(super) fn needs<'a>(
    unit: &'a ReserveUnit,
    plan: &PlanIndex,
    tree: &Units,
    day: Date,
) -> Needs<'a> {
    let mut of_posts: BTreeMap<(bool, u16), Vec<Span>> = BTreeMap::new();
    let mut of_communes: BTreeMap<(bool, UnitCode), Vec<Span>> = BTreeMap::new();
    for at in plan.of_reserve_unit(&unit.code).map(|at| &at.assignment) {
        let Some(held) = at.held() else { continue };
        let is_person = at.subject.is_person();
        of_posts.entry((is_person, at.post)).or_default().push(held);
        let commune = commune_of(&at.unit, tree).clone();
        of_communes.entry((is_person, commune)).or_default().push(held);
    }
    let most =
        |held: Vec<Span>| u32::try_from(most_at_once(held.into_iter(), day)).unwrap_or(u32::MAX);
    let mut needs = Needs::empty(unit);
    for ((is_person, post), held) in of_posts {
        let places = if is_person { &mut needs.held_posts } else { &mut needs.held_lines };
        places.insert(post, most(held));
    }
    for ((is_person, commune), held) in of_communes {
        let given = if is_person { &mut needs.given_people } else { &mut needs.given_equipment };
        given.insert(commune, most(held));
    }
    needs
}

impl RegistryParts {
    /// The place of the plan that a person or item holds and would not fit any more once their record is
    /// this row, and why; none where they do not fit it now.
    pub(in crate::rpc::registry) fn would_lose(
        &self,
        subject: Subject,
        row: &Row,
        day: Date,
    ) -> Option<(String, &'static str)> {
        let held = self.engine.registry().plan.active(&subject)?.assignment.clone();
        self.judged_on(&[&held], day).pop()?.ok()?;
        let mut alone = Table::default();
        alone.put(*subject.as_bytes(), row);
        let tree = self.units();
        let home = tree.current(&row.facets.unit);
        let looking =
            Looking { limits: &self.law.age_limits, day, occasion: Occasion::Mobilization };
        let rows = alone.candidates(|_its_own| Some(0));
        let code = rows.code(subject.as_bytes()).and_then(|code| code.parse().ok());
        let one = if subject.is_person() {
            One::Person(looking.person(&rows.person(subject.as_bytes())?, code, home))
        } else {
            One::Item(looking.item(&rows.item(subject.as_bytes())?, code?, home))
        };
        let unit = {
            let registry = self.engine.registry();
            let unit = registry.plan.established_on(day);
            unit.map(|kept| &kept.unit).find(|unit| unit.code == held.reserve_unit)?.clone()
        };
        let reason = one.judge(&Area::of(&unit, &tree, day), held.post).err()?.code();
        let side = if subject.is_person() { "post" } else { "line" };
        Some((format!("{} {side} {}", held.reserve_unit, held.post), reason))
    }

    /// Places of reserve units that holders keep who do not fit on a day: of people, of equipment.
    pub(super) fn kept_by_unfit(&self, units: &[ReserveUnit], day: Date) -> (Reasons, Reasons) {
        let assignments: Vec<Assignment> = {
            let registry = self.engine.registry();
            let of = |unit: &ReserveUnit| {
                let all = registry.plan.of_reserve_unit(&unit.code).map(|at| &at.assignment);
                // Whose last day is set need not be told to go.
                let stays = |at: &&Assignment| at.stage == Stage::Active && at.holds_on(day);
                all.filter(stays).cloned().collect::<Vec<_>>()
            };
            units.iter().flat_map(of).collect()
        };
        let (units, all): (Vec<_>, Vec<_>) = (units.iter().collect(), assignments.iter().collect());
        let (mut people, mut items) = (Reasons::new(), Reasons::new());
        for (at, validity) in all.iter().zip(self.judged(&units, &all, day)) {
            if let Err(reason) = validity {
                let side = if at.subject.is_person() { &mut people } else { &mut items };
                *side.entry(reason).or_default() += 1;
            }
        }
        (people, items)
    }

    /// Places of reserve units whose holders have their last day set, on a day or later: of people, of
    /// equipment.
    pub(super) fn leaving(&self, units: &[ReserveUnit], day: Date) -> (u64, u64) {
        let registry = self.engine.registry();
        let all = units.iter().flat_map(|unit| registry.plan.of_reserve_unit(&unit.code));
        let all = all.map(|at| &at.assignment);
        let leave = all.filter(|at| at.stage == Stage::Ended && at.holds_on(day));
        leave.fold((0, 0), |(people, items), at| {
            let is_person = u64::from(at.subject.is_person());
            (people + is_person, items + 1 - is_person)
        })
    }
}
