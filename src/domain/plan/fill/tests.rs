use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::domain::ids::{AssignmentId, EquipmentId, ReservistId};
use crate::domain::plan::test_plan::{COMMUNES, Small, candidate, item, post};
use crate::domain::plan::{
    Area, Candidate, EndReason, Item, LineInput, PostInput, QuotaInput, Settled, Subject, Tier,
};
use crate::domain::registry::{HealthClass, Rank, Sex};
use crate::domain::unit::{Former, Unit};

fn assignment(number: u8, post: u16, tier: Tier) -> Assignment {
    Assignment {
        id: AssignmentId::from_bytes([number; 16]),
        version: 1,
        subject: Subject::Reservist(ReservistId::from_bytes([number; 16])),
        unit: "03356".parse().expect("a good code"),
        reserve_unit: "C1".parse().expect("a good code"),
        post,
        tier,
        stage: Stage::Active,
        from: date(2026, 1, 1),
        to: None,
        ended: None,
        superseded_by: None,
        settled: Settled::default(),
    }
}

fn held(assignment: &Assignment, validity: Validity) -> Held<'_> {
    Held { assignment, commune: assignment.unit.clone(), validity }
}

#[test]
fn exact_near_invalid_and_surplus_are_apart_and_each_share_has_its_denominator() {
    let small = Small::new();
    let mut input = small.input("C1", vec![post("CN01", &["CN02"], 2), post("CN03", &[], 4)]);
    input.valid_from = "2026-01-01".to_owned();
    let quota = QuotaInput { unit: "03356".to_owned(), people: 9, equipment: 1 };
    input.quotas = vec![quota];
    let unit = input.check(&small.lists()).expect("a sound reserve unit");
    let list = [
        assignment(1, 1, Tier::ExactFirst),
        assignment(2, 1, Tier::NearFirst),
        assignment(3, 1, Tier::NearSecond),
        assignment(4, 2, Tier::ExactSecond),
        assignment(5, 2, Tier::ExactSecond),
        Assignment { stage: Stage::Waiting, ..assignment(6, 2, Tier::ExactSecond) },
    ];
    let validity = |at: &Assignment| match at {
        at if at.id == list[3].id => Err("OVER_AGE"),
        at => Ok(at.tier.fit()),
    };
    let held: Vec<_> = list.iter().map(|at| held(at, validity(at))).collect();
    let fill = fill(&[&unit], &held, date(2026, 2, 1), &small.units);
    let row = |needed, exact, near, invalid, surplus, waiting| FillRow {
        needed,
        exact,
        near,
        invalid,
        surplus,
        waiting,
        unmeasured: 0,
    };
    let code = unit.code;
    assert_eq!(fill.by_post[&(code.clone(), true, 1)], row(2, 1, 1, 0, 1, 0));
    assert_eq!(fill.by_post[&(code.clone(), true, 2)], row(4, 1, 0, 1, 0, 1));
    assert_eq!(fill.by_unit[&code].people, row(6, 2, 1, 1, 1, 1));
    assert_eq!(fill.total.people.filled(), 3);
    assert_eq!(fill.total.equipment, FillRow::default());
    let commune = &fill.by_commune[&list[0].unit];
    assert_eq!((commune.people.filled(), commune.people.needed), (4, 9));
    assert_eq!((commune.equipment.filled(), commune.equipment.needed), (0, 1));
    assert_eq!(fill.invalid_by_reason, BTreeMap::from([("OVER_AGE", 1)]));
}

#[test]
fn any_past_day_is_as_it_was() {
    let small = Small::new();
    let mut input = small.input("C1", vec![post("CN01", &[], 2)]);
    input.valid_from = "2026-01-01".to_owned();
    let unit = input.check(&small.lists()).expect("a sound reserve unit");
    let mut ended = assignment(1, 1, Tier::ExactFirst);
    ended.end(date(2026, 3, 31), EndReason::Gone, date(2026, 3, 1)).expect("it is active");
    let later = Assignment { from: date(2026, 4, 1), ..assignment(2, 1, Tier::ExactFirst) };
    let held = [held(&ended, Ok(Match::Exact)), held(&later, Ok(Match::Exact))];
    for (day, filled, needed) in [
        (date(2025, 12, 31), 0, 0),
        (date(2026, 1, 1), 1, 2),
        (date(2026, 3, 31), 1, 2),
        (date(2026, 4, 1), 1, 2),
    ] {
        let people = fill(&[&unit], &held, day, &small.units).total.people;
        assert_eq!((people.filled(), people.needed), (filled, needed), "{day}");
    }
}

