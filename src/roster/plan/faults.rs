//! What is wrong with a plan, and in which row: the reader's own faults, and those that the server finds
//! by the field of a request.

use std::fmt;

use crate::roster::RowKey;

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlanFault {
    /// Its number, as the spreadsheet program shows it.
    pub row: RowKey,
    /// What is wrong, and what to do.
    pub fault: String,
}

impl fmt::Display for PlanFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}: {}", self.row, self.fault)
    }
}

/// The rows in which the parts of a reserve unit stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    first: RowKey,
    pub(super) posts: Vec<RowKey>,
    pub(super) lines: Vec<RowKey>,
    pub(super) quotas: Vec<RowKey>,
}

/// Fields as the server names them, and the columns of a plan that say them.
const NAMES: [(&str, &str); 19] = [
    ("code", "Mã đơn vị"),
    ("name", "Tên đơn vị"),
    ("source_units", "Đơn vị giao nguồn"),
    ("valid_from", "Hiệu lực từ"),
    ("valid_to", "Hiệu lực đến"),
    ("receiving_unit", "Đơn vị nhận nguồn"),
    ("no", "Số chức danh"),
    ("title", "Chức danh"),
    ("specialty_code", "CNQS"),
    ("near", "Gần đúng"),
    ("rank_min", "Cấp bậc từ"),
    ("rank_max", "Cấp bậc đến"),
    ("health_max", "Sức khỏe"),
    ("count", "Số lượng"),
    ("type_code", "Loại phương tiện"),
    ("capacity_unit", "Đơn vị tính"),
    ("unit_code", "Xã, phường"),
    ("people", "Chỉ tiêu người"),
    ("equipment", "Chỉ tiêu phương tiện"),
];

impl Places {
    /// Of a reserve unit that begins in a row.
    pub(super) const fn begin(first: RowKey) -> Self {
        Self { first, posts: Vec::new(), lines: Vec::new(), quotas: Vec::new() }
    }

    /// A fault that the server found in a field such as `posts[3].rank_min`, in the row and the column
    /// that say it.
    pub fn fault(&self, field: &str, fault: &str) -> PlanFault {
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
        let row = at.and_then(|at| rows.get(at)).unwrap_or(&self.first).clone();
        let own = own.split('[').next().unwrap_or(own);
        let name = NAMES.iter().find(|(name, _column)| *name == own);
        let fault = match name {
            Some((_name, column)) => format!("{column}: {fault}"),
            None => format!("{own}: {fault}"),
        };
        PlanFault { row, fault }
    }
}
