//! An order's contents: what officers sign. Its life is [`crate::domain::world`]'s business.

pub mod audience;
pub mod call_up;
pub mod delivery;
pub mod handling;
pub mod response;

use crate::domain::ids::{OfficerId, OrderId, SpecialtyCode, UnitCode};
use crate::domain::instant::Instant;
use crate::domain::order::audience::Audience;
use crate::domain::order::call_up::CallUp;
use crate::domain::order::handling::Handling;

/// Longest title, in characters: one line on an old screen and on paper.
pub const TITLE_CHARS_MAX: usize = 200;
/// Longest text, in characters: under 40 KiB in UTF-8, so that the payload keeps within its bound.
pub const BODY_CHARS_MAX: usize = 12_000;
/// Most lines of required strength.
pub const REQUIREMENTS_MAX: usize = 100;
/// Most that one line may require.
pub const REQUIRED_MAX: u32 = 100_000;
/// Longest validity: an order that must stand longer is issued anew.
pub const VALID_DAYS_MAX: i64 = 366;
const DAY_MS: i64 = 86_400_000;

/// What an order asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrderKind {
    /// Calls up reservists (lệnh gọi).
    PersonnelCallUp,
    /// Calls in reserve technical means (huy động phương tiện).
    Equipment,
    /// Starts industrial mobilization (động viên công nghiệp).
    Industrial,
    /// Calls people or means to a disaster.
    DisasterResponse,
    /// Changes the readiness state.
    ReadinessChange,
    /// Ends what an earlier order began.
    StandDown,
    /// A directive in free text.
    Directive,
}

impl OrderKind {
    /// All kinds.
    pub const ALL: [Self; 7] = [
        Self::PersonnelCallUp,
        Self::Equipment,
        Self::Industrial,
        Self::DisasterResponse,
        Self::ReadinessChange,
        Self::StandDown,
        Self::Directive,
    ];

    /// Its stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PersonnelCallUp => "personnel-call-up",
            Self::Equipment => "equipment",
            Self::Industrial => "industrial",
            Self::DisasterResponse => "disaster-response",
            Self::ReadinessChange => "readiness-change",
            Self::StandDown => "stand-down",
            Self::Directive => "directive",
        }
    }

    /// Its Vietnamese name.
    pub const fn label(self) -> &'static str {
        match self {
            Self::PersonnelCallUp => "Lệnh gọi quân nhân dự bị",
            Self::Equipment => "Lệnh huy động phương tiện kỹ thuật",
            Self::Industrial => "Lệnh động viên công nghiệp",
            Self::DisasterResponse => "Lệnh huy động phòng, chống thiên tai",
            Self::ReadinessChange => "Lệnh chuyển trạng thái sẵn sàng chiến đấu",
            Self::StandDown => "Lệnh kết thúc",
            Self::Directive => "Chỉ thị",
        }
    }
}

/// Urgency marks of official documents, the highest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// No mark.
    Normal,
    /// Khẩn.
    Urgent,
    /// Thượng khẩn.
    VeryUrgent,
    /// Hỏa tốc.
    Flash,
}

impl Urgency {
    /// All marks.
    pub const ALL: [Self; 4] = [Self::Normal, Self::Urgent, Self::VeryUrgent, Self::Flash];

    /// Its stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Urgent => "urgent",
            Self::VeryUrgent => "very-urgent",
            Self::Flash => "flash",
        }
    }

    /// The mark as printed; empty for none.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Normal => "",
            Self::Urgent => "KHẨN",
            Self::VeryUrgent => "THƯỢNG KHẨN",
            Self::Flash => "HỎA TỐC",
        }
    }

    /// Minutes within which an acknowledgment is expected, where the author says nothing else.
    pub const fn answer_within_minutes(self) -> u32 {
        match self {
            Self::Flash => 15,
            Self::VeryUrgent => 30,
            Self::Urgent => 60,
            Self::Normal => 240,
        }
    }
}

/// The legal ground (Law 53/2019/QH14, article 24).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LegalGround {
    /// General or partial mobilization.
    Mobilization,
    /// Martial law.
    MartialLaw,
    /// A security threat short of emergency.
    SecurityThreat,
    /// Disasters and dangerous epidemics.
    Disaster,
    /// None: a drill.
    Drill,
}

