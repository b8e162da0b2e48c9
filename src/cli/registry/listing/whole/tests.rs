use std::ops::ControlFlow;
use std::path::Path;

use jiff::civil::date;

use super::*;
use crate::domain::registry::{
    Activity, ActivityInput, Checked, Enterprise, EnterpriseInput, Equipment, EquipmentInput,
    Lists, MilitiaBase, MilitiaBaseInput, Problem, Reservist, ReservistInput, Specialties,
};
use crate::domain::unit::Units;
use crate::roster::lists::{shipped_equipment_types, shipped_specialties};
use crate::roster::sheet::Sheet;
use crate::roster::{
    ImportReport, Options, RosterError, Row, Source, read_activities, read_enterprises,
    read_equipment, read_militia_bases, read_reservists,
};
use crate::sim::province;
use crate::wire::registry::RegistryRecord;

type Reader<T> = fn(
    Source<'_>,
    &Options<'_>,
    &mut dyn FnMut(Row<T>) -> ControlFlow<()>,
) -> Result<ImportReport, RosterError>;

/// Runs something with the province's lists on a day.
fn with_lists<T>(run: impl FnOnce(Lists<'_>) -> T) -> T {
    let units = Units::from_list(province::units()).expect("one tree");
    let specialties: Specialties = shipped_specialties();
    let equipment_types = shipped_equipment_types();
    let as_of = date(2026, 1, 31);
    run(Lists {
        units: &units,
        specialties: &specialties,
        equipment_types: &equipment_types,
        as_of,
    })
}

/// Exports records whole and reads them again: as they were, none refused.
fn come_back<D, R>(
    name: &str,
    records: &[R],
    whole: fn(&R) -> Vec<(String, CellValue)>,
    read: Reader<D>,
) where
    R: RegistryRecord + for<'a> From<&'a D> + Default + PartialEq,
{
    let mut sheet = Sheet::new(name, &[]);
    sheet.columns = whole(&R::default()).into_iter().map(|(head, _cell)| head).collect();
    let cells = |one: &R| whole(one).into_iter().map(|(_head, cell)| cell).collect();
    sheet.rows = records.iter().map(cells).collect();
    let dir = tempfile::tempdir().expect("a directory");
    for ending in ["xlsx", "csv"] {
        let path = dir.path().join(format!("out.{ending}"));
        sheet.save(&path).expect("written");
        let (back, report) = with_lists(|lists| read_all(&path, lists, read));
        assert_eq!(report.rejected.len(), 0, "{name} in .{ending}: {:?}", report.rejected);
        assert_eq!(back.len(), records.len(), "{name} in .{ending}");
        for (back, sent) in back.iter().zip(records) {
            let (back, sent) = (R::from(back), sent);
            let changes = crate::wire::registry::changes(sent, &back);
            assert!(back == *sent, "{name} in .{ending}: {changes:?}");
        }
    }
}

fn read_all<D>(path: &Path, lists: Lists<'_>, read: Reader<D>) -> (Vec<D>, ImportReport) {
    let mut back = Vec::new();
    let report = read(Source::Path(path), &Options::new(lists), &mut |row| {
        back.extend(row.result.ok().map(|checked| checked.record));
        ControlFlow::Continue(())
    });
    (back, report.expect("a list"))
}

/// A record with every field that a list can fill.
fn checked<T>(check: impl FnOnce(&Lists<'_>) -> Result<Checked<T>, Vec<Problem>>) -> T {
    with_lists(|lists| check(&lists)).expect("a good record").record
}

#[test]
fn whole_reservists_come_in_again_as_they_were() {
    let mut records: Vec<pb::Reservist> =
        province::reservists(7, 200).map(|one| pb::Reservist::from(&one)).collect();
    let mut full = ReservistInput::from(&records[0]);
    for (slot, text) in [
        (&mut full.birth, "04/1990"),
        (&mut full.sex, "male"),
        (&mut full.citizen_id, "011090000777"),
        (&mut full.ethnic_group, "Mông"),
        (&mut full.languages, "Thái; Mông"),
        (&mut full.reserve_card_no, "00123"),
        (&mut full.record_sheet_no, "PQN-7"),
        (&mut full.frame, "B"),
        (&mut full.phones, "0912345678; 02153812345"),
        (&mut full.contact_via, "Trưởng bản Lò Văn Thi"),
        (&mut full.party_member, "no"),
        (&mut full.health_class, "2"),
        (&mut full.status, "deferred"),
        (&mut full.note, "=1+1; \"chờ\"\tbổ sung, +2"),
        (&mut full.former_unit, "Xã Pu Nhi (cũ)"),
        (&mut full.residence_since, "2020-02-29"),
        (&mut full.registered_on, "2020-03-01"),
        (&mut full.last_recheck_on, "2025-12-31"),
        (&mut full.status_from, "2026-01-01"),
        (&mut full.status_to, "2026-06-30"),
        (&mut full.status_certificate, "05/XN-UBND"),
        (&mut full.deferral_ground, "certified_exam"),
        (&mut full.deferral_certified_by, "UBND Xã Na Son"),
        (&mut full.deferral_from, "2026-01-01"),
        (&mut full.deferral_to, "2026-06-30"),
        (&mut full.exemption_post, "Kỹ sư vận hành"),
        (&mut full.exemption_employer, "Điện lực"),
        (&mut full.exemption_from, "2026-01-01"),
        (&mut full.exemption_to, "2027-01-01"),
        (&mut full.militia_base, "DQ-001"),
        (&mut full.militia_type, "mobile"),
        (&mut full.militia_from, "2022-01-01"),
        (&mut full.militia_to, "2025-01-01"),
    ] {
        text.clone_into(slot);
    }
    let full: Reservist = checked(|lists| full.check(lists));
    records.push(pb::Reservist::from(&full));
    come_back::<Reservist, _>("reservists", &records, reservist, read_reservists);
}

#[test]
fn whole_equipment_comes_in_again_as_it_was() {
    let mut records: Vec<pb::Equipment> =
        province::equipment(7, 200).map(|one| pb::Equipment::from(&one)).collect();
    let mut full = EquipmentInput::from(&records[0]);
    for (slot, text) in [
        (&mut full.plate, "27C-777.77"),
        (&mut full.chassis_no, "RL4XYZ12345678901"),
        (&mut full.engine_no, "00123"),
        (&mut full.capacity_value, "3.505"),
        (&mut full.capacity_unit, "tấn"),
        (&mut full.owner_kind, "organisation"),
        (&mut full.owner_phones, "0912345678; 02153812345"),
        (&mut full.owner_contact, "Lò Văn Thi"),
        (&mut full.drivers, "011088085221 (C); 011088085222"),
        (&mut full.status, "under_repair"),
        (&mut full.status_from, "2026-01-01"),
        (&mut full.status_to, "2026-06-30"),
        (&mut full.status_certificate, "05/XN"),
        (&mut full.registered_on, "2020-03-01"),
        (&mut full.last_recheck_on, "2025-12-31"),
        (&mut full.note, "-5 lốp"),
    ] {
        text.clone_into(slot);
    }
    let full: Equipment = checked(|lists| full.check(lists));
    records.push(pb::Equipment::from(&full));
    come_back::<Equipment, _>("equipment", &records, equipment, read_equipment);
}

#[test]
fn whole_bases_come_in_again_with_their_strength_by_type() {
    let of = |code: &str, kind: &str, by_type: &str| MilitiaBaseInput {
        code: code.into(),
        kind: kind.into(),
        unit: "03203".into(),
        name: "Dân quân \"Na Son\"; bản 1".into(),
        host_org: "Điện lực".into(),
        by_type: by_type.into(),
        ..MilitiaBaseInput::default()
    };
    let mut full = of("DQ-001", "commune_militia", "mobile: 25;on_site: 60;Dân quân biển: đảo: 9");
    for (slot, text) in [
        (&mut full.authorised, "120"),
        (&mut full.present, "1094"),
        (&mut full.party_members, "0"),
        (&mut full.commander, "Lò Văn Thi"),
        (&mut full.phones, "0912345678"),
        (&mut full.established_on, "2025-07-01"),
        (&mut full.status, "disbanded"),
        (&mut full.note, "@ghi chú"),
    ] {
        text.clone_into(slot);
    }
    let all = [full, of("DQ-002", "agency_self_defense", ""), of("007", "", "standing: 0")];
    let record = |input: &MilitiaBaseInput| -> MilitiaBase { checked(|lists| input.check(lists)) };
    let records: Vec<_> = all.iter().map(|one| pb::MilitiaBase::from(&record(one))).collect();
    assert_eq!(records[0].by_type.len(), 3);
    come_back::<MilitiaBase, _>("militia_bases", &records, militia, read_militia_bases);
}

#[test]
fn whole_enterprises_come_in_again_with_what_they_make_and_owe() {
    let of = |tax_code: &str, capabilities: &str, stage: &str| EnterpriseInput {
        tax_code: tax_code.into(),
        name: "Công ty May; Thêu".into(),
        unit: "03203".into(),
        capabilities: capabilities.into(),
        stage: stage.into(),
        ..EnterpriseInput::default()
    };
    let mut full = of(
        "0100109106-001",
        "Gạo sấy: 20,55 tấn (chỉ tiêu 5,5); \"Quân phục; loại \"\"A\"\": (dày)\": 1200 \
         \"bộ (3 chiếc)\" (chỉ tiêu 300); Sửa xe: 5000 lượt xe",
        "managed",
    );
    for (slot, text) in [
        (&mut full.address, "Tổ 3"),
        (&mut full.surveyed_on, "2025-09-15"),
        (&mut full.contact, "Bà Lò Thị An (giám đốc)"),
        (&mut full.phones, "0912345678; 02153812345"),
        (&mut full.status, "suspended"),
        (&mut full.note, "Đợi khảo sát lại"),
    ] {
        text.clone_into(slot);
    }
    let all = [full, of("0100109106", "", ""), of("5600123456", "Đá: 1 m3", "surveyed")];
    let record = |input: &EnterpriseInput| -> Enterprise { checked(|lists| input.check(lists)) };
    let records: Vec<_> = all.iter().map(|one| pb::Enterprise::from(&record(one))).collect();
    assert_eq!(records[0].capabilities[1].product, "Quân phục; loại \"A\": (dày)");
    come_back::<Enterprise, _>("enterprises", &records, enterprise, read_enterprises);
}

#[test]
fn whole_activities_come_in_again_as_they_were() {
    let of = |kind: &str, title: &str, unit: &str, from: &str| ActivityInput {
        kind: kind.into(),
        title: title.into(),
        unit: unit.into(),
        from: from.into(),
        ..ActivityInput::default()
    };
    let mut full = of("zone_exercise", "Diễn tập ĐB-26: \"vòng 2\"", "11", "2025-11-02");
    for (slot, text) in [
        (&mut full.announced, "no"),
        (&mut full.audience, "militia_officers"),
        (&mut full.to, "2025-11-12"),
        (&mut full.participants, "1234"),
        (&mut full.students, "0"),
        (&mut full.excellent, "10"),
        (&mut full.good, "20"),
        (&mut full.pass, "0"),
        (&mut full.fail, "3"),
        (&mut full.rating, "excellent"),
        (&mut full.rated_by, "Quân khu 2"),
        (&mut full.persons, "450"),
        (&mut full.vehicles, "0"),
        (&mut full.document_no, "05/KH-BCH"),
        (&mut full.status, "cancelled"),
        (&mut full.note, "Ghi chú"),
    ] {
        text.clone_into(slot);
    }
    let all = [
        full,
        of("training_class", "Lớp 1", "KV3", "2026-05-01"),
        of("disaster_response", "2025", "03203", "2025-08-01"),
    ];
    let record = |input: &ActivityInput| -> Activity { checked(|lists| input.check(lists)) };
    let records: Vec<_> = all.iter().map(|one| pb::Activity::from(&record(one))).collect();
    come_back::<Activity, _>("activities", &records, activity, read_activities);
}
