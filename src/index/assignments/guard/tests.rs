//! Whatever is asked of the guard, what it admits keeps the rules on every day.

use std::sync::LazyLock;

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::domain::ids::{AssignmentId, ReservistId};
use crate::domain::plan::{EndReason, Post, Quota, ReserveUnit, Settled, Tier};
use crate::domain::registry::eligibility::Duty;
use crate::evidence::seal::Sealer;
use crate::index::Row;
use crate::index::assignments::{Full, Kept};
use crate::sim::province;
use crate::wire::pb;
use crate::wire::registry::encode;

static UNITS: LazyLock<Units> =
    LazyLock::new(|| Units::from_list(province::units()).expect("one tree"));

const PEOPLE: u8 = 5;
const DAYS: u8 = 12;
const COMMUNES: [&str; 2] = ["03160", "03356"];

fn day(number: u8) -> Date {
    date(2026, 1, 1).saturating_add(jiff::Span::new().days(number))
}

fn id(number: u8) -> ReservistId {
    ReservistId::from_bytes([number; 16])
}

fn unit() -> ReserveUnit {
    let post = |no, count| Post {
        no,
        title: "Chiến sĩ".to_owned(),
        specialty: "CN01".parse().expect("a code"),
        near: Vec::new(),
        rank_min: None,
        rank_max: None,
        duty: Duty::Combat,
        count,
        sex: None,
        health_max: None,
    };
    let quota = |(code, people): (&str, u32)| Quota {
        unit: code.parse().expect("a code"),
        people,
        equipment: 0,
    };
    ReserveUnit {
        code: "C1".parse().expect("a code"),
        name: "Đại đội 1".to_owned(),
        unit: "11".parse().expect("a code"),
        receiving_unit: None,
        receiving_unit_code: None,
        assembly_station: None,
        reception_station: None,
        source_units: vec!["11".parse().expect("a code")],
        posts: vec![post(1, 1), post(2, 2)],
        lines: Vec::new(),
        quotas: COMMUNES.into_iter().zip([1, 2]).map(quota).collect(),
        valid_from: date(2025, 1, 1),
        valid_to: None,
        is_former: false,
    }
}

/// A registry with people and one reserve unit.
fn registry() -> Registry {
    let mut registry = Registry::default();
    let sealer = Sealer::new(&[7; 32]);
    for (number, who) in (1..).zip(province::reservists(3, PEOPLE.into())) {
        let record = pb::Reservist::from(&who);
        let content = encode(record.clone());
        let row = Row::of(&record, 1, &content, &sealer).expect("good codes");
        registry.table_mut(RecordKind::Reservist).put(*id(number).as_bytes(), &row);
    }
    let kept = Kept { id: [0; 16], version: 1, unit: unit() };
    registry.apply_plan(PlanChange::ReserveUnit(Box::new(kept)));
    registry
}

fn new(number: u8, who: u8, post: u16, stage: Stage, from: u8) -> Assignment {
    Assignment {
        id: AssignmentId::from_bytes([number; 16]),
        version: 1,
        subject: Subject::Reservist(id(who)),
        unit: COMMUNES[usize::from(who % 2)].parse().expect("a code"),
        reserve_unit: "C1".parse().expect("a code"),
        post,
        tier: Tier::ExactFirst,
        stage,
        from: day(from),
        to: None,
        ended: None,
        superseded_by: None,
        settled: Settled::default(),
    }
}

fn assigned(assignment: Assignment) -> PlanChange {
    PlanChange::Assignment(Box::new(Assigned { assignment, subject_version: 1 }))
}

fn admit(registry: &mut Registry, batch: Vec<Assignment>) -> Result<(), &'static str> {
    let changes: Vec<PlanChange> = batch.into_iter().map(assigned).collect();
    let mut guard = Guard::new(registry, &UNITS);
    changes.iter().try_for_each(|change| guard.admit(change))?;
    changes.into_iter().for_each(|change| registry.apply_plan(change));
    Ok(())
}

fn keeps_the_rules(registry: &Registry) -> Result<(), TestCaseError> {
    let unit = unit();
    for number in 0..=DAYS * 2 {
        let held: Vec<&Assignment> = registry
            .plan
            .of_reserve_unit(&unit.code)
            .map(|at| &at.assignment)
            .filter(|at| at.holds_on(day(number)))
            .collect();
        let count = |is: &dyn Fn(&Assignment) -> bool| {
            u32::try_from(held.iter().filter(|at| is(at)).count()).expect("few")
        };
        for who in 1..=PEOPLE {
            let places = count(&|at| at.subject == Subject::Reservist(id(who)));
            prop_assert!(places <= 1, "{who} holds {places} places on day {number}");
        }
        for post in &unit.posts {
            prop_assert!(count(&|at| at.post == post.no) <= post.count, "post on day {number}");
        }
        for quota in &unit.quotas {
            prop_assert!(count(&|at| at.unit == quota.unit) <= quota.people, "day {number}");
        }
    }
    Ok(())
}

