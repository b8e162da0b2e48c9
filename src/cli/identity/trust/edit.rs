//! Changes of a trust bundle: officers come, change and go, roots are exchanged.
//!
//! Called by `officer` and by `trust draft`. Each changes a copy that nobody has signed yet; whether the
//! whole is sound is said by [`TrustBundle::check`], and who must sign it by
//! [`accept_bundle`](crate::evidence::trust::accept_bundle). No clock, no files.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail};

use super::words::key_words;
use crate::cli::homes::trusted;
use crate::domain::authority::Role;
use crate::domain::ids::{OfficerId, UnitCode};
use crate::domain::instant::Instant;
use crate::evidence::key::{KeyUse, PublicKey};
use crate::evidence::request::OfficerRequest;
use crate::evidence::trust::{KEYS_PER_OFFICER_MAX, OfficerKey, TrustBundle, TrustedOfficer};

/// Takes an officer in as they asked for; who serves already changes keys, and the old ones count until
/// `old_keys_until`.
pub(in crate::cli) fn take_in(
    bundle: &mut TrustBundle,
    request: &OfficerRequest,
    old_keys_until: Instant,
) -> Result<()> {
    let now = bundle.issued_at;
    let fresh = request.keys.map(|(key_use, key)| trusted(key, key_use, now));
    let Some(officer) = bundle.officers.iter_mut().find(|known| known.id == request.id) else {
        bundle.officers.push(TrustedOfficer {
            id: request.id.clone(),
            name: request.name.clone(),
            unit: request.unit.clone(),
            roles: request.roles.clone(),
            keys: fresh.to_vec(),
            retired_at: None,
        });
        return Ok(());
    };
    if officer.retired_at.is_some() {
        bail!("officer {} is retired, and ids are never used again: ask under another", request.id);
    }
    let asked = |own: &OfficerKey| request.keys.contains(&(own.key_use, own.key));
    for old in officer.keys.iter_mut().filter(|own| !asked(own)) {
        old.valid_to = old.valid_to.min(old_keys_until);
    }
    // One that would end before it began never counted.
    officer.keys.retain(|old| old.valid_from < old.valid_to && !asked(old));
    officer.keys.sort_by_key(|old| std::cmp::Reverse(old.valid_to));
    // Old orders are judged by the bundle of their day.
    officer.keys.truncate(KEYS_PER_OFFICER_MAX - fresh.len());
    officer.keys.extend(fresh);
    officer.name.clone_from(&request.name);
    officer.unit.clone_from(&request.unit);
    officer.roles.clone_from(&request.roles);
    Ok(())
}

/// Whether a request is granted already: its officer serves with just what it asks for.
pub(in crate::cli) fn has_all(bundle: &TrustBundle, request: &OfficerRequest) -> bool {
    bundle.officer(&request.id).is_some_and(|officer| {
        let has = |asked: &(KeyUse, PublicKey)| {
            officer.keys.iter().any(|own| (own.key_use, own.key) == *asked)
        };
        officer.retired_at.is_none()
            && request.keys.iter().all(has)
            && officer.name == request.name
            && officer.unit == request.unit
            && officer.roles == request.roles
    })
}

/// Ends an officer's rights.
pub(in crate::cli) fn retire(bundle: &mut TrustBundle, id: &OfficerId) -> Result<()> {
    let now = bundle.issued_at;
    serving(bundle, id)?.retired_at = Some(now);
    Ok(())
}

/// What else may change about an officer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::cli) struct Change {
    /// Another name and post.
    pub(in crate::cli) name: Option<String>,
    /// Another unit.
    pub(in crate::cli) unit: Option<UnitCode>,
    /// Other roles, all of them.
    pub(in crate::cli) roles: Option<BTreeSet<Role>>,
}

/// Changes an officer who serves.
pub(in crate::cli) fn change(bundle: &mut TrustBundle, id: &OfficerId, to: &Change) -> Result<()> {
    let officer = serving(bundle, id)?;
    let before = officer.clone();
    officer.name = to.name.clone().unwrap_or_else(|| officer.name.clone());
    officer.unit = to.unit.clone().unwrap_or_else(|| officer.unit.clone());
    officer.roles = to.roles.clone().unwrap_or_else(|| officer.roles.clone());
    if *officer == before {
        bail!("officer {id} is so already: nothing was changed");
    }
    Ok(())
}

fn serving<'a>(bundle: &'a mut TrustBundle, id: &OfficerId) -> Result<&'a mut TrustedOfficer> {
    let officer = bundle.officers.iter_mut().find(|officer| officer.id == *id);
    let officer =
        officer.with_context(|| format!("officer {id} is not known: see `officer list`"))?;
    if officer.retired_at.is_some() {
        bail!("officer {id} is retired already");
    }
    Ok(officer)
}

/// Takes in another root key.
pub(in crate::cli) fn add_root(bundle: &mut TrustBundle, key: PublicKey) -> Result<()> {
    if bundle.roots.contains(&key) {
        bail!("root key {} is there already", key.id());
    }
    bundle.roots.push(key);
    Ok(())
}

