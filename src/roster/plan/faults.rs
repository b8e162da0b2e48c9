//! What is wrong with a plan, and in which row and column: the reader's own faults, and those that the
//! server finds by the field of a request.
//!
//! A fault has a code for programs, words for the screen, and words in Vietnamese for the file that goes
//! back to whoever mends it ([`words`]).

mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::PlanFile;
use crate::domain::plan::PlanRule;
use crate::roster::RowKey;
use crate::roster::report::{Fault, Place};

/// Most characters of a cell that are shown.
const VALUE_SHOWN_CHARS_MAX: usize = 40;

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanFault {
    /// Its number, as the spreadsheet program shows it.
    pub row: RowKey,
    /// The code, and the cell.
    pub fault: Fault,
    /// What is wrong and what to do, in the words of the screen.
    text: String,
    /// What there is to say beside the code, in Vietnamese; mostly nothing.
    beside: String,
}

impl fmt::Display for PlanFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}: {}", self.row, self.text)
    }
}

/// What the reader finds wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    /// The code, which says the words.
    pub(super) code: &'static str,
    /// The field as the columns are called.
    pub(super) field: &'static str,
    /// The words of the screen, where they are not the code's own.
    pub(super) text: Option<String>,
    /// Beside the words in Vietnamese.
    pub(super) beside: String,
}

impl Wrong {
    /// One whose words are those of its code.
    pub(super) const fn new(code: &'static str, field: &'static str) -> Self {
        Self { code, field, text: None, beside: String::new() }
    }

    /// One that tells too what stands in the cell, under the name of its column: nobody's secret.
    pub(super) fn of_value(code: &'static str, field: &'static str, value: &str) -> Self {
        let value: String = value.trim().chars().take(VALUE_SHOWN_CHARS_MAX).collect();
        let (name, words) = (column_of(field), words::of_reader(code));
        let text = Some(format!("{name}: \u{201c}{value}\u{201d} is here, and {words}"));
        let beside = format!("Ô này ghi \u{201c}{value}\u{201d}.");
        Self { text, beside, ..Self::new(code, field) }
    }

    /// In a row.
    pub(super) fn at(self, row: RowKey) -> PlanFault {
        let place = Place { field: self.field, column: None, value: None, hint: None };
        let text = self.text.unwrap_or_else(|| words::of_reader(self.code).to_owned());
        let fault = Fault { code: self.code, place: Some(place) };
        PlanFault { row, fault, text, beside: self.beside }
    }
}

/// The rows in which the parts of a reserve unit stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    first: RowKey,
    /// Where what is about the unit as a whole was said first, by field.
    pub(super) said: BTreeMap<&'static str, RowKey>,
    pub(super) posts: Vec<RowKey>,
    pub(super) lines: Vec<RowKey>,
    pub(super) quotas: Vec<RowKey>,
}

/// Fields as the server names them, the columns of a plan that say them, and what those are called.
const NAMES: [(&str, &str, &str); 25] = [
    ("code", "code", "Mã đơn vị"),
    ("name", "name", "Tên đơn vị"),
    ("source_units", "source_units", "Đơn vị giao nguồn"),
    ("valid_from", "valid_from", "Hiệu lực từ"),
    ("valid_to", "valid_to", "Hiệu lực đến"),
    ("receiving_unit", "receiving_unit", "Đơn vị nhận nguồn"),
    ("receiving_unit_code", "receiving_code", "Mã đơn vị nhận nguồn"),
    ("assembly_station", "assembly_station", "Trạm tập trung"),
    ("reception_station", "reception_station", "Trạm tiếp nhận"),
    ("no", "no", "Số chức danh"),
    ("title", "title", "Chức danh"),
    ("specialty_code", "specialty", "CNQS"),
    ("near", "near", "Gần đúng"),
    ("rank_min", "rank_min", "Cấp bậc từ"),
    ("rank_max", "rank_max", "Cấp bậc đến"),
    ("duty", "duty", "Nhiệm vụ"),
    ("sex", "sex", "Giới tính"),
    ("health_max", "health_max", "Sức khỏe"),
    ("count", "count", "Số lượng"),
    ("type_code", "kind", "Loại phương tiện"),
    ("capacity", "capacity", "Trọng tải"),
    ("capacity_unit", "capacity_unit", "Đơn vị tính"),
    ("unit_code", "quota_unit", "Xã, phường"),
    ("people", "quota_people", "Chỉ tiêu người"),
    ("equipment", "quota_equipment", "Chỉ tiêu phương tiện"),
];