#[test]
fn nobody_gets_a_second_place_before_the_last_day_of_the_first() {
    let mut registry = registry();
    let first = new(1, 1, 2, Stage::Active, 0);
    admit(&mut registry, vec![first.clone()]).expect("it is free");
    let mut ended = first;
    ended.end(day(10), EndReason::Gone, day(0)).expect("it is active");
    admit(&mut registry, vec![ended.clone()]).expect("it may end");
    let again = new(2, 1, 2, Stage::Active, 5);
    assert_eq!(admit(&mut registry, vec![again]), Err("PERIOD_OVERLAPS"));
    assert!(registry.plan.leaving_from(day(10)).contains(&ended.subject));
    assert!(!registry.plan.leaving_from(day(11)).contains(&ended.subject));
    let after = new(2, 1, 2, Stage::Active, 11);
    admit(&mut registry, vec![after]).expect("the first is over");
    let twice = vec![new(3, 3, 2, Stage::Active, 0), new(4, 3, 1, Stage::Active, 0)];
    assert_eq!(admit(&mut registry, twice), Err("PERIOD_OVERLAPS"), "in one batch too");
}

#[test]
fn a_place_is_kept_until_the_last_day_of_who_leaves_it() {
    let mut registry = registry();
    let first = new(1, 1, 1, Stage::Active, 0);
    admit(&mut registry, vec![first.clone()]).expect("it is free");
    let mut ended = first;
    ended.end(day(10), EndReason::Gone, day(0)).expect("it is active");
    admit(&mut registry, vec![ended]).expect("it may end");
    let post = ("C1".parse().expect("a code"), true, 1);
    let free = |registry: &Registry, count: u32, quota: u32| {
        let code = "C1".parse().expect("a code");
        let mut unit = registry.plan.reserve_unit(&code).expect("kept").unit.clone();
        unit.posts[0].count = count;
        let giver: UnitCode = COMMUNES[0].parse().expect("a code");
        unit.quotas = vec![Quota { unit: giver.clone(), people: quota, equipment: 0 }];
        registry.plan.free_from(&post, &unit, (&giver, &UNITS), day(3))
    };
    assert_eq!(free(&registry, 1, 9), Ok(day(11)));
    assert_eq!(free(&registry, 2, 9), Ok(day(3)));
    let early = new(2, 3, 1, Stage::Active, 10);
    assert_eq!(admit(&mut registry, vec![early]), Err("POST_FULL"));
    admit(&mut registry, vec![new(2, 3, 1, Stage::Active, 11)]).expect("it is free by then");
    assert_eq!(free(&registry, 1, 9), Err(Full::Post), "held without end by then");
    let before = new(3, 5, 1, Stage::Active, 0);
    assert_eq!(admit(&mut registry, vec![before]), Err("POST_FULL"), "held later without end");
}

proptest! {
    #[test]
    fn on_any_day_one_place_each_no_post_overfull_and_no_quota_exceeded(
        steps in prop::collection::vec((0_u8..4, 1_u8..=PEOPLE, 1_u16..=2, 0..DAYS, 0_u8..8), 1..30),
    ) {
        let mut registry = registry();
        for ((what, who, post, from, which), number) in steps.into_iter().zip(1_u8..) {
            let made: Vec<Assignment> = (0..number)
                .filter_map(|at| registry.plan.assignment(&[at; 16]))
                .map(|at| at.assignment.clone())
                .collect();
            let old = made.get(usize::from(which)).cloned();
            let batch = match (what, old) {
                (0, _) | (_, None) => vec![new(number, who, post, Stage::Active, from)],
                (1, _) => vec![new(number, who, post, Stage::Waiting, from)],
                (2, Some(mut old)) => {
                    let next = new(number, who, old.post, Stage::Active, from);
                    if old.end(next.from.yesterday().expect("a day"), EndReason::Gone, day(0)).is_err() {
                        continue;
                    }
                    vec![old, next]
                }
                (_, Some(mut old)) => {
                    let changed = if old.stage == Stage::Waiting {
                        old.promote(day(from)).is_ok()
                    } else {
                        old.end(day(from), EndReason::Gone, day(0)).is_ok()
                    };
                    if !changed {
                        continue;
                    }
                    vec![old]
                }
            };
            if admit(&mut registry, batch).is_ok() {
                keeps_the_rules(&registry)?;
            }
        }
    }
}
