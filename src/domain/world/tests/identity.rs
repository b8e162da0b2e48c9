//! Founding, trust bundles, units, endpoints, codes and certificates.

use super::support::*;
use crate::domain::certificate::Serial;
use crate::domain::endpoint::Standing::{self, Newest, Superseded, Void};
use crate::domain::endpoint::{ENDPOINTS_MAX, EndpointError};
use crate::domain::ids::EndpointNo;
use crate::domain::unit::{Rewrite, UnitError, UnitKind};
use crate::domain::world::Actor::{Endpoint, Server};
use crate::domain::world::{
    CertificateHolder, Command, Decision, Entry, Event, RecordKind, RecordVersion, Refusal,
};
use crate::evidence::trust::BundleError;

fn create_code(text: &str, secret: u8, lives_ms: i64, p: &Province) -> Command {
    let expires_at = p.now.offset_by(lives_ms);
    Command::CreateCode { address: address(text), secret_digest: [secret; 32], expires_at }
}

fn enrol(secret: u8, seed: u8) -> Command {
    Command::Enrol { secret_digest: [secret; 32], terminal: terminal(seed) }
}

#[test]
fn a_province_is_founded_first_and_once() {
    let mut p = Province::empty();
    let early =
        p.does(&Server, Command::BeginEpoch { last_numbers: std::collections::BTreeMap::new() });
    assert!(matches!(early, Err(Refusal::Invalid { .. })));
    let found = Command::Found { province: "11".parse().expect("a code"), origin: "o".to_owned() };
    p.does(&Server, found.clone()).expect("the first of all");
    assert_eq!((p.world.epoch(), p.world.origin()), (1, "o"));
    assert_eq!(p.does(&Server, found), Err(Refusal::AlreadyFounded));
}

#[test]
fn nothing_is_drafted_before_a_trust_bundle_is_in_force() {
    let sound = Province::new().order(crate::domain::order::handling::Handling::Test);
    let mut p = Province::empty();
    let found = Command::Found { province: sound.province.clone(), origin: "o".to_owned() };
    p.does(&Server, found).expect("the first of all");
    assert_eq!(p.draft(&sound), Err(Refusal::NoTrust));
}

#[test]
fn a_trust_bundle_is_newer_of_this_province_and_signed_by_the_roots() {
    let mut p = Province::new();
    let mut publish = |change: &dyn Fn(&mut crate::evidence::trust::TrustBundle), roots: &[u8]| {
        let mut next = bundle();
        next.version = 2;
        change(&mut next);
        p.does(&Server, Command::PublishTrust(trust(&next, roots)))
    };
    let same = publish(&|next| next.version = 1, &[201, 202]);
    assert_eq!(same, Err(BundleError::NotNewer { own: 1, found: 1 }.into()));
    let short = publish(&|_| {}, &[201]);
    assert_eq!(short, Err(BundleError::OldRoots { have: 1, need: 2 }.into()));
    let over = publish(&|next| next.expires_at = START, &[201, 202]);
    assert!(matches!(over, Err(Refusal::Bundle(BundleError::Expired { .. }))));
    let other = publish(&|next| next.province = "12".parse().expect("a code"), &[201, 202]);
    assert!(matches!(other, Err(Refusal::Bundle(BundleError::OtherProvince { .. }))));
    let ahead = publish(&|next| next.epoch = 2, &[201, 202]);
    assert!(matches!(ahead, Err(Refusal::Invalid { .. })), "an epoch that has not begun");
    publish(&|_| {}, &[201, 202]).expect("newer");
    assert_eq!(p.world.trust().map(|trust| trust.bundle.version), Some(2));
}

#[test]
fn the_first_bundle_is_of_the_province_that_was_founded() {
    let mut p = Province::empty();
    let found = Command::Found { province: "12".parse().expect("a code"), origin: "o".to_owned() };
    p.does(&Server, found).expect("the first of all");
    let refused = p.does(&Server, Command::PublishTrust(trust(&bundle(), &[201, 202])));
    assert!(matches!(refused, Err(Refusal::Invalid { .. })));
}

