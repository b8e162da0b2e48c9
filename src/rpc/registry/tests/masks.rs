//! Imports of files that have columns for some fields only.

use super::transfer::person;
use super::*;

const NAME: &str = "list.csv";

impl House {
    /// Feeds a text as a roster of reservists.
    async fn import_text(&mut self, text: &str, name: &str) -> ImportReport {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join(NAME);
        std::fs::write(&path, text).expect("written");
        self.import(path, name).await.expect("imported")
    }
}

fn day(year: u32) -> Option<pb::CivilDate> {
    Some(pb::CivilDate { year, month: 6, day: 15 })
}

/// Somebody of whom more is known than a plain list says.
fn known() -> pb::Reservist {
    pb::Reservist {
        full_name: "Lò Văn Thi".to_owned(),
        birth_date: day(1990),
        birth_precision: pb::DatePrecision::Day.into(),
        sex: pb::Sex::Male.into(),
        phones: vec!["+84912345678".to_owned()],
        party_member: Some(true),
        note: "Biết tiếng Thái".to_owned(),
        last_recheck_date: day(2025),
        status: pb::ReservistStatus::TempAbsent.into(),
        deferral: Some(pb::Deferral {
            ground: pb::DeferralGround::Hardship.into(),
            certified_by: "UBND xã".to_owned(),
            start_date: day(2025),
            end_date: day(2026),
        }),
        exemption: Some(pb::Exemption { post: "Giáo viên".to_owned(), ..Default::default() }),
        militia_role: Some(pb::MilitiaRole {
            force_type: "mobile".to_owned(),
            ..Default::default()
        }),
        ..person()
    }
}

fn plain_list(head: &str, cells: &str) -> String {
    let (id, unit) = (known().citizen_id, known().residence_unit_code);
    format!(
        "Họ và tên,Ngày sinh,Giới tính,Số CCCD,Xã phường{head}\nLò Văn Thi,15/06/1990,Nam,{id},{unit}{cells}\n"
    )
}

#[tokio::test]
async fn a_plain_list_leaves_alone_what_it_has_no_columns_for() {
    let mut house = House::new().await;
    let created = house.create("c-1", &known()).await.expect("created");
    let report = house.import_text(&plain_list("", ""), "plain").await;
    assert_eq!(counts(&report), (0, 0, 1), "{report:?}");
    let report = house.import_text(&plain_list(",Ghi chú", ",Mới"), "note").await;
    assert_eq!(counts(&report), (0, 1, 0));
    let changed: Vec<&str> =
        report.changes.values().flatten().map(|change| change.field.as_str()).collect();
    assert_eq!(changed, ["note"]);
    let stored = house.get(&created.reservist_id).await.expect("shown");
    let (updated_time, source) = (stored.updated_time, stored.source);
    let note = "Mới".to_owned();
    let wanted = pb::Reservist { note, version: 2, updated_time, source, ..created };
    assert!(stored == wanted, "nothing else was touched");
}

#[tokio::test]
async fn an_empty_cell_keeps_what_is_stored_and_a_dash_clears_it() {
    let mut house = House::new().await;
    let created = house.create("c-1", &known()).await.expect("created");
    let head = ",Điện thoại,Đảng viên,Tạm hoãn đến ngày";
    let report = house.import_text(&plain_list(head, ",,,"), "blank").await;
    assert_eq!(counts(&report), (0, 0, 1), "{report:?}");
    let report = house.import_text(&plain_list(head, ",-,xóa,-"), "phones").await;
    assert_eq!(counts(&report), (0, 1, 0), "{report:?}");
    let stored = house.get(&created.reservist_id).await.expect("shown");
    assert_eq!((stored.phones.len(), stored.party_member), (0, None));
    let deferral = stored.deferral.expect("put off without an end");
    assert_eq!((deferral.end_date, deferral.certified_by.as_str()), (None, "UBND xã"));
    assert_eq!(stored.note, created.note);
    let report = house.import_text(&plain_list(",Tạm hoãn", ",-"), "deferral").await;
    assert_eq!(counts(&report), (0, 1, 0));
    let stored = house.get(&created.reservist_id).await.expect("shown");
    assert_eq!(stored.deferral, None, "no ground, no deferral");
    assert!(stored.exemption.is_some() && stored.militia_role.is_some());
}

#[tokio::test]
async fn a_number_that_is_another_persons_is_refused_and_a_correction_is_not() {
    let mut house = House::new().await;
    let created = house.create("c-1", &known()).await.expect("created");
    let text =
        plain_list("", "").replace("Lò Văn Thi,15/06/1990,Nam", "Vàng Thị Mai,01/01/1970,Nữ");
    let report = house.import_text(&text, "other").await;
    let reasons: Vec<&str> = report.rejected.values().map(String::as_str).collect();
    assert_eq!(reasons, ["PERSON_CONFLICT"], "{report:?}");
    let stored = house.get(&created.reservist_id).await.expect("shown");
    assert!(stored == created, "as it was");
    let report = house.import_text(&plain_list("", "").replace("Văn Thi", "Văn Thị"), "name").await;
    assert_eq!(report.rejected.len(), 0, "{report:?}");
    let report =
        house.import_text(&plain_list("", "").replace("Văn Thi", "Văn Thắng"), "new").await;
    assert_eq!(counts(&report), (0, 1, 0), "{report:?}");
}