/// What a column is called; nothing for what has none.
pub(super) fn column_of(field: &str) -> &'static str {
    let found = NAMES.iter().find(|(_server, own, _name)| *own == field);
    found.map_or("", |(_server, _own, name)| name)
}

impl Places {
    /// Of a reserve unit that begins in a row.
    pub(super) const fn begin(first: RowKey) -> Self {
        let said = BTreeMap::new();
        Self { first, said, posts: Vec::new(), lines: Vec::new(), quotas: Vec::new() }
    }

    /// Where a field of the unit as a whole was said first.
    pub(super) fn of_unit(&self, field: &str) -> &RowKey {
        self.said.get(field).unwrap_or(&self.first)
    }

    /// A fault that the server found in a field such as `posts[3].rank_min`, in the row and the column
    /// that say it; `told` begins with its code.
    pub fn fault(&self, field: &str, told: &str) -> PlanFault {
        let (part, own) = field.split_once('.').unwrap_or(("", field));
        let (list, number) = part.split_once('[').unwrap_or((part, ""));
        let at =
            number.trim_end_matches(']').parse::<usize>().ok().and_then(|at| at.checked_sub(1));
        let rows = match list {
            "posts" => &self.posts[..],
            "equipment_lines" => &self.lines,
            "quotas" => &self.quotas,
            _of_the_unit => &[],
        };
        let own = own.split('[').next().unwrap_or(own);
        let (field, name) = NAMES
            .iter()
            .find(|(server, ..)| *server == own)
            .map_or(("row", own), |(_server, field, name)| (*field, *name));
        let of_part = at.and_then(|at| rows.get(at));
        let row = of_part.unwrap_or_else(|| self.of_unit(field)).clone();
        let code = told.split(':').next().unwrap_or_default();
        let known = PlanRule::ALL.into_iter().map(PlanRule::code).find(|known| *known == code);
        let text = Some(format!("{name}: {told}"));
        Wrong { text, ..Wrong::new(known.unwrap_or("PLAN_INVALID"), field) }.at(row)
    }
}

/// In the order of the rows, each once.
pub fn in_order(faults: &mut Vec<PlanFault>) {
    faults.sort_by(|one, other| (&one.row, &one.text).cmp(&(&other.row, &other.text)));
    faults.dedup();
}

impl PlanFile {
    /// A fault with the letters of the column that it is in.
    #[must_use]
    pub fn placed(&self, fault: PlanFault) -> PlanFault {
        let place = fault.fault.place.map(|place| {
            let column = self.file.column(&fault.row, place.field);
            Place { column, ..place }
        });
        PlanFault { fault: Fault { place, ..fault.fault }, ..fault }
    }

    /// What is wrong with each row at fault, for whoever mends it: in Vietnamese.
    pub fn reasons(faults: &[PlanFault]) -> BTreeMap<RowKey, String> {
        let mut reasons: BTreeMap<RowKey, String> = BTreeMap::new();
        for fault in faults {
            let own = reasons.entry(fault.row.clone()).or_default();
            let space = if own.is_empty() { "" } else { " " };
            own.push_str(&format!("{space}{}", words::reason(fault)));
        }
        reasons
    }

    /// The first fault of each row at fault, and those behind the first.
    pub fn rejected(faults: &[PlanFault]) -> (BTreeMap<&RowKey, &Fault>, Further<'_>) {
        let (mut rejected, mut further) = (BTreeMap::new(), Further::new());
        let mut seen = BTreeSet::new();
        for PlanFault { row, fault, .. } in faults {
            if seen.insert(row) {
                rejected.insert(row, fault);
            } else {
                further.entry(row).or_default().push(fault);
            }
        }
        (rejected, further)
    }
}

/// Faults of a row behind its first.
pub type Further<'a> = BTreeMap<&'a RowKey, Vec<&'a Fault>>;
