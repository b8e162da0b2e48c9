//! What is wrong with a row of a list of units: words for the screen, and words in Vietnamese for the file
//! that goes back to whoever mends it.

use crate::domain::ids::{InvalidId, UnitCode};
use crate::domain::unit::{ChangeError, Rewrite, UnitError};
use crate::roster::RowKey;

/// Why a row is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnitFault {
    /// No code.
    #[error("the row names no unit: give its code")]
    NoCode,
    /// A code that is none.
    #[error(transparent)]
    BadCode(#[from] InvalidId),
    /// A code that lost a digit, with nothing to say which.
    #[error(
        "code {code} has four digits and no unit has it with a zero in front: a commune's code has five; \
         write codes as text"
    )]
    ShortCode {
        /// The code.
        code: UnitCode,
    },
    /// A cell that is not what its column is for.
    #[error("`{value}` is not a good {what}")]
    Cell {
        /// What the column is for.
        what: &'static str,
        /// What stands there, shortened.
        value: String,
    },
    /// A level that is not that of the kind.
    #[error("`{value}` is not the echelon of its kind")]
    WrongEchelon {
        /// What stands there, shortened.
        value: String,
    },
    /// The second row of a unit.
    #[error("unit {code} stands in the list twice: as in row {first}")]
    Twice {
        /// The unit.
        code: UnitCode,
        /// Its first row.
        first: RowKey,
    },
    /// A new unit of which something is not said.
    #[error("unit {code} is new and has no {what}: fill it in")]
    Lacks {
        /// The unit.
        code: UnitCode,
        /// What is not said.
        what: &'static str,
    },
    /// An end that lies ahead.
    #[error("the last day of unit {code} lies ahead")]
    EndsAhead {
        /// The unit.
        code: UnitCode,
    },
    /// Another unit is called so.
    #[error("unit {code} is called {name} already")]
    NameTaken {
        /// The other unit.
        code: UnitCode,
        /// The name.
        name: String,
    },
    /// What only a reorganization does.
    #[error(
        "{rewrite}{hint}",
        hint = if *.may_change { "; or import the list with --on DATE --document TEXT" } else { "" }
    )]
    Rewrite {
        /// What it asks for.
        rewrite: Rewrite,
        /// Whether a list with a day carries it out.
        may_change: bool,
    },
    /// It does not fit the tree.
    #[error(transparent)]
    Tree(#[from] UnitError),
    /// The reorganization that it asks for cannot be.
    #[error(transparent)]
    Change(#[from] ChangeError),
}

impl UnitFault {
    /// For whoever mends the row: what is wrong and what to do, in Vietnamese.
    pub fn reason(&self) -> String {
        match self {
            Self::NoCode => "thiếu mã. Điền mã đơn vị.".into(),
            Self::BadCode(_) => {
                "mã không hợp lệ. Chỉ dùng chữ cái không dấu, chữ số, -, _ hoặc .".into()
            }
            Self::ShortCode { code } => format!(
                "mã {code} có bốn chữ số và không có đơn vị nào mang mã 0{code}. Mã xã có năm chữ số; ghi mã \
                 dưới dạng chữ (Text)."
            ),
            Self::Cell { what, value } => {
                format!("“{value}” không phải là {} đúng. Viết lại.", word_of(what))
            }
            Self::WrongEchelon { value } => {
                format!("“{value}” không phải là cấp của loại đơn vị này. Xem lại cấp và loại.")
            }
            Self::Twice { code, first } => {
                format!("đơn vị {code} đã có ở dòng {first}. Xóa dòng thừa, hoặc sửa mã.")
            }
            Self::Lacks { code, what } => {
                format!("đơn vị {code} là đơn vị mới và thiếu {}. Điền thêm.", word_of(what))
            }
            Self::EndsAhead { code } => {
                format!("ngày kết thúc của đơn vị {code} chưa đến. Nhập lại khi đã đến ngày đó.")
            }
            Self::NameTaken { code, name } => {
                format!("đơn vị {code} đã mang tên {name}. Đặt tên khác, hoặc sửa mã.")
            }
            Self::Rewrite { rewrite, may_change } => of_rewrite(rewrite, *may_change),
            Self::Tree(fault) => of_tree(fault),
            Self::Change(fault) => of_change(fault),
        }
    }
}

/// What a cell is for, in Vietnamese.
fn word_of(what: &str) -> &str {
    match what {
        "kind" => "loại đơn vị",
        "echelon" => "cấp",
        "area in km²" | "area in hectares" => "diện tích",
        "basis" | "successor basis" => "căn cứ",
        "population" => "số dân",
        "first day" => "ngày bắt đầu",
        "last day" => "ngày kết thúc",
        "official code" | "code" => "mã hành chính",
        "successor" => "đơn vị thay thế",
        "parent" => "đơn vị cấp trên",
        "name" => "tên",
        other => other,
    }
}

fn of_rewrite(rewrite: &Rewrite, may_change: bool) -> String {
    let on = if may_change {
        ", hoặc nhập danh sách với --on NGÀY --document VĂN BẢN"
    } else {
        ""
    };
    match rewrite {
        Rewrite::Name { code, held, .. } => format!(
            "đơn vị {code} đang mang tên {held}. Đổi tên từ một ngày bằng lệnh `unit rename {code}`{on}."
        ),
        Rewrite::Place { code, held, .. } => format!(
            "đơn vị {code} đang trực thuộc {held}. Chuyển cấp trên từ một ngày bằng lệnh `unit move \
             {code}`{on}."
        ),
        Rewrite::Level { code, .. } => {
            format!("đơn vị {code} đang ở cấp khác, và không chuyển cấp được. Dùng mã khác.")
        }
        Rewrite::End { code } => format!(
            "đơn vị {code} đang hoạt động. Kết thúc từ một ngày bằng lệnh `unit close {code}` hoặc `unit \
             merge {code}`."
        ),
        Rewrite::History { code, what } => format!(
            "đơn vị {code} có {} khác với danh sách. Không sửa được những gì đã ghi trong lịch sử đơn vị.",
            word_of(what)
        ),
    }
}

fn of_tree(fault: &UnitError) -> String {
    match fault {
        UnitError::Taken { code } => format!("mã {code} đã có. Mỗi đơn vị một mã riêng."),
        UnitError::NoParent { code, parent } => {
            format!("đơn vị cấp trên {parent} của {code} không có. Thêm đơn vị đó trước.")
        }
        UnitError::WrongParent { code, .. } => {
            format!("đơn vị {code} không đặt dưới cấp này được. Chọn đơn vị cấp trên trực tiếp.")
        }
        UnitError::SecondProvince { present, .. } => {
            format!("chỉ có một tỉnh là {present}. Điền đơn vị cấp trên.")
        }
        UnitError::ClosedParent { code, parent } => {
            format!("đơn vị cấp trên {parent} của {code} đã kết thúc. Chọn đơn vị hiện nay.")
        }
        UnitError::StillAbove { code, child } => {
            format!("đơn vị {code} còn {child} trực thuộc. Chuyển hoặc kết thúc {child} trước.")
        }
        UnitError::BadSuccessor { code, successor } => format!(
            "{successor} không thay thế đơn vị {code} được. Chọn đơn vị khác cùng cấp hoặc cấp trên đang có."
        ),
        UnitError::LivingWithSuccessors { code } => {
            format!(
                "đơn vị {code} có đơn vị thay thế mà không có ngày kết thúc. Điền cả hai, hoặc bỏ cả hai."
            )
        }
        UnitError::TooManyLinks { code } => {
            format!("đơn vị {code} ghi quá nhiều đơn vị thay thế hoặc cấp trên. Ghi bớt.")
        }
        UnitError::BadName { code } => {
            format!("tên đơn vị {code} trống hoặc quá dài. Viết tên không quá 120 ký tự.")
        }
        UnitError::BadDates { code } => {
            format!("ngày kết thúc của đơn vị {code} trước ngày bắt đầu. Xem lại hai ngày.")
        }
        UnitError::TooMany => "đã đủ số đơn vị tối đa. Xem lại danh sách.".into(),
    }
}

fn of_change(fault: &ChangeError) -> String {
    match fault {
        ChangeError::Unknown { code } => format!("không có đơn vị {code}. Xem lại mã."),
        ChangeError::Closed { code } => {
            format!("đơn vị {code} đã kết thúc. Chọn đơn vị hiện nay.")
        }
        ChangeError::BadParts => {
            "cần từ hai đơn vị cùng cấp, dưới cấp tỉnh, mỗi đơn vị một lần. Xem lại.".into()
        }
        ChangeError::BadNew { code } => format!("không lập mới đơn vị {code} được. Dùng mã khác."),
        ChangeError::Nothing { code } => format!("đơn vị {code} đã như vậy. Xóa dòng này."),
        ChangeError::TooEarly { code, day } => format!(
            "đơn vị {code} bắt đầu hoặc đã thay đổi từ ngày {} hoặc sau đó. Chọn ngày muộn hơn.",
            day.strftime("%d/%m/%Y")
        ),
        ChangeError::TooMany { .. } => {
            "thay đổi quá nhiều đơn vị một lần. Chuyển các đơn vị trực thuộc trước.".into()
        }
        ChangeError::NameTaken { name, other, .. } => {
            format!("đơn vị {other} đã mang tên {name}. Đặt tên khác.")
        }
        ChangeError::NoKindWord { name, word, .. } => {
            format!("tên “{name}” thiếu chữ “{word}” ở đầu. Viết đủ tên, hoặc sửa loại đơn vị.")
        }
        ChangeError::Tree(fault) => of_tree(fault),
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::unit::Units;
    use crate::roster::ListHints;
    use crate::roster::Source;
    use crate::roster::lists::{UnitPlan, read_unit_list, shipped_former_units};
    use crate::sim::province;

    #[test]
    fn what_is_wrong_with_a_row_of_units_goes_back_in_vietnamese() {
        let held = province::units().into_iter().chain(shipped_former_units());
        let held = Units::from_list(held).expect("one tree");
        let text = "Mã;Tên;Loại;Trực thuộc;Dân số\n\
            03160;Xã Đổi Tên;;;\n\
            03158;;;KV9;\n\
            3999;Xã Mới;Xã;KV1;\n\
            03991;;Xã;KV1;\n\
            03992;Nậm Kè;Xã;KV1;\n\
            03993;Xã Mới Hai;Thôn;KV1;\n\
            03994;Xã Mới Ba;Xã;KV1;nhiều\n\
            ;Xã Mới Bốn;Xã;KV1;1\n";
        let source = Source::Bytes { name: "units.csv", bytes: text.as_bytes() };
        let list = read_unit_list(source, &held, &ListHints::default()).expect("a list");
        let plan = UnitPlan::of(&list, &held, None, jiff::civil::date(2026, 11, 22));
        assert_eq!(plan.rejected.len(), 8, "{:?}", plan.rejected);
        for (row, told) in [
            (2, "đơn vị 03160 đang mang tên"),
            (4, "mã 3999 có bốn chữ số"),
            (5, "đơn vị 03991 là đơn vị mới và thiếu tên"),
            (6, "tên “Nậm Kè” thiếu chữ “Xã” ở đầu"),
            (7, "“Thôn” không phải là loại đơn vị đúng"),
            (8, "“nhiều” không phải là số dân đúng"),
            (9, "thiếu mã"),
        ] {
            let reason = plan.rejected[&row.into()].reason();
            assert!(reason.starts_with(told), "row {row}: {reason}");
        }
    }
}
