//! The lines that are asked for, read out of the request.

use std::collections::BTreeSet;

use tonic::Status;

use crate::domain::callup::LINES_MAX;
use crate::domain::ids::{SpecialtyCode, UnitCode};
use crate::domain::order::{REQUIRED_MAX, RequirementKind};
use crate::domain::registry::Specialties;
use crate::rpc::status::Reject;
use crate::wire::{WireError, parse, pb};

/// Most near codes of one line.
const NEAR_MAX: usize = 20;

/// One line of what is asked for.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) code: SpecialtyCode,
    pub(super) kind: RequirementKind,
    pub(super) count: u32,
    pub(super) near: Vec<SpecialtyCode>,
    pub(super) is_combat: bool,
    /// Who and what the plan has for it; none where it is filled from all.
    pub(super) holders: Option<Vec<Holder>>,
}

/// One whom the plan has for a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) id: [u8; 16],
    /// The number of the post or equipment line.
    pub(super) post: u16,
    /// The unit that gives it, for those of whom no record is left.
    pub(super) unit: UnitCode,
    /// The place on the waiting list; none for who holds a place.
    pub(super) waits: Option<u32>,
}

/// Each code once for people and once for means.
/// A line of people that names nothing near takes what `specialties` says is near.
pub(super) fn lines(
    needs: &[pb::CallUpNeed],
    specialties: &Specialties,
) -> Result<Vec<Line>, Status> {
    let invalid = |fault: &str| {
        Status::from(Reject::field("CALL_UP_INVALID", &WireError::new("needs", fault)))
    };
    if needs.len() > LINES_MAX {
        return Err(invalid("have more than 100 lines"));
    }
    let mut seen = BTreeSet::new();
    let line = |need: &pb::CallUpNeed| -> Result<Line, Status> {
        let kind = match need.kind() {
            pb::RequirementKind::Personnel => RequirementKind::Personnel,
            pb::RequirementKind::Equipment => RequirementKind::Equipment,
            pb::RequirementKind::Unspecified => {
                return Err(invalid("say neither people nor means"));
            }
        };
        let code: SpecialtyCode = parse("needs.code", &need.code)?;
        if !seen.insert((kind, code.clone())) {
            return Err(invalid("name a code twice"));
        }
        if !(1..=REQUIRED_MAX).contains(&need.count) || need.near_codes.len() > NEAR_MAX {
            return Err(invalid("ask for none, for too many, or with too many near codes"));
        }
        if need.only_exact && !need.near_codes.is_empty() {
            return Err(invalid("ask for exact ones only and name near codes: choose one of them"));
        }
        let near = need.near_codes.iter().map(|near| parse("needs.near_codes", near));
        let mut near: Vec<SpecialtyCode> = near.collect::<Result<_, _>>()?;
        if near.is_empty() && !need.only_exact && kind == RequirementKind::Personnel {
            near.extend(specialties.near(&code).iter().take(NEAR_MAX).cloned());
        }
        Ok(Line { code, kind, count: need.count, near, is_combat: need.is_combat, holders: None })
    };
    needs.iter().map(line).collect()
}
