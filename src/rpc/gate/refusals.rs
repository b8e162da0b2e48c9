//! Refused calls become entries of the ledger, so that whoever tried doors is seen later.
//!
//! Bounded, because anybody can be refused as often as they like: a caller leaves so many entries an
//! hour, and all callers together so many; what goes beyond is counted, and the caller's next entry
//! says how many were passed over. An entry takes some 200 bytes, so a year of nothing but refusals
//! costs a disk about a gigabyte, and one bad caller under 40 MB. Callers without a certificate
//! share one place. Called by the gate with what it is about to answer.

use std::collections::HashMap;

use hyper::HeaderMap;
use parking_lot::Mutex;
use tonic::{Code as GrpcCode, Status};
use tonic_types::StatusExt as _;

use crate::domain::instant::Instant;
use crate::domain::world::Actor;
use crate::limits;
use crate::pki::identity::Identity;
use crate::rpc::listener::PeerInfo;

/// What has been noted of late.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<Noted>);

#[derive(Debug, Default)]
struct Noted {
    all: Hour,
    callers: HashMap<Actor, Hour>,
}

/// An hour from its first refusal on.
#[derive(Debug, Default)]
struct Hour {
    began: Option<Instant>,
    entries: u32,
    passed_over: u32,
}

impl Hour {
    fn turn(&mut self, now: Instant) {
        let over = |began: Instant| now.millis_since(began).abs() >= limits::REFUSALS_HOUR_MS;
        if self.began.is_none_or(over) {
            (self.began, self.entries) = (Some(now), 0);
        }
    }
}

impl Refusals {
    /// Whether this refusal of a caller gets an entry; with it, how many before did not.
    pub(super) fn note(&self, caller: &Actor, now: Instant) -> Option<u32> {
        let mut noted = self.0.lock();
        if noted.callers.len() >= limits::REFUSED_CALLERS_MAX && !noted.callers.contains_key(caller)
        {
            // Who was quiet for an hour and has nothing left to tell makes room.
            noted.callers.retain(|_caller, hour| {
                let was = hour.began;
                hour.turn(now);
                hour.began == was || hour.passed_over > 0
            });
            if noted.callers.len() >= limits::REFUSED_CALLERS_MAX {
                return None;
            }
        }
        let Noted { all, callers } = &mut *noted;
        all.turn(now);
        let own = callers.entry(caller.clone()).or_default();
        own.turn(now);
        if own.entries >= limits::REFUSALS_PER_CALLER_MAX || all.entries >= limits::REFUSALS_MAX {
            own.passed_over = own.passed_over.saturating_add(1);
            return None;
        }
        own.entries += 1;
        all.entries += 1;
        Some(std::mem::take(&mut own.passed_over))
    }
}

/// As whom the ledger names a caller who may be nobody any more.
pub(super) fn caller_of(peer: Option<&PeerInfo>) -> Actor {
    match peer.and_then(|peer| peer.identity.as_ref()).map(|peer| &peer.identity) {
        Some(Identity::Officer { officer, .. }) => Actor::Officer(officer.clone()),
        Some(Identity::Endpoint { number, .. }) => Actor::Endpoint(*number),
        Some(Identity::Server { .. }) | None => Actor::Server,
    }
}

/// What the rules of authority say no to, although the caller may call: signing twice, or
/// what one drafted; issuing without the persons who must sign; a bundle that the roots did
/// not sign.
const AUTHORITY: [&str; 5] = [
    "SIGNATURES_MISSING",
    "SIGNATURE_INVALID",
    "SAME_PERSON_TWICE",
    "BUNDLE_INVALID",
    "BUNDLE_NOT_NEWER",
];

/// The reason of an answer that refuses the caller for want of a right; none of any other answer.
pub(super) fn reason_of(headers: &HeaderMap) -> Option<String> {
    let status = Status::from_header_map(headers)?;
    let details = status.get_error_details();
    let reason = details.error_info().map_or_else(String::new, |info| info.reason.clone());
    let is_callers =
        matches!(status.code(), GrpcCode::PermissionDenied | GrpcCode::Unauthenticated);
    (is_callers || AUTHORITY.contains(&reason.as_str())).then_some(reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::EndpointNo;

    const NOW: Instant = Instant::from_millis(1_795_000_000_000);

    fn endpoint(no: u32) -> Actor {
        Actor::Endpoint(EndpointNo::new(no))
    }

    #[test]
    fn a_caller_fills_a_bounded_part_of_the_ledger_and_the_rest_is_counted() {
        let refusals = Refusals::default();
        let noted = (0..1_000).filter_map(|_call| refusals.note(&endpoint(1), NOW)).count();
        assert_eq!(noted, limits::REFUSALS_PER_CALLER_MAX as usize);
        assert_eq!(refusals.note(&endpoint(2), NOW), Some(0), "another has places of their own");
        let next = NOW.offset_by(limits::REFUSALS_HOUR_MS);
        let passed_over = 1_000 - limits::REFUSALS_PER_CALLER_MAX;
        assert_eq!(refusals.note(&endpoint(1), next), Some(passed_over));
        assert_eq!(refusals.note(&endpoint(1), next), Some(0), "told once");
    }

    #[test]
    fn all_callers_together_are_bounded_too() {
        let refusals = Refusals::default();
        let callers = 1..=limits::REFUSALS_MAX + 100;
        let noted = callers.filter_map(|no| refusals.note(&endpoint(no), NOW)).count();
        assert_eq!(noted, limits::REFUSALS_MAX as usize);
    }

    #[test]
    fn who_was_quiet_for_an_hour_makes_room_for_others() {
        let refusals = Refusals::default();
        for no in 1..=u32::try_from(limits::REFUSED_CALLERS_MAX).expect("few") {
            let at = NOW.offset_by(i64::from(no / limits::REFUSALS_MAX) * limits::REFUSALS_HOUR_MS);
            assert_eq!(refusals.note(&endpoint(no), at), Some(0));
        }
        let latest = refusals.0.lock().callers.values().filter_map(|hour| hour.began).max();
        let latest = latest.expect("some");
        assert_eq!(
            refusals.note(&endpoint(99_999), latest.offset_by(limits::REFUSALS_HOUR_MS)),
            Some(0)
        );
        assert!(refusals.0.lock().callers.len() < limits::REFUSED_CALLERS_MAX);
    }
}
