use super::*;
use crate::domain::instant::Instant;
use crate::domain::registry::{
    ActivityInput, ActivityKind, ActivityStatus, Audience, BaseKind, BaseStatus, Deferral,
    DeferralGround, EnterpriseInput, EnterpriseStatus, EquipmentClass, EquipmentStatus,
    EquipmentTypes, Exemption, ForceType, Frame, MilitiaBaseInput, MilitiaRole, OwnerKind, Period,
    Rating, ReservistCategory, ReservistStatus, Sex, Specialties, Standing, SurveyStage, Transfer,
};
use crate::domain::unit::Units;
use crate::roster::lists::{shipped_equipment_types, shipped_specialties};
use crate::sim::province;
use crate::wire::pb;

struct Province(Units, Specialties, EquipmentTypes);

impl Province {
    fn new() -> Self {
        let units = Units::from_list(province::units()).expect("one tree");
        Self(units, shipped_specialties(), shipped_equipment_types())
    }

    fn lists(&self) -> Lists<'_> {
        let as_of = jiff::civil::date(2026, 1, 31);
        Lists { units: &self.0, specialties: &self.1, equipment_types: &self.2, as_of }
    }
}

fn comes_back<R: RegistryRecord + PartialEq>(record: R, lists: &Lists<'_>) {
    let checked = record.checked(lists).expect("a record of the simulator is good");
    assert!(checked == record, "nothing is lost on the way through the check");
    let stored: R = decode(&encode(record.clone()), [7; 16], 3).expect("its own bytes");
    assert_eq!(stored.identity(), ("07070707-0707-0707-0707-070707070707", 3));
    let mut bare = stored;
    bare.identify(String::new(), 0);
    assert!(bare == record, "nothing is lost in the sealed content");
    let mut stamped = record.clone();
    let updated = Instant::from_millis(1_780_272_000_123);
    let known = jiff::civil::date(2026, 5, 4);
    stamped.stamp(Some(Stamp { updated, source: pb::RecordSource::Imported, known }));
    assert_eq!(stamped != record, !R::STAMP.is_empty(), "a stamp is in the fields that are named");
    let (stamped, bare) = (encode(stamped), encode(record));
    let said = essence::<R>(&stamped).expect("its own bytes").concat();
    assert_eq!(said, *bare, "the stamp is no part of what is said");
}

fn period() -> Period {
    let day = jiff::civil::date;
    Period { from: Some(day(2025, 3, 1)), to: Some(day(2026, 1, 31)) }
}

fn standing() -> Standing {
    let code = |text: &str| text.parse().expect("a good code");
    let text = |text: &str| Some(text.to_owned());
    Standing {
        former_unit: text("Xã Pom Lót"),
        residence_since: period().from,
        registered_on: period().from,
        last_recheck_on: period().to,
        status_period: period(),
        status_certificate: text("12/QĐ-CHQS"),
        deferral: Some(Deferral {
            ground: DeferralGround::Hardship,
            certified_by: text("UBND xã"),
            period: period(),
        }),
        exemption: Some(Exemption {
            post: "Giáo viên".to_owned(),
            employer: text("Trường THCS"),
            period: period(),
        }),
        militia: Some(MilitiaRole {
            base: Some(code("DQ-03356")),
            force: ForceType::parse("cơ động"),
            period: period(),
        }),
        transfer: Some(Transfer {
            to_unit: code("03352"),
            started_on: jiff::civil::date(2026, 1, 30),
            reason: text("Chuyển nơi ở"),
        }),
    }
}

#[test]
fn every_field_of_a_record_comes_back_through_the_wire_and_the_check() {
    let province = Province::new();
    for mut person in province::reservists(1, 300) {
        person.frame = Some(Frame::B);
        person.post = Some("Tiểu đội trưởng".to_owned());
        person.person.contact_via = Some("Trưởng bản".to_owned());
        person.person.note = Some("Ghi chú".to_owned());
        person.person.reserve_card_no = Some("A-12".to_owned());
        person.person.record_sheet_no = Some("P-9".to_owned());
        person.standing = standing();
        comes_back(pb::Reservist::from(&person), &province.lists());
    }
    for mut item in province::equipment(1, 300) {
        item.owner.address = Some("Bản Co Mỵ".to_owned());
        item.note = Some("Ghi chú".to_owned());
        item.owner.contact = Some("Ông Thi".to_owned());
        item.status_period = period();
        item.status_certificate = Some("3/BB".to_owned());
        (item.registered_on, item.last_recheck_on) = (period().from, period().to);
        comes_back(pb::Equipment::from(&item), &province.lists());
    }
}

