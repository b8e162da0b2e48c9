//! Columns: marks, those of equipment, and those that nobody understands.

use super::*;
use crate::roster::kind::Kind;

fn people(text: &str) -> (Vec<Option<bool>>, ImportReport) {
    let (province, mut members) = (Province::new(), Vec::new());
    let source = Source::Bytes { name: "a.csv", bytes: text.as_bytes() };
    let report = read_reservists(source, &province.options(), &mut |row| {
        members.push(row.result.expect("a good row").record.party_member);
        ControlFlow::Continue(())
    });
    (members, report.expect("a list"))
}

/// Rows of people with this in the column of Party members.
fn marked(marks: &[&str]) -> String {
    let mut text = "STT,Họ và tên,Ngày sinh,Giới tính,Số CCCD,Xã phường,Đảng viên\n".to_owned();
    for (number, mark) in marks.iter().enumerate() {
        let row = person(u32::try_from(number + 1).expect("few"), "03160");
        text.push_str(&format!("{},{mark}\n", row.trim_end()));
    }
    text
}

#[test]
fn nothing_in_a_column_of_marks_means_no_and_elsewhere_nothing() {
    let (no, yes) = (Some(false), Some(true));
    assert_eq!(people(&marked(&["x", "", "X", ""])).0, [yes, no, yes, no]);
    assert_eq!(people(&marked(&["Có", "", "Không"])).0, [yes, None, no], "words, not marks");
    assert_eq!(people(&marked(&["", ""])).0, [None, None], "nobody marked anything");
    let late: Vec<&str> = std::iter::repeat_n("", 200).chain(["x"]).collect();
    let members = people(&marked(&late)).0;
    assert_eq!((members[0], members[200]), (no, yes), "the first mark far down");
    let (absent, _report) = people(&format!("{HEAD}{}", person(1, "03160")));
    assert_eq!(absent, [None], "no column says nothing");
}

#[test]
fn columns_that_nobody_understands_are_named_by_letter_and_header() {
    let text = "STT,Họ và tên,Ngày sinh,Giới tính,Số CCCD,Xã phường,Cỡ giày,\n\
        1,Lò Văn A,15/06/1990,Nam,011090000001,03160,41,gì đó\n";
    let (_members, report) = people(text);
    let named: Vec<_> =
        report.ignored_columns.iter().map(|one| (&*one.column, &*one.header)).collect();
    assert_eq!(named, [("G", "Cỡ giày"), ("H", "")]);
    let value = serde_json::to_value(&report).expect("plain data");
    assert_eq!(value["ignored_columns"][0]["header"], "Cỡ giày");
    let (_members, plain) = people(&format!("{HEAD}{}", person(1, "03160")));
    assert_eq!(plain.ignored_columns, []);
    let value = serde_json::to_value(&plain).expect("plain data");
    assert_eq!(value.get("ignored_columns"), None);
}

#[test]
fn equipment_has_a_column_for_every_field_in_both_languages() {
    let heads = [
        "Loại phương tiện,Số khung,Chủ phương tiện,Xã phường,Lái xe,Hạng GPLX,Người liên hệ,\
         Tình trạng,Tình trạng từ ngày,Tình trạng đến ngày,Giấy xác nhận,Ngày đăng ký,Ngày phúc tra",
        "Equipment type,Chassis number,Owner,Unit,Driver,Licence class,Contact,Status,Status since,\
         Status until,Certificate,Registered date,Last recheck date",
    ];
    let row = "PT01,RL4XYZ12345678901,Công ty Thanh Bình,03160,011088085221,C,Ông Thi,Đang sửa chữa,\
        01/10/2025,31/12/2025,12/GXN,02/03/2024,15/06/2025";
    let province = Province::new();
    for head in heads {
        let (text, mut items) = (format!("{head}\n{row}\n"), Vec::new());
        let source = Source::Bytes { name: "a.csv", bytes: text.as_bytes() };
        let report = read_equipment(source, &province.options(), &mut |row| {
            items.push(row.result.expect("a good row").record);
            ControlFlow::Continue(())
        });
        assert_eq!(report.expect("a list").ignored_columns, [], "{head}");
        let item = &items[0];
        assert_eq!(item.drivers[0].licence_class.as_deref(), Some("C"));
        assert_eq!(item.owner.contact.as_deref(), Some("Ông Thi"));
        let day = jiff::civil::date;
        assert_eq!(item.status_period.from, Some(day(2025, 10, 1)));
        assert_eq!(item.status_period.to, Some(day(2025, 12, 31)));
        assert_eq!(item.status_certificate.as_deref(), Some("12/GXN"));
        assert_eq!(item.registered_on, Some(day(2024, 3, 2)));
        assert_eq!(item.last_recheck_on, Some(day(2025, 6, 15)));
    }
}

#[test]
fn a_licence_without_its_driver_is_refused() {
    let text = "Loại phương tiện,Số khung,Chủ phương tiện,Xã phường,Lái xe,Hạng GPLX\n\
        PT01,RL4XYZ12345678901,Công ty Thanh Bình,03160,,C\n";
    let province = Province::new();
    let source = Source::Bytes { name: "a.csv", bytes: text.as_bytes() };
    let report = read_equipment(source, &province.options(), &mut |_row| ControlFlow::Continue(()));
    let refused: Vec<_> = report.expect("a list").rejected.into_values().collect();
    assert_eq!(refused, ["DRIVER_INVALID"]);
}

/// Every field that a caller may set has a column: what a message holds and no list fills is set by
/// the server, or stands in the same column as another.
#[test]
fn every_field_of_a_record_has_a_column() {
    fn filled<K: Kind>(kind: crate::domain::world::RecordKind) -> Vec<&'static str> {
        let columns = K::COLUMNS.iter().map(|column| column.field);
        let fields = columns.flat_map(|column| crate::wire::registry::fields_of(kind, column));
        fields.map(|field| field.split('.').next().unwrap_or(field)).collect()
    }
    use crate::domain::world::RecordKind as R;
    use crate::roster::kind::{Bases, Deeds, Means, People, Works};
    let kinds = [
        ("Reservist", filled::<People>(R::Reservist)),
        ("Equipment", filled::<Means>(R::Equipment)),
        ("MilitiaBase", filled::<Bases>(R::MilitiaBase)),
        ("Enterprise", filled::<Works>(R::Enterprise)),
        ("Activity", filled::<Deeds>(R::Activity)),
    ];
    for (message, filled) in kinds {
        let ours = ["version", "created_time", "updated_time", "source", "known_date", "transfer"];
        for field in crate::wire::registry::field_names(message) {
            let is_own = ours.contains(&field.as_str()) || field.ends_with("_id");
            let is_filled = filled.contains(&field.as_str());
            assert!(is_own && field != "citizen_id" || is_filled, "{field} of {message}");
        }
    }
}
