//! Judging an order of an earlier day, when the bundle of today would judge otherwise: an officer has
//! retired since, a key was changed, a rule is another.
//!
//! The rules of the day of signing hold, but whoever holds an old key can write an old date. So:
//!
//! - A *new* order is always judged by the newest bundle ([`verify_order`]): a terminal never calls
//!   anybody up on this module's word, and the newest bundle stays the newest, whatever is read here.
//! - By a bundle of the past an order is judged only at a time that somebody else than its signers
//!   vouches for: the server's commit time, shown by the ledger ([`Day::Recorded`]). A retired
//!   officer who dates a paper back finds no such entry.
//! - Without that there is only what the paper says of itself ([`Day::Claimed`]). The verdict says
//!   so, and is for reading archives. It takes still the signatures of as many persons, each dated
//!   back, of officers who served at that date with keys valid then.
//! - The bundles must lead to each other, each signed by the roots of the one before: a bundle of
//!   strangers, or one that was never in force, judges nothing. A bundle counts from its own making
//!   to the making of the next; one issued by an older bundle between the making and the publishing
//!   of the next is refused here, which errs to the safe side.

use super::{Unverified, VerifiedOrder, verify_order};
use crate::domain::ids::EndpointNo;
use crate::domain::instant::Instant;
use crate::evidence::envelope::Envelope;
use crate::evidence::trust::{TrustBundle, accept_bundle};

/// How far an author's clock may lie ahead of the server's record, in ms: as the server allows.
const DRAFTED_AHEAD_MAX_MS: i64 = 3_600_000;

/// What is known of the day of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    /// The server recorded it then; the caller has checked that against the ledger.
    Recorded(Instant),
    /// Nothing but what the order itself says.
    Claimed,
}

/// By whose rules an order was believed.
#[derive(Debug, Clone, PartialEq)]
pub struct OfItsDay {
    /// The order.
    pub order: VerifiedOrder,
    /// The version of the bundle that judged it.
    pub bundle_version: u64,
    /// Whether that is the newest: then nothing was asked of its day.
    pub is_newest: bool,
    /// What its day rests on.
    pub day: Day,
}

/// Judges an order by the newest bundle, and where that does not believe it on account of who signed
/// or of an older epoch, by the bundle of its day. `history` are bundles with the envelopes they came
/// in, the oldest first, the newest last.
///
/// # Errors
/// What the newest bundle finds wrong, if no bundle of its day believes it either;
/// [`Unverified::NobodySigned`] with no bundle at all.
pub fn verify_on_its_day(
    envelope: &Envelope,
    history: &[(Envelope, TrustBundle)],
    endpoint: Option<EndpointNo>,
    day: Day,
    now: Instant,
) -> Result<OfItsDay, Unverified> {
    let Some(((_signed, newest), past)) = history.split_last() else {
        return Err(Unverified::NobodySigned);
    };
    let today = match verify_order(envelope, newest, endpoint, now) {
        Ok(order) => {
            let (bundle_version, is_newest) = (newest.version, true);
            return Ok(OfItsDay { order, bundle_version, is_newest, day });
        }
        Err(fault) => fault,
    };
    let may_be_older = matches!(
        today,
        Unverified::NobodySigned
            | Unverified::Authority(_)
            | Unverified::OldEpoch { .. }
            | Unverified::Expired { .. }
    );
    if !may_be_older {
        return Err(today);
    }
    // From the newest back, as far as each vouches for the one after it. An order that is over is
    // judged by the newest too, on the day when it was not.
    for (index, (_signed, bundle)) in history.iter().enumerate().rev() {
        let next = history.get(index + 1);
        if let Some((next_signed, next)) = next
            && accept_bundle(Some(bundle), next, next_signed, next.issued_at).is_err()
        {
            break;
        }
        let ends = next.map(|(_signed, next)| next.issued_at);
        if let Some(order) = believed_then(envelope, bundle, ends, endpoint, day) {
            let is_newest = index == past.len();
            return Ok(OfItsDay { order, bundle_version: bundle.version, is_newest, day });
        }
    }
    Err(today)
}

/// A bundle of the past that believes an order on its day, and the time to judge its signers at.
#[derive(Debug, Clone, Copy)]
pub struct DaysBundle<'a> {
    /// Who could sign what then.
    pub bundle: &'a TrustBundle,
    /// When that was.
    pub at: Instant,
    /// What the day rests on.
    pub day: Day,
}

/// The bundle to examine an order by, where that is not the newest of `history`: nothing if the newest
/// believes it, or none of an earlier day did. Whom it is for is asked by whoever examines it.
pub fn days_bundle<'a>(
    envelope: &Envelope,
    history: &'a [(Envelope, TrustBundle)],
    day: Day,
    now: Instant,
) -> Option<DaysBundle<'a>> {
    let judged = verify_on_its_day(envelope, history, None, day, now).ok()?;
    let (_signed, bundle) =
        history.iter().find(|(_signed, own)| own.version == judged.bundle_version)?;
    let at = match day {
        Day::Recorded(at) => at,
        Day::Claimed => judged.order.order.drafted_at,
    };
    (!judged.is_newest).then_some(DaysBundle { bundle, at, day })
}

