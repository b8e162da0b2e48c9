//! Assignments.

use super::{date, number};
use crate::domain::ids::{AssignmentId, EquipmentId, ReservistId};
use crate::domain::plan::{
    Assignment, EndReason, SETTLED_LEN_MAX, Settled, Stage, Subject, Tier, known_validity,
    validity_code,
};
use crate::domain::registry::Lists;
use crate::domain::world::RecordKind;
use crate::wire::registry::{
    Facet, Facets, FieldProblem, Numbers, RegistryRecord, View, byte, civil, small,
};
use crate::wire::{WireError, parse, pb};

impl RegistryRecord for pb::Assignment {
    const KIND: RecordKind = RecordKind::Assignment;

    /// Made by the server from what was checked; nobody sends one in.
    fn checked(&self, _lists: &Lists<'_>) -> Result<Self, Vec<FieldProblem>> {
        Ok(self.clone())
    }

    fn identity(&self) -> (&str, u64) {
        (&self.assignment_id, self.version)
    }

    fn identify(&mut self, id: String, version: u64) {
        self.assignment_id = id;
        self.version = version;
    }

    fn show(&mut self, _view: View) {}

    fn facets(&self) -> Result<Facets, WireError> {
        Ok(Facets::of(parse("unit_code", &self.unit_code)?)
            .number(Facet::Status, small("stage", self.stage)?))
    }

    /// While it is active, it is the one of its subject: a second one has the same number.
    fn numbers(&self) -> Numbers<'_> {
        let is_active = self.stage() == pb::AssignmentStage::Active;
        [is_active.then(|| ("assigned_subject", self.subject_id.as_str().into())), None]
    }
}

/// The identity of whom or what a message means.
///
/// # Errors
/// When it is no UUID.
pub fn subject(id: &str, is_equipment: bool) -> Result<Subject, WireError> {
    Ok(if is_equipment {
        Subject::Equipment(parse::<EquipmentId>("subject_id", id)?)
    } else {
        Subject::Reservist(parse::<ReservistId>("subject_id", id)?)
    })
}

impl TryFrom<&pb::Assignment> for Assignment {
    type Error = WireError;

    fn try_from(message: &pb::Assignment) -> Result<Self, WireError> {
        let from = date("start_date", message.start_date.as_ref())?;
        let tier = u8::try_from(message.tier).ok().and_then(Tier::from_number);
        let by = message.superseded_by.as_str();
        Ok(Self {
            id: parse("assignment_id", &message.assignment_id)?,
            version: message.version,
            subject: subject(&message.subject_id, message.is_equipment)?,
            unit: parse("unit_code", &message.unit_code)?,
            reserve_unit: parse("reserve_unit_code", &message.reserve_unit_code)?,
            post: number("post_no", message.post_no)?,
            tier: tier.ok_or_else(|| WireError::new("tier", "is not 1 to 4"))?,
            stage: Stage::from_number(byte("stage", message.stage)?)
                .ok_or_else(|| WireError::missing("stage"))?,
            from: from.ok_or_else(|| WireError::missing("start_date"))?,
            to: date("end_date", message.end_date.as_ref())?,
            ended: EndReason::from_number(byte("end_reason", message.end_reason)?),
            superseded_by: if by.is_empty() {
                None
            } else {
                Some(parse::<AssignmentId>("superseded_by", by)?)
            },
            settled: settled(&message.settled)?,
        })
    }
}

fn settled(runs: &[pb::SettledDays]) -> Result<Settled, WireError> {
    if runs.len() > SETTLED_LEN_MAX {
        return Err(WireError::new("settled", "has more than 600 runs"));
    }
    let mut settled = Settled::default();
    for run in runs {
        let last = date("last_date", run.last_date.as_ref())?;
        let verdict = known_validity(&run.verdict);
        settled.settle(
            last.ok_or_else(|| WireError::missing("last_date"))?,
            verdict.ok_or_else(|| WireError::new("verdict", "is none that there is"))?,
        );
    }
    Ok(settled)
}

/// An assignment and the version of the subject's record that it was decided on.
pub fn assignment(assignment: &Assignment, subject_version: u64) -> pb::Assignment {
    let (subject_id, is_equipment) = match assignment.subject {
        Subject::Reservist(id) => (id.to_string(), false),
        Subject::Equipment(id) => (id.to_string(), true),
    };
    pb::Assignment {
        assignment_id: assignment.id.to_string(),
        version: assignment.version,
        subject_id,
        is_equipment,
        unit_code: assignment.unit.to_string(),
        reserve_unit_code: assignment.reserve_unit.to_string(),
        post_no: assignment.post.into(),
        tier: assignment.tier.number().into(),
        stage: assignment.stage.number().into(),
        start_date: Some(civil(assignment.from)),
        end_date: assignment.to.map(civil),
        end_reason: assignment.ended.map_or(0, |reason| reason.number().into()),
        superseded_by: assignment.superseded_by.map(|id| id.to_string()).unwrap_or_default(),
        subject_version,
        settled: assignment
            .settled
            .runs()
            .iter()
            .map(|run| pb::SettledDays {
                last_date: Some(civil(run.last)),
                verdict: validity_code(run.validity).to_owned(),
            })
            .collect(),
    }
}
