//! Who is calling, and whether they may: default deny.
//!
//! Called by the gate for every call, before its bytes are looked at. A certificate that the
//! handshake accepted says who somebody is; whether they still are is asked here each time: an
//! officer must be in the trust bundle in force and not retired, a terminal's certificate must be
//! the one that is registered. Knows nothing of what a call does.

use std::collections::BTreeSet;
use std::fmt;

use tonic::{Request, Status};

use crate::domain::authority::Role;
use crate::domain::code::Code;
use crate::domain::endpoint::Standing;
use crate::domain::ids::{EndpointNo, OfficerId, UnitCode};
use crate::domain::instant::Instant;
use crate::domain::world::{Actor, Refusal, World};
use crate::pki::identity::{Identity, PeerIdentity};
use crate::rpc::gate::methods::{Callers, Method, Reach};
use crate::rpc::listener::PeerInfo;
use crate::rpc::status::Reject;

/// Who is calling. Found in the extensions of every request that passed the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// Nobody known.
    Anonymous,
    /// A serving officer.
    Officer {
        /// Who.
        id: OfficerId,
        /// Where the officer serves.
        unit: UnitCode,
        /// What the officer may do.
        roles: BTreeSet<Role>,
    },
    /// The terminal registered for an endpoint.
    Endpoint {
        /// Which.
        no: EndpointNo,
    },
    /// The same with the certificate before its newest one: it may only renew.
    Superseded {
        /// Which.
        no: EndpointNo,
    },
}

impl Principal {
    /// As the ledger names it.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` for somebody without a certificate, who causes no entry of their own.
    pub fn actor(&self) -> Result<Actor, Reject> {
        match self {
            Self::Anonymous => Err(certificate_required()),
            Self::Officer { id, .. } => Ok(Actor::Officer(id.clone())),
            Self::Endpoint { no } | Self::Superseded { no } => Ok(Actor::Endpoint(*no)),
        }
    }

    /// Whether the caller is an officer with one of these roles.
    pub fn has_any(&self, wanted: &[Role]) -> bool {
        match self {
            Self::Officer { roles, .. } => wanted.iter().any(|role| roles.contains(role)),
            Self::Anonymous | Self::Endpoint { .. } | Self::Superseded { .. } => false,
        }
    }

    /// Refuses officers without any of these roles: for calls where more than the table matters.
    ///
    /// # Errors
    /// `PERMISSION_DENIED` (ROLE_MISSING).
    pub fn require(&self, wanted: &[Role]) -> Result<(), Reject> {
        if self.has_any(wanted) { Ok(()) } else { Err(role_missing(wanted)) }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.actor() {
            Ok(actor) => actor.fmt(f),
            Err(_nobody) => f.write_str("nobody"),
        }
    }
}

/// The caller of a request that passed the gate.
///
/// # Errors
/// `INTERNAL` when the request did not come through the gate: then nobody may do anything.
pub fn caller<T>(request: &Request<T>) -> Result<Principal, Status> {
    let found = request.extensions().get::<Principal>().cloned();
    found.ok_or_else(|| Reject::internal("NO_GATE", &"a call came past the gate").into())
}

/// Who is at the other end of the connection that a call came on.
///
/// # Errors
/// `UNAUTHENTICATED` (CERTIFICATE_REQUIRED), and the reasons of [`principal_of`].
pub fn authenticate(
    peer: Option<&PeerInfo>,
    world: &World,
    now: Instant,
) -> Result<Principal, Reject> {
    match peer.and_then(|peer| peer.identity.as_deref()) {
        None => Ok(Principal::Anonymous),
        Some(peer) => principal_of(peer, world, now),
    }
}

/// Who the holder of a certificate is in the world of now.
///
/// # Errors
/// `PERMISSION_DENIED` (OFFICER_UNKNOWN, OFFICER_RETIRED, ENDPOINT_UNKNOWN, TERMINAL_REPLACED,
/// NOT_A_CLIENT).
pub fn principal_of(peer: &PeerIdentity, world: &World, now: Instant) -> Result<Principal, Reject> {
    match &peer.identity {
        Identity::Officer { officer, .. } => officer_of(officer, world, now),
        Identity::Endpoint { address, number, .. } => {
            let known = world.endpoints().get(*number);
            let known = known.filter(|known| known.address.to_string() == address.as_str());
            let known = known.filter(|known| known.terminal.is_some());
            let unknown = "this server knows no terminal for that endpoint: enrol again";
            let known = known.ok_or_else(|| denied("ENDPOINT_UNKNOWN", unknown.to_owned()))?;
            let no = *number;
            match known.standing(&peer.fingerprint.0, now) {
                Standing::Newest => Ok(Principal::Endpoint { no }),
                Standing::Superseded => Ok(Principal::Superseded { no }),
                Standing::Void => Err(Refusal::TerminalReplaced { endpoint: no }.into()),
            }
        }
        Identity::Server { .. } => {
            Err(denied("NOT_A_CLIENT", "a server's certificate makes no calls".to_owned()))
        }
    }
}

