//! Lists of types of equipment: the class of the law that each falls under, and what it is called too.
//!
//! Called by the command line. What lists of codes have in common is with [`super`].

use super::super::file::Reading;
use super::super::kind::Column;
use super::super::sheet::{CellValue, Sheet};
use super::super::small_list::{ListHints, Listed, list_columns};
use super::super::{RosterError, Source};
use super::fault::{EQUIPMENT_TYPE, Noun};
use super::{Check, Coded, EquipmentTypeFile, Told, read};
use crate::domain::ids::SpecialtyCode;
use crate::domain::nearest::nearest;
use crate::domain::registry::{
    EquipmentClass, EquipmentType, EquipmentTypes, LIST_LEN_MAX, OTHER_NAMES_MAX,
};
use crate::domain::text::fold;

/// A row as text.
#[derive(Debug, Clone, Default)]
pub(super) struct TypeRow {
    code: String,
    name: String,
    class: String,
    other_names: String,
}

impl Listed for TypeRow {
    const COLUMNS: &'static [Column<Self>] = list_columns! { TypeRow
        code Plain [
            "ma", "ma so", "ma loai", "ma loai phuong tien", "ma phuong tien", "ma ptkt", "type code",
        ],
        name Plain [
            "ten", "ten loai", "loai phuong tien", "ten loai phuong tien", "ten phuong tien",
            "chung loai", "chung loai phuong tien", "equipment type", "type",
        ],
        class Plain [
            "nhom", "nhom phuong tien", "nhom loai", "phan nhom", "phan loai", "lop phuong tien",
            "equipment class",
        ],
        other_names Plain [
            "ten goi khac", "ten khac", "ten thuong goi", "con goi la", "other names", "also called",
        ],
    };
    const WRITTEN: &'static [&'static str] =
        &["Mã loại", "Tên loại phương tiện", "Nhóm phương tiện", "Tên gọi khác"];
    const REQUIRED: &'static [&'static [&'static str]] = &[&["code"], &["name"], &["class"]];
    const COLUMNS_MIN: usize = 3;
    const ROWS_MAX: usize = LIST_LEN_MAX;
    const IDENTITY: &'static [&'static str] = &["code"];
    const HARD: &'static [&'static str] = &["class"];
}

impl Coded for TypeRow {
    type Entry = EquipmentType;

    const NOUN: Noun = EQUIPMENT_TYPE;

    fn code(&self) -> &str {
        &self.code
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn entry(
        told: &mut Told<'_, Self>,
        check: &mut Check,
        code: Option<&SpecialtyCode>,
        name: String,
    ) -> Option<EquipmentType> {
        let row = told.row;
        let class = class(told);
        let parts = row.other_names.split([',', ';', '\n']).map(str::trim);
        let mut other_names: Vec<String> = Vec::new();
        // Who names a type by its own name again says nothing new.
        let is_new = |text: &&str| !text.is_empty() && fold(text) != fold(&name);
        for text in parts.filter(is_new) {
            if !other_names.iter().any(|other| fold(other) == fold(text)) {
                other_names.push(check.name(told, "other_names", text));
            }
        }
        if other_names.len() > OTHER_NAMES_MAX {
            told.fault("OTHER_NAMES_TOO_MANY", "other_names", &row.other_names, None);
        }
        Some(EquipmentType { code: code?.clone(), name, other_names, class: class? })
    }
}

fn class(told: &mut Told<'_, TypeRow>) -> Option<EquipmentClass> {
    let text = told.row.class.trim();
    let class = EquipmentClass::parse(text);
    if text.is_empty() {
        told.fault("CLASS_MISSING", "class", "", None);
    } else if class.is_none() {
        let words = EquipmentClass::ALL.iter().map(|class| class.vietnamese());
        let alike = match nearest(text, words.clone())[..] {
            [] => words.collect::<Vec<_>>().join("; "),
            ref alike => alike.join("; "),
        };
        told.fault("CLASS_UNKNOWN", "class", text, Some(format!("the list has {alike}")));
    }
    class
}

/// The list of a file. Blocks.
///
/// # Errors
/// [`RosterError`] when there is no such list; what is wrong with single rows is with the list.
pub fn read_equipment_type_list(
    source: Source<'_>,
    hints: &ListHints,
) -> Result<EquipmentTypeFile, RosterError> {
    Ok(read::<TypeRow>(source, hints)?.into_list(|list: &mut EquipmentTypes, kind| {
        list.insert(kind).expect("each row was held against the rules of a list");
    }))
}

/// A list as it is shown and exported; [`read_equipment_type_list`] reads it as it was.
pub fn sheet_of_equipment_types<'a>(list: impl IntoIterator<Item = &'a EquipmentType>) -> Sheet {
    let mut sheet = Sheet::new("", &["CODE", "NAME", "EQUIPMENT CLASS", "OTHER NAMES"])
        .called("Danh mục loại phương tiện kỹ thuật", "Danh mục phương tiện");
    for one in list {
        sheet.push([
            one.code.as_str().into(),
            one.name.as_str().into(),
            CellValue::word(one.class.code().to_uppercase(), one.class.vietnamese()),
            one.other_names.join("; ").into(),
        ]);
    }
    sheet
}
