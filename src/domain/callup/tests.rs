//! The law's order, shares, substitutes and shortfalls.

use std::sync::Arc;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::standing::{Item, Judge, Person};
use super::{Barred, Candidate, Chosen, Demand, Nearness, Place, Reach, Reason, select};
use crate::domain::order::handling::Handling;
use crate::domain::registry::eligibility::{AgeLimits, Call, Callable, Duty, Occasion};
use crate::domain::registry::{
    Birth, BirthPrecision, EquipmentStatus, HealthClass, Period, Rank, ReserveClass,
    ReservistCategory, ReservistStatus, Sex,
};

const DAY: Date = date(2026, 11, 22);

fn ready(row: u32, unit: u32, reason: Reason, rank: u32) -> Candidate {
    Candidate { row, unit, standing: Ok(Place { reason, rank }) }
}

fn demand(wanted: &[u32], units: &[Reach], reserve_percent: u32) -> Demand {
    let (wanted, units) = (wanted.to_vec(), units.to_vec());
    Demand { wanted, units, by_plan: false, reserve_percent }
}

/// All of them when those who fit exactly are asked for.
fn at_once<I: Iterator>(nearness: Nearness, all: I) -> impl Iterator<Item = I::Item> {
    all.filter(move |_one| nearness == Nearness::Exact)
}

fn rows(chosen: &[Chosen]) -> Vec<u32> {
    chosen.iter().map(|one| one.row).collect()
}

fn soldier(birth: Date) -> Callable {
    Callable {
        birth: Birth::new(birth, BirthPrecision::Day),
        sex: Sex::Male,
        category: Some(ReservistCategory::NcoSoldier),
        rank: None,
        health: HealthClass::new(2),
        status: ReservistStatus::Active,
        status_period: Period::default(),
        deferral: None,
        exemption: None,
    }
}

fn person(who: Callable) -> Person {
    Person { who, class: Some(ReserveClass::One), is_assigned: false, is_called: false }
}

#[test]
fn exact_comes_before_near_and_class_one_before_two() {
    let all = [
        ready(1, 0, Reason::NearClass1, 9_000),
        ready(2, 0, Reason::ExactClass2, 9_000),
        ready(3, 0, Reason::ExactClass1, 12_000),
        ready(4, 0, Reason::ExactUnclassed, 9_000),
        ready(5, 0, Reason::NearClass2, 9_000),
        ready(6, 0, Reason::ExactClass1, 11_000),
    ];
    for wanted in 0..=6 {
        let found = select(&demand(&[wanted], &[Reach::Asked], 0), |_line, nearness| {
            at_once(nearness, all.into_iter())
        });
        let lawful = [6, 3, 2, 4, 1, 5];
        let len = usize::try_from(wanted).expect("small");
        assert_eq!(rows(&found.chosen), lawful[..len]);
        assert_eq!(found.lines[0].shortfall(), 0);
    }
    let found = select(&demand(&[9], &[Reach::Asked], 0), |_line, nearness| {
        at_once(nearness, all.into_iter())
    });
    let line = &found.lines[0];
    assert_eq!((line.exact, line.near, line.shortfall()), (4, 2, 3));
}

#[test]
fn near_ones_are_looked_at_only_where_a_line_and_its_substitutes_need_them() {
    let exact = [ready(1, 0, Reason::ExactClass1, 1), ready(2, 0, Reason::ExactClass1, 2)];
    let waits = ready(3, 0, Reason::Waiting, 0);
    let near = [
        ready(4, 0, Reason::NearClass1, 1),
        Candidate { row: 5, unit: 0, standing: Err(Barred::Abroad) },
    ];
    let of = |wanted, percent| {
        let mut asked = Vec::new();
        let found = select(&demand(&[wanted], &[Reach::Asked], percent), |_line, nearness| {
            asked.push(nearness);
            let is_exact = nearness == Nearness::Exact;
            let (exact, near) = (exact.into_iter().chain([waits]), near.into_iter());
            exact.filter(move |_one| is_exact).chain(near.filter(move |_one| !is_exact))
        });
        (rows(&found.chosen), found.lines[0].refused.len(), asked.len())
    };
    assert_eq!(of(2, 0), (vec![1, 2], 0, 1), "two are enough");
    assert_eq!(
        of(2, 50),
        (vec![1, 2], 1, 2),
        "a substitute is asked for; who waits fills no place"
    );
    assert_eq!(of(3, 0), (vec![1, 2, 4], 1, 2));
}

