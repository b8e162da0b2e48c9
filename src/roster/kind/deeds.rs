//! Lists of what was trained, exercised and done: their columns and how a row becomes an [`Activity`].

use super::{Column, Kind, PartHeader, repair};
use crate::domain::ids::UnitCode;
use crate::domain::registry::{
    Activity, ActivityInput, ActivityStatus, Checked, Lists, Problem, Warning, activity_key,
};
use crate::roster::RosterKind;
use crate::roster::file::Reading;
use crate::wire::pb;

/// The kind of list that holds activities.
#[derive(Debug)]
pub(in crate::roster) struct Deeds;

/// An activity as its form has it.
#[derive(Default)]
pub(in crate::roster) struct DeedRow {
    deed: ActivityInput,
}

impl From<&pb::Activity> for DeedRow {
    fn from(record: &pb::Activity) -> Self {
        Self { deed: record.into() }
    }
}

impl Kind for Deeds {
    type Input = DeedRow;
    type Record = Activity;
    type Key = String;

    const KIND: RosterKind = RosterKind::Activities;
    const UNIT_FIELD: &'static str = "unit";
    const OTHER_UNIT_FIELDS: &'static [&'static str] = &[];
    const ANY_ECHELON: bool = true;
    const REQUIRED: &'static [&'static str] = &["kind", "title", "from"];
    const ANCHORS: &'static [&'static str] = &["from"];
    const IDENTITY: &'static [&'static str] = &["from"];
    const OWN: &'static [&'static str] = &[];
    const PARTS: &'static [PartHeader] = &[];
    const SPREAD: &'static [&'static str] = &["kind", "audience", "rating"];
    const MARKED: &'static [&'static str] = &["announced"];
    const SHOWN: &'static [&'static str] = &[
        "kind",
        "title",
        "unit",
        "audience",
        "announced",
        "from",
        "to",
        "participants",
        "students",
        "excellent",
        "good",
        "pass",
        "fail",
        "rating",
        "persons",
        "vehicles",
        "status",
    ];
    const COLUMNS: &'static [Column<DeedRow>] = columns_of!(DeedRow, deed {
        kind Plain ["loai hoat dong", "loai", "hinh thuc", "loai hinh", "activity kind", "type"],
        title Plain ["noi dung", "ten", "ten lop", "ten hoat dong", "noi dung hoat dong",
            "ten lop noi dung", "lop", "hoat dong", "name", "activity"],
        unit Plain ["don vi", "don vi to chuc", "don vi thuc hien", "don vi chu tri", "xa phuong",
            "don vi hanh chinh", "dia ban", "ma don vi", "co quan to chuc", "unit code", "held by"],
        audience Plain ["doi tuong", "doi tuong tap huan", "doi tuong boi duong", "doi tuong huan luyen",
            "doi tuong hoc", "thanh phan", "thanh phan tham gia", "trained"],
        announced Plain ["bao truoc", "co bao truoc", "announced beforehand"],
        from Date ["tu ngay", "ngay bat dau", "ngay", "ngay to chuc", "thoi gian", "bat dau",
            "khai mac", "ngay khai mac", "nam", "nam to chuc", "nam thuc hien", "start date", "start", "date"],
        to Date ["den ngay", "ngay ket thuc", "ket thuc", "be mac", "ngay be mac", "end date", "end"],
        participants Plain ["nguoi tham gia", "so nguoi tham gia", "so nguoi", "can bo", "hoc vien",
            "so hoc vien", "quan so tham gia", "quan so", "participant count"],
        students Plain ["hoc sinh sinh vien", "hssv", "hoc sinh", "so hoc sinh sinh vien",
            "so hoc sinh", "student count", "pupils"],
        excellent Plain ["gioi", "loai gioi", "so gioi"],
        good Plain ["kha", "loai kha", "so kha"],
        pass Plain ["dat", "loai dat", "so dat", "dat yeu cau", "trung binh"],
        fail Plain ["khong dat", "loai khong dat", "khong dat yeu cau", "chua dat"],
        rating Plain ["ket qua", "xep loai", "danh gia", "ket qua chung", "overall rating"],
        rated_by Plain ["cap danh gia", "don vi danh gia", "nguoi danh gia", "rated by whom"],
        persons Plain ["luc luong", "so nguoi huy dong", "luot nguoi", "quan so huy dong",
            "nguoi huy dong", "persons sent", "people sent"],
        vehicles Plain ["phuong tien", "so phuong tien", "luot phuong tien",
            "phuong tien huy dong", "vehicles sent"],
        document_no Plain ["so van ban", "van ban", "so quyet dinh", "so ke hoach", "so ke hoach quyet dinh",
            "document", "document number"],
        status Plain ["tinh trang", "trang thai"],
        note Plain ["ghi chu", "notes", "remarks"],
    });

    fn check(
        mut row: DeedRow,
        lists: &Lists<'_>,
        repairs: &mut Vec<Warning>,
    ) -> Result<Checked<Activity>, Vec<Problem>> {
        repair::date(&mut row.deed.from);
        repair::date(&mut row.deed.to);
        let year = row.deed.from.trim().to_owned();
        if repair::first_day(&mut row.deed.from, repairs) && row.deed.to.trim().is_empty() {
            row.deed.to = format!("31/12/{year}");
        }
        row.deed.check(lists)
    }

    fn keys(record: &Activity) -> Vec<String> {
        let (unit, from) = (record.unit.as_str(), record.from.to_string());
        vec![activity_key(record.kind.code(), unit, &from, &record.title)]
    }

    fn states() -> Vec<&'static str> {
        ActivityStatus::ALL.iter().map(|state| state.vietnamese()).collect()
    }

    fn unit(record: &Activity) -> &UnitCode {
        &record.unit
    }
}