#[test]
fn every_field_of_a_base_an_enterprise_and_an_activity_comes_back() {
    let province = Province::new();
    let lists = province.lists();
    let text = ToOwned::to_owned;
    let base = MilitiaBaseInput {
        code: text("TV-001"),
        unit: text("03356"),
        name: text("Tự vệ Trung tâm Y tế"),
        host_org: text("Trung tâm Y tế"),
        authorised: text("40"),
        present: text("38"),
        by_type: text("Cơ động: 20; Dân quân biển: 8"),
        party_members: text("6"),
        commander: text("Lò Văn Thi"),
        phones: text("0330504247"),
        established_on: text("01/07/2025"),
        status: text("Đã giải thể"),
        note: text("Ghi chú"),
        ..MilitiaBaseInput::default()
    };
    let base = base.check(&lists).expect("good").record;
    comes_back(pb::MilitiaBase::from(&base), &lists);
    let enterprise = EnterpriseInput {
        tax_code: text("0100109106001"),
        name: text("Công ty CP May Tây Bắc"),
        unit: text("03356"),
        address: text("Bản Co Mỵ"),
        capabilities: text("Gạo: 20,5 tấn; Quân trang: 500 bộ (chỉ tiêu 100)"),
        stage: text("Đang quản lý"),
        surveyed_on: text("2025-11-03"),
        contact: text("Bà Hương"),
        phones: text("0330504247"),
        status: text("Tạm ngừng"),
        note: text("Ghi chú"),
        ..EnterpriseInput::default()
    };
    let enterprise = enterprise.check(&lists).expect("good").record;
    comes_back(pb::Enterprise::from(&enterprise), &lists);
    let activity = ActivityInput {
        kind: text("Khắc phục thiên tai"),
        title: text("Lũ tháng 8"),
        unit: text("11"),
        announced: text("không"),
        audience: text("Dân quân"),
        from: text("01/08/2025"),
        to: text("09/08/2025"),
        participants: text("100"),
        students: text("7.531"),
        excellent: text("1"),
        good: text("2"),
        pass: text("3"),
        fail: text("4"),
        rating: text("Giỏi"),
        rated_by: text("Quân khu 2"),
        persons: text("22.700"),
        vehicles: text("800"),
        document_no: text("12/KH"),
        status: text("Đã thực hiện"),
        note: text("Ghi chú"),
    };
    let activity = activity.check(&lists).expect("good").record;
    comes_back(pb::Activity::from(&activity), &lists);
}

#[test]
fn the_enums_of_the_wire_have_the_numbers_and_names_of_the_domain() {
    macro_rules! agrees {
        ($($term:ident $wire:ident $prefix:literal,)+) => {$(
            for term in $term::ALL {
                let wire = pb::$wire::try_from(i32::from(term.number())).expect("a known number");
                let name = format!("{}_{}", $prefix, term.code().to_uppercase());
                assert_eq!(wire.as_str_name(), name);
            }
            let next = i32::try_from($term::ALL.len()).expect("few") + 1;
            assert!(pb::$wire::try_from(next).is_err(), "the wire has no more than the domain");
        )+};
    }
    agrees!(
        Sex Sex "SEX",
        ReservistCategory ReservistCategory "RESERVIST_CATEGORY",
        ReservistStatus ReservistStatus "RESERVIST_STATUS",
        Frame ReserveFrame "RESERVE_FRAME",
        EquipmentStatus EquipmentStatus "EQUIPMENT_STATUS",
        EquipmentClass EquipmentClass "EQUIPMENT_CLASS",
        OwnerKind OwnerKind "OWNER_KIND",
        DeferralGround DeferralGround "DEFERRAL_GROUND",
        BaseKind MilitiaBaseKind "MILITIA_BASE_KIND",
        BaseStatus MilitiaBaseStatus "MILITIA_BASE_STATUS",
        SurveyStage SurveyStage "SURVEY_STAGE",
        EnterpriseStatus EnterpriseStatus "ENTERPRISE_STATUS",
        ActivityKind ActivityKind "ACTIVITY_KIND",
        ActivityStatus ActivityStatus "ACTIVITY_STATUS",
        Rating Rating "RATING",
        Audience ActivityAudience "ACTIVITY_AUDIENCE",
    );
}

