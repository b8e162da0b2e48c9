//! A province with a ledger in which everything has happened once, and its leaves to be tampered with.

use crate::audit::replay::Audit;
use crate::audit::report::{Closing, Report};
use crate::audit::{Anchor, Fault};
use crate::domain::authority::Role;
use crate::domain::endpoint::Terminal;
use crate::domain::order::ReferenceKind;
use crate::domain::order::delivery::{DeclineReason, Fact};
use crate::domain::order::handling::Handling;
use crate::domain::unit::UnitKind;
use crate::domain::world::tests::support::*;
use crate::domain::world::{Actor, CertificateHolder, Command, Entry, Event};
use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::checkpoint::witness::Witnesses;
use crate::evidence::key::SigningKey;
use crate::evidence::note::{NoteAlgorithm, NoteKey};
use crate::evidence::tree::{Tree, leaf_hash};
use crate::evidence::trust::TrustBundle;
use crate::wire::entry;

/// The fixture's bundle with an administrator, and two witnesses of whom one is asked for.
pub(super) fn watched_bundle(version: u64) -> TrustBundle {
    let mut bundle = TrustBundle { version, ..bundle() };
    for officer in &mut bundle.officers {
        if officer.id == id("auditor") {
            officer.roles.insert(Role::Administrator);
        }
    }
    let witness = |name: &str, seed| {
        NoteKey::new(name, NoteAlgorithm::Cosignature, key(seed).public()).expect("a name")
    };
    let keys = vec![witness("kv1.example", 210), witness("kv2.example", 211)];
    bundle.witnesses = Witnesses { keys, threshold: 1 };
    bundle
}

/// Everything once: founding, a bundle, terminals, an actual order with answers, a cancel, a drill, a
/// renewed certificate, a second bundle.
pub(super) fn province() -> Province {
    let mut province = Province::empty();
    let units = vec![
        unit("11", UnitKind::ProvincialCommand, None),
        unit("KV1", UnitKind::DefensiveAreaCommand, Some("11")),
        unit("03160", UnitKind::Commune, Some("KV1")),
    ];
    let addresses = ["11/military", "KV1/military", "03160/military", "03160/civil"];
    let code = "11".parse().expect("a code");
    let digest = [91; 32];
    let not_after = START.offset_by(300 * DAY);
    for command in [
        Command::Found { province: code, origin: "dienbien.example/ledger".to_owned() },
        Command::PublishTrust(trust(&watched_bundle(1), &[201, 202])),
        Command::RecordCertificate { officer: id("auditor"), digest, not_after, serial: None },
        Command::PutUnits(units),
        Command::AddEndpoints(addresses.map(address).to_vec()),
    ] {
        province.does(&Actor::Server, command).expect("a province can be set up");
    }
    for number in 1..=4 {
        enrol(&mut province, number);
    }
    province.pass(MINUTE);
    let order = province.issued(Handling::Actual);
    for (endpoint, fact) in [
        (3, Fact::Delivered),
        (4, Fact::Delivered),
        (3, Fact::Opened),
        (3, Fact::Acknowledged),
        (3, Fact::Declined(DeclineReason::RoadCut)),
    ] {
        province.pass(1_000);
        let mut answer = province.answer(order, endpoint, fact);
        answer.note = "đường tắc".to_owned();
        province.take(answer).expect("in its turn");
    }
    province.pass(MINUTE);
    let cancel = province.follow_up(&order, ReferenceKind::Cancel);
    let keys = [key_for("commander", Handling::Actual), key_for("commissar", Handling::Actual)];
    province.issue_signed(&cancel, &keys).expect("two have signed");
    province.issued(Handling::Exercise);
    let renewal = Command::RenewTerminal {
        endpoint: no(3),
        shown: [103; 32],
        digest: [113; 32],
        not_after: START.offset_by(180 * DAY),
        serial: None,
    };
    province.does(&Actor::Endpoint(no(3)), renewal).expect("it may renew");
    let seen = Command::SeeCertificate { endpoint: no(3), digest: [113; 32] };
    province.does(&Actor::Endpoint(no(3)), seen).expect("it is the newest");
    let second = trust(&watched_bundle(2), &[201, 202]);
    province.does(&officer("auditor"), Command::PublishTrust(second)).expect("by both roots");
    province.pass(MINUTE);
    let last = province.issued(Handling::Test);
    province.says(last, 4, Fact::Delivered).expect("in its turn");
    province
}

