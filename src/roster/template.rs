//! Empty forms: a workbook with the headers that the reader knows, an example in the note of each, and
//! the allowed values on a second sheet.
//!
//! Called by the command line. Invariant: every header of a form is read as the field it stands for.

use std::path::Path;

use rust_xlsxwriter::{Format, FormatAlign, Note, Workbook};

use super::RosterKind;
use super::file::Reading;
use super::kind::{Bases, Column, Deeds, Kind, Means, People, Works};
use super::plan::WRITTEN_COLUMNS;
use super::sheet::{SheetError, write_file};
use super::terms::term;
use crate::domain::registry::{
    ActivityKind, ActivityStatus, Audience, BaseKind, BaseStatus, CapacityUnit, DeferralGround,
    EnterpriseStatus, EquipmentClass, EquipmentStatus, EquipmentTypes, EthnicGroup, Frame,
    KnownForce, Language, OwnerKind, Rank, Rating, ReserveClass, ReservistCategory,
    ReservistStatus, Sex, Specialties, SurveyStage,
};

/// The sheet of allowed values.
pub(super) const VALUES_SHEET: &str = "Giá trị";
/// Rows of the form that take text as text, so that no zero is lost.
const FORM_ROWS: u32 = 2_000;

/// The lists whose codes a form offers.
#[derive(Debug, Clone, Copy)]
pub struct FormLists<'a> {
    /// Military specialties.
    pub specialties: &'a Specialties,
    /// Types of equipment.
    pub equipment_types: &'a EquipmentTypes,
}

impl FormLists<'_> {
    fn words_of_specialties(&self) -> Vec<String> {
        self.specialties.iter().map(|one| format!("{} ({})", one.code, one.name)).collect()
    }
}

/// Writes an empty form for a kind of list. Blocks.
///
/// # Errors
/// [`SheetError`]; then there is no new file.
pub fn write_template(
    kind: RosterKind,
    lists: &FormLists<'_>,
    out: &Path,
    replace: bool,
) -> Result<(), SheetError> {
    let bytes = match kind {
        RosterKind::Reservists => form::<People>(lists),
        RosterKind::Equipment => form::<Means>(lists),
        RosterKind::MilitiaBases => form::<Bases>(lists),
        RosterKind::Enterprises => form::<Works>(lists),
        RosterKind::Activities => form::<Deeds>(lists),
    }?;
    write_file(out, &bytes, replace)
}

/// Writes an empty form for a plan. Blocks.
///
/// # Errors
/// [`SheetError`]; then there is no new file.
pub fn write_plan_template(
    lists: &FormLists<'_>,
    out: &Path,
    replace: bool,
) -> Result<(), SheetError> {
    let heads = WRITTEN_COLUMNS.iter().map(|head| {
        let note = match *head {
            "Mã đơn vị" => "Bắt buộc ở dòng đầu của mỗi đơn vị. Ví dụ: DB-C1",
            "Tên đơn vị" => "Bắt buộc ở dòng đầu. Ví dụ: Đại đội 1",
            "Đơn vị giao nguồn" => "Bắt buộc ở dòng đầu. Ví dụ: KV4, hoặc 03160, 03163",
            "CNQS" => "Dòng chức danh. Ví dụ: CN01",
            "Loại phương tiện" => "Dòng phương tiện. Ví dụ: PT01",
            "Xã, phường" => "Dòng chỉ tiêu. Ví dụ: 03160",
            "Số lượng" => "Bắt buộc ở dòng chức danh và dòng phương tiện. Ví dụ: 12",
            "Gần đúng" => "Ví dụ: CN07, CN08; Không: chỉ nhận đúng chuyên nghiệp",
            "Sức khỏe" => "1 đến 6; 0 nhận tất cả; để trống là 3",
            "Hiệu lực từ" | "Hiệu lực đến" => "Ví dụ: 01/01/2026",
            _other => "",
        };
        Head { text: head, note: note.to_owned(), is_text: !head.starts_with("Hiệu lực") }
    });
    let specialties = lists.words_of_specialties();
    let types = lists.equipment_types.iter();
    let types = types.map(|one| format!("{} ({})", one.code, one.name));
    let ranks: Vec<String> = Rank::ALL.iter().map(|term| term.vietnamese().to_owned()).collect();
    let values = (specialties.into_iter().map(|value| ("CNQS", value)))
        .chain(types.map(|value| ("Loại phương tiện", value)))
        .chain(ranks.into_iter().map(|value| ("Cấp bậc từ", value)))
        .chain(["Chiến đấu", "Bảo đảm"].map(|value| ("Nhiệm vụ", value.to_owned())))
        .chain(["Nam", "Nữ"].map(|value| ("Giới tính", value.to_owned())));
    write_file(out, &book(&heads.collect::<Vec<_>>(), values)?, replace)
}