impl LegalGround {
    /// All grounds.
    pub const ALL: [Self; 5] =
        [Self::Mobilization, Self::MartialLaw, Self::SecurityThreat, Self::Disaster, Self::Drill];

    /// Its stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mobilization => "mobilization",
            Self::MartialLaw => "martial-law",
            Self::SecurityThreat => "security-threat",
            Self::Disaster => "disaster",
            Self::Drill => "drill",
        }
    }
}

/// Where called people and means gather (trạm tập trung).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssemblyStation {
    /// Its name.
    pub name: String,
    /// The unit it lies in.
    pub unit: Option<UnitCode>,
}

/// What a line of required strength counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RequirementKind {
    /// People of a specialty.
    Personnel,
    /// Items of an equipment type.
    Equipment,
}

/// One line of required strength.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Specialty or equipment type.
    pub code: SpecialtyCode,
    /// People or means.
    pub kind: RequirementKind,
    /// How many.
    pub count: u32,
}

/// What an order does to an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReferenceKind {
    /// Replaces it.
    Update,
    /// Cancels it.
    Cancel,
}

/// Ties an order to an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// What happens to it.
    pub kind: ReferenceKind,
    /// The earlier order.
    pub order: OrderId,
    /// The earlier order's envelope digest.
    pub digest: [u8; 32],
}

/// What is signed.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// Its identity.
    pub id: OrderId,
    /// How it is meant.
    pub handling: Handling,
    /// What it asks for.
    pub kind: OrderKind,
    /// Its mark.
    pub urgency: Urgency,
    /// On what ground.
    pub ground: LegalGround,
    /// The issuing province.
    pub province: UnitCode,
    /// The authority's epoch.
    pub epoch: u64,
    /// The series' calendar year.
    pub series_year: u32,
    /// The number in the series of (handling, year).
    pub number: u32,
    /// The drafting officer.
    pub drafted_by: OfficerId,
    /// When drafted.
    pub drafted_at: Instant,
    /// One line.
    pub title: String,
    /// The text.
    pub body: String,
    /// Where to gather.
    pub station: Option<AssemblyStation>,
    /// What is needed.
    pub requirements: Vec<Requirement>,
    /// When an acknowledgment is late.
    pub answer_by: Instant,
    /// When a report of strength is late.
    pub report_by: Option<Instant>,
    /// Void after this.
    pub not_after: Instant,
    /// Who it is for.
    pub audience: Audience,
    /// The earlier order it changes.
    pub reference: Option<Reference>,
    /// Who and what it calls by name.
    pub call_up: Option<CallUp>,
}

/// Why an order's contents cannot be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// A text is empty or too long.
    #[error("the {field} has {chars} characters: write 1 to {max}")]
    TextLength {
        /// Which.
        field: &'static str,
        /// How long.
        chars: usize,
        /// The bound.
        max: usize,
    },
    /// A character that can hide or rearrange what a person reads.
    #[error(
        "the {field} holds a control character: write plain text, in the body with line breaks"
    )]
    ControlCharacter {
        /// Which.
        field: &'static str,
    },
    /// A drill with a legal ground, or an actual order without one.
    #[error(
        "handling {handling} and ground {ground} do not fit: an actual order needs a legal ground, a drill has none"
    )]
    GroundMismatch {
        /// How it is meant.
        handling: &'static str,
        /// The ground.
        ground: &'static str,
    },
    /// Times in the wrong order.
    #[error("{earlier} must come before {later}")]
    TimesReversed {
        /// What must be first.
        earlier: &'static str,
        /// What must follow.
        later: &'static str,
    },
    /// Validity over the bound.
    #[error("the order would be valid for more than {VALID_DAYS_MAX} days: choose an earlier end")]
    ValidTooLong,
    /// Required strength out of bounds.
    #[error(
        "the required strength must have at most {REQUIREMENTS_MAX} lines of 1 to {REQUIRED_MAX}, each code once"
    )]
    Requirements,
    /// A number or year that no series has.
    #[error("number {number} of {year} is not in any series")]
    Number {
        /// The number.
        number: u32,
        /// The year.
        year: u32,
    },
    /// Call-up lists that cannot be, or stand where they may not.
    #[error("the call-up {fault}")]
    CallUp {
        /// What is wrong.
        fault: &'static str,
    },
}

