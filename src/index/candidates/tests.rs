//! The columns against the whole record.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;
use crate::domain::callup::Candidate;
use crate::domain::callup::standing::{Judge, Person};
use crate::domain::ids::{AssignmentId, ReserveUnitCode, ReservistId};
use crate::domain::order::handling::Handling;
use crate::domain::plan::{Assignment, Settled, Stage, Subject, Tier};
use crate::domain::registry::eligibility::{AgeLimits, Call, Duty, Occasion};
use crate::domain::registry::{Deferral, DeferralGround, Equipment, Exemption, Reservist};
use crate::domain::world::RecordKind;
use crate::evidence::seal::Sealer;
use crate::index::assignments::{Assigned, PlanChange};
use crate::index::{Registry, Row};
use crate::sim::province;
use crate::wire::registry::{RegistryRecord, encode};

fn put<R: RegistryRecord>(table: &mut Table, id: [u8; 16], record: &R, version: u64) {
    let content = encode(record.clone());
    let row = Row::of(record, version, &content, &Sealer::new(&[7; 32])).expect("good codes");
    table.put(id, &row);
}

fn days() -> impl Strategy<Value = Date> {
    // Before, between and after the laws of the limits.
    (2019_i16..2028, 1_i8..=12, 1_i8..=28).prop_map(|(year, month, day)| date(year, month, day))
}

fn periods() -> impl Strategy<Value = Period> {
    (prop::option::of(days()), prop::option::of(days())).prop_map(|(from, to)| match (from, to) {
        (Some(from), Some(to)) => Period { from: Some(from.min(to)), to: Some(from.max(to)) },
        (from, to) => Period { from, to },
    })
}

prop_compose! {
    fn people()(
        seed in 0_u64..1_000,
        birth in (1960_i16..2012, 1_i8..=12, 1_i8..=28, 0_usize..3),
        numbers in (1_u8..=2, 0_u8..=3, 0_u8..=13, 0_u8..=6, 1_u8..=9, 0_u8..=2),
        status_period in periods(),
        deferral in prop::option::of(periods()),
        exemption in prop::option::of(periods()),
        rechecked in prop::option::of(days()),
    ) -> Reservist {
        let mut who = province::reservists(seed, 1).next().expect("one");
        let (year, month, day, precision) = birth;
        who.person.birth = match precision {
            0 => Birth::new(date(year, month, day), BirthPrecision::Day),
            1 => Birth::new(date(year, month, 1), BirthPrecision::Month),
            _year => Birth::new(date(year, 1, 1), BirthPrecision::Year),
        };
        let (sex, category, rank, health, status, class) = numbers;
        who.person.sex = Sex::from_number(sex).expect("one of two");
        who.category = ReservistCategory::from_number(category);
        who.rank = Rank::from_number(rank);
        who.health_class = HealthClass::new(health);
        who.status = ReservistStatus::from_number(status).expect("one of nine");
        who.class = ReserveClass::from_number(class);
        let standing = &mut who.standing;
        standing.status_period = status_period;
        standing.last_recheck_on = rechecked;
        standing.deferral = deferral.map(|period| Deferral {
            ground: DeferralGround::Illness,
            certified_by: None,
            period,
        });
        standing.exemption =
            exemption.map(|period| Exemption { post: "x".to_owned(), employer: None, period });
        who
    }
}