#[test]
fn a_holder_counts_as_what_he_is_on_the_day_and_not_as_what_he_was_assigned_as() {
    let small = Small::new();
    let unit = small.reserve_unit("C1", vec![post("CN01", &["CN02"], 4)]);
    let area = Area::of(&unit, &small.units, date(2026, 2, 1));
    let assigned: Vec<_> = (1..=5).map(|at| assignment(at, 1, Tier::ExactFirst)).collect();
    let mut who: Vec<_> = (1..=5).map(|at| candidate(at, COMMUNES[0], "CN01")).collect();
    // Learned another trade, that is near; one that is not; moved out of the area.
    who[1].specialty = "CN02".parse().ok();
    who[2].specialty = "CN03".parse().ok();
    who[3].unit = COMMUNES[3].parse().expect("a good code");
    who[4].is_assigned = true;
    let held: Vec<_> = assigned
        .iter()
        .zip(&who)
        .map(|(at, who)| held(at, area.judge(at.post, who).map_err(|why| why.code())))
        .collect();
    let fill = fill(&[&unit], &held, date(2026, 2, 1), &small.units);
    let people = &fill.total.people;
    assert_eq!((people.exact, people.near, people.invalid), (2, 1, 2));
    let reasons = BTreeMap::from([("OTHER_SPECIALTY", 1), ("OUTSIDE_AREA", 1)]);
    assert_eq!(fill.invalid_by_reason, reasons);
    assert_eq!(area.judge(9, &who[0]).map_err(|why| why.code()), Err("POST_GONE"));
}

#[test]
fn no_share_of_a_commune_holds_what_its_quotas_do_not() {
    let small = Small::new();
    let mut bound = small.input("C1", vec![post("CN01", &[], 5)]);
    bound.quotas = vec![QuotaInput { unit: "03356".to_owned(), people: 1, equipment: 0 }];
    let bound = bound.check(&small.lists()).expect("a sound reserve unit");
    let free = small.reserve_unit("C2", vec![post("CN01", &[], 5)]);
    let list: Vec<_> = (1..=5)
        .map(|at| {
            let code = if at <= 2 { "C1" } else { "C2" };
            let reserve_unit = code.parse().expect("a good code");
            let unit = if at == 5 { COMMUNES[1] } else { "03356" }.parse().expect("a good code");
            Assignment { reserve_unit, unit, ..assignment(at, 1, Tier::ExactFirst) }
        })
        .collect();
    let held: Vec<_> = list.iter().map(|at| held(at, Ok(Match::Exact))).collect();
    let fill = fill(&[&bound, &free], &held, date(2026, 2, 1), &small.units);
    let row = |commune: &str| &fill.by_commune[&commune.parse().expect("a good code")].people;
    let told = |row: &FillRow| (row.filled(), row.needed, row.surplus, row.unmeasured);
    assert_eq!(told(row("03356")), (1, 1, 1, 2), "two under the quota, two beside it");
    assert_eq!(told(row(COMMUNES[1])), (0, 0, 0, 1), "no quota, so no share");
    assert_eq!(told(&fill.by_quota.people), (1, 1, 1, 3));
    assert_eq!((fill.total.people.filled(), fill.total.people.needed), (5, 10));
}

#[test]
fn quotas_and_sources_of_a_merged_commune_are_its_successors() {
    let small = Small::new();
    let mut input = small.input("C1", vec![post("CN01", &[], 9)]);
    input.source_units = vec!["03325".to_owned(), "03352".to_owned()];
    input.quotas = ["03325", "03352"]
        .map(|unit| QuotaInput { unit: unit.to_owned(), people: 3, equipment: 1 })
        .to_vec();
    let unit = input.check(&small.lists()).expect("a sound reserve unit");
    let merged = |of: &Unit| {
        let mut of = of.clone();
        if of.code.as_str() == "03352" {
            of.valid_to = Some(date(2026, 1, 31));
            of.former = Former {
                successors: vec!["03325".parse().expect("a good code")],
                ..Former::default()
            };
        }
        of
    };
    let units = Units::from_list(small.units.iter().map(merged)).expect("a sound tree");
    let successor: UnitCode = "03325".parse().expect("a good code");
    assert!(unit.draws_on(&units).contains(&successor));
    let one = assignment(1, 1, Tier::ExactFirst);
    let mut held = held(&one, Ok(Match::Exact));
    held.commune = successor.clone();
    let fill = fill(&[&unit], &[held], date(2026, 2, 1), &units);
    let row = &fill.by_commune[&successor];
    assert_eq!((row.people.filled(), row.people.needed, row.equipment.needed), (1, 6, 2));
    assert_eq!(fill.by_commune.len(), 1, "the former commune has no row");
    let into_one = unit.quota_of(&"03352".parse().expect("a good code"), &units);
    assert_eq!(into_one.map(|quota| (quota.unit, quota.people)), Some((successor, 6)));
}

