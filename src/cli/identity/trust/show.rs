//! `hoatoc trust show` and `diff`.

use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};

use super::draft::DraftFile;
use super::words;
use crate::cli::Cx;
use crate::cli::homes::{read_file_of, read_trust};
use crate::cli::identity::delegation;
use crate::cli::output::utc_time;
use crate::domain::instant::Instant;
use crate::evidence::trust::{TrustBundle, TrustedOfficer};

pub(super) async fn show(cx: &Cx, file: Option<&Path>) -> Result<()> {
    let bundle = match file {
        Some(path) => read_any(path)?,
        None => cx.connect().await?.trust().await?,
    };
    let now = cx.clock.now();
    cx.screen.show(&json_of(&bundle, now), || words::contents(&bundle, now).join("\n"))
}

pub(super) fn diff(cx: &Cx, old: &Path, new: &Path) -> Result<()> {
    let changes = words::changes(&read_any(old)?, &read_any(new)?);
    cx.screen.show(&json!({ "changes": changes }), || match changes.as_slice() {
        [] => "nothing changes".to_owned(),
        lines => lines.join("\n"),
    })
}

/// A bundle's file, or the next bundle of a draft.
fn read_any(path: &Path) -> Result<TrustBundle> {
    let text = read_file_of(path, super::draft::DRAFT_LEN_MAX)?;
    if DraftFile::is_one(&text) {
        return Ok(DraftFile::read(path)?.next.1);
    }
    Ok(read_trust(path)?.1)
}

/// An officer for programs, wherever officers are listed.
pub(in crate::cli::identity) fn officer_json(officer: &TrustedOfficer) -> Value {
    let keys = officer.keys.iter().map(|own| {
        json!({
            "key_id": own.key.id().to_string(),
            "use": own.key_use.as_str(),
            "valid_from_time": utc_time(own.valid_from),
            "valid_to_time": utc_time(own.valid_to),
        })
    });
    json!({
        "officer": officer.id.as_str(),
        "name": officer.name,
        "unit_code": officer.unit.as_str(),
        "roles": officer.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>(),
        "retired_time": officer.retired_at.map(utc_time),
        "keys": keys.collect::<Vec<_>>(),
    })
}

fn json_of(bundle: &TrustBundle, now: Instant) -> Value {
    let officers = bundle.officers.iter().map(officer_json);
    let delegations = bundle.delegations.iter().map(|lent| delegation::value_of(lent, now));
    let witnesses = bundle.witnesses.keys.iter().map(|witness| {
        json!({
            "name": witness.name(),
            "key": witness.to_string(),
            "key_id": witness.key().id().to_string(),
        })
    });
    json!({
        "province": bundle.province.as_str(),
        "version": bundle.version,
        "epoch": bundle.epoch,
        "issued_time": utc_time(bundle.issued_at),
        "expires_time": utc_time(bundle.expires_at),
        "days_left": words::days_left(bundle.expires_at, now),
        "roots": bundle.roots.iter().map(|root| root.id().to_string()).collect::<Vec<_>>(),
        "root_threshold": bundle.root_threshold,
        "roots_fingerprint": bundle.roots_fingerprint().to_string(),
        "officers": officers.collect::<Vec<_>>(),
        "rules": bundle.rules.len(),
        "delegations": delegations.collect::<Vec<_>>(),
        "witnesses": witnesses.collect::<Vec<_>>(),
        "witness_threshold": bundle.witnesses.threshold,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::authority::{Delegation, Role};
    use crate::evidence::checkpoint::witness::Witnesses;
    use crate::evidence::note::{NoteAlgorithm, NoteKey};
    use crate::evidence::trust::tests::{at, bundle, key};

    #[test]
    fn programs_are_told_of_delegations_and_witnesses() {
        let none = json_of(&bundle(), at(0));
        assert_eq!((&none["delegations"], &none["witnesses"]), (&json!([]), &json!([])));
        assert_eq!(none["witness_threshold"], 0);
        let mut watched = bundle();
        watched.delegations.push(Delegation {
            from: "a".parse().expect("an id"),
            to: "d".parse().expect("an id"),
            roles: [Role::Signer].into(),
            handling: None,
            kinds: ["directive".to_owned()].into(),
            units: ["KV1".parse().expect("a code")].into(),
            document: "12/QĐ-BCH".to_owned(),
            valid_from: at(0),
            valid_to: at(1_000),
        });
        let witness = NoteKey::new("kv1.example", NoteAlgorithm::Cosignature, key(210).public());
        let witness = witness.expect("a name");
        watched.witnesses = Witnesses { keys: vec![witness.clone()], threshold: 1 };
        let value = json_of(&watched, at(1));
        let lent = &value["delegations"][0];
        assert_eq!((&lent["from"], &lent["to"]), (&json!("a"), &json!("d")));
        assert_eq!((&lent["roles"], &lent["kinds"]), (&json!(["signer"]), &json!(["directive"])));
        assert_eq!((&lent["unit_codes"], &lent["handling"]), (&json!(["KV1"]), &Value::Null));
        assert_eq!((&lent["document"], &lent["in_force"]), (&json!("12/QĐ-BCH"), &json!(true)));
        let key_id = key(210).public().id().to_string();
        let expected =
            json!({ "name": "kv1.example", "key": witness.to_string(), "key_id": key_id });
        assert_eq!(value["witnesses"], json!([expected]));
        assert_eq!(value["witness_threshold"], 1);
    }
}