#[tokio::test]
async fn what_comes_of_a_merger_is_checked_as_a_whole() {
    let mut house = House::new().await;
    let created = house.create("c-1", &known()).await.expect("created");
    let text = plain_list(",Tạm hoãn,Tạm hoãn đến ngày", ",hoàn cảnh khó khăn,01/01/2024");
    let report = house.import_text(&text, "short").await;
    let reasons: Vec<&str> = report.rejected.values().map(String::as_str).collect();
    assert_eq!(reasons.len(), 1, "{report:?}");
    let stored = house.get(&created.reservist_id).await.expect("shown");
    assert!(stored == created, "as it was");
    let batch = pb::ImportReservistsRequest {
        request_id: "i-1".to_owned(),
        rows: vec![pb::ReservistRow { row: 1, reservist: Some(known()), ..Default::default() }],
        fields: vec!["nonsense".to_owned()],
        ..Default::default()
    };
    let answers = house.client.import_reservists(tokio_stream::iter([batch])).await;
    let refused = match answers {
        Ok(answers) => answers.into_inner().message().await.expect_err("no such field"),
        Err(refused) => refused,
    };
    assert_eq!(refused.code(), Grpc::InvalidArgument, "{refused:?}");
}

#[tokio::test]
async fn the_press_lists_are_imported_once_and_then_unchanged() {
    let mut house = House::new().await;
    let press =
        |name: &str| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/press").join(name);
    for (name, wanted) in [("one", (130, 0, 0)), ("two", (0, 0, 130))] {
        let feed = house.feed(press("militia-bases.csv"), name);
        let report = feed::import_militia_bases(&mut house.force, feed, &mut |_rows| ()).await;
        assert_eq!(counts(&report.expect("imported")), wanted);
    }
    for (name, wanted) in [("three", (82, 0, 0)), ("four", (0, 0, 82))] {
        let feed = house.feed(press("activities.csv"), name);
        let report = feed::import_activities(&mut house.force, feed, &mut |_rows| ()).await;
        assert_eq!(counts(&report.expect("imported")), wanted);
    }
}

#[tokio::test]
async fn the_specialties_that_were_put_are_those_that_records_are_held_against() {
    let mut house = House::new().await;
    let mut gunner = person();
    gunner.specialty_code = "PK07".to_owned();
    let refused = house.create("c-1", &gunner).await.expect_err("not in the program's own list");
    assert!(refused.message().contains("SPECIALTY_UNKNOWN"), "{refused:?}");
    let message = |code: &str, name: &str, near: &[&str]| pb::Specialty {
        code: code.to_owned(),
        name: name.to_owned(),
        near: near.iter().map(ToString::to_string).collect(),
    };
    let messages =
        [message("PK07", "Pháo phòng không", &["PK08"]), message("PK08", "Tên lửa", &[])];
    let list = crate::wire::code_list::specialties(&messages).expect("a list");
    let command = Command::PutSpecialties(list);
    let request = crate::domain::world::Request { actor: Actor::Server, id: None, command };
    house.engine.submit(request).await.expect("put");
    let created = house.create("c-2", &gunner).await.expect("known now");
    assert_eq!(created.specialty_code, "PK07");
    let known = house.door.parts.specialties();
    let code = |text: &str| text.parse().expect("a good code");
    assert_eq!(known.near(&code("PK07")), [code("PK08")]);
    let mut foot = people(2).remove(1);
    foot.specialty_code = "CN01".to_owned();
    let refused = house.create("c-3", &foot).await.expect_err("listed no more");
    assert!(refused.message().contains("SPECIALTY_UNKNOWN"), "{refused:?}");
}

#[tokio::test]
async fn the_list_of_types_in_force_is_what_equipment_is_checked_and_found_by() {
    let mut house = House::new().await;
    let item = || pb::Equipment {
        type_code: "PT90".to_owned(),
        plate: "27A12345".to_owned(),
        owner_name: "Công ty A".to_owned(),
        location_unit_code: "03160".to_owned(),
        status: pb::EquipmentStatus::Available.into(),
        ..pb::Equipment::default()
    };
    let create = |name: &str| pb::CreateEquipmentRequest {
        request_id: name.to_owned(),
        equipment: Some(item()),
    };
    let refused = house.client.create_equipment(create("e-1")).await.expect_err("in no list");
    assert!(refused.message().contains("EQUIPMENT_TYPE_UNKNOWN"), "{refused:?}");
    let kind = |code: &str, name: &str, other: &str| pb::EquipmentType {
        code: code.to_owned(),
        name: name.to_owned(),
        other_names: vec![other.to_owned()],
        equipment_class: pb::EquipmentClass::CivilAviation.into(),
    };
    let messages = [kind("PT90", "Khinh khí cầu", "Khí cầu"), kind("PT91", "Tàu lượn", "Dù lượn")];
    let list = crate::wire::code_list::equipment_types(&messages).expect("a list");
    let command = Command::PutEquipmentTypes(list);
    let request = crate::domain::world::Request { actor: Actor::Server, id: None, command };
    house.engine.submit(request).await.expect("put");
    let created = house.client.create_equipment(create("e-2")).await.expect("known now");
    let created = created.into_inner().equipment.expect("as stored");
    assert_eq!(created.equipment_class(), pb::EquipmentClass::CivilAviation);
    let list = |filter: &str| pb::ListEquipmentRequest {
        filter: filter.to_owned(),
        ..pb::ListEquipmentRequest::default()
    };
    let listed = house.client.list_equipment(list("type = \"khí cầu\"")).await.expect("listed");
    assert_eq!(listed.into_inner().total_size, 1, "by another name of the list in force");
    let refused = house.client.list_equipment(list("type = PT01")).await.expect_err("no more");
    assert!(refused.message().contains("FILTER_INVALID"), "{refused:?}");
    for bad in [kind("PT92", "Tàu lượn", "x"), kind("PT92", "Dù", "a, b"), kind("PT92", "", "x")]
    {
        let all = [messages.to_vec(), vec![bad.clone()]].concat();
        assert!(crate::wire::code_list::equipment_types(&all).is_err(), "{bad:?}");
    }
}