fn person() -> pb::Reservist {
    let mut person = province::reservists(1, 1).next().expect("one person");
    person.person.full_name = "Sùng A Hòa".to_owned();
    person.person.workplace = Some("Trạm y tế".to_owned());
    person.standing = standing();
    pb::Reservist::from(&person)
}

#[test]
fn what_is_not_said_or_unknown_is_refused_under_the_field_of_the_proto_file() {
    let province = Province::new();
    type Change = fn(&mut pb::Reservist);
    let cases: [(Change, &str, &str); 11] = [
        (|p| p.birth_date = None, "birth_date", "BIRTH_DATE_MISSING"),
        (|p| p.birth_precision = 0, "birth_date", "BIRTH_DATE_INVALID"),
        (|p| p.birth_precision = 9, "birth_date", "BIRTH_DATE_INVALID"),
        (|p| p.sex = 0, "sex", "SEX_INVALID"),
        (|p| p.status = 0, "status", "STATUS_UNKNOWN"),
        (|p| p.status = 99, "status", "STATUS_UNKNOWN"),
        (|p| p.category = -1, "category", "CATEGORY_INVALID"),
        (|p| p.reserve_class = 3, "reserve_class", "CLASS_INVALID"),
        (|p| p.residence_unit_code = "KV1".into(), "residence_unit_code", "UNIT_UNKNOWN"),
        (|p| p.specialty_code = "CN99".into(), "specialty_code", "SPECIALTY_UNKNOWN"),
        (|p| p.frame = 3, "frame", "FRAME_INVALID"),
    ];
    for (change, field, code) in cases {
        let mut message = person();
        change(&mut message);
        let problems = message.checked(&province.lists()).expect_err(code);
        assert!(
            problems.iter().any(|problem| (problem.field, problem.code.code()) == (field, code)),
            "{code}: {problems:?}"
        );
    }
}

#[test]
fn a_masked_person_shows_no_name_and_no_number() {
    let whole = person();
    let mut named = whole.clone();
    named.show(View::Named);
    assert_eq!((named.full_name.as_str(), named.birth_date), ("Sùng A Hòa", whole.birth_date));
    assert!(named.citizen_id.starts_with("*********") && named.citizen_id.len() == 12);
    assert!(whole.citizen_id.ends_with(&named.citizen_id[9..]));
    assert!(named.phones.iter().all(|phone| phone.starts_with("*********")));
    assert_eq!((named.workplace.as_str(), named.health_class), ("", 0));
    let (deferral, exemption) = (named.deferral.expect("kept"), named.exemption.expect("kept"));
    assert_eq!((deferral.ground, deferral.certified_by.as_str()), (0, ""));
    assert!(deferral.end_date.is_some() && exemption.end_date.is_some());
    assert_eq!((exemption.post.as_str(), exemption.employer.as_str()), ("", ""));
    assert_eq!(named.status_certificate, "");
    let mut masked = whole.clone();
    masked.show(View::Masked);
    assert_eq!(masked.full_name, "S. A. H.");
    assert_eq!(masked.birth_date.map(|date| (date.month, date.day)), Some((1, 1)));
    assert_eq!(masked.residence_unit_code, whole.residence_unit_code);
}

#[test]
fn masked_equipment_shows_no_owner_plate_or_driver() {
    let mut items = province::equipment(1, 300).map(|item| pb::Equipment::from(&item));
    let whole = items
        .find(|item| item.owner_kind() == pb::OwnerKind::Person && !item.drivers.is_empty())
        .expect("a private truck with a driver");
    let mut masked = whole.clone();
    masked.show(View::Masked);
    assert_ne!(masked.owner_name, whole.owner_name);
    assert!(masked.plate.is_empty() || masked.plate.starts_with('*'));
    assert!(masked.chassis_number.is_empty() || masked.chassis_number.starts_with('*'));
    assert!(masked.drivers.iter().all(|driver| driver.citizen_id.starts_with("*********")));
    assert_eq!(format!("{:?}", whole.drivers[0]), "Driver(masked)");
}