/// The terminal of an endpoint, whose key is the one that fixtures answer with.
pub(super) fn enrol(province: &mut Province, number: u32) {
    let seed = u8::try_from(number).expect("small");
    let (endpoint, secret_digest) = (no(number), [seed; 32]);
    let at = province.world.endpoints().get(endpoint).expect("there").address.clone();
    let expires_at = province.now.offset_by(DAY);
    let code = Command::CreateCode { address: at, secret_digest, expires_at };
    province.does(&officer("auditor"), code).expect("a code");
    let terminal = Terminal { certificate_digest: [100 + seed; 32], ..terminal(50) };
    let enrol = Command::Enrol { secret_digest, terminal };
    province.does(&Actor::Endpoint(endpoint), enrol).expect("the code is open");
}

pub(super) fn leaves(entries: &[Entry]) -> Vec<Vec<u8>> {
    entries.iter().map(entry::encode).collect()
}

/// The head over these entries, signed by a ledger key and cosigned by witnesses.
pub(super) fn head_by(entries: &[Entry], ledger: &SigningKey, witnesses: &[(&str, u8)]) -> String {
    let tree: Tree = leaves(entries).iter().map(|leaf| leaf_hash(leaf)).collect();
    let origin = "dienbien.example/ledger".to_owned();
    let head = Checkpoint { origin, size: tree.len(), root: tree.root(), extensions: Vec::new() };
    let mut note = head.sign(ledger).expect("signed");
    for (name, seed) in witnesses {
        note.cosign(name, &key(*seed), 1_780_300_000).expect("room");
    }
    note.to_string()
}

/// As the true server and one witness made it.
pub(super) fn head(entries: &[Entry]) -> String {
    head_by(entries, &key(200), &[("kv1.example", 210)])
}

pub(super) fn anchor() -> Anchor {
    Anchor::of_roots(vec![bundle().roots_fingerprint()])
}

/// What an audit with this anchor says of entries under heads.
pub(super) fn audited(entries: &[Entry], anchor: Anchor, closing: &Closing) -> Report {
    let heads: Vec<&str> = closing.heads.iter().chain(&closing.since).map(String::as_str).collect();
    let mut audit = Audit::new(anchor, &heads);
    leaves(entries).iter().for_each(|leaf| audit.take(leaf));
    audit.close(closing)
}

/// What an audit says of entries over which the operator signed a head, and that a witness which had
/// not seen anything before cosigned.
pub(super) fn resigned(entries: &[Entry]) -> Report {
    audited(entries, anchor(), &Closing { heads: vec![head(entries)], ..Closing::default() })
}

/// The same with a head of the true ledger that somebody kept.
pub(super) fn resigned_since(entries: &[Entry], kept: &[Entry]) -> Report {
    let closing =
        Closing { heads: vec![head(entries)], since: Some(head(kept)), ..Closing::default() };
    audited(entries, anchor(), &closing)
}

pub(super) fn reasons(report: &Report) -> Vec<&'static str> {
    report.faults.told.iter().map(|fault: &Fault| fault.reason).collect()
}

/// The place of the first entry of a kind.
pub(super) fn place(entries: &[Entry], kind: &str) -> usize {
    entries.iter().position(|entry| entry.event.kind() == kind).expect("it happened")
}

pub(super) fn last_place(entries: &[Entry], kind: &str) -> usize {
    entries.iter().rposition(|entry| entry.event.kind() == kind).expect("it happened")
}

pub(super) fn certificate_of(officer: &str, seed: u8) -> Event {
    Event::CertificateIssued {
        holder: CertificateHolder::Officer(id(officer)),
        digest: [seed; 32],
        not_after: START.offset_by(300 * DAY),
        shown: None,
        serial: None,
    }
}
