use jiff::civil::date;

use super::*;
use crate::domain::ids::{AssignmentId, ReservistId};
use crate::domain::plan::test_plan::{Small, post};
use crate::domain::plan::{EndReason, QuotaInput, Subject, Tier};

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
    let validity = |at: &Assignment| if at.id == list[3].id { Err("OVER_AGE") } else { Ok(()) };
    let held: Vec<_> = list.iter().map(|at| held(at, validity(at))).collect();
    let fill = fill(&[&unit], &held, date(2026, 2, 1));
    let row = |needed, exact, near, invalid, surplus, waiting| FillRow {
        needed,
        exact,
        near,
        invalid,
        surplus,
        waiting,
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
    ended.end(date(2026, 3, 31), EndReason::Gone).expect("it is active");
    let later = Assignment { from: date(2026, 4, 1), ..assignment(2, 1, Tier::ExactFirst) };
    let held = [held(&ended, Ok(())), held(&later, Ok(()))];
    for (day, filled, needed) in [
        (date(2025, 12, 31), 0, 0),
        (date(2026, 1, 1), 1, 2),
        (date(2026, 3, 31), 1, 2),
        (date(2026, 4, 1), 1, 2),
    ] {
        let people = fill(&[&unit], &held, day).total.people;
        assert_eq!((people.filled(), people.needed), (filled, needed), "{day}");
    }
}