#[test]
fn units_give_in_proportion_and_substitutes_come_next() {
    // 60, 30 and 10 of one rank; 20 wanted.
    let unit_of = |row: u32| match row {
        0..60 => 0,
        60..90 => 1,
        _ => 2,
    };
    let all = move || (0..100).map(move |row| ready(row, unit_of(row), Reason::ExactClass1, row));
    let found =
        select(&demand(&[20], &[Reach::Asked; 3], 10), |_line, nearness| at_once(nearness, all()));
    let mut shares = BTreeMap::new();
    for one in &found.chosen {
        *shares.entry(one.unit).or_insert(0) += 1;
    }
    assert_eq!(shares, BTreeMap::from([(0, 12), (1, 6), (2, 2)]));
    assert_eq!(rows(&found.chosen)[..3], [0, 1, 2], "the youngest first");
    assert_eq!(found.lines[0].reserve.len(), 2);
    let called: BTreeSet<u32> = rows(&found.chosen).into_iter().collect();
    assert!(found.lines[0].reserve.iter().all(|one| !called.contains(&one.row)));
}

#[test]
fn nobody_fills_two_lines_and_those_elsewhere_are_only_counted() {
    let lines = |line: u32, nearness| {
        let near = if line == 0 { Reason::ExactClass1 } else { Reason::NearClass1 };
        let all = [
            ready(1, 0, near, 1),
            ready(2, 1, near, 1),
            ready(3, 2, near, 1),
            ready(4, 2, near, 1),
            Candidate { row: 5, unit: 0, standing: Err(Barred::Abroad) },
            Candidate { row: 6, unit: 1, standing: Err(Barred::OverAge) },
        ];
        at_once(nearness, all.into_iter())
    };
    let units = [Reach::Asked, Reach::SameArea, Reach::Elsewhere];
    let found = select(&demand(&[1, 2], &units, 100), lines);
    assert_eq!(rows(&found.chosen), [1]);
    assert_eq!(found.lines[1].shortfall(), 2);
    assert_eq!(found.lines[1].elsewhere, [(1, 1), (2, 2)], "the same area first");
    assert_eq!(found.lines[0].elsewhere, [], "nothing lacks");
    assert_eq!(found.lines[0].refused, BTreeMap::from([(Barred::Abroad, 1)]));
}

#[test]
fn age_counts_to_the_day_and_by_the_kind_of_unit() {
    let support = Judge::on(DAY, Handling::Actual, (false, false), &Arc::new(AgeLimits::shipped()));
    let combat = Judge::on(DAY, Handling::Actual, (true, false), &Arc::new(AgeLimits::shipped()));
    let of = |judge: &Judge, who| judge.person(&person(who), false).map(|place| place.reason);
    let ok = Ok(Reason::ExactClass1);
    let (over, under) = (Err(Barred::OverAge), Err(Barred::UnderAge));
    // 45 until tomorrow; 46 today.
    assert_eq!(of(&support, soldier(date(1980, 11, 23))), ok);
    assert_eq!(of(&support, soldier(date(1980, 11, 22))), over);
    assert_eq!(of(&combat, soldier(date(1990, 11, 23))), ok);
    assert_eq!(of(&combat, soldier(date(1990, 11, 22))), over);
    assert_eq!(of(&support, soldier(date(2008, 11, 22))), ok);
    assert_eq!(of(&support, soldier(date(2008, 11, 23))), under);
    let woman = |birth| Callable { sex: Sex::Female, ..soldier(birth) };
    assert_eq!(of(&support, woman(date(1985, 11, 23))), ok);
    assert_eq!(of(&support, woman(date(1985, 11, 22))), over);
    assert_eq!(of(&combat, woman(date(2000, 1, 1))), Err(Barred::NotOpen));
}