#[test]
fn units_are_put_all_or_none_and_what_is_the_same_makes_no_entry() {
    let mut p = Province::new();
    let ward = unit("03163", UnitKind::Ward, Some("KV1"));
    let orphan = unit("03169", UnitKind::Ward, Some("KV9"));
    let before = p.world.clone();
    let refused = p.does(&Server, Command::PutUnits(vec![ward.clone(), orphan]));
    assert!(matches!(refused, Err(Refusal::Unit(UnitError::NoParent { .. }))));
    assert_eq!(p.world, before);
    p.does(&Server, Command::PutUnits(vec![ward.clone()])).expect("its parent is there");
    let eaten = unit("3163", UnitKind::Ward, Some("KV1"));
    let refused = p.does(&Server, Command::PutUnits(vec![eaten]));
    let refused = refused.expect_err("no second ward for a zero that a spreadsheet took off");
    assert!(refused.to_string().contains("lacks its first zero"), "{refused}");
    let again = p.does(&Server, Command::PutUnits(vec![ward.clone()]));
    assert_eq!(again, Ok(Decision::Happens(vec![])));
    let mut counted = ward.clone();
    counted.population = Some(4_200);
    p.does(&Server, Command::PutUnits(vec![ward, counted.clone()])).expect("a fact");
    assert_eq!(p.world.units().get(&counted.code), Some(&counted));
    let moved_up = unit("03163", UnitKind::DefensiveAreaCommand, Some("11"));
    let refused = p.does(&Server, Command::PutUnits(vec![moved_up]));
    assert!(matches!(refused, Err(Refusal::UnitRewrite(Rewrite::Level { .. }))));
}

#[test]
fn the_top_unit_is_the_founded_province() {
    let mut p = Province::empty();
    let found = Command::Found { province: "11".parse().expect("a code"), origin: "o".to_owned() };
    p.does(&Server, found).expect("the first of all");
    let other = unit("12", UnitKind::ProvincialCommand, None);
    let refused = p.does(&Server, Command::PutUnits(vec![other]));
    assert!(matches!(refused, Err(Refusal::Invalid { .. })));
}

#[test]
fn many_units_make_several_entries_and_one_world() {
    let mut p = Province::new();
    let bases: Vec<_> = (0..250)
        .map(|n| unit(&format!("TV-{n:03}"), UnitKind::SelfDefenseBase, Some("03160")))
        .collect();
    let Ok(Decision::Happens(events)) = p.does(&Server, Command::PutUnits(bases)) else {
        panic!("sound units")
    };
    assert_eq!(events.len(), 3);
    assert_eq!(p.world.units().len(), 253);
    assert_eq!(p.replayed(), p.world);
}