proptest! {
    #[test]
    fn a_row_decides_as_the_whole_record_does(
        before in people(),
        who in people(),
        day in days(),
        occasion in prop::sample::select(vec![Occasion::Training, Occasion::Mobilization]),
        duty in prop::sample::select(vec![None, Some(Duty::Combat), Some(Duty::Support)]),
        health_max in 0_u8..=6,
    ) {
        let (mut table, id) = (Table::default(), [9; 16]);
        // What stood in the row before leaves nothing behind.
        put(&mut table, id, &pb::Reservist::from(&before), 1);
        put(&mut table, id, &pb::Reservist::from(&who), 2);
        let row = table.candidates(|_unit| Some(4)).person(&id).expect("it is there");
        let limits = AgeLimits::shipped();
        let health_max = HealthClass::new(health_max);
        let call = Call { day, occasion, duty, health_max, limits: &limits };
        prop_assert_eq!(row.who.callable(&call), who.callable(&call));
        prop_assert_eq!((row.version, row.unit, row.class), (2, 4, who.class));
        prop_assert_eq!(row.who.birth, who.person.birth);
        prop_assert_eq!(row.rechecked_on, who.standing.last_recheck_on);
    }

    #[test]
    fn people_judged_by_their_sort_are_judged_as_each_alone(
        mut all in prop::collection::vec((people(), any::<[bool; 3]>()), 1..16),
        day in days(),
        handling in prop::sample::select(vec![Handling::Exercise, Handling::Actual]),
        (is_combat, by_plan, is_near) in any::<(bool, bool, bool)>(),
    ) {
        // Most are of the first one's sort, and differ in birth, ties and days of their own only.
        let first = all[0].0.clone();
        for (who, _ties) in &mut all {
            if who.person.birth.date().day() % 3 == 0 {
                continue;
            }
            who.person.sex = first.person.sex;
            (who.category, who.rank, who.class) = (first.category, first.rank, first.class);
            (who.health_class, who.status) = (first.health_class, first.status);
        }
        let (mut table, mut called, mut leaving) = (Table::default(), HashSet::new(), Vec::new());
        for ((who, [is_assigned, is_leaving, is_called]), at) in all.iter().zip(1_u128..) {
            let (id, mut who) = (at.to_be_bytes(), who.clone());
            who.specialty = Some("CN01".parse().expect("a code"));
            put(&mut table, id, &pb::Reservist::from(&who), 1);
            table.set_assigned(&id, *is_assigned);
            leaving.extend(is_leaving.then_some(id));
            called.extend(is_called.then_some(id));
        }
        let limits = Arc::new(AgeLimits::shipped());
        let judge = Judge::on(day, handling, (is_combat, by_plan), &limits);
        let rows = table.candidates(|_unit| Some(4));
        let ties = rows.ties(&leaving, &called);
        let mut judged: Vec<_> = rows.judged_people("CN01", is_near, &judge, &ties).collect();
        judged.sort_unstable_by_key(|one| one.row);
        let alone = all.iter().zip(1_u128..).map(|((who, ties), at)| {
            let found = rows.person(&at.to_be_bytes()).expect("it is there");
            let [is_assigned, is_leaving, is_called] = *ties;
            let is_assigned = is_assigned || is_leaving;
            let person = Person { who: Callable::from(who), class: who.class, is_assigned, is_called };
            Candidate { row: found.row, unit: 4, standing: judge.person(&person, is_near) }
        });
        prop_assert_eq!(judged, alone.collect::<Vec<_>>());
    }

    #[test]
    fn an_item_is_as_available_as_its_whole_record(
        seed in 0_u64..1_000,
        status in 1_u8..=7,
        held in periods(),
        day in days(),
    ) {
        let mut item: Equipment = province::equipment(seed, 1).next().expect("one");
        item.status = EquipmentStatus::from_number(status).expect("one of seven");
        item.status_period = held;
        let (mut table, id) = (Table::default(), [9; 16]);
        put(&mut table, id, &pb::Equipment::from(&item), 1);
        let row = table.candidates(|_unit| Some(0)).item(&id).expect("it is there");
        prop_assert_eq!(row.status.callable_on(row.status_period, day), item.callable_on(day));
        prop_assert_eq!(row.capacity, item.capacity);
        prop_assert_eq!(row.has_driver, !item.drivers.is_empty());
        prop_assert_eq!(row.year, item.year);
    }
}

#[test]
fn only_chosen_units_and_the_specialty_asked_for_are_read() {
    let mut table = Table::default();
    let all: Vec<Reservist> = province::reservists(5, 300).collect();
    for (who, at) in all.iter().zip(1_u128..) {
        put(&mut table, at.to_be_bytes(), &pb::Reservist::from(who), 1);
    }
    let asked = all.iter().find_map(|who| who.specialty.clone()).expect("most have one");
    let unit =
        &all.iter().find(|who| who.specialty.as_ref() == Some(&asked)).expect("it").residence_unit;
    let rows = table.candidates(|code| (code == unit).then_some(1));
    let found = rows.people(asked.as_str()).count();
    let wanted = all
        .iter()
        .filter(|who| who.specialty.as_ref() == Some(&asked) && who.residence_unit == *unit)
        .count();
    assert!(found > 0 && found < 300);
    assert_eq!(found, wanted);
    assert_eq!(rows.people("NO-SUCH").count(), 0);
}

#[test]
fn who_is_assigned_shows_it_until_the_assignment_ends() {
    let mut registry = Registry::default();
    let (id, kind) = ([3; 16], RecordKind::Reservist);
    let who = province::reservists(5, 1).next().expect("one");
    put(registry.table_mut(kind), id, &pb::Reservist::from(&who), 1);
    let mut assignment = Assignment {
        id: AssignmentId::from_bytes([4; 16]),
        version: 1,
        subject: Subject::Reservist(ReservistId::from_bytes(id)),
        unit: who.residence_unit,
        reserve_unit: "DB-C1".parse::<ReserveUnitCode>().expect("a code"),
        post: 1,
        tier: Tier::ExactFirst,
        stage: Stage::Active,
        from: date(2026, 1, 1),
        to: None,
        ended: None,
        superseded_by: None,
        settled: Settled::default(),
    };
    let say = |registry: &mut Registry, assignment: &Assignment| {
        let assigned = Assigned { assignment: assignment.clone(), subject_version: 1 };
        registry.apply_plan(PlanChange::Assignment(Box::new(assigned)));
        let table = registry.table(kind);
        table.candidates(|_unit| Some(0)).person(&id).map(|row| row.is_assigned)
    };
    assert_eq!(say(&mut registry, &assignment), Some(true));
    assignment.stage = Stage::Ended;
    assert_eq!(say(&mut registry, &assignment), Some(false));
    assignment.stage = Stage::Waiting;
    assert_eq!(say(&mut registry, &assignment), Some(false), "who waits has no place");
}
