//! The roles of officers, and their words.

use std::fmt;
use std::str::FromStr;

/// What an officer may do. Rights are bounded to a unit and what lies under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Prepares orders (mobilization staff).
    Drafter,
    /// Signs orders (commander).
    Signer,
    /// Answers for an order beside the commander (Chính ủy; Chính trị viên in a commune).
    PoliticalCommissar,
    /// Approves orders that another has signed (chief of staff).
    Approver,
    /// Stands watch, dispatches and cancels (duty officer).
    DutyOfficer,
    /// Keeps the records of people, equipment and militia.
    Registrar,
    /// Oversees the communes of a defensive area.
    AreaOfficer,
    /// Answers for a commune.
    CommuneOfficer,
    /// Leads exercises.
    ExerciseDirector,
    /// Rates exercises.
    Evaluator,
    /// Reads the ledger and what was done; changes nothing.
    Auditor,
    /// Runs the machine; sees no personal data.
    Administrator,
}

/// A text that names no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "role `{value}` is not known: use one of `drafter`, `signer`, `political-commissar`, `approver`, `duty-officer`, `registrar`, `area-officer`, `commune-officer`, `exercise-director`, `evaluator`, `auditor`, `administrator`"
)]
pub struct UnknownRole {
    /// The offending text, cut to 80 characters.
    pub value: String,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 12] = [
        Self::Drafter,
        Self::Signer,
        Self::PoliticalCommissar,
        Self::Approver,
        Self::DutyOfficer,
        Self::Registrar,
        Self::AreaOfficer,
        Self::CommuneOfficer,
        Self::ExerciseDirector,
        Self::Evaluator,
        Self::Auditor,
        Self::Administrator,
    ];

    /// The word in files and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Drafter => "drafter",
            Self::Signer => "signer",
            Self::PoliticalCommissar => "political-commissar",
            Self::Approver => "approver",
            Self::DutyOfficer => "duty-officer",
            Self::Registrar => "registrar",
            Self::AreaOfficer => "area-officer",
            Self::CommuneOfficer => "commune-officer",
            Self::ExerciseDirector => "exercise-director",
            Self::Evaluator => "evaluator",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
        }
    }

    /// The word shown to people, in Vietnamese.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Drafter => "Người soạn lệnh",
            Self::Signer => "Người ký lệnh",
            Self::PoliticalCommissar => "Chính ủy, chính trị viên",
            Self::Approver => "Người phê duyệt",
            Self::DutyOfficer => "Trực ban",
            Self::Registrar => "Cán bộ đăng ký, quản lý",
            Self::AreaOfficer => "Cán bộ phòng thủ khu vực",
            Self::CommuneOfficer => "Cán bộ quân sự xã, phường",
            Self::ExerciseDirector => "Chỉ đạo diễn tập",
            Self::Evaluator => "Người đánh giá",
            Self::Auditor => "Kiểm tra viên",
            Self::Administrator => "Quản trị hệ thống",
        }
    }
}

impl FromStr for Role {
    type Err = UnknownRole;
    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| UnknownRole { value: text.chars().take(80).collect() })
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