/// Writes an empty form for a list of specialties. Blocks.
///
/// # Errors
/// [`SheetError`]; then there is no new file.
pub fn write_specialty_template(out: &Path, replace: bool) -> Result<(), SheetError> {
    let heads = [
        ("Mã CNQS", "Bắt buộc. Ví dụ: CN01"),
        ("Tên chuyên nghiệp", "Bắt buộc. Ví dụ: Bộ binh"),
        ("Gần đúng", "Ví dụ: CN07, CN08"),
    ]
    .map(|(text, note)| Head { text, note: note.to_owned(), is_text: true });
    write_file(out, &book(&heads, std::iter::empty())?, replace)
}

/// Writes an empty form for a list of types of equipment, with the classes of the law. Blocks.
///
/// # Errors
/// [`SheetError`]; then there is no new file.
pub fn write_equipment_type_template(out: &Path, replace: bool) -> Result<(), SheetError> {
    let heads = [
        ("Mã loại", "Bắt buộc. Ví dụ: PT01"),
        ("Tên loại phương tiện", "Bắt buộc. Ví dụ: Xe ô tô tải"),
        ("Nhóm phương tiện", "Bắt buộc: nhóm theo luật, xem trang Giá trị"),
        ("Tên gọi khác", "Ví dụ: Xe tải; Ô tô tải"),
    ]
    .map(|(text, note)| Head { text, note: note.to_owned(), is_text: true });
    let classes = EquipmentClass::ALL.iter();
    let values = classes.map(|class| ("Nhóm phương tiện", class.vietnamese().to_owned()));
    write_file(out, &book(&heads, values)?, replace)
}

/// A column of a form.
struct Head<'a> {
    text: &'a str,
    note: String,
    is_text: bool,
}

fn form<K: Kind>(lists: &FormLists<'_>) -> Result<Vec<u8>, SheetError> {
    let head = |column: &Column<K::Input>| {
        let is_required = K::REQUIRED.contains(&column.field) || column.field == K::UNIT_FIELD;
        let mut note = if is_required { "Bắt buộc.".to_owned() } else { String::new() };
        if let Some(example) = example::<K>(lists, column) {
            note = format!("{note} Ví dụ: {example}").trim().to_owned();
        }
        let is_text = column.reading != Reading::Date;
        Head { text: term(K::KIND, column.field), note, is_text }
    };
    let heads: Vec<Head<'_>> = K::COLUMNS.iter().map(head).collect();
    let values = K::COLUMNS.iter().flat_map(|column| {
        let own = term(K::KIND, column.field);
        allowed(lists, K::KIND, column.field).into_iter().map(move |value| (own, value))
    });
    book(&heads, values)
}

