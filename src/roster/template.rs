//! Empty forms: a workbook with the headers that the reader knows, an example in the note of each, and
//! the allowed values on a second sheet.
//!
//! Called by the command line. Invariant: every header of a form is read as the field it stands for.

use std::path::Path;

use rust_xlsxwriter::{Format, FormatAlign, Note, Workbook};

use super::RosterKind;
use super::file::Reading;
use super::kind::{Bases, Column, Deeds, Kind, Means, People, Works};
use super::lists::{shipped_equipment_types, shipped_specialties};
use super::sheet::{SheetError, write_file};
use super::terms::term;
use crate::domain::registry::{
    ActivityKind, ActivityStatus, BaseKind, BaseStatus, CapacityUnit, DeferralGround,
    EnterpriseStatus, EquipmentStatus, EthnicGroup, Frame, KnownForce, Language, OwnerKind, Rank,
    Rating, ReserveClass, ReservistCategory, ReservistStatus, Sex, SurveyStage,
};

/// The sheet of allowed values.
pub(super) const VALUES_SHEET: &str = "Giá trị";
/// Rows of the form that take text as text, so that no zero is lost.
const FORM_ROWS: u32 = 2_000;

/// Writes an empty form for a kind of list. Blocks.
///
/// # Errors
/// [`SheetError`]; then there is no new file.
pub fn write_template(kind: RosterKind, out: &Path, replace: bool) -> Result<(), SheetError> {
    let bytes = match kind {
        RosterKind::Reservists => form::<People>(),
        RosterKind::Equipment => form::<Means>(),
        RosterKind::MilitiaBases => form::<Bases>(),
        RosterKind::Enterprises => form::<Works>(),
        RosterKind::Activities => form::<Deeds>(),
    }?;
    write_file(out, &bytes, replace)
}

fn form<K: Kind>() -> Result<Vec<u8>, SheetError> {
    let mut book = Workbook::new();
    let head = Format::new().set_bold().set_text_wrap().set_align(FormatAlign::VerticalCenter);
    let text = Format::new().set_num_format("@");
    let sheet = book.add_worksheet().set_name("Danh sách")?;
    sheet.write_string_with_format(0, 0, "STT", &head)?;
    for (at, column) in (1_u16..).zip(K::COLUMNS) {
        let own = term(K::KIND, column.field);
        sheet.write_string_with_format(0, at, own, &head)?;
        sheet.set_column_width(at, 16)?;
        let is_required = K::REQUIRED.contains(&column.field) || column.field == K::UNIT_FIELD;
        let mut words = if is_required { "Bắt buộc.".to_owned() } else { String::new() };
        if let Some(example) = example::<K>(column) {
            words = format!("{words} Ví dụ: {example}").trim().to_owned();
        }
        if !words.is_empty() {
            sheet.insert_note(0, at, &Note::new(words))?;
        }
        if column.reading != Reading::Date {
            sheet.set_column_format(at, &text)?;
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    sheet.autofilter(0, 0, FORM_ROWS, u16::try_from(K::COLUMNS.len()).unwrap_or(u16::MAX))?;
    let values = book.add_worksheet().set_name(VALUES_SHEET)?;
    values.write_string_with_format(0, 0, "Cột", &head)?;
    values.write_string_with_format(0, 1, "Giá trị được nhận", &head)?;
    values.set_column_width(0, 24)?;
    values.set_column_width(1, 50)?;
    let rows = K::COLUMNS.iter().flat_map(|column| {
        let own = term(K::KIND, column.field);
        allowed(K::KIND, column.field).into_iter().map(move |value| (own, value))
    });
    for (at, (own, value)) in (1..).zip(rows) {
        values.write_string(at, 0, own)?;
        values.write_string(at, 1, value)?;
    }
    Ok(book.save_to_buffer()?)
}

fn example<K: Kind>(column: &Column<K::Input>) -> Option<String> {
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
        (field, Reading::Plain) => return allowed(K::KIND, field).into_iter().next(),
    })
}

macro_rules! words {
    ($name:ident) => {
        $name::ALL.iter().map(|term| term.vietnamese().to_owned()).collect()
    };
}

/// The values that a field takes, where they are a list.
fn allowed(kind: RosterKind, field: &str) -> Vec<String> {
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
        (Reservists, "specialty") => {
            let list = shipped_specialties();
            list.iter().map(|one| format!("{} ({})", one.code, one.name)).collect()
        }
        (Reservists, "frame") => words!(Frame),
        (Reservists, "status") => words!(ReservistStatus),
        (Reservists, "party_member") => vec!["x".to_owned(), "Không".to_owned()],
        (Reservists, "health_class") => grades(6),
        (Reservists, "deferral_ground") => words!(DeferralGround),
        (Equipment, "kind") => {
            let list = shipped_equipment_types();
            list.iter().map(|one| one.name.clone()).collect()
        }
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
        (Activities, "rating") => words!(Rating),
        (Activities, "status") => words!(ActivityStatus),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use calamine::{Reader as _, Xlsx, open_workbook};

    use super::*;

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
            write_template(kind, &out, false).expect("written");
            let mut book: Xlsx<_> = open_workbook(&out).expect("it opens");
            let form = book.worksheet_range("Danh sách").expect("the form");
            assert_eq!(form.width(), columns + 1, "{kind:?}");
            let values = book.worksheet_range(VALUES_SHEET).expect("the values");
            let has = values.rows().any(|row| row[1].to_string().eq_ignore_ascii_case(value));
            assert!(has, "{value} of {kind:?}");
        }
    }
}
