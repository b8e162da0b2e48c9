//! How a reservist stands to the register, as it travels.

use crate::domain::ids::UnitCode;
use crate::domain::registry::lateness::Freshness;
use crate::domain::registry::{
    Deferral, DeferralGround, Exemption, ForceType, MilitiaRole, Period, ReservistCategory,
    ReservistInput, ReservistStatus, Transfer,
};
use crate::wire::registry::plan::date;
use crate::wire::registry::{byte, civil, day_text, said, text_of};
use crate::wire::{WireError, pb};

/// Puts the message's standing into the input.
pub(super) fn fill(mut input: ReservistInput, message: &pb::Reservist) -> ReservistInput {
    input.former_unit.clone_from(&message.former_unit);
    input.residence_since = day_text(message.residence_since_date.as_ref());
    input.registered_on = day_text(message.registered_date.as_ref());
    input.last_recheck_on = day_text(message.last_recheck_date.as_ref());
    input.status_from = day_text(message.status_start_date.as_ref());
    input.status_to = day_text(message.status_end_date.as_ref());
    input.status_certificate.clone_from(&message.status_certificate);
    if let Some(deferral) = &message.deferral {
        let ground = deferral.ground;
        input.deferral_ground = said(ground, DeferralGround::from_number, DeferralGround::code);
        input.deferral_certified_by.clone_from(&deferral.certified_by);
        input.deferral_from = day_text(deferral.start_date.as_ref());
        input.deferral_to = day_text(deferral.end_date.as_ref());
    }
    if let Some(exemption) = &message.exemption {
        input.exemption_post.clone_from(&exemption.post);
        input.exemption_employer.clone_from(&exemption.employer);
        input.exemption_from = day_text(exemption.start_date.as_ref());
        input.exemption_to = day_text(exemption.end_date.as_ref());
    }
    if let Some(role) = &message.militia_role {
        input.militia_base.clone_from(&role.base_code);
        input.militia_type.clone_from(&role.force_type);
        input.militia_from = day_text(role.start_date.as_ref());
        input.militia_to = day_text(role.end_date.as_ref());
    }
    if let Some(transfer) = &message.transfer {
        input.transfer_to_unit.clone_from(&transfer.to_unit_code);
        input.transfer_started_on = day_text(transfer.start_date.as_ref());
        input.transfer_reason.clone_from(&transfer.reason);
    }
    input
}

/// Hides grounds, employers and papers; that a call is put off, and until when, stays.
pub(super) fn hide(message: &mut pb::Reservist) {
    message.status_certificate.clear();
    if let Some(deferral) = &mut message.deferral {
        deferral.ground = 0;
        deferral.certified_by.clear();
    }
    if let Some(exemption) = &mut message.exemption {
        exemption.post.clear();
        exemption.employer.clear();
    }
    if let Some(transfer) = &mut message.transfer {
        transfer.reason.clear();
    }
}

/// As much of a stored record as tells what of it is late.
///
/// # Errors
/// When a field is not what a checked record has.
pub fn freshness(record: &pb::Reservist) -> Result<Freshness, WireError> {
    let status = ReservistStatus::from_number(byte("status", record.status)?);
    let category = ReservistCategory::from_number(byte("category", record.category)?);
    let transfer = record.transfer.as_ref();
    Ok(Freshness {
        status: status.ok_or_else(|| WireError::missing("status"))?,
        is_officer: category == Some(ReservistCategory::Officer),
        residence_since: date("residence_since_date", record.residence_since_date.as_ref())?,
        registered_on: date("registered_date", record.registered_date.as_ref())?,
        status_period: Period {
            from: date("status_start_date", record.status_start_date.as_ref())?,
            to: date("status_end_date", record.status_end_date.as_ref())?,
        },
        is_certified: !record.status_certificate.is_empty(),
        last_recheck_on: date("last_recheck_date", record.last_recheck_date.as_ref())?,
        moving_since: match transfer {
            Some(transfer) => date("transfer.start_date", transfer.start_date.as_ref())?,
            None => None,
        },
    })
}

impl From<&Deferral> for pb::Deferral {
    fn from(deferral: &Deferral) -> Self {
        Self {
            ground: deferral.ground.number().into(),
            certified_by: text_of(deferral.certified_by.as_ref()),
            start_date: deferral.period.from.map(civil),
            end_date: deferral.period.to.map(civil),
        }
    }
}

impl From<&Exemption> for pb::Exemption {
    fn from(exemption: &Exemption) -> Self {
        Self {
            post: exemption.post.clone(),
            employer: text_of(exemption.employer.as_ref()),
            start_date: exemption.period.from.map(civil),
            end_date: exemption.period.to.map(civil),
        }
    }
}

impl From<&MilitiaRole> for pb::MilitiaRole {
    fn from(role: &MilitiaRole) -> Self {
        Self {
            base_code: role.base.as_ref().map(UnitCode::to_string).unwrap_or_default(),
            force_type: role.force.as_ref().map(ForceType::as_str).unwrap_or_default().to_owned(),
            start_date: role.period.from.map(civil),
            end_date: role.period.to.map(civil),
        }
    }
}

impl From<&Transfer> for pb::Transfer {
    fn from(transfer: &Transfer) -> Self {
        Self {
            to_unit_code: transfer.to_unit.to_string(),
            start_date: Some(civil(transfer.started_on)),
            reason: text_of(transfer.reason.as_ref()),
        }
    }
}
