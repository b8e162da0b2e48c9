//! The plan: which reserve units there are, who and what fills their posts, and how full they are.
//!
//! Called by the plan's door, which brings candidates from the registry and keeps what is decided
//! here as records. Invariants: who fits is said by [`suits`] and [`suits_line`] alone, for those who
//! are to be placed and for those who hold a place, and each refusal has its reason; a proposal
//! follows the order of the law (exact specialty before near, the first reserve class before the
//! second); one person or item holds one place on any day; every figure is a numerator with its
//! denominator. It knows no names, numbers or addresses: a candidate is an identity and what choosing
//! needs.

mod assignment;
mod fill;
mod input;
mod matching;
mod problem;
mod propose;
mod reserve_unit;
mod rules;
mod settled;
#[cfg(test)]
mod test_plan;

pub use assignment::{
    Assignment, AssignmentError, EndReason, Span, Stage, Subject, Tier, most_at_once,
};
pub use fill::{Fill, FillLine, FillRow, Held, Validity, fill};
pub use input::{LineInput, PostInput, QuotaInput, ReserveUnitInput, parse_day};
pub use problem::{PlanProblem, PlanRule};
pub use propose::{
    Needs, Outcome, Placement, Proposal, Propose, Unfilled, Unplaced, people_one_by_one,
    propose_equipment, propose_people,
};
pub use reserve_unit::{
    COUNT_MAX, EquipmentLine, LINES_MAX, NEAR_MAX, POSTS_MAX, Post, QUOTAS_MAX, Quota, ReserveUnit,
    SOURCES_MAX,
};
pub use rules::{Area, Candidate, Item, Match, Refusal, fits, fits_line, suits, suits_line};
pub use settled::{Run, SETTLED_LEN_MAX, Settled, known_validity, validity_code};
