use super::super::test_lists::Small;
use super::*;

fn good() -> ReservistInput {
    ReservistInput {
        full_name: "Sùng A Hòa".into(),
        birth: "30/12/1988".into(),
        sex: "Nam".into(),
        ethnic_group: "Mông".into(),
        languages: "Tiếng Mông; Tiếng Việt".into(),
        citizen_id: "011088085221".into(),
        rank: "Binh nhất".into(),
        specialty: "cn01".into(),
        class: "1".into(),
        residence_unit: "Xã Sam Mứn".into(),
        phones: "0330.504.247 / 0215 3825123".into(),
        party_member: "x".into(),
        health_class: "loại 3".into(),
        hamlet: " bản  Co Mỵ ".into(),
        ..ReservistInput::default()
    }
}

fn check(change: impl FnOnce(&mut ReservistInput)) -> Result<Checked<Reservist>, Vec<Problem>> {
    let mut input = good();
    change(&mut input);
    input.check(&Small::new().lists())
}

#[test]
fn a_good_row_becomes_a_record_with_typed_fields() {
    let checked = check(|_| ()).expect("a good row");
    assert_eq!(checked.warnings, []);
    let reservist = checked.record;
    assert_eq!(reservist.category, Some(ReservistCategory::NcoSoldier), "from the rank");
    assert_eq!(reservist.class, Some(ReserveClass::One));
    assert_eq!(reservist.specialty.as_ref().map(SpecialtyCode::as_str), Some("CN01"));
    assert_eq!(reservist.registered_unit, reservist.residence_unit);
    assert_eq!(reservist.residence_unit.as_str(), "03356");
    assert_eq!(reservist.health_class, HealthClass::new(3));
    assert_eq!(reservist.party_member, Some(true));
    assert_eq!(reservist.status, ReservistStatus::Active);
    let person = reservist.person;
    assert_eq!(person.hamlet.as_deref(), Some("bản Co Mỵ"));
    assert_eq!(person.languages, [Language::Mong, Language::Vietnamese]);
    let phones: Vec<&str> = person.phones.iter().map(Phone::e164).collect();
    assert_eq!(phones, ["+84330504247", "+842153825123"]);
}

#[test]
fn each_bad_field_is_refused_under_its_code() {
    type Change = fn(&mut ReservistInput);
    let cases: [(Change, &str, &str); 23] = [
        (|i| i.full_name = " ".into(), "full_name", "NAME_MISSING"),
        (|i| i.full_name = "Lò 2".into(), "full_name", "NAME_INVALID"),
        (|i| i.citizen_id.clear(), "citizen_id", "CITIZEN_ID_MISSING"),
        (|i| i.citizen_id = "011092479".into(), "citizen_id", "CITIZEN_ID_INVALID"),
        (|i| i.birth.clear(), "birth", "BIRTH_DATE_MISSING"),
        (|i| i.birth = "31/02/1990".into(), "birth", "BIRTH_DATE_INVALID"),
        (|i| i.birth = "01/02/2026".into(), "birth", "BIRTH_DATE_INVALID"),
        (|i| i.residence_unit.clear(), "residence_unit", "UNIT_MISSING"),
        (|i| i.residence_unit = "Xã Không Có".into(), "residence_unit", "UNIT_UNKNOWN"),
        (|i| i.residence_unit = "KV3".into(), "residence_unit", "UNIT_UNKNOWN"),
        (|i| i.registered_unit = "Xã Không Có".into(), "registered_unit", "UNIT_UNKNOWN"),
        (|i| i.class = "5".into(), "class", "CLASS_INVALID"),
        (|i| i.specialty = "CN99".into(), "specialty", "SPECIALTY_UNKNOWN"),
        (|i| i.sex.clear(), "sex", "SEX_INVALID"),
        (|i| i.rank = "Nguyên soái".into(), "rank", "RANK_UNKNOWN"),
        (|i| i.rank = "Binh nhì CN".into(), "rank", "RANK_UNKNOWN"),
        (|i| i.category = "officer".into(), "category", "CATEGORY_INVALID"),
        (|i| i.ethnic_group = "Sao Hỏa".into(), "ethnic_group", "ETHNIC_GROUP_UNKNOWN"),
        (|i| i.phones = "0330504247, 12".into(), "phones", "PHONE_INVALID"),
        (|i| i.health_class = "7".into(), "health_class", "HEALTH_CLASS_INVALID"),
        (|i| i.party_member = "?".into(), "party_member", "PARTY_MEMBER_INVALID"),
        (|i| i.status = "?".into(), "status", "STATUS_UNKNOWN"),
        (|i| i.note = "a".repeat(1_001), "note", "TEXT_INVALID"),
    ];
    for (change, field, code) in cases {
        let problems = check(change).expect_err(code);
        let [problem] = problems[..] else { panic!("{code}: one problem, got {problems:?}") };
        assert_eq!((problem.field, problem.code.code()), (field, code));
    }
}

#[test]
fn all_problems_are_told_at_once_in_the_order_of_the_fields() {
    let problems = check(|input| {
        input.full_name.clear();
        input.class = "5".into();
        input.phones = "1".into();
    })
    .expect_err("three faults");
    let fields: Vec<&str> = problems.iter().map(|problem| problem.field).collect();
    assert_eq!(fields, ["full_name", "class", "phones"]);
}

#[test]
fn doubts_are_warnings_and_do_not_refuse() {
    let warnings = |change: fn(&mut ReservistInput)| check(change).expect("accepted").warnings;
    assert_eq!(warnings(|i| i.sex = "Nữ".into()), [Warning::CitizenIdMismatch]);
    assert_eq!(warnings(|i| i.birth = "1988".into()), [Warning::BirthYearOnly]);
    assert_eq!(warnings(|i| i.birth = "12/1988".into()), [Warning::BirthMonthOnly]);
    let doubled = warnings(|i| i.full_name = "  Sùng  A  Hòa ".into());
    assert_eq!(doubled, [Warning::NameNormalized]);
}

#[test]
fn a_professional_wears_an_officers_rank() {
    let category = |change: fn(&mut ReservistInput)| check(change).expect("good").record.category;
    assert_eq!(category(|i| i.rank = "Trung úy".into()), Some(ReservistCategory::Officer));
    assert_eq!(
        category(|i| i.rank = "Trung uý QNCN".into()),
        Some(ReservistCategory::Professional)
    );
    let stated = category(|i| {
        i.rank = "Trung úy".into();
        i.category = "professional".into();
    });
    assert_eq!(stated, Some(ReservistCategory::Professional));
    assert_eq!(category(|i| i.rank.clear()), None, "nothing is guessed");
}

#[test]
fn no_personal_field_is_printed_by_debug() {
    let checked = check(|_| ()).expect("good");
    let printed = format!("{:?} {:?} {checked:?}", good(), checked.record.person);
    for secret in ["Sùng", "1988", "085221", "330504247", "Mỵ", "Mong", "party", "health"] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
}