/// Drops a root key, named by eight characters or more of its id, or of its fingerprint as read out.
pub(in crate::cli) fn drop_root(bundle: &mut TrustBundle, named: &str) -> Result<()> {
    let digits: String = named.chars().filter(|c| !c.is_whitespace()).collect();
    // As a program writes its id, or as a person reads it out.
    let read_out = |root: &PublicKey| key_words(&root.id()).replace(' ', "");
    let named_so = |root: &PublicKey| {
        root.id().to_string().starts_with(&digits)
            || read_out(root).starts_with(&digits.to_uppercase())
    };
    let found: Vec<PublicKey> = bundle.roots.iter().copied().filter(named_so).collect();
    match found.as_slice() {
        [key] if digits.len() >= 8 => {
            bundle.roots.retain(|root| root != key);
            Ok(())
        }
        [] => bail!("no root key's fingerprint begins with `{digits}`: see `trust show`"),
        _several_or_short => {
            bail!(
                "`{digits}` does not name one root key: give at least eight characters of its fingerprint"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::trust::tests::{at, bundle, key};

    fn request(id: &str, seed: u8) -> OfficerRequest {
        OfficerRequest {
            id: id.parse().expect("an id"),
            name: "Somebody".into(),
            unit: "11".parse().expect("a code"),
            roles: [Role::Approver].into(),
            keys: [
                (KeyUse::Actual, key(seed).public()),
                (KeyUse::Exercise, key(seed + 1).public()),
            ],
            csr_pem: "x".into(),
            made_at: at(0),
        }
    }

    fn present() -> TrustBundle {
        TrustBundle { issued_at: at(500), ..bundle() }
    }

    #[test]
    fn a_new_officer_comes_with_the_keys_asked_for() {
        let mut next = present();
        take_in(&mut next, &request("new", 50), at(500)).expect("room");
        next.check().expect("sound");
        let officer = next.officer(&"new".parse().expect("an id")).expect("there");
        assert_eq!(officer.roles, [Role::Approver].into());
        let keys: Vec<_> = officer.keys.iter().map(|own| (own.key_use, own.key)).collect();
        assert_eq!(keys, request("new", 50).keys);
        assert!(officer.keys.iter().all(|own| own.valid_from == at(500)));
        assert!(has_all(&next, &request("new", 50)) && !has_all(&next, &request("new", 60)));
        assert!(!has_all(&present(), &request("new", 50)));
    }

    #[test]
    fn who_serves_changes_keys_and_the_old_ones_end_on_the_day_given() {
        for (until, ends) in [(500, 500), (800, 800), (5000, 1000)] {
            let mut next = present();
            take_in(&mut next, &request("a", 50), at(until)).expect("room");
            next.check().expect("sound");
            let officer = next.officer(&"a".parse().expect("an id")).expect("there");
            let old = officer.keys.iter().find(|own| own.key == key(1).public()).expect("kept");
            assert_eq!((old.valid_from, old.valid_to), (at(0), at(ends)), "{until}");
            assert_eq!(officer.keys.len(), 4);
        }
    }

    #[test]
    fn keys_are_changed_as_often_as_one_likes() {
        let mut next = present();
        for turn in 0..20 {
            next.issued_at = at(500 + i64::from(turn));
            let now = next.issued_at;
            take_in(&mut next, &request("a", 20 + turn * 2), now).expect("room");
            next.check().unwrap_or_else(|fault| panic!("turn {turn}: {fault}"));
        }
        let officer = next.officer(&"a".parse().expect("an id")).expect("there");
        assert_eq!(officer.keys.len(), KEYS_PER_OFFICER_MAX);
        assert_eq!(officer.keys.last().map(|own| own.key), Some(key(59).public()));
    }

    #[test]
    fn who_is_retired_stays_so() {
        let (mut next, id) = (present(), "a".parse().expect("an id"));
        retire(&mut next, &id).expect("serves");
        retire(&mut next, &id).expect_err("already");
        let to = Change { name: Some("B".into()), ..Change::default() };
        change(&mut next, &id, &to).expect_err("retired");
        take_in(&mut next, &request("a", 50), at(500)).expect_err("ids are never used again");
        assert_eq!(next.officer(&id).expect("there").retired_at, Some(at(500)));
    }

    #[test]
    fn an_officer_gets_other_roles_and_keeps_the_rest() {
        let (mut next, id) = (present(), "a".parse().expect("an id"));
        let to = Change { roles: Some([Role::Auditor].into()), ..Change::default() };
        change(&mut next, &id, &to).expect("serves");
        let officer = next.officer(&id).expect("there");
        assert_eq!(officer.roles, [Role::Auditor].into());
        assert_eq!((officer.name.as_str(), officer.keys.len()), ("Officer a", 2));
        change(&mut next, &id, &to).expect_err("so already");
    }

    #[test]
    fn roots_are_named_by_enough_digits_of_their_ids() {
        let mut next = present();
        add_root(&mut next, key(201).public()).expect_err("there already");
        add_root(&mut next, key(204).public()).expect("new");
        let id = key(202).public().id().to_string();
        drop_root(&mut next, &id[..7]).expect_err("too few digits");
        drop_root(&mut next, "0000000000").expect_err("none");
        drop_root(&mut next, &format!("{} {}", &id[..4], &id[4..8])).expect("by its id");
        add_root(&mut next, key(202).public()).expect("gone a moment ago");
        let words = key_words(&key(202).public().id()).to_lowercase();
        drop_root(&mut next, &words[..9]).expect("as it is read out");
        assert!(!next.roots.contains(&key(202).public()) && next.roots.len() == 3);
    }
}