impl Order {
    /// Whether the contents make sense in themselves.
    ///
    /// # Errors
    /// The first of [`OrderError`] that applies.
    pub fn validate(&self) -> Result<(), OrderError> {
        text("title", &self.title, TITLE_CHARS_MAX)?;
        text("body", &self.body, BODY_CHARS_MAX)?;
        if let Some(station) = &self.station {
            text("assembly station", &station.name, TITLE_CHARS_MAX)?;
        }
        if (self.handling == Handling::Actual) == (self.ground == LegalGround::Drill) {
            return Err(OrderError::GroundMismatch {
                handling: self.handling.as_str(),
                ground: self.ground.as_str(),
            });
        }
        if self.number == 0 || !(2020..=2200).contains(&self.series_year) {
            return Err(OrderError::Number { number: self.number, year: self.series_year });
        }
        let mut codes: Vec<_> =
            self.requirements.iter().map(|line| (line.kind, &line.code)).collect();
        codes.sort();
        codes.dedup();
        if codes.len() != self.requirements.len()
            || codes.len() > REQUIREMENTS_MAX
            || self.requirements.iter().any(|line| !(1..=REQUIRED_MAX).contains(&line.count))
        {
            return Err(OrderError::Requirements);
        }
        self.validate_call_up()?;
        self.validate_times()
    }

    fn validate_call_up(&self) -> Result<(), OrderError> {
        let Some(call_up) = &self.call_up else { return Ok(()) };
        let refuse = |fault| Err(OrderError::CallUp { fault });
        if self.is_cancel() {
            return refuse("stands in a cancel, which calls nobody: leave it out");
        }
        if !call_up.is_possible() {
            return refuse("has numbers that no lists have: select anew");
        }
        let own = call_up.frozen_by == self.id;
        // Whether the updated order has those very lists is for the world to know.
        let updates =
            self.reference.as_ref().is_some_and(|earlier| earlier.kind == ReferenceKind::Update);
        if own || updates { Ok(()) } else { refuse("is that of another order: select anew") }
    }

    fn validate_times(&self) -> Result<(), OrderError> {
        let reversed = |earlier, later| Err(OrderError::TimesReversed { earlier, later });
        if self.answer_by <= self.drafted_at {
            return reversed("the drafting time", "the answer-by time");
        }
        if self.not_after < self.answer_by {
            return reversed("the answer-by time", "the expiry");
        }
        if self.report_by.is_some_and(|report_by| report_by < self.answer_by) {
            return reversed("the answer-by time", "the report-by time");
        }
        if self.not_after.millis_since(self.drafted_at) > VALID_DAYS_MAX * DAY_MS {
            return Err(OrderError::ValidTooLong);
        }
        Ok(())
    }

    /// Whether it cancels an earlier order.
    pub fn is_cancel(&self) -> bool {
        self.reference.as_ref().is_some_and(|reference| reference.kind == ReferenceKind::Cancel)
    }

    /// The number as written on paper. Each handling has a series of its own, told apart at sight:
    /// `12/2026/LĐ-BCHQS`, `DT-12/2026/LĐ-BCHQS` (diễn tập), `KT-12/2026/LĐ-BCHQS` (kiểm tra).
    pub fn number_text(&self) -> String {
        self.handling.number_text(self.number, self.series_year)
    }
}

fn text(field: &'static str, text: &str, max: usize) -> Result<(), OrderError> {
    let chars = text.chars().count();
    if !(1..=max).contains(&chars) || text.trim().is_empty() {
        return Err(OrderError::TextLength { field, chars, max });
    }
    // Escape sequences and direction marks could paint a drill as the real thing.
    let hides = |c: char| {
        let line_break = field == "body" && matches!(c, '\n' | '\t');
        c.is_control() && !line_break
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.chars().any(hides) {
        return Err(OrderError::ControlCharacter { field });
    }
    Ok(())
}
