use super::super::test_lists::Small;
use super::*;

fn good() -> EquipmentInput {
    EquipmentInput {
        kind: "Xe ô tô tải".into(),
        make_model: "Thaco".into(),
        plate: "27k-551.87".into(),
        chassis_no: "rl4 6402458-0000004".into(),
        capacity_value: "3.5".into(),
        capacity_unit: "tấn".into(),
        year: "2013".into(),
        technical_grade: "II".into(),
        owner_name: "HTX vận tải Tây Bắc".into(),
        drivers: "011088085221 (c); 011205688985".into(),
        location_unit: "Xã Thanh An".into(),
        status: "Hoạt động".into(),
        ..EquipmentInput::default()
    }
}

fn check(change: impl FnOnce(&mut EquipmentInput)) -> Result<Checked<Equipment>, Vec<Problem>> {
    let mut input = good();
    change(&mut input);
    input.check(&Small::new().lists())
}

#[test]
fn a_good_row_becomes_a_record_with_typed_fields() {
    let item = check(|_| ()).expect("a good row").record;
    assert_eq!((item.kind.as_str(), item.class), ("PT01", EquipmentClass::RoadVehicle));
    assert_eq!(item.plate.as_ref().map(Plate::as_str), Some("27K55187"));
    assert_eq!(item.chassis_no.as_deref(), Some("RL464024580000004"));
    let load = Capacity { thousandths: 3_500, unit: CapacityUnit::Tonne };
    assert_eq!(item.capacity, Some(load));
    assert_eq!(item.technical_grade, TechnicalGrade::new(2));
    assert_eq!(item.owner.kind, OwnerKind::Organisation);
    let licences: Vec<_> = item.drivers.iter().map(|d| d.licence_class.as_deref()).collect();
    assert_eq!(licences, [Some("C"), None]);
    assert_eq!(item.location_unit.as_str(), "03352");
}

#[test]
fn each_bad_field_is_refused_under_its_code() {
    type Change = fn(&mut EquipmentInput);
    let cases: [(Change, &str, &str); 14] = [
        (|i| i.kind = "Tàu vũ trụ".into(), "kind", "EQUIPMENT_TYPE_UNKNOWN"),
        (|i| i.plate = "BIEN-SO".into(), "plate", "PLATE_INVALID"),
        (|i| i.chassis_no = "số?".into(), "chassis_no", "TEXT_INVALID"),
        (|i| i.engine_no = "9".repeat(41), "engine_no", "TEXT_INVALID"),
        (|i| i.capacity_unit.clear(), "capacity_value", "CAPACITY_INVALID"),
        (|i| i.capacity_value = "-1".into(), "capacity_value", "CAPACITY_INVALID"),
        (|i| i.capacity_value = "1e9".into(), "capacity_value", "CAPACITY_INVALID"),
        (|i| i.year = "2027".into(), "year", "YEAR_INVALID"),
        (|i| i.technical_grade = "5".into(), "technical_grade", "GRADE_INVALID"),
        (|i| i.owner_name = " ".into(), "owner_name", "OWNER_MISSING"),
        (|i| i.drivers = "Lò Văn A".into(), "drivers", "DRIVER_INVALID"),
        (|i| i.drivers = "011088085221,".repeat(9), "drivers", "DRIVER_INVALID"),
        (|i| i.location_unit = "11".into(), "location_unit", "UNIT_UNKNOWN"),
        (|i| i.status = "?".into(), "status", "STATUS_UNKNOWN"),
    ];
    for (change, field, code) in cases {
        let problems = check(change).expect_err(code);
        let [problem] = problems[..] else { panic!("{code}: one problem, got {problems:?}") };
        assert_eq!((problem.field, problem.code.code()), (field, code));
    }
}

#[test]
fn an_item_needs_something_to_be_known_by() {
    let nameless = check(|input| {
        input.plate.clear();
        input.chassis_no.clear();
    });
    assert_eq!(nameless.expect_err("nothing left")[0].code, ProblemCode::IdentityMissing);
    let by_engine = check(|input| {
        input.plate.clear();
        input.chassis_no.clear();
        input.engine_no = "M7319154".into();
    });
    by_engine.expect("an engine number will do");
}

#[test]
fn an_owner_is_a_person_unless_the_name_says_otherwise() {
    for (name, kind) in [
        ("Lò Văn Hải", OwnerKind::Person),
        ("Trương Thị Hoa", OwnerKind::Person),
        ("Trường PTDTBT", OwnerKind::Organisation),
        ("Công ty CP Xây dựng Điện Biên", OwnerKind::Organisation),
    ] {
        let item = check(|input| input.owner_name = name.into()).expect("good").record;
        assert_eq!(item.owner.kind, kind, "{name}");
    }
}

#[test]
fn no_personal_field_is_printed_by_debug() {
    let checked = check(|_| ()).expect("good");
    let item = &checked.record;
    let printed = format!("{:?} {checked:?} {:?} {:?}", good(), item.owner, item.drivers);
    for secret in ["HTX", "085221", "55187", "RL4"] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
}