fn officer_of(id: &OfficerId, world: &World, now: Instant) -> Result<Principal, Reject> {
    let officer = world.trust().and_then(|trust| trust.bundle.officer(id));
    let unknown = || denied("OFFICER_UNKNOWN", format!("officer {id} is not in the trust bundle"));
    let officer = officer.ok_or_else(unknown)?;
    if officer.retired_at.is_some_and(|retired_at| retired_at <= now) {
        return Err(denied("OFFICER_RETIRED", format!("officer {id} has retired")));
    }
    let (unit, roles) = (officer.unit.clone(), officer.roles.clone());
    Ok(Principal::Officer { id: id.clone(), unit, roles })
}

/// Whether a caller may make a call at all.
///
/// # Errors
/// `UNAUTHENTICATED` (CERTIFICATE_REQUIRED), `PERMISSION_DENIED` (ROLE_MISSING, NOT_AN_OFFICER,
/// NOT_A_TERMINAL, CERTIFICATE_SUPERSEDED).
pub fn admit(method: &Method, principal: &Principal) -> Result<(), Reject> {
    let not_an_officer = || denied("NOT_AN_OFFICER", "only officers may make this call".into());
    match (method.callers, principal) {
        (Callers::Anybody, _)
        | (Callers::Renewing, Principal::Superseded { .. })
        | (
            Callers::Holders | Callers::Renewing,
            Principal::Officer { .. } | Principal::Endpoint { .. },
        )
        | (Callers::AnyOfficer, Principal::Officer { .. })
        | (Callers::Terminals, Principal::Endpoint { .. }) => Ok(()),
        (_, Principal::Anonymous) => Err(certificate_required()),
        (_, Principal::Superseded { .. }) => {
            let text = "this certificate was renewed, and its answer perhaps lost: renew again";
            Err(denied(CERTIFICATE_SUPERSEDED, text.to_owned()))
        }
        (Callers::Officers(roles), Principal::Officer { .. }) => principal.require(roles),
        (Callers::Officers(_) | Callers::AnyOfficer, Principal::Endpoint { .. }) => {
            Err(not_an_officer())
        }
        (Callers::Terminals, Principal::Officer { .. }) => {
            Err(denied("NOT_A_TERMINAL", "only terminals may make this call".into()))
        }
    }
}

/// The reason of a call that names something beyond the caller's unit, or is the province's alone.
pub const OUT_OF_REACH: &str = "UNIT_OUT_OF_REACH";

/// Whether a call is the province's alone and the caller serves elsewhere. What else lies beyond an
/// officer's unit is known only once the request was read, and is the services' to ask.
///
/// # Errors
/// `PERMISSION_DENIED` (UNIT_OUT_OF_REACH).
pub fn check_reach(
    method: &Method,
    principal: &Principal,
    province: Option<&UnitCode>,
) -> Result<(), Reject> {
    match (method.reach, principal) {
        (Reach::Province, Principal::Officer { unit, .. }) if province != Some(unit) => {
            let text = "this call is for officers who serve at the province";
            Err(denied(OUT_OF_REACH, text.to_owned()))
        }
        _everywhere_or_asked_later => Ok(()),
    }
}

/// The reason by which a terminal learns that it must renew before it can do anything else.
pub const CERTIFICATE_SUPERSEDED: &str = "CERTIFICATE_SUPERSEDED";

fn certificate_required() -> Reject {
    let text = "this call needs a certificate: enrol first, or show the one you have";
    Reject::new(Code::Unauthenticated, "CERTIFICATE_REQUIRED", text)
}

fn role_missing(wanted: &[Role]) -> Reject {
    let names: Vec<&str> = wanted.iter().map(|role| role.as_str()).collect();
    denied("ROLE_MISSING", format!("this call needs one of these roles: {}", names.join(", ")))
}

fn denied(reason: &'static str, text: String) -> Reject {
    Reject::new(Code::Denied, reason, text)
}