/// A person who is fit for the post, or has one fault: by number, 0 is none.
fn a_person(number: u8, fault: u8, is_near: bool) -> Candidate {
    let fit = candidate(number, COMMUNES[0], if is_near { "CN02" } else { "CN01" });
    let fit = Candidate { is_assigned: true, ..fit };
    let at = |commune: &str| commune.parse().expect("a good code");
    match fault {
        1 => Candidate { combat: Err("OVER_AGE"), ..fit },
        2 => Candidate { specialty: "CN03".parse().ok(), ..fit },
        3 => Candidate { specialty: None, ..fit },
        4 => Candidate { unit: at(COMMUNES[3]), ..fit },
        5 => Candidate { unit: at(COMMUNES[1]), ..fit },
        6 => Candidate { sex: Sex::Female, ..fit },
        7 => Candidate { rank: Some(Rank::PrivateFirst), ..fit },
        8 => Candidate { health: HealthClass::new(4), ..fit },
        9 => Candidate { health: None, ..fit },
        10 => Candidate { unit: at(COMMUNES[2]), ..fit },
        _none => fit,
    }
}

/// The same of an item.
fn an_item(number: u8, fault: u8, is_near: bool) -> Item {
    let fit = item(number, COMMUNES[0], if is_near { "PT02" } else { "PT01" });
    let at = |commune: &str| commune.parse().expect("a good code");
    match fault {
        1 => Item { available: Err("SOLD"), ..fit },
        2 => Item { kind: "PT03".parse().expect("a good code"), ..fit },
        4 => Item { unit: at(COMMUNES[3]), ..fit },
        5 => Item { unit: at(COMMUNES[1]), ..fit },
        6 => Item { has_driver: false, ..fit },
        10 => Item { unit: at(COMMUNES[2]), ..fit },
        _none => fit,
    }
}

/// A post and a line of so many places each, that ask for all that can be asked for. The second commune
/// has no quota, the third has ended, the fourth is another area's.
fn asking(small: &Small, places: u32) -> ReserveUnit {
    let men = PostInput {
        rank_min: "Hạ sĩ".to_owned(),
        sex: "Nam".to_owned(),
        health_max: 3,
        ..post("CN01", &["CN02"], places)
    };
    let mut input = small.input("C1", vec![men]);
    input.lines = vec![LineInput {
        kind: "PT01".to_owned(),
        near: vec!["PT02".to_owned()],
        count: places,
        needs_driver: true,
        ..LineInput::default()
    }];
    input.quotas = [COMMUNES[0], COMMUNES[2]]
        .map(|unit| QuotaInput { unit: unit.to_owned(), people: 99, equipment: 99 })
        .to_vec();
    input.valid_from = "2026-01-01".to_owned();
    input.check(&small.lists()).expect("a sound reserve unit")
}

proptest! {
    #[test]
    fn an_ineligible_holder_never_counts_as_filled(
        places in 1..5_u32,
        holders in proptest::collection::vec((any::<bool>(), 0..12_u8, any::<bool>()), 0..24),
    ) {
        let (small, day) = (Small::new(), date(2026, 2, 1));
        let unit = asking(&small, places);
        let units = small.ended(COMMUNES[2], date(2026, 1, 31));
        let area = Area::of(&unit, &units, day);
        let (mut list, mut fit_people, mut fit_items) = (Vec::new(), 0_u64, 0_u64);
        for ((is_person, fault, is_near), number) in holders.iter().zip(1..) {
            // The eleventh fault: the post has left the establishment.
            let no = if *fault == 11 { 9 } else { 1 };
            let mut of = assignment(number, no, Tier::ExactFirst);
            let validity = if *is_person {
                fit_people += u64::from(*fault == 0);
                area.judge(no, &a_person(number, *fault, *is_near))
            } else {
                of.subject = Subject::Equipment(EquipmentId::from_bytes([number; 16]));
                fit_items += u64::from([0, 3, 7, 8, 9].contains(fault));
                area.judge_item(no, &an_item(number, *fault, *is_near))
            };
            list.push((of, validity.map_err(|refusal| refusal.code())));
        }
        let held: Vec<_> = list.iter().map(|(of, validity)| held(of, *validity)).collect();
        let told = fill(&[&unit], &held, day, &units);
        let all = u64::try_from(holders.len()).expect("a short list");
        for line in [&told.total, &told.by_unit[&unit.code]] {
            for (row, fit) in [(&line.people, fit_people), (&line.equipment, fit_items)] {
                prop_assert_eq!(row.filled(), fit.min(places.into()));
                prop_assert_eq!(row.filled() + row.surplus, fit, "who fits is filled or beyond");
            }
            let unfit = line.people.invalid + line.equipment.invalid;
            prop_assert_eq!(unfit, all - fit_people - fit_items);
        }
        let by_quota = &told.by_quota;
        prop_assert_eq!(by_quota.people.filled(), fit_people);
        prop_assert_eq!(by_quota.equipment.filled(), fit_items);
        let reasons: u64 = told.invalid_by_reason.values().sum();
        prop_assert_eq!(reasons, all - fit_people - fit_items, "each has its reason");
    }
}
