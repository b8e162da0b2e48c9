use super::super::ReservistInput;
use super::super::test_lists::Small;
use super::*;

fn person(change: impl FnOnce(&mut ReservistInput)) -> Reservist {
    let mut input = ReservistInput {
        full_name: "Sùng A Hòa".into(),
        birth: "30/12/1988".into(),
        sex: "Nam".into(),
        citizen_id: "011088085221".into(),
        residence_unit: "Xã Sam Mứn".into(),
        last_recheck_on: "01/12/2025".into(),
        ..ReservistInput::default()
    };
    change(&mut input);
    input.check(&Small::new().lists()).expect("good").record
}

#[test]
fn working_days_leave_out_weekends_and_the_holidays_given() {
    let friday = date(2026, 1, 16);
    assert_eq!(working_day_after(friday, 0, &[]), friday);
    assert_eq!(working_day_after(friday, 1, &[]), date(2026, 1, 19));
    assert_eq!(working_day_after(friday, 5, &[]), date(2026, 1, 23));
    assert_eq!(working_day_after(friday, 5, &[date(2026, 1, 20)]), date(2026, 1, 26));
}

#[test]
fn a_move_is_registered_within_five_working_days_and_ten_before_july_2025() {
    let moved = |on: &str, registered: &str| {
        person(|i| {
            i.residence_since = on.into();
            i.registered_on = registered.into();
        })
    };
    let day = date(2026, 1, 31);
    let late = |record: &Reservist| lateness(record, day, &[]);
    assert_eq!(late(&moved("16/01/2026", "23/01/2026")), []);
    let due = date(2026, 1, 23);
    assert_eq!(late(&moved("16/01/2026", "24/01/2026")), [Late::MoveIn { due }]);
    assert_eq!(late(&moved("16/01/2026", "")), [Late::MoveIn { due }], "not registered at all");
    assert_eq!(lateness(&moved("16/01/2026", ""), due, &[]), [], "the last day is in time");
    assert_eq!(late(&moved("02/06/2025", "16/06/2025")), [], "ten working days then");
    let officer = person(|i| {
        i.rank = "Thiếu úy".into();
        i.residence_since = "05/01/2026".into();
    });
    let due = date(2026, 1, 19);
    assert_eq!(late(&officer), [Late::OfficerRegistration { due }]);
    assert_eq!(lateness(&officer, due, &[]), [], "ten working days for an officer");
}

#[test]
fn absence_is_declared_after_three_months_and_ends_within_five_working_days() {
    let away = person(|i| {
        i.status = "Tạm vắng".into();
        i.status_from = "01/10/2025".into();
    });
    let due = date(2026, 1, 1);
    assert_eq!(lateness(&away, due, &[]), []);
    assert_eq!(lateness(&away, date(2026, 1, 2), &[]), [Late::Absence { due }]);
    let declared = person(|i| {
        i.status = "Tạm vắng".into();
        i.status_from = "01/10/2025".into();
        i.status_certificate = "3/TB".into();
    });
    assert_eq!(lateness(&declared, date(2026, 1, 31), &[]), []);
    let back = person(|i| {
        i.status = "Tạm vắng".into();
        i.status_from = "01/10/2025".into();
        i.status_to = "16/01/2026".into();
    });
    let due = date(2026, 1, 23);
    assert_eq!(lateness(&back, due, &[]), []);
    assert_eq!(lateness(&back, date(2026, 1, 24), &[]), [Late::Return { due }]);
}

#[test]
fn a_record_is_stale_after_a_year_or_if_it_was_never_checked() {
    let record = person(|_| ());
    assert_eq!(lateness(&record, date(2026, 12, 1), &[]), []);
    let due = Some(date(2026, 12, 1));
    assert_eq!(lateness(&record, date(2026, 12, 2), &[]), [Late::Recheck { due }]);
    let never = person(|i| i.last_recheck_on.clear());
    assert_eq!(lateness(&never, date(2026, 1, 31), &[]), [Late::Recheck { due: None }]);
}

#[test]
fn a_transfer_waits_five_working_days_and_who_has_left_is_never_late() {
    let moving = person(|i| {
        i.transfer_to_unit = "03352".into();
        i.transfer_started_on = "16/01/2026".into();
    });
    let due = date(2026, 1, 23);
    assert_eq!(lateness(&moving, date(2026, 1, 24), &[]), [Late::Transfer { due }]);
    let gone = person(|i| {
        i.status = "Giải ngạch".into();
        i.last_recheck_on.clear();
    });
    assert_eq!(lateness(&gone, date(2026, 1, 31), &[]), []);
}

#[test]
fn whoever_is_late_for_more_than_the_recheck_is_among_those_looked_at() {
    use ReservistStatus::{Abroad, Active, Dead, Deferred, TempAbsent};
    let days = [None, Some(date(2025, 6, 2)), Some(date(2026, 1, 16)), Some(date(2026, 1, 27))];
    let (mut late, mut looked_at) = (0, 0);
    for status in [Active, Deferred, TempAbsent, Abroad, Dead] {
        // Each digit in base four or two chooses one thing.
        for choice in 0..4 * 4 * 4 * 4 * 4 * 2 * 2_usize {
            let day = |digit: u32| days[choice / 4_usize.pow(digit) % 4];
            let yes = |bit: usize| choice / 4_usize.pow(5) / bit % 2 == 1;
            let fresh = Freshness {
                status,
                is_officer: yes(1),
                residence_since: day(0),
                registered_on: day(1),
                status_period: Period { from: day(2), to: day(3) },
                is_certified: yes(2),
                last_recheck_on: None,
                moving_since: day(4),
            };
            looked_at += u32::from(fresh.may_be_late());
            for today in [date(2026, 1, 28), date(2026, 6, 1), date(2027, 6, 1)] {
                let found = fresh.late(today, &[date(2026, 1, 20)]);
                if found.iter().any(|one| !matches!(one, Late::Recheck { .. })) {
                    late += 1;
                    assert!(fresh.may_be_late(), "{fresh:?} {found:?}");
                }
            }
        }
    }
    assert!(late > 1_000 && looked_at < 5 * 4_096, "{late} late, {looked_at} looked at");
}