#[test]
fn an_engine_number_tells_only_where_no_other_number_does() {
    let numbers = |chassis: &str, plate: &str| {
        let item = pb::Equipment {
            chassis_number: chassis.to_owned(),
            plate: plate.to_owned(),
            engine_number: "E1".to_owned(),
            ..pb::Equipment::default()
        };
        item.numbers().map(|number| number.map(|(kind, _)| kind))
    };
    assert_eq!(numbers("C1", "P1"), [Some("chassis_number"), Some("plate")]);
    assert_eq!(numbers("", "P1"), [None, Some("plate")]);
    assert_eq!(numbers("", ""), [Some("engine_number"), None]);
}

#[test]
fn a_merger_takes_the_named_fields_from_the_row_and_the_rest_from_the_store() {
    let mut stored = pb::Reservist::from(&province::reservists(1, 1).next().expect("one"));
    stored.phones = vec!["+84912345678".to_owned(), "+84912345679".to_owned()];
    stored.deferral =
        Some(pb::Deferral { ground: 1, certified_by: "UBND".into(), ..Default::default() });
    let new =
        pb::Reservist { note: "Mới".into(), former_unit: "Xã cũ".into(), ..Default::default() };
    let fields = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        Fields::parse::<pb::Reservist>(&names)
    };
    let merged = fields(&["note"]).expect("a field").merge(&stored, &new).expect("sound");
    let wanted =
        pb::Reservist { note: "Mới".into(), former_unit: "Xã cũ".into(), ..stored.clone() };
    assert!(merged == wanted, "a former unit is found beside, not in a column");
    let names = ["phones", "deferral.end_date"];
    let merged = fields(&names).expect("fields").merge(&stored, &new).expect("sound");
    assert_eq!((merged.phones.len(), merged.deferral == stored.deferral), (0, true));
    let merged =
        fields(&["deferral.ground"]).expect("a field").merge(&stored, &new).expect("sound");
    assert_eq!(merged.deferral, None);
    for bad in ["nothing", "deferral.nothing", "note.part"] {
        assert!(fields(&[bad]).is_err(), "{bad}");
    }
}

#[test]
fn what_was_entered_under_a_unit_that_was_merged_since_stays_there_in_every_kind() {
    let mut province = Province::new();
    let code = |text: &str| -> UnitCode { text.parse().expect("a code") };
    let units = vec![code("03162")];
    let merge = crate::domain::unit::Change::Merge { units, into: code("03160"), new: None };
    let day = jiff::civil::date(2026, 1, 10);
    let after = province.0.plan(&merge, day).expect("a sound merger");
    province.0.reorganize(&after, day).expect("planned");
    macro_rules! stays {
        ($record:ident $unit:ident) => {
            let of = |unit: &str| pb::$record { $unit: unit.to_owned(), ..Default::default() };
            let (stored, mut same, mut moved) = (of("03162"), of("03160"), of("03163"));
            assert_eq!(same.keep_from(&stored, &province.0), None);
            assert!(same == stored, "the successor is the same unit");
            moved.keep_from(&stored, &province.0);
            assert_eq!(moved.$unit, "03163", "another is another");
            let mut undone = of("03162");
            undone.keep_from(&of("03160"), &province.0);
            assert_eq!(undone.$unit, "03160", "nothing goes back under what is no more");
        };
    }
    stays!(Reservist residence_unit_code);
    stays!(Equipment location_unit_code);
    stays!(MilitiaBase unit_code);
    stays!(Enterprise unit_code);
    stays!(Activity unit_code);
    let of = |unit: &str| pb::Activity {
        title: "Diễn tập".to_owned(),
        unit_code: unit.to_owned(),
        ..Default::default()
    };
    let known_by = |unit: &str| {
        let record = of(unit);
        let [number, _none] = record.numbers();
        number.map(|(kind, text)| (kind, text.into_owned())).expect("one")
    };
    assert_eq!(of("03160").other_numbers(&province.0), [known_by("03162")]);
    assert_eq!(of("03162").other_numbers(&province.0), [known_by("03160")]);
    assert_eq!(of("03163").other_numbers(&province.0), []);
}
