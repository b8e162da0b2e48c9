//! How far an officer's rights reach over orders: to what lies under their unit.
//!
//! Asked by the order and report services, once the gate has seen that the role fits. An officer of
//! the province reaches everything; one of an area or commune what stands under it in the tree of
//! today. Whoever drafts, signs, issues or changes an order must reach everybody whom it addresses;
//! whoever only follows it, somebody. A report tells of those whom its reader reaches.

use crate::domain::code::Code;
use crate::domain::ids::{EndpointNo, OrderId, UnitCode};
use crate::domain::order::audience::{Audience, AudienceSelector};
use crate::domain::world::{OrderFile, Refusal, World};
use crate::rpc::auth::{OUT_OF_REACH, Principal};
use crate::rpc::status::Reject;

/// How much of an order's audience a caller must reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Everybody addressed.
    All,
    /// Somebody addressed.
    Any,
}

/// The unit beyond which a caller's rights end; none for the province.
fn bound<'a>(world: &World, caller: &'a Principal) -> Result<Option<&'a UnitCode>, Reject> {
    match caller {
        Principal::Officer { unit, .. } if world.province() == Some(unit) => Ok(None),
        Principal::Officer { unit, .. } => Ok(Some(unit)),
        Principal::Anonymous | Principal::Endpoint { .. } | Principal::Superseded { .. } => {
            Err(Reject::new(Code::Denied, "NOT_AN_OFFICER", "only officers may make this call"))
        }
    }
}

/// Which endpoints a caller reaches.
pub(super) fn reached<'a>(
    world: &'a World,
    caller: &'a Principal,
) -> Result<impl Fn(EndpointNo) -> bool + use<'a>, Reject> {
    let top = bound(world, caller)?;
    Ok(move |no| {
        top.is_none_or(|top| {
            let endpoint = world.endpoints().get(no);
            endpoint.is_some_and(|known| world.units().is_within(&known.address.unit, top))
        })
    })
}

/// Whether a caller reaches a part of an audience.
pub(super) fn reaches(
    world: &World,
    caller: &Principal,
    audience: &Audience,
    part: Part,
) -> Result<bool, Reject> {
    if bound(world, caller)?.is_none() {
        return Ok(true);
    }
    let reached = reached(world, caller)?;
    let mut within = audience.endpoints.iter().map(|no| reached(EndpointNo::new(no)));
    Ok(match part {
        Part::All => within.all(|own| own),
        Part::Any => within.any(|own| own),
    })
}

/// Refuses a caller who does not reach a part of an audience.
pub(super) fn must_reach(
    world: &World,
    caller: &Principal,
    audience: &Audience,
    part: Part,
) -> Result<(), Reject> {
    if reaches(world, caller, audience, part)? {
        return Ok(());
    }
    let text = "the order is addressed to units beyond yours: ask an officer who serves above them";
    Err(Reject::new(Code::Denied, OUT_OF_REACH, text))
}

/// The same of an order there is.
pub(super) fn must_reach_order(
    world: &World,
    caller: &Principal,
    id: &OrderId,
    part: Part,
) -> Result<(), Reject> {
    let file: &OrderFile = world.order(id).ok_or(Refusal::OrderUnknown { order: *id })?;
    must_reach(world, caller, &file.order.audience, part)
}

/// The same of whom a selector means today: all of them.
pub(super) fn must_reach_selected(
    world: &World,
    caller: &Principal,
    selector: &AudienceSelector,
) -> Result<(), Reject> {
    let audience = selector.resolve(world.units(), world.endpoints())?;
    must_reach(world, caller, &audience, Part::All)
}