/// The order, if the bundle was in force on its day and believes it.
fn believed_then(
    envelope: &Envelope,
    bundle: &TrustBundle,
    ends: Option<Instant>,
    endpoint: Option<EndpointNo>,
    day: Day,
) -> Option<VerifiedOrder> {
    let in_force = |at: Instant| bundle.issued_at <= at && ends.is_none_or(|end| at < end);
    match day {
        Day::Recorded(at) => {
            let order = in_force(at)
                .then(|| verify_order(envelope, bundle, endpoint, at).ok())
                .flatten()?;
            let ahead_ms = order.order.drafted_at.millis_since(at);
            (ahead_ms <= DRAFTED_AHEAD_MAX_MS).then_some(order)
        }
        Day::Claimed => {
            let order = verify_order(envelope, bundle, endpoint, bundle.issued_at).ok()?;
            in_force(order.order.drafted_at).then_some(order)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::order::handling::Handling;
    use crate::terminal::inbox::tests::{
        DAY_MS, ME, NOW, bundle, bundle_envelope, envelope, order,
    };

    /// Version 1 of a day ago with everybody; version 2 of an hour ahead without officer a.
    fn history() -> Vec<(Envelope, TrustBundle)> {
        let first = bundle(1);
        let mut second = bundle(2);
        second.issued_at = NOW.offset_by(HOUR_MS);
        second.officers.remove(0);
        [first, second].map(|bundle| (bundle_envelope(&bundle), bundle)).into()
    }

    const HOUR_MS: i64 = 3_600_000;
    const LATER: Instant = NOW.offset_by(2 * HOUR_MS);

    #[test]
    fn an_order_of_an_earlier_day_is_judged_by_the_bundle_of_that_day() {
        let signed = envelope(&order(1, Handling::Actual));
        assert!(verify_order(&signed, &history()[1].1, Some(ME), LATER).is_err(), "not by today's");
        let judged = verify_on_its_day(&signed, &history(), Some(ME), Day::Recorded(NOW), LATER);
        let judged = judged.expect("lawful on its day");
        assert_eq!((judged.bundle_version, judged.is_newest), (1, false));
        let newest = verify_on_its_day(&signed, &history()[..1], Some(ME), Day::Claimed, LATER);
        assert!(newest.expect("by the newest").is_newest);
    }

    #[test]
    fn a_retired_officer_who_dates_a_paper_back_finds_no_entry_of_that_day() {
        let signed = envelope(&order(1, Handling::Actual));
        // Handed in after the officer left, whatever it says of its drafting.
        let handed_in = Day::Recorded(NOW.offset_by(HOUR_MS));
        let judged = verify_on_its_day(&signed, &history(), Some(ME), handed_in, LATER);
        assert!(judged.is_err(), "{judged:?}");
    }

    #[test]
    fn what_only_the_paper_says_of_its_day_is_told_as_such_and_must_fit() {
        let signed = envelope(&order(1, Handling::Actual));
        let judged = verify_on_its_day(&signed, &history(), Some(ME), Day::Claimed, LATER);
        assert_eq!(judged.expect("for archives").day, Day::Claimed);
        let mut late = order(1, Handling::Actual);
        late.drafted_at = NOW.offset_by(HOUR_MS);
        late.answer_by = LATER;
        let judged = verify_on_its_day(&envelope(&late), &history(), Some(ME), Day::Claimed, LATER);
        assert!(judged.is_err(), "drafted when the officer had left");
    }

    #[test]
    fn an_earlier_bundle_is_asked_only_where_the_newest_does_not_believe() {
        let (signed, history) = (envelope(&order(1, Handling::Actual)), history());
        let asked = |history, day| days_bundle(&signed, history, day, LATER);
        let own = asked(&history, Day::Recorded(NOW)).expect("lawful on its day");
        assert_eq!((own.bundle.version, own.at), (1, NOW));
        let claimed = asked(&history, Day::Claimed).expect("as it says");
        assert_eq!(claimed.at, NOW.offset_by(-60_000), "when it says that it was drafted");
        assert!(asked(&history[..1], Day::Claimed).is_none(), "the newest believes it");
        assert!(asked(&history, Day::Recorded(LATER)).is_none(), "nobody believes it then");
    }

    #[test]
    fn a_bundle_that_never_led_to_the_newest_judges_nothing() {
        let signed = envelope(&order(1, Handling::Actual));
        let mut strangers = history();
        strangers[0].1.roots = vec![crate::terminal::inbox::tests::key(77).public()];
        let judged = verify_on_its_day(&signed, &strangers, Some(ME), Day::Recorded(NOW), LATER);
        assert!(judged.is_err(), "its roots did not sign the next");
        assert!(verify_on_its_day(&signed, &[], Some(ME), Day::Recorded(NOW), LATER).is_err());
    }

    #[test]
    fn an_order_that_is_over_was_valid_on_its_day() {
        let signed = envelope(&order(1, Handling::Actual));
        let history = &history()[..1];
        let years = NOW.offset_by(400 * DAY_MS);
        let judged = verify_on_its_day(&signed, history, Some(ME), Day::Recorded(NOW), years);
        assert!(judged.is_ok());
        let late = Day::Recorded(NOW.offset_by(399 * DAY_MS));
        assert!(verify_on_its_day(&signed, history, Some(ME), late, years).is_err());
    }
}