/// A workbook with the columns to fill in, and the values that they take on a second sheet.
fn book<'a>(
    heads: &[Head<'_>],
    values: impl Iterator<Item = (&'a str, String)>,
) -> Result<Vec<u8>, SheetError> {
    let mut book = Workbook::new();
    let bold = Format::new().set_bold().set_text_wrap().set_align(FormatAlign::VerticalCenter);
    let text = Format::new().set_num_format("@");
    let sheet = book.add_worksheet().set_name("Danh sách")?;
    sheet.write_string_with_format(0, 0, "STT", &bold)?;
    for (at, head) in (1_u16..).zip(heads) {
        sheet.write_string_with_format(0, at, head.text, &bold)?;
        sheet.set_column_width(at, 16)?;
        if !head.note.is_empty() {
            sheet.insert_note(0, at, &Note::new(head.note.as_str()))?;
        }
        if head.is_text {
            sheet.set_column_format(at, &text)?;
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    sheet.autofilter(0, 0, FORM_ROWS, u16::try_from(heads.len()).unwrap_or(u16::MAX))?;
    let sheet = book.add_worksheet().set_name(VALUES_SHEET)?;
    sheet.write_string_with_format(0, 0, "Cột", &bold)?;
    sheet.write_string_with_format(0, 1, "Giá trị được nhận", &bold)?;
    sheet.set_column_width(0, 24)?;
    sheet.set_column_width(1, 50)?;
    for (at, (own, value)) in (1..).zip(values) {
        sheet.write_string(at, 0, own)?;
        sheet.write_string(at, 1, value)?;
    }
    Ok(book.save_to_buffer()?)
}

fn example<K: Kind>(lists: &FormLists<'_>, column: &Column<K::Input>) -> Option<String> {
    Some(match (column.field, column.reading) {
        ("full_name" | "owner_name", _) => "Lò Văn An".to_owned(),
        ("plate", _) => "27C-123.45".to_owned(),
        ("capacity_value", _) => "3,5".to_owned(),
        ("tax_code", _) => "5600123456".to_owned(),
        ("hamlet", _) => "bản Nà Nọi".to_owned(),
        (field, _) if field == K::UNIT_FIELD => "Xã Na Son, hoặc mã 03203".to_owned(),
        (_, Reading::Date) => "15/06/1990".to_owned(),
        (_, Reading::CitizenNumber) => "011090000001".to_owned(),
        (_, Reading::Phone) => "0912345678; 0987654321".to_owned(),
        (field, Reading::Plain) => return allowed(lists, K::KIND, field).into_iter().next(),
    })
}

macro_rules! words {
    ($name:ident) => {
        $name::ALL.iter().map(|term| term.vietnamese().to_owned()).collect()
    };
}

/// The values that a field takes, where they are a list.
fn allowed(lists: &FormLists<'_>, kind: RosterKind, field: &str) -> Vec<String> {
    use RosterKind::{Activities, Enterprises, Equipment, MilitiaBases, Reservists};
    let grades = |most: u8| (1..=most).map(|grade| grade.to_string()).collect();
    match (kind, field) {
        (Reservists, "sex") => words!(Sex),
        (Reservists, "ethnic_group") => (1..=54)
            .filter_map(EthnicGroup::from_number)
            .map(|group| group.vietnamese().to_owned())
            .collect(),
        (Reservists, "languages") => words!(Language),
        (Reservists, "category") => words!(ReservistCategory),
        (Reservists, "class") => words!(ReserveClass),
        (Reservists, "rank") => words!(Rank),
        (Reservists, "specialty") => lists.words_of_specialties(),
        (Reservists, "frame") => words!(Frame),
        (Reservists, "status") => words!(ReservistStatus),
        (Reservists, "party_member") => vec!["x".to_owned(), "Không".to_owned()],
        (Reservists, "health_class") => grades(6),
        (Reservists, "deferral_ground") => words!(DeferralGround),
        (Equipment, "kind") => lists.equipment_types.iter().map(|one| one.name.clone()).collect(),
        (Equipment, "capacity_unit") => words!(CapacityUnit),
        (Equipment, "technical_grade") => grades(4),
        (Equipment, "owner_kind") => words!(OwnerKind),
        (Equipment, "status") => words!(EquipmentStatus),
        (MilitiaBases, "kind") => words!(BaseKind),
        (MilitiaBases, "by_type") => words!(KnownForce),
        (MilitiaBases, "status") => words!(BaseStatus),
        (Enterprises, "stage") => words!(SurveyStage),
        (Enterprises, "status") => words!(EnterpriseStatus),
        (Activities, "kind") => words!(ActivityKind),
        (Activities, "audience") => words!(Audience),
        (Activities, "rating") => words!(Rating),
        (Activities, "status") => words!(ActivityStatus),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use calamine::{Reader as _, Xlsx, open_workbook};

    use super::*;
    use crate::roster::lists::{shipped_equipment_types, shipped_specialties};

    #[test]
    fn the_forms_of_a_plan_and_of_lists_of_codes_are_read_when_they_are_filled() {
        use crate::roster::code_list::{read_equipment_type_list, read_specialty_list};
        use crate::roster::plan::read_plan;
        use crate::roster::sheet::Sheet;
        use crate::roster::{ListHints, Source};

        let dir = tempfile::tempdir().expect("a directory");
        let filled = |form: &Path, cells: &[(&str, &str)]| {
            let mut book: Xlsx<_> = open_workbook(form).expect("it opens");
            let heads = book.worksheet_range("Danh sách").expect("the form");
            let heads: Vec<String> =
                heads.rows().next().expect("heads").iter().map(ToString::to_string).collect();
            let mut sheet = Sheet::new("", &heads.iter().map(String::as_str).collect::<Vec<_>>());
            let cell = |head: &String| {
                let own = cells.iter().find(|(name, _cell)| name == head);
                own.map_or("", |(_name, cell)| cell).into()
            };
            sheet.rows.push(heads.iter().map(cell).collect());
            let path = form.with_extension("csv");
            sheet.save(&path).expect("written");
            path
        };
        let form = dir.path().join("plan.xlsx");
        with_lists(|lists| write_plan_template(lists, &form, false)).expect("written");
        let path = filled(
            &form,
            &[
                ("Mã đơn vị", "DB-C1"),
                ("Tên đơn vị", "Đại đội 1"),
                ("Đơn vị giao nguồn", "KV4"),
                ("CNQS", "CN01"),
                ("Số lượng", "12"),
            ],
        );
        let plan = read_plan(Source::Path(&path), &ListHints::default()).expect("a plan");
        assert_eq!((&plan.faults, &plan.file.ignored), (&vec![], &vec![]));
        assert_eq!(plan.units[0].unit.posts[0].count, 12);
        let form = dir.path().join("specialties.xlsx");
        write_specialty_template(&form, false).expect("written");
        let path = filled(&form, &[("Mã CNQS", "CN01"), ("Tên chuyên nghiệp", "Bộ binh")]);
        let list = read_specialty_list(Source::Path(&path), &ListHints::default());
        let list = list.expect("a list");
        assert_eq!((list.list.len(), &list.faults), (1, &vec![]));
        let form = dir.path().join("types.xlsx");
        write_equipment_type_template(&form, false).expect("written");
        let cells = [
            ("Mã loại", "PT90"),
            ("Tên loại phương tiện", "Xe bọc thép"),
            ("Nhóm phương tiện", "Phương tiện khác"),
        ];
        let path = filled(&form, &cells);
        let list = read_equipment_type_list(Source::Path(&path), &ListHints::default());
        let list = list.expect("a list");
        assert_eq!((list.list.len(), &list.faults), (1, &vec![]));
    }

    fn with_lists<T>(run: impl FnOnce(&FormLists<'_>) -> T) -> T {
        let (specialties, equipment_types) = (shipped_specialties(), shipped_equipment_types());
        run(&FormLists { specialties: &specialties, equipment_types: &equipment_types })
    }

    #[test]
    fn every_form_names_the_columns_that_the_reader_knows_and_the_values_it_takes() {
        let dir = tempfile::tempdir().expect("a directory");
        let kinds = [
            (RosterKind::Reservists, "Binh nhất", People::COLUMNS.len()),
            (RosterKind::Equipment, "Xe ô tô tải", Means::COLUMNS.len()),
            (RosterKind::MilitiaBases, "Dân quân xã, phường", Bases::COLUMNS.len()),
            (RosterKind::Enterprises, "Đã khảo sát", Works::COLUMNS.len()),
            (RosterKind::Activities, "Giỏi", Deeds::COLUMNS.len()),
        ];
        for (kind, value, columns) in kinds {
            let out = dir.path().join(format!("{kind:?}.xlsx"));
            with_lists(|lists| write_template(kind, lists, &out, false)).expect("written");
            let mut book: Xlsx<_> = open_workbook(&out).expect("it opens");
            let form = book.worksheet_range("Danh sách").expect("the form");
            assert_eq!(form.width(), columns + 1, "{kind:?}");
            let values = book.worksheet_range(VALUES_SHEET).expect("the values");
            let has = values.rows().any(|row| row[1].to_string().eq_ignore_ascii_case(value));
            assert!(has, "{value} of {kind:?}");
        }
    }
}
