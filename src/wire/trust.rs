//! Trust bundles: the payload that root holders sign.

use prost::Message;
use prost::bytes::Bytes;

use crate::domain::authority::{AuthorityRule, Delegation, OrderAct, Role};
use crate::evidence::checkpoint::witness::Witnesses;
use crate::evidence::envelope::{Envelope, PayloadType};
use crate::evidence::key::{KeyUse, PublicKey};
use crate::evidence::trust::{OfficerKey, TrustBundle, TrustedOfficer};
use crate::wire::unit::{self, unknown};
use crate::wire::{WireError, instant, optional_instant, order, parse, pb, timestamp};

const FORMAT: u32 = 1;
/// Of what a reader of the first layout would misread: a rule for one ground as one for all, a rule for
/// one echelon as one for all.
const FORMAT_OF_SCOPES: u32 = 2;

fn format_of(bundle: &TrustBundle) -> u32 {
    let scoped = bundle.rules.iter().any(|rule| rule.ground.is_some() || rule.echelon.is_some());
    // A reader of the first layout would pass over all of these.
    let newer =
        scoped || !bundle.delegations.is_empty() || bundle.witnesses != Witnesses::default();
    if newer { FORMAT_OF_SCOPES } else { FORMAT }
}

/// The payload bytes of a bundle: made once, by a root holder.
pub fn encode(bundle: &TrustBundle) -> Vec<u8> {
    let message = pb::TrustBundlePayload {
        format: format_of(bundle),
        version: bundle.version,
        epoch: bundle.epoch,
        province_code: bundle.province.to_string(),
        issued_time: Some(timestamp(bundle.issued_at)),
        expires_time: Some(timestamp(bundle.expires_at)),
        officers: bundle.officers.iter().map(officer_to_message).collect(),
        rules: bundle.rules.iter().map(rule_to_message).collect(),
        ledger_key: Bytes::copy_from_slice(bundle.ledger_key.as_bytes()),
        root_keys: bundle.roots.iter().map(|key| Bytes::copy_from_slice(key.as_bytes())).collect(),
        root_threshold: bundle.root_threshold,
        authority_certificate_pem: bundle.authority_cert_pem.clone(),
        delegations: bundle.delegations.iter().map(delegation_to_message).collect(),
        witness_keys: bundle.witnesses.keys.iter().map(ToString::to_string).collect(),
        witness_threshold: bundle.witnesses.threshold,
    };
    message.encode_to_vec()
}

/// What a bundle's envelope says; whether it is to be trusted is
/// [`crate::evidence::trust::accept_bundle`]'s word.
///
/// # Errors
/// When the bytes are not a bundle.
pub fn read(envelope: &Envelope) -> Result<TrustBundle, WireError> {
    if envelope.payload_type() != PayloadType::TrustBundle {
        return Err(WireError::new("payload_type", "is not that of a trust bundle"));
    }
    let message = pb::TrustBundlePayload::decode(&envelope.payload()[..])
        .map_err(|fault| WireError::new("payload", fault))?;
    let format = message.format;
    if !(FORMAT..=FORMAT_OF_SCOPES).contains(&format) {
        let known = format!("is {format}, expected {FORMAT} or {FORMAT_OF_SCOPES}");
        return Err(WireError::new("format", known));
    }
    let officers = message.officers.iter().map(officer_from_message);
    let witnesses = message.witness_keys.iter().map(|line| parse("witness_keys", line));
    let bundle = TrustBundle {
        version: message.version,
        epoch: message.epoch,
        province: parse("province_code", &message.province_code)?,
        issued_at: instant("issued_time", message.issued_time.as_ref())?,
        expires_at: instant("expires_time", message.expires_time.as_ref())?,
        officers: officers.collect::<Result<_, _>>()?,
        rules: message.rules.iter().map(rule_from_message).collect::<Result<_, _>>()?,
        ledger_key: key("ledger_key", &message.ledger_key)?,
        roots: message
            .root_keys
            .iter()
            .map(|bytes| key("root_keys", bytes))
            .collect::<Result<_, _>>()?,
        root_threshold: message.root_threshold,
        authority_cert_pem: message.authority_certificate_pem,
        delegations: message
            .delegations
            .iter()
            .map(delegation_from_message)
            .collect::<Result<_, _>>()?,
        witnesses: Witnesses {
            keys: witnesses.collect::<Result<_, _>>()?,
            threshold: message.witness_threshold,
        },
    };
    if format != format_of(&bundle) {
        return Err(WireError::new(
            "format",
            format!("is {format}, which these contents have not"),
        ));
    }
    Ok(bundle)
}

/// A public key field.
///
/// # Errors
/// When the bytes are not a key.
pub fn key(field: &'static str, bytes: &[u8]) -> Result<PublicKey, WireError> {
    PublicKey::parse(bytes).map_err(|fault| WireError::new(field, fault))
}

fn officer_to_message(officer: &TrustedOfficer) -> pb::TrustedOfficer {
    pb::TrustedOfficer {
        officer_id: officer.id.to_string(),
        name: officer.name.clone(),
        unit_code: officer.unit.to_string(),
        roles: officer.roles.iter().map(ToString::to_string).collect(),
        keys: officer.keys.iter().map(officer_key_to_message).collect(),
        retired_time: officer.retired_at.map(timestamp),
    }
}

fn officer_from_message(message: &pb::TrustedOfficer) -> Result<TrustedOfficer, WireError> {
    Ok(TrustedOfficer {
        id: parse("officer_id", &message.officer_id)?,
        name: message.name.clone(),
        unit: parse("unit_code", &message.unit_code)?,
        roles: roles(&message.roles)?,
        keys: message.keys.iter().map(officer_key_from_message).collect::<Result<_, _>>()?,
        retired_at: optional_instant("retired_time", message.retired_time.as_ref())?,
    })
}

