use super::super::test_lists::Small;
use super::super::{Checked, Problem, Reservist, Warning};
use super::*;

fn good() -> ReservistInput {
    ReservistInput {
        full_name: "Sùng A Hòa".into(),
        birth: "30/12/1988".into(),
        sex: "Nam".into(),
        citizen_id: "011088085221".into(),
        residence_unit: "Xã Sam Mứn".into(),
        ..ReservistInput::default()
    }
}

fn check(change: impl FnOnce(&mut ReservistInput)) -> Result<Checked<Reservist>, Vec<Problem>> {
    let mut input = good();
    change(&mut input);
    input.check(&Small::new().lists())
}

#[test]
fn a_row_that_says_nothing_of_it_has_no_standing_beside_its_status() {
    assert_eq!(check(|_| ()).expect("good").record.standing, Standing::default());
}

#[test]
fn a_deferral_an_exemption_and_a_place_in_the_militia_are_read() {
    let checked = check(|i| {
        i.deferral_ground = "Ốm đau".into();
        i.deferral_certified_by = " UBND  xã Sam Mứn".into();
        i.deferral_from = "01/02/2026".into();
        i.deferral_to = "2026-03-01".into();
        i.exemption_post = "Giáo viên".into();
        i.militia_type = "Dân quân cơ động".into();
        i.militia_to = "31/12/2026".into();
        i.former_unit = "Xã Pom Lót".into();
        i.last_recheck_on = "31/01/2026".into();
    });
    let checked = checked.expect("good");
    assert_eq!(checked.warnings, [Warning::DoubleTasked]);
    let standing = checked.record.standing;
    let deferral = standing.deferral.expect("read");
    assert_eq!(deferral.ground, DeferralGround::Illness);
    assert_eq!(deferral.certified_by.as_deref(), Some("UBND xã Sam Mứn"));
    let days = [(1, 31, false), (2, 1, true), (3, 1, true), (3, 2, false)];
    for (month, day, within) in days {
        assert_eq!(deferral.period.contains(jiff::civil::date(2026, month, day)), within);
    }
    assert_eq!(standing.exemption.expect("read").period, Period::default());
    let force = standing.militia.expect("read").force.expect("known");
    assert_eq!(force.as_str(), "mobile");
    assert_eq!(standing.former_unit.as_deref(), Some("Xã Pom Lót"));
}

#[test]
fn a_death_lies_not_ahead_but_a_journey_may() {
    let problems = |status: &'static str, from: &'static str| {
        let checked = check(|i| (i.status, i.status_from) = (status.into(), from.into()));
        checked.err().map(|problems| (problems[0].field, problems[0].code))
    };
    let ahead = "01/01/2099";
    assert_eq!(problems("Đã chết", ahead), Some(("status_from", ProblemCode::DateInvalid)));
    assert_eq!(problems("Đã chết", "01/01/2020"), None);
    assert_eq!(problems("Đi nước ngoài", ahead), None);
}

#[test]
fn who_left_the_militia_or_the_reserve_is_not_double_tasked() {
    let warnings = |change: fn(&mut ReservistInput)| check(change).expect("good").warnings;
    let left = warnings(|i| {
        i.militia_base = "DQ-03356".into();
        i.militia_to = "30/01/2026".into();
    });
    assert_eq!(left, []);
    let released = warnings(|i| {
        i.militia_base = "DQ-03356".into();
        i.status = "Giải ngạch".into();
    });
    assert_eq!(released, []);
}

#[test]
fn what_has_happened_did_not_happen_tomorrow_and_no_period_runs_backwards() {
    type Change = fn(&mut ReservistInput);
    let cases: [(Change, &str, &str); 12] = [
        (|i| i.last_recheck_on = "01/02/2026".into(), "last_recheck_on", "DATE_INVALID"),
        (|i| i.registered_on = "31/02/2020".into(), "registered_on", "DATE_INVALID"),
        (|i| i.residence_since = "2020".into(), "residence_since", "DATE_INVALID"),
        (|i| i.status_from = "01/01/2101".into(), "status_from", "DATE_INVALID"),
        (
            |i| {
                i.status_from = "02/01/2026".into();
                i.status_to = "01/01/2026".into();
            },
            "status_to",
            "PERIOD_INVALID",
        ),
        (|i| i.deferral_to = "01/03/2026".into(), "deferral_ground", "DEFERRAL_INVALID"),
        (|i| i.deferral_ground = "?".into(), "deferral_ground", "DEFERRAL_INVALID"),
        (|i| i.exemption_employer = "Trường".into(), "exemption_post", "EXEMPTION_INVALID"),
        (|i| i.militia_from = "01/01/2024".into(), "militia_type", "MILITIA_INVALID"),
        (|i| i.militia_base = "mã có dấu".into(), "militia_base", "MILITIA_INVALID"),
        (|i| i.transfer_to_unit = "03352".into(), "transfer_started_on", "DATE_INVALID"),
        (|i| i.transfer_reason = "Lấy vợ".into(), "transfer_to_unit", "UNIT_MISSING"),
    ];
    for (change, field, code) in cases {
        let problems = check(change).expect_err(code);
        let found = problems.iter().any(|p| (p.field, p.code.code()) == (field, code));
        assert!(found, "{field} {code}: {problems:?}");
    }
}

#[test]
fn nothing_of_it_is_printed_by_debug() {
    let record = check(|i| {
        i.deferral_ground = "Ốm đau".into();
        i.exemption_employer = "Trường Sam Mứn".into();
        i.exemption_post = "Giáo viên".into();
        i.status_certificate = "12/QĐ".into();
    });
    let standing = record.expect("good").record.standing;
    let printed = format!("{standing:?} {:?} {:?}", standing.deferral, standing.exemption);
    for secret in ["Illness", "Trường", "Giáo", "12/QĐ"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}