#[test]
fn the_prepared_limits_say_what_the_registrys_rules_say() {
    let limits = AgeLimits::shipped();
    let categories = ReservistCategory::ALL.iter().map(|own| Some(*own)).chain([None]);
    for (category, rank) in categories.flat_map(|category| {
        let ranks = Rank::ALL.iter().map(|own| Some(*own)).chain([None]);
        ranks.map(move |rank| (category, rank))
    }) {
        for (sex, duty) in Sex::ALL.iter().flat_map(|sex| Duty::ALL.iter().map(|d| (*sex, *d))) {
            let judge = Judge::on(
                DAY,
                Handling::Actual,
                (duty == Duty::Combat, false),
                &Arc::new(AgeLimits::shipped()),
            );
            let occasion = Occasion::Mobilization;
            let (duty, health_max) = (Some(duty), None);
            let call = Call { day: DAY, occasion, duty, health_max, limits: &limits };
            for year in 1956..2012 {
                for birth in [date(year, 11, 22), date(year, 11, 23)] {
                    let who = Callable { category, rank, sex, ..soldier(birth) };
                    let prepared = judge.person(&person(who), false).is_ok();
                    assert_eq!(prepared, who.callable(&call).is_ok(), "{who:?} {duty:?}");
                }
            }
        }
    }
}

#[test]
fn whoever_is_not_there_unfit_or_tied_is_passed_over_with_the_reason() {
    let judge = Judge::on(DAY, Handling::Actual, (false, false), &Arc::new(AgeLimits::shipped()));
    let drill = Judge::on(DAY, Handling::Exercise, (false, false), &Arc::new(AgeLimits::shipped()));
    let good = soldier(date(1996, 1, 1));
    let this_month = Some(Period { from: Some(date(2026, 11, 1)), to: Some(date(2026, 11, 30)) });
    let abroad = Callable { status: ReservistStatus::Abroad, ..good };
    let cases = [
        (&judge, abroad, Err(Barred::Abroad)),
        (&judge, Callable { status: ReservistStatus::Dead, ..good }, Err(Barred::Dead)),
        (&judge, Callable { health: HealthClass::new(5), ..good }, Err(Barred::Unfit)),
        (&judge, Callable { exemption: this_month, ..good }, Err(Barred::Exempt)),
        (&drill, Callable { exemption: this_month, ..good }, Ok(Reason::ExactClass1)),
        (&drill, Callable { deferral: this_month, ..good }, Err(Barred::Deferred)),
        (&judge, Callable { deferral: this_month, ..good }, Ok(Reason::ExactClass1)),
    ];
    for (judge, who, expected) in cases {
        let found = judge.person(&person(who), false).map(|place| place.reason);
        assert_eq!(found, expected, "{who:?}");
    }
    // Back by then.
    let until = Period { from: None, to: Some(date(2026, 11, 21)) };
    let back = Callable { status_period: until, ..abroad };
    assert!(judge.person(&person(back), false).is_ok());
    let assigned = Person { is_assigned: true, ..person(good) };
    assert_eq!(judge.person(&assigned, false), Err(Barred::Assigned));
    let called = Person { is_called: true, ..assigned };
    assert_eq!(judge.person(&called, false), Err(Barred::Called));
    let by_plan = Judge::on(DAY, Handling::Actual, (false, true), &Arc::new(AgeLimits::shipped()));
    assert_eq!(by_plan.person(&assigned, false).map(|place| place.reason), Ok(Reason::Assigned));
    let truck = Item { barred_by: None, grade: Some(2), is_assigned: false, is_called: false };
    assert_eq!(judge.item(&truck, false).map(|place| place.rank), Ok(2));
    assert_eq!(judge.item(&Item { grade: Some(4), ..truck }, false), Err(Barred::UnderRepair));
    let sold = Item { barred_by: Some(EquipmentStatus::Sold), ..truck };
    assert_eq!(judge.item(&sold, false), Err(Barred::Sold));
}

#[test]
fn who_waits_for_a_post_is_the_first_substitute_in_the_order_of_the_list() {
    let place =
        |row, unit, reason, rank| Candidate { row, unit, standing: Ok(Place { reason, rank }) };
    let all = [
        place(0, 0, Reason::Assigned, 9),
        place(1, 0, Reason::AssignedNear, 1),
        place(2, 0, Reason::Waiting, 2),
        place(3, 1, Reason::Waiting, 0),
        place(4, 1, Reason::Waiting, 1),
        place(5, 1, Reason::AssignedNear, 2),
    ];
    let asked = demand(&[2], &[Reach::Asked, Reach::Asked], 100);
    let found = select(&asked, |_line, nearness| at_once(nearness, all.iter().copied()));
    assert_eq!(rows(&found.chosen), [0, 1]);
    assert_eq!((found.lines[0].exact, found.lines[0].near), (1, 1));
    assert_eq!(rows(&found.lines[0].reserve), [3, 4], "before who holds a place too many");
    let few = demand(&[6], &[Reach::Asked, Reach::Asked], 0);
    let found = select(&few, |_line, nearness| at_once(nearness, all.iter().copied()));
    assert_eq!(found.lines[0].shortfall(), 3, "nobody who waits is called");
}

fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
    let reason = prop::sample::select(Reason::ALL.to_vec());
    let standing = prop_oneof![
        4 => (reason, 0..5_u32).prop_map(|(reason, rank)| Ok(Place { reason, rank })),
        1 => prop::sample::select(Barred::ALL.to_vec()).prop_map(Err),
    ];
    prop::collection::vec((0..4_u32, standing), 0..120).prop_map(|list| {
        let numbered = (0..).zip(list);
        numbered.map(|(row, (unit, standing))| Candidate { row, unit, standing }).collect()
    })
}

proptest! {
    #[test]
    fn no_order_of_the_candidates_changes_who_is_called(
        all in candidates(),
        wanted in prop::collection::vec(0..60_u32, 1..4),
        turn in 0..120_usize,
    ) {
        let units = [Reach::Asked, Reach::Asked, Reach::Asked, Reach::SameArea];
        let asked = demand(&wanted, &units, 50);
        let found = select(&asked, |_line, nearness| at_once(nearness, all.iter().copied()));
        let mut turned = all.clone();
        if !turned.is_empty() {
            let by = turn % turned.len();
            turned.rotate_left(by);
            turned.reverse();
        }
        prop_assert_eq!(&select(&asked, |_line, nearness| at_once(nearness, turned.iter().copied())), &found);
        // Each once, of the asked units, none barred; and nobody left out stands before anybody chosen.
        let called: BTreeSet<u32> = rows(&found.chosen).into_iter().collect();
        prop_assert_eq!(called.len(), found.chosen.len());
        let of = |row: u32| all[usize::try_from(row).expect("small")];
        prop_assert!(found.chosen.iter().all(|one| of(one.row).standing.is_ok() && one.unit < 3));
        // Who waits is a substitute, and called by nobody's lack.
        let waits = |one: &Candidate| one.standing.is_ok_and(|at| at.reason == Reason::Waiting);
        prop_assert!(!found.chosen.iter().any(|one| one.reason == Reason::Waiting));
        let free = all.iter().filter(|one| one.unit < 3 && one.standing.is_ok() && !waits(one));
        let asked_for: u32 = wanted.iter().sum();
        let all_free = free.clone().count();
        let expected = all_free.min(usize::try_from(asked_for).expect("small"));
        prop_assert_eq!(found.chosen.len(), expected);
        let worst = found.chosen.iter().map(|one| one.reason).max();
        let best_left = free
            .filter(|one| !called.contains(&one.row))
            .filter_map(|one| one.standing.ok())
            .map(|place| place.reason)
            .min();
        if let (Some(worst), Some(best_left)) = (worst, best_left) {
            prop_assert!(worst <= best_left);
        }
    }
}

#[test]
fn whom_a_plan_misses_is_counted_wherever_he_lives_and_a_small_line_has_a_substitute() {
    let all = || {
        let barred = |row, unit, why| Candidate { row, unit, standing: Err(why) };
        let free = (0..8).map(|row| ready(row, 0, Reason::ExactClass1, row));
        free.chain([barred(8, 0, Barred::Dead), barred(9, 1, Barred::OutsideArea)])
    };
    let of = |by_plan| {
        let demand = Demand { by_plan, ..demand(&[6], &[Reach::Asked, Reach::Elsewhere], 10) };
        select(&demand, |_line, nearness| at_once(nearness, all())).lines.remove(0)
    };
    let (plan, strength) = (of(true), of(false));
    assert_eq!(plan.refused, BTreeMap::from([(Barred::Dead, 1), (Barred::OutsideArea, 1)]));
    assert_eq!(strength.refused, BTreeMap::from([(Barred::Dead, 1)]));
    assert_eq!(strength.reserve.len(), 1, "a tenth of six is one, and not none");
}