fn roles<C: FromIterator<Role>>(texts: &[String]) -> Result<C, WireError> {
    texts.iter().map(|text| parse("roles", text)).collect()
}

fn officer_key_to_message(own: &OfficerKey) -> pb::OfficerKey {
    let key_use = match own.key_use {
        KeyUse::Actual => pb::KeyUse::Actual,
        KeyUse::Exercise => pb::KeyUse::Exercise,
        // No bundle with another use passes `TrustBundle::check`.
        _never_an_officers => pb::KeyUse::Unspecified,
    };
    pb::OfficerKey {
        public_key: Bytes::copy_from_slice(own.key.as_bytes()),
        r#use: key_use.into(),
        valid_from_time: Some(timestamp(own.valid_from)),
        valid_to_time: Some(timestamp(own.valid_to)),
    }
}

fn officer_key_from_message(message: &pb::OfficerKey) -> Result<OfficerKey, WireError> {
    let key_use = match pb::KeyUse::try_from(message.r#use) {
        Ok(pb::KeyUse::Actual) => KeyUse::Actual,
        Ok(pb::KeyUse::Exercise) => KeyUse::Exercise,
        Ok(pb::KeyUse::Unspecified) | Err(_) => return Err(unknown("use", message.r#use)),
    };
    Ok(OfficerKey {
        key: key("public_key", &message.public_key)?,
        key_use,
        valid_from: instant("valid_from_time", message.valid_from_time.as_ref())?,
        valid_to: instant("valid_to_time", message.valid_to_time.as_ref())?,
    })
}

fn rule_to_message(rule: &AuthorityRule) -> pb::AuthorityRule {
    let act = match rule.act {
        OrderAct::Issue => pb::OrderAct::Issue,
        OrderAct::Cancel => pb::OrderAct::Cancel,
    };
    let place = |roles: &std::collections::BTreeSet<Role>| pb::SignerPlace {
        roles: roles.iter().map(ToString::to_string).collect(),
    };
    pb::AuthorityRule {
        handling: rule.handling.map_or(0, |handling| pb::Handling::from(handling).into()),
        kind: rule.kind.clone().unwrap_or_default(),
        act: act.into(),
        places: rule.places.iter().map(place).collect(),
        drafter_may_sign: rule.drafter_may_sign,
        legal_basis: rule.legal_basis.clone(),
        valid_from_time: Some(timestamp(rule.valid_from)),
        valid_to_time: rule.valid_to.map(timestamp),
        ground: rule.ground.map_or(0, order::ground_to_message),
        echelon: rule.echelon.map_or(0, |echelon| pb::Echelon::from(echelon).into()),
    }
}

fn rule_from_message(message: &pb::AuthorityRule) -> Result<AuthorityRule, WireError> {
    let act = match pb::OrderAct::try_from(message.act) {
        Ok(pb::OrderAct::Issue) => OrderAct::Issue,
        Ok(pb::OrderAct::Cancel) => OrderAct::Cancel,
        Ok(pb::OrderAct::Unspecified) | Err(_) => return Err(unknown("act", message.act)),
    };
    let handling = given(message.handling, order::handling)?;
    let places = message.places.iter().map(|place| roles(&place.roles));
    Ok(AuthorityRule {
        handling,
        kind: Some(message.kind.clone()).filter(|kind| !kind.is_empty()),
        ground: given(message.ground, order::ground)?,
        act,
        echelon: given(message.echelon, unit::echelon)?,
        places: places.collect::<Result<_, _>>()?,
        drafter_may_sign: message.drafter_may_sign,
        legal_basis: message.legal_basis.clone(),
        valid_from: instant("valid_from_time", message.valid_from_time.as_ref())?,
        valid_to: optional_instant("valid_to_time", message.valid_to_time.as_ref())?,
    })
}

/// A field of which the unspecified value means any.
fn given<T>(value: i32, read: fn(i32) -> Result<T, WireError>) -> Result<Option<T>, WireError> {
    if value == 0 { Ok(None) } else { read(value).map(Some) }
}

fn delegation_to_message(lent: &Delegation) -> pb::Delegation {
    pb::Delegation {
        from_officer_id: lent.from.to_string(),
        to_officer_id: lent.to.to_string(),
        roles: lent.roles.iter().map(ToString::to_string).collect(),
        handling: lent.handling.map_or(0, |handling| pb::Handling::from(handling).into()),
        kinds: lent.kinds.iter().cloned().collect(),
        unit_codes: lent.units.iter().map(ToString::to_string).collect(),
        document: lent.document.clone(),
        valid_from_time: Some(timestamp(lent.valid_from)),
        valid_to_time: Some(timestamp(lent.valid_to)),
    }
}

fn delegation_from_message(message: &pb::Delegation) -> Result<Delegation, WireError> {
    let units = message.unit_codes.iter().map(|code| parse("unit_codes", code));
    Ok(Delegation {
        from: parse("from_officer_id", &message.from_officer_id)?,
        to: parse("to_officer_id", &message.to_officer_id)?,
        roles: roles(&message.roles)?,
        handling: given(message.handling, order::handling)?,
        kinds: message.kinds.iter().cloned().collect(),
        units: units.collect::<Result<_, _>>()?,
        document: message.document.clone(),
        valid_from: instant("valid_from_time", message.valid_from_time.as_ref())?,
        valid_to: instant("valid_to_time", message.valid_to_time.as_ref())?,
    })
}