#[test]
fn endpoints_are_numbered_densely_and_each_address_is_given_once() {
    let mut p = Province::new();
    let mut add = |text: &[&str]| {
        p.does(&Server, Command::AddEndpoints(text.iter().map(|t| address(t)).collect()))
    };
    let exists = |text, number| EndpointError::Exists { address: address(text), no: no(number) };
    assert_eq!(add(&["11/military"]), Err(exists("11/military", 1).into()));
    let civil = EndpointError::NoCivilLine { address: address("KV1/civil") };
    assert_eq!(add(&["KV1/civil"]), Err(civil.into()), "an area has one line");
    assert!(matches!(
        add(&["99999/military"]),
        Err(Refusal::Endpoint(EndpointError::UnknownUnit { .. }))
    ));
    p.does(&Server, Command::PutUnits(vec![unit("03163", UnitKind::Ward, Some("KV1"))]))
        .expect("a ward");
    let twice = ["03163/civil", "03163/civil"].map(address).to_vec();
    let refused = p.does(&Server, Command::AddEndpoints(twice));
    assert_eq!(refused, Err(exists("03163/civil", 5).into()));
    let two = ["03163/military", "03163/civil"].map(address).to_vec();
    p.does(&Server, Command::AddEndpoints(two)).expect("free");
    let numbers: Vec<_> = p.world.endpoints().iter().map(|e| e.no.number()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
    assert_eq!(p.world.endpoints().at(&address("03163/civil")).map(|e| e.no), Some(no(6)));
    assert_eq!(p.world.endpoints().get(no(0)), None);
}

#[test]
fn endpoints_have_a_bound() {
    let mut p = Province::new();
    p.does(&Server, Command::PutUnits(vec![unit("03163", UnitKind::Ward, Some("KV1"))]))
        .expect("a ward");
    let free = address("03163/military");
    let admit = |ahead| p.world.endpoints().admit(&free, ahead, p.world.units());
    let last = u32::try_from(ENDPOINTS_MAX).expect("small");
    assert_eq!(admit(ENDPOINTS_MAX - 5), Ok(no(last)));
    assert_eq!(admit(ENDPOINTS_MAX - 4), Err(EndpointError::TooMany));
}

#[test]
fn an_enrolment_code_works_once() {
    let mut p = Province::new();
    let create = create_code("03160/military", 9, HOUR, &p);
    p.does(&Server, create).expect("there is such an endpoint");
    p.does(&Server, enrol(9, 60)).expect("the code is open");
    let enrolled = p.world.endpoints().get(no(3)).and_then(|e| e.terminal.clone());
    assert_eq!(enrolled, Some(terminal(60)));
    assert_eq!(p.does(&Server, enrol(9, 61)), Err(Refusal::CodeInvalid));
    assert_eq!(p.does(&Server, enrol(8, 61)), Err(Refusal::CodeInvalid), "never made");
}

#[test]
fn an_enrolment_code_ends() {
    let mut p = Province::new();
    let create = create_code("03160/military", 9, HOUR, &p);
    p.does(&Server, create).expect("there is such an endpoint");
    p.pass(HOUR - 1);
    assert!(p.world.open_code(&[9; 32], p.now).is_ok());
    p.pass(1);
    assert_eq!(p.does(&Server, enrol(9, 60)), Err(Refusal::CodeInvalid));
    let over = create_code("03160/military", 8, 0, &p);
    assert_eq!(p.does(&Server, over), Err(Refusal::CodeInvalid));
    let nowhere = create_code("KV1/civil", 8, HOUR, &p);
    assert!(matches!(p.does(&Server, nowhere), Err(Refusal::EndpointUnknown { .. })));
}

#[test]
fn a_new_code_for_an_endpoint_voids_the_one_that_went_astray() {
    let mut p = Province::new();
    for (text, secret) in [("03160/military", 7), ("03160/civil", 8), ("03160/military", 9)] {
        let create = create_code(text, secret, HOUR, &p);
        p.does(&Server, create).expect("there is such an endpoint");
    }
    assert_eq!(p.does(&Server, enrol(7, 60)), Err(Refusal::CodeInvalid));
    p.does(&Server, enrol(8, 61)).expect("another endpoint's");
    p.does(&Server, enrol(9, 62)).expect("the newest");
    assert!(p.world.codes.is_empty());
}

#[test]
fn a_certificate_is_recorded_for_an_officer_who_is_trusted() {
    let mut p = Province::new();
    let not_after = START.offset_by(180 * DAY);
    let serial = Some(Serial([5; 16]));
    let record =
        |officer| Command::RecordCertificate { officer, digest: [5; 32], not_after, serial };
    p.does(&Server, record(id("duty"))).expect("trusted");
    let stranger = p.does(&Server, record(id("stranger")));
    assert_eq!(stranger, Err(Refusal::OfficerUnknown { officer: id("stranger") }));
}

/// The terminal of endpoint 3 enrols with the certificate `[seed; 32]`.
fn enrolled(p: &mut Province, secret: u8, seed: u8) {
    let create = create_code("03160/military", secret, HOUR, p);
    p.does(&Server, create).expect("there is such an endpoint");
    p.does(&Server, enrol(secret, seed)).expect("the code is open");
}

fn renew(p: &mut Province, shown: u8, fresh: u8) -> Result<Decision, Refusal> {
    let not_after = p.now.offset_by(90 * DAY);
    let (endpoint, serial) = (no(3), Some(Serial([fresh; 16])));
    let (shown, digest) = ([shown; 32], [fresh; 32]);
    p.does(
        &Endpoint(endpoint),
        Command::RenewTerminal { endpoint, shown, digest, not_after, serial },
    )
}

fn see(p: &mut Province, digest: u8) -> usize {
    let seen = Command::SeeCertificate { endpoint: no(3), digest: [digest; 32] };
    match p.does(&Endpoint(no(3)), seen) {
        Ok(Decision::Happens(events)) => events.len(),
        other => panic!("it is never refused: {other:?}"),
    }
}

/// What the certificates `[n; 32]` count for, in order.
fn standings<const N: usize>(p: &Province, seeds: [u8; N]) -> [Standing; N] {
    let endpoint = p.world.endpoints().get(no(3)).expect("it is there");
    seeds.map(|seed| endpoint.standing(&[seed; 32], p.now))
}

const REPLACED: Refusal = Refusal::TerminalReplaced { endpoint: EndpointNo::new(3) };

#[test]
fn a_terminal_renews_and_keeps_its_key_of_answers() {
    let mut p = Province::new();
    assert_eq!(renew(&mut p, 60, 61), Err(REPLACED), "no terminal there yet");
    enrolled(&mut p, 9, 60);
    assert_eq!(renew(&mut p, 59, 61), Err(REPLACED), "somebody else's certificate");
    p.pass(45 * DAY);
    renew(&mut p, 60, 61).expect("its own");
    let renewed = p.world.endpoints().get(no(3)).and_then(|e| e.terminal.clone()).expect("there");
    let (digest, not_after) = (renewed.certificate_digest, renewed.certificate_not_after);
    assert_eq!((digest, not_after), ([61; 32], p.now.offset_by(90 * DAY)));
    assert_eq!(renewed.answer_key, terminal(60).answer_key, "the key of answers stays");
    assert_eq!(p.replayed(), p.world);
}

#[test]
fn a_renewal_whose_answer_was_lost_is_asked_for_again_until_a_newer_certificate_is_seen() {
    let mut p = Province::new();
    enrolled(&mut p, 9, 60);
    renew(&mut p, 60, 61).expect("the newest");
    assert_eq!(standings(&p, [60, 61, 62]), [Superseded, Newest, Void]);
    renew(&mut p, 60, 62).expect("61 never arrived");
    renew(&mut p, 60, 63).expect("nor did 62");
    assert_eq!(standings(&p, [60, 61, 62, 63]), [Superseded, Void, Void, Newest]);
    assert_eq!(see(&mut p, 62), 0, "it is not the newest");
    assert_eq!(see(&mut p, 63), 1);
    assert_eq!(see(&mut p, 63), 0, "said once");
    assert_eq!(standings(&p, [60, 62, 63]), [Void, Void, Newest]);
    assert_eq!(renew(&mut p, 60, 64), Err(REPLACED));
    renew(&mut p, 63, 64).expect("the newest");
    assert_eq!(standings(&p, [60, 63, 64]), [Void, Superseded, Newest]);
    assert_eq!(p.replayed(), p.world);
}

#[test]
fn the_newest_certificate_renews_before_it_was_seen_and_voids_the_one_two_before() {
    let mut p = Province::new();
    enrolled(&mut p, 9, 60);
    renew(&mut p, 60, 61).expect("the newest");
    renew(&mut p, 61, 62).expect("it did arrive");
    assert_eq!(standings(&p, [60, 61, 62]), [Void, Superseded, Newest]);
}

#[test]
fn a_superseded_certificate_ends_when_it_would_have() {
    let mut p = Province::new();
    enrolled(&mut p, 9, 60);
    p.pass(45 * DAY);
    renew(&mut p, 60, 61).expect("the newest");
    p.pass(45 * DAY - 1);
    assert_eq!(standings(&p, [60]), [Superseded]);
    p.pass(1);
    assert_eq!(standings(&p, [60]), [Void]);
    assert_eq!(renew(&mut p, 60, 62), Err(REPLACED));
}

#[test]
fn a_terminal_that_was_replaced_stays_so_in_the_middle_of_a_renewal_too() {
    let mut p = Province::new();
    enrolled(&mut p, 9, 60);
    renew(&mut p, 60, 61).expect("the newest");
    enrolled(&mut p, 8, 70);
    assert_eq!(standings(&p, [60, 61, 70]), [Void, Void, Newest]);
    assert_eq!(renew(&mut p, 60, 62), Err(REPLACED));
    assert_eq!(renew(&mut p, 61, 62), Err(REPLACED));
    assert_eq!(see(&mut p, 61), 0);
}

#[test]
fn a_renewal_in_a_ledger_of_old_leaves_the_certificate_before_void() {
    let mut p = Province::new();
    enrolled(&mut p, 9, 60);
    renew(&mut p, 60, 61).expect("the newest");
    let holder = CertificateHolder::Endpoint(no(3));
    let (digest, not_after) = ([62; 32], p.now.offset_by(90 * DAY));
    let (shown, serial) = (None, None);
    let event = Event::CertificateIssued { holder, digest, not_after, shown, serial };
    p.world.apply(&Entry { at: p.now, actor: Endpoint(no(3)), request: None, event });
    assert_eq!(standings(&p, [60, 61, 62]), [Void, Void, Newest]);
}

/// The serials `[n; 16]` that are revoked now.
fn revoked(p: &Province) -> Vec<u8> {
    p.world.revoked(p.now).into_iter().map(|(serial, _since)| serial.0[0]).collect()
}

#[test]
fn a_terminal_s_certificate_is_revoked_once_a_newer_one_was_seen_in_use() {
    let mut p = Province::new();
    enrolled(&mut p, 9, 60);
    renew(&mut p, 60, 61).expect("the newest");
    assert!(revoked(&p).is_empty(), "the answer may have been lost on its way");
    see(&mut p, 61);
    assert_eq!(revoked(&p), [60]);
    renew(&mut p, 61, 62).expect("the newest");
    renew(&mut p, 61, 63).expect("asked again");
    assert_eq!(revoked(&p), [60, 62], "nobody got 62");
    p.now = p.now.offset_by(91 * DAY);
    assert!(revoked(&p).is_empty(), "they have ended by themselves");
}

#[test]
fn whoever_is_replaced_or_out_of_use_has_no_certificate_that_counts() {
    let mut p = Province::new();
    enrolled(&mut p, 9, 60);
    enrolled(&mut p, 10, 61);
    assert_eq!(revoked(&p), [60], "another terminal answers now");
    let (address, document) = (address("03160/military"), "12/QĐ".to_owned());
    p.does(&Server, Command::RetireEndpoint { address, document, force: true }).expect("retired");
    assert_eq!(revoked(&p), [60, 61]);
}

#[test]
fn an_officer_s_certificates_are_revoked_from_the_retirement_on() {
    let mut p = Province::new();
    let not_after = START.offset_by(90 * DAY);
    for seed in [5, 6] {
        let (officer, digest, serial) = (id("duty"), [seed; 32], Some(Serial([seed; 16])));
        let record = Command::RecordCertificate { officer, digest, not_after, serial };
        p.does(&Server, record).expect("trusted");
    }
    assert!(revoked(&p).is_empty());
    let at = p.now.offset_by(HOUR);
    let mut next = p.world.trust().expect("in force").bundle.clone();
    next.version += 1;
    let gone = next.officers.iter_mut().find(|officer| officer.id == id("duty"));
    gone.expect("an officer").retired_at = Some(at);
    p.does(&Server, Command::PublishTrust(trust(&next, &[201, 202]))).expect("newer");
    assert!(revoked(&p).is_empty(), "not yet");
    p.now = at;
    assert_eq!(revoked(&p), [5, 6]);
}

#[test]
fn records_are_named_by_id_version_and_commitment_only() {
    let mut p = Province::new();
    let records = vec![RecordVersion { id: [1; 16], version: 1, commitment: [2; 32] }];
    let put = Command::PutRecords { kind: RecordKind::Reservist, records: records.clone() };
    let happens = Event::RecordsPut { kind: RecordKind::Reservist, records };
    assert_eq!(p.does(&officer("clerk"), put), Ok(Decision::Happens(vec![happens])));
    assert_eq!(p.replayed(), p.world);
}

#[test]
fn an_officer_of_a_unit_that_is_not_there_is_refused() {
    let mut p = Province::new();
    let publish = |p: &mut Province, version, unit: &str| {
        let mut next = bundle();
        next.version = version;
        next.officers[3].unit = unit.parse().expect("a code");
        p.does(&Server, Command::PublishTrust(trust(&next, &[201, 202])))
    };
    let refused = publish(&mut p, 2, "99").expect_err("no such unit");
    assert_eq!(refused.reason(), "UNIT_UNKNOWN");
    assert!(refused.to_string().contains("officer duty is of unit 99"), "{refused}");
    publish(&mut p, 2, "03160").expect("a commune");
}

#[test]
fn a_list_of_specialties_replaces_the_one_before_whatever_its_length() {
    use crate::domain::registry::{Specialties, Specialty};
    let list = |codes: std::ops::Range<u32>| {
        let mut list = Specialties::default();
        for number in codes {
            let code = |number: u32| format!("CN{number:04}").parse().expect("a good code");
            let (name, near) = (format!("Chuyên nghiệp {number}"), Vec::new());
            list.insert(Specialty { code: code(number), name, near }).expect("new");
        }
        list
    };
    let mut p = Province::new();
    assert_eq!(p.world.specialties(), None, "the program's own holds");
    let long = list(0..200);
    let put = p.does(&Server, Command::PutSpecialties(long.clone()));
    let Ok(Decision::Happens(events)) = put else { panic!("{put:?}") };
    assert_eq!(events.len(), 3, "each leaf keeps within its bound");
    assert_eq!(p.world.specialties().map(AsRef::as_ref), Some(&long));
    let again = p.does(&Server, Command::PutSpecialties(long));
    assert_eq!(again, Ok(Decision::Happens(Vec::new())), "nothing changed, nothing recorded");
    let short = list(150..160);
    p.does(&Server, Command::PutSpecialties(short.clone())).expect("another list");
    assert_eq!(p.world.specialties().map(AsRef::as_ref), Some(&short), "nothing is left over");
    assert!(p.does(&Server, Command::PutSpecialties(Specialties::default())).is_err());
    let code = |text: &str| text.parse().expect("a good code");
    let mut dangling = Specialties::default();
    let near = vec![code("CN02")];
    let one = Specialty { code: code("CN01"), name: "Bộ binh".to_owned(), near };
    dangling.insert(one).expect("new");
    assert!(p.does(&Server, Command::PutSpecialties(dangling)).is_err());
    assert_eq!(p.world.specialties().map(AsRef::as_ref), Some(&short), "as it was");
}

#[test]
fn a_list_of_types_of_equipment_replaces_the_one_before_whatever_its_length() {
    use crate::domain::registry::{EquipmentClass, EquipmentType, EquipmentTypes};
    let list = |codes: std::ops::Range<u32>| {
        let mut list = EquipmentTypes::default();
        for number in codes {
            let code = format!("PT{number:04}").parse().expect("a good code");
            let (name, other_names) = (format!("Loại {number}"), vec![format!("Kiểu {number}")]);
            let class = EquipmentClass::RoadVehicle;
            list.insert(EquipmentType { code, name, other_names, class }).expect("new");
        }
        list
    };
    let mut p = Province::new();
    assert_eq!(p.world.equipment_types(), None, "the program's own holds");
    let long = list(0..50);
    let put = p.does(&Server, Command::PutEquipmentTypes(long.clone()));
    let Ok(Decision::Happens(events)) = put else { panic!("{put:?}") };
    assert_eq!(events.len(), 3, "each leaf keeps within its bound");
    assert_eq!(p.world.equipment_types().map(AsRef::as_ref), Some(&long));
    let again = p.does(&Server, Command::PutEquipmentTypes(long));
    assert_eq!(again, Ok(Decision::Happens(Vec::new())), "nothing changed, nothing recorded");
    let short = list(40..45);
    p.does(&Server, Command::PutEquipmentTypes(short.clone())).expect("another list");
    assert_eq!(p.world.equipment_types().map(AsRef::as_ref), Some(&short), "nothing is left over");
    assert!(p.does(&Server, Command::PutEquipmentTypes(EquipmentTypes::default())).is_err());
    assert_eq!(p.world.specialties(), None, "the other list is another");
}
