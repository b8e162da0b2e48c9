//! What ends soon, told under every command of an officer: the trust bundle, the officer's certificate
//! and signing keys. Long before it bites: root holders who must be called together need weeks.

use crate::cli::homes::{OFFICER_USES, OfficerHome};
use crate::cli::identity::trust::words::days_left;
use crate::domain::instant::Instant;

/// From how many days on the end of the trust bundle and of signing keys is told.
const BUNDLE_DAYS: i64 = 60;
/// From how many days on the end of the officer's certificate is told: it lasts 90.
const CERTIFICATE_DAYS: i64 = 30;

/// What ends soon, a sentence each.
pub(super) fn notes(home: &OfficerHome, now: Instant) -> Vec<String> {
    let mut notes = Vec::new();
    let mut tell = |what: &str, ends: Instant, days: i64, remedy: &str| {
        let left = days_left(ends, now);
        if left < 0 {
            notes.push(format!("{what} HAS ENDED: {remedy}"));
        } else if left <= days {
            notes.push(format!("{what} ends in {left} days: {remedy}"));
        }
    };
    if let Some(ends) = home.certificate_ends() {
        tell("your certificate", ends, CERTIFICATE_DAYS, "run `hoatoc officer renew`");
    }
    // A home that has not joined yet has none.
    let Ok(bundle) = home.trust() else { return notes };
    tell(
        "the trust bundle",
        bundle.expires_at,
        BUNDLE_DAYS,
        "have the root holders sign the next one (`hoatoc officer reissue`, or `hoatoc trust draft`)",
    );
    let Some(officer) = bundle.officer(&home.id) else { return notes };
    for key_use in OFFICER_USES {
        let own = officer.keys.iter().filter(|own| own.key_use == key_use);
        if let Some(ends) = own.map(|own| own.valid_to).max() {
            let remedy = "ask for another with `hoatoc officer request`";
            tell(&format!("your {key_use} key"), ends, BUNDLE_DAYS, remedy);
        }
    }
    notes
}
