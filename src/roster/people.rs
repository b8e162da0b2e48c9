//! Rosters of reservists: their columns and how a row becomes a [`Reservist`].

use super::cell::Reading;
use super::header::Column;
use super::report::RosterKind;
use super::table::Kind;
use crate::domain::ids::UnitCode;
use crate::domain::registry::{
    Birth, Checked, CitizenId, Lists, Problem, Reservist, ReservistInput, Sex, Warning,
};

/// The kind of list that holds people.
#[derive(Debug)]
pub(super) struct People;

macro_rules! columns {
    ($($field:ident $reading:ident [$($header:literal),+],)+) => {
        &[$(Column {
            field: stringify!($field),
            slot: |input: &mut ReservistInput| &mut input.$field,
            reading: Reading::$reading,
            headers: &[$($header),+],
        }),+]
    };
}

impl Kind for People {
    type Input = ReservistInput;
    type Record = Reservist;
    type Key = CitizenId;

    const KIND: RosterKind = RosterKind::Reservists;
    const UNIT_FIELD: &'static str = "residence_unit";
    const REQUIRED: &'static [&'static str] = &["full_name", "birth", "sex", "citizen_id"];
    const ANCHORS: &'static [&'static str] = &["citizen_id", "birth", "sex", "phones"];
    const SHOWN: &'static [&'static str] = &[
        "residence_unit",
        "registered_unit",
        "specialty",
        "rank",
        "category",
        "class",
        "frame",
        "status",
    ];
    const COLUMNS: &'static [Column<ReservistInput>] = columns![
        full_name Plain ["ho va ten", "ho ten", "ho va ten khai sinh", "full name", "name"],
        birth Plain ["ngay sinh", "ngay thang nam sinh", "nam sinh", "sinh ngay", "birth date",
            "date of birth", "birth"],
        sex Plain ["gioi tinh", "gioi", "nam nu", "sex", "gender"],
        ethnic_group Plain ["dan toc", "ethnic group"],
        languages Plain ["ngon ngu", "tieng noi", "languages"],
        citizen_id CitizenNumber ["so cccd", "cccd", "so can cuoc", "can cuoc", "so can cuoc cong dan",
            "so dinh danh", "so dinh danh ca nhan", "so cccd so dinh danh", "citizen id",
            "citizen number"],
        reserve_card_no Plain ["so the", "so giay chung nhan", "so giay chung nhan dang ky",
            "reserve card no"],
        record_sheet_no Plain ["so phieu quan nhan", "so phieu", "record sheet no"],
        category Plain ["doi tuong", "loai quan nhan", "category"],
        class Plain ["hang du bi", "hang", "hang dbdv", "class", "reserve class"],
        rank Plain ["cap bac", "quan ham", "rank"],
        post Plain ["chuc vu", "chuc danh", "chuc danh bien che", "post"],
        specialty Plain ["cnqs", "ma cnqs", "chuyen nghiep quan su", "specialty", "specialty code"],
        frame Plain ["khung", "frame"],
        residence_unit Plain ["xa phuong", "xa", "phuong", "don vi", "don vi hanh chinh", "noi o",
            "unit", "commune", "residence unit"],
        registered_unit Plain ["noi dang ky", "don vi dang ky", "registered unit"],
        hamlet Plain ["thon ban", "ban", "thon", "thon ban to dan pho", "to dan pho", "ban to dan pho",
            "hamlet", "village"],
        workplace Plain ["noi lam viec", "nghe nghiep noi lam viec", "co quan", "don vi cong tac",
            "noi cong tac", "workplace"],
        phones Phone ["so dien thoai", "dien thoai", "sdt", "so dt", "phone", "phones"],
        contact_via Plain ["nguoi lien he", "lien he qua", "contact via"],
        party_member Plain ["dang vien", "party member"],
        health_class Plain ["suc khoe", "loai suc khoe", "phan loai suc khoe", "health class",
            "health"],
        status Plain ["trang thai", "tinh trang", "status"],
        note Plain ["ghi chu", "note", "notes"],
    ];

    fn check(
        mut input: ReservistInput,
        lists: &Lists<'_>,
        repairs: &mut Vec<Warning>,
    ) -> Result<Checked<Reservist>, Vec<Problem>> {
        restore_zeros(&mut input, repairs);
        input.check(lists)
    }

    fn keys(record: &Reservist) -> Vec<CitizenId> {
        vec![record.person.citizen_id]
    }

    fn unit(record: &Reservist) -> &UnitCode {
        &record.residence_unit
    }
}

/// A text file that once went through a spreadsheet lacks the zeros too, and no cell type tells. They
/// are put back only where the sex and the year of birth bear the result out.
fn restore_zeros(input: &mut ReservistInput, repairs: &mut Vec<Warning>) {
    let text = input.citizen_id.trim();
    if !matches!(text.len(), 10 | 11) || !text.bytes().all(|b| b.is_ascii_digit()) {
        return;
    }
    let restored = format!("{text:0>12}");
    let fits = CitizenId::parse(&restored)
        .zip(Sex::parse(&input.sex).zip(Birth::parse(&input.birth)))
        .is_some_and(|(id, (sex, birth))| id.fits(sex, birth.year()));
    if fits {
        input.citizen_id = restored;
        repairs.push(Warning::CitizenIdZeroRestored);
    }
}
