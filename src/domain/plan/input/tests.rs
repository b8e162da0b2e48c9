use jiff::civil::date;

use super::*;
use crate::domain::plan::test_plan::{Small, post};

fn problems(change: impl FnOnce(&mut ReserveUnitInput)) -> Vec<(String, &'static str)> {
    let small = Small::new();
    let mut input = small.input("DB-C1", vec![post("CN01", &[], 2)]);
    change(&mut input);
    let problems = input.check(&small.lists()).expect_err("a rule is broken");
    problems.into_iter().map(|problem| (problem.field, problem.rule.code())).collect()
}

#[test]
fn a_reserve_unit_is_read_with_what_was_left_out() {
    let small = Small::new();
    let mut driver = post("lái xe", &["CN01", "CN01"], 3);
    (driver.no, driver.duty) = (7, "Bảo đảm".to_owned());
    (driver.rank_min, driver.rank_max) = ("Binh nhì".to_owned(), "Hạ sĩ".to_owned());
    let mut input = small.input("DB-C1", vec![driver, post("CN01", &[], 10)]);
    input.quotas =
        vec![QuotaInput { unit: "03356".to_owned(), people: 5, ..QuotaInput::default() }];
    let unit = input.check(&small.lists()).expect("a sound reserve unit");
    assert_eq!(unit.unit.as_str(), "11", "the province keeps it");
    assert_eq!(unit.valid_from, date(2026, 1, 31), "from the day of the check");
    let numbers: Vec<_> = unit.posts.iter().map(|post| (post.no, post.title.as_str())).collect();
    assert_eq!(numbers, [(2, "Bộ binh"), (7, "Lái xe")]);
    assert_eq!(unit.posts[1].near.len(), 1, "each near specialty once");
    assert_eq!((unit.posts[0].duty, unit.posts[1].duty), (Duty::Combat, Duty::Support));
    assert_eq!((unit.people(), unit.equipment()), (13, 0));
}

#[test]
fn each_problem_says_where_it_is_and_what_to_do() {
    let one = |field: &str, code| vec![(field.to_owned(), code)];
    assert_eq!(problems(|unit| unit.code = "a/b".to_owned()), one("code", "CODE_INVALID"));
    assert_eq!(problems(|unit| unit.name.clear()), one("name", "NAME_MISSING"));
    assert_eq!(problems(|unit| unit.source_units.clear()), one("source_units", "SOURCE_MISSING"));
    assert_eq!(
        problems(|unit| unit.source_units.push("Sao Hỏa".to_owned())),
        one("source_units[2]", "UNIT_UNKNOWN")
    );
    assert_eq!(problems(|unit| unit.posts.clear()), one("posts", "NOTHING_TO_FILL"));
    assert_eq!(
        problems(|unit| unit.posts.push(PostInput { no: 1, ..post("CN01", &[], 1) })),
        one("posts[2].no", "GIVEN_TWICE")
    );
    assert_eq!(
        problems(|unit| unit.posts[0].specialty = "CN99".to_owned()),
        one("posts[1].specialty_code", "SPECIALTY_UNKNOWN")
    );
    for count in [0, COUNT_MAX + 1] {
        let found = problems(|unit| unit.posts[0].count = count);
        assert_eq!(found, one("posts[1].count", "COUNT_INVALID"));
    }
    let ranks = problems(|unit| {
        unit.posts[0].rank_min = "Hạ sĩ".to_owned();
        unit.posts[0].rank_max = "Binh nhì".to_owned();
    });
    assert_eq!(ranks, one("posts[1].rank_max", "RANK_INVALID"));
    let dates = problems(|unit| {
        unit.valid_from = "2026-02-01".to_owned();
        unit.valid_to = "31/01/2026".to_owned();
    });
    assert_eq!(dates, one("valid_to", "DATES_INVALID"));
    let too_many = problems(|unit| unit.posts = vec![post("CN01", &[], 1); POSTS_MAX + 1]);
    assert_eq!(too_many, one("posts", "TOO_MANY"));
}

#[test]
fn quotas_are_for_communes_of_the_sources_and_given_once() {
    let quota = |unit: &str| QuotaInput { unit: unit.to_owned(), people: 1, equipment: 0 };
    for (units, field, code) in [
        (vec!["03160"], "quotas[1].unit_code", "QUOTA_OUTSIDE"),
        (vec!["KV3"], "quotas[1].unit_code", "UNIT_UNKNOWN"),
        (vec!["03356", "03356"], "quotas[2].unit_code", "GIVEN_TWICE"),
    ] {
        let found = problems(|unit| unit.quotas = units.into_iter().map(quota).collect());
        assert_eq!(found, [(field.to_owned(), code)]);
    }
}

#[test]
fn an_equipment_line_needs_a_known_type_and_a_whole_capacity() {
    let line = LineInput { kind: "PT01".to_owned(), count: 1, ..LineInput::default() };
    let found = problems(|unit| {
        unit.lines = vec![
            LineInput { kind: "xe tăng".to_owned(), ..line.clone() },
            LineInput { capacity_thousandths: 5_000, ..line.clone() },
            LineInput { capacity_unit: "tấn".to_owned(), ..line },
        ];
    });
    let places: Vec<_> = found.iter().map(|(field, _code)| field.as_str()).collect();
    assert_eq!(
        places,
        [
            "equipment_lines[1].type_code",
            "equipment_lines[2].capacity_unit",
            "equipment_lines[3].capacity_unit"
        ]
    );
}
