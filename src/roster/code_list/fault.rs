//! What is wrong with a row of a list of codes: a code for programs, words for the screen, and words in
//! Vietnamese for the file that goes back to whoever mends it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::CodeFile;
use crate::domain::registry::{LIST_NAME_CHARS_MAX, NEAR_MAX, OTHER_NAMES_MAX};
use crate::roster::RowKey;
use crate::roster::report::{Fault, Place};

/// What an entry of a list is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Noun {
    english: &'static str,
    vietnamese: &'static str,
}

pub(super) const SPECIALTY: Noun = Noun { english: "specialty", vietnamese: "chuyên nghiệp" };
pub(super) const EQUIPMENT_TYPE: Noun =
    Noun { english: "type", vietnamese: "loại phương tiện" };

/// A fault of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListFault {
    /// The row.
    pub row: RowKey,
    /// The column, as lists call it.
    pub column: &'static str,
    /// What is wrong, and in which cell.
    pub fault: Fault,
    /// What it should be a row of.
    pub(super) noun: Noun,
}

impl ListFault {
    /// In the words of the screen, without the row.
    fn words(&self) -> String {
        let (one, name_max) = (self.noun.english, LIST_NAME_CHARS_MAX);
        match self.fault.code {
            "CODE_MISSING" => format!("there is no code: give each {one} one"),
            "CODE_INVALID" => "is no code: use 1 to 16 letters, digits, `-`, `_` or `.`".into(),
            "DUPLICATE_IN_FILE" => {
                format!("this code occurs twice: give each {one} a code of its own")
            }
            "NAME_MISSING" => format!("there is no name: give each {one} one"),
            "NAME_TAKEN" => {
                format!("another {one} has this name: give each a name of its own")
            }
            "NAME_TOO_LONG" => format!("the name is over {name_max} characters: shorten it"),
            "NEAR_ITSELF" => "a specialty is not near to itself: leave it out".into(),
            "NEAR_TWICE" => "is named twice: name it once".into(),
            "NEAR_TOO_MANY" => {
                format!("there are over {NEAR_MAX} near specialties: keep the nearest")
            }
            "CLASS_MISSING" => "there is no class: give each type that of the law".into(),
            "CLASS_UNKNOWN" => "is no class of the law: use one of its words".into(),
            "OTHER_NAMES_TOO_MANY" => {
                format!("there are over {OTHER_NAMES_MAX} other names: keep those most used")
            }
            _unknown => "is no specialty of this list: correct it, or add its row".into(),
        }
    }

    /// For whoever mends the row: what is wrong and what to do, in Vietnamese.
    fn reason(&self) -> String {
        let (one, name_max) = (self.noun.vietnamese, LIST_NAME_CHARS_MAX);
        let words = match self.fault.code {
            "CODE_MISSING" => format!("thiếu mã. Điền mã {one}"),
            "CODE_INVALID" => {
                "mã không hợp lệ. Dùng 1 đến 16 chữ cái không dấu, chữ số, -, _ hoặc .".into()
            }
            "DUPLICATE_IN_FILE" => {
                format!("mã này đã có ở dòng khác. Mỗi {one} một mã riêng")
            }
            "NAME_MISSING" => format!("thiếu tên. Điền tên {one}"),
            "NAME_TAKEN" => format!("tên này đã có ở dòng khác. Mỗi {one} một tên riêng"),
            "NAME_TOO_LONG" => format!("tên dài quá {name_max} ký tự. Viết ngắn lại"),
            "NEAR_ITSELF" => "chuyên nghiệp không gần đúng với chính nó. Bỏ mã này".into(),
            "NEAR_TWICE" => "mã ghi hai lần. Chỉ ghi một lần".into(),
            "NEAR_TOO_MANY" => format!("có quá {NEAR_MAX} mã gần đúng. Giữ những mã gần nhất"),
            "CLASS_MISSING" => "thiếu nhóm. Điền nhóm phương tiện theo luật".into(),
            "CLASS_UNKNOWN" => "không phải nhóm phương tiện theo luật. Viết lại tên nhóm".into(),
            "OTHER_NAMES_TOO_MANY" => {
                format!("có quá {OTHER_NAMES_MAX} tên gọi khác. Giữ những tên hay dùng")
            }
            _unknown => "mã này không có trong danh sách. Sửa mã, hoặc thêm dòng của mã đó".into(),
        };
        let Place { column, value, hint, .. } = self.place();
        let at = column.map(|column| format!("Cột {column}: ")).unwrap_or_default();
        let value = value.map(|value| format!("“{value}”: ")).unwrap_or_default();
        let hint = hint.map(|hint| {
            let vietnamese = hint.replace("as in row", "Trùng với dòng");
            format!(" {}.", vietnamese.replace("the list has", "Danh sách có"))
        });
        format!("{at}{value}{words}.{} [{}]", hint.unwrap_or_default(), self.fault.code)
    }

    fn place(&self) -> Place {
        let none = || Place { field: "row", column: None, value: None, hint: None };
        self.fault.place.clone().unwrap_or_else(none)
    }
}

impl fmt::Display for ListFault {
    /// `row 3: Gần đúng (column C), "CN91": is no specialty of this list: …; the list has CN01`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { column, value, hint, .. } = self.place();
        write!(f, "row {}: {}", self.row, self.column)?;
        column.map_or(Ok(()), |column| write!(f, " (column {column})"))?;
        value.map_or(Ok(()), |value| write!(f, ", {value:?}"))?;
        write!(f, ": {}", self.words())?;
        hint.map_or(Ok(()), |hint| write!(f, "; {hint}"))
    }
}

impl<L> CodeFile<L> {
    /// The first fault of each row at fault.
    pub fn rejected(&self) -> BTreeMap<&RowKey, &Fault> {
        let mut rejected = BTreeMap::new();
        for ListFault { row, fault, .. } in &self.faults {
            rejected.entry(row).or_insert(fault);
        }
        rejected
    }

    /// Those behind the first.
    pub fn further(&self) -> BTreeMap<&RowKey, Vec<&Fault>> {
        let mut further: BTreeMap<&RowKey, Vec<&Fault>> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for ListFault { row, fault, .. } in &self.faults {
            if !seen.insert(row) {
                further.entry(row).or_default().push(fault);
            }
        }
        further
    }

    /// What is wrong with each row at fault, for whoever mends it.
    pub fn reasons(&self) -> BTreeMap<RowKey, String> {
        let mut reasons: BTreeMap<RowKey, String> = BTreeMap::new();
        for fault in &self.faults {
            let own = reasons.entry(fault.row.clone()).or_default();
            let space = if own.is_empty() { "" } else { " " };
            own.push_str(&format!("{space}{}", fault.reason()));
        }
        reasons
    }
}
