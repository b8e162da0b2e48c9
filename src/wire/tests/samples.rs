//! Domain values of every shape, for properties.

use std::sync::Arc;

use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;
use uuid::Uuid;

use crate::domain::authority::{AuthorityRule, Delegation, OrderAct, Role};
use crate::domain::certificate::Serial;
use crate::domain::endpoint::{Address, Line, Terminal};
use crate::domain::ids::{EndpointNo, KeyId, OfficerId, OrderId, SpecialtyCode, UnitCode};
use crate::domain::instant::Instant;
use crate::domain::order::audience::{Audience, AudienceSelector};
use crate::domain::order::call_up::CallUp;
use crate::domain::order::delivery::{Answer, DeclineReason, Fact, Strength};
use crate::domain::order::handling::Handling;
use crate::domain::order::{
    AssemblyStation, LegalGround, Order, OrderKind, Reference, ReferenceKind, Requirement,
    RequirementKind, Urgency,
};
use crate::domain::registry::{EquipmentClass, EquipmentType, Specialty};
use crate::domain::unit::{Change, Echelon, Former, ParentBasis, UNIT_KINDS, Unit};
use crate::domain::world::{
    Act, Actor, CertificateHolder, Entry, Event, NumberTaken, OrderFile, Placed, RecordKind,
    RecordVersion, Reorganization, Trust,
};
use crate::evidence::checkpoint::witness::Witnesses;
use crate::evidence::envelope::{Envelope, PayloadType, Signature};
use crate::evidence::key::{KeyUse, PublicKey, SigningKey};
use crate::evidence::note::{NoteAlgorithm, NoteKey};
use crate::evidence::trust::{OfficerKey, TrustBundle, TrustedOfficer};
use crate::wire;

/// So many cases, the same each time: a failure is found again by running it again.
pub(crate) fn cases(cases: u32) -> ProptestConfig {
    let rng_seed = RngSeed::Fixed(1);
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}

pub(crate) fn instants() -> impl Strategy<Value = Instant> {
    (-10_000_000_000_i64..10_000_000_000_000).prop_map(Instant::from_millis)
}

fn texts() -> impl Strategy<Value = String> {
    "[a-zA-ZăâđêôơưĂÂĐÊÔƠƯạảấầẩẫậ ,.\n]{0,40}"
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Debug> + std::fmt::Debug>(
    pattern: &'static str,
) -> impl Strategy<Value = T> {
    pattern.prop_map(|text| text.parse().expect("the pattern allows nothing else"))
}

fn codes() -> impl Strategy<Value = UnitCode> {
    parsed("[A-Z0-9_.-]{1,16}")
}

fn officer_ids() -> impl Strategy<Value = OfficerId> {
    parsed("[a-z.]{1,32}")
}

fn order_ids() -> impl Strategy<Value = OrderId> {
    any::<u128>().prop_map(|id| OrderId::new(Uuid::from_u128(id)))
}

fn keys() -> impl Strategy<Value = PublicKey> {
    any::<[u8; 32]>()
        .prop_map(|seed| SigningKey::from_seed(&seed).expect("any seed makes a key").public())
}

fn audiences() -> impl Strategy<Value = Audience> {
    let numbers = prop::collection::btree_set(1..=20_000_u32, 1..60);
    (numbers, any::<[u8; 32]>(), selectors()).prop_map(|(numbers, digest, selector)| Audience {
        endpoints: numbers.into_iter().collect(),
        digest,
        selector,
    })
}

fn selectors() -> impl Strategy<Value = AudienceSelector> {
    let echelons =
        vec![Echelon::Province, Echelon::Area, Echelon::District, Echelon::Commune, Echelon::Base];
    (
        prop::collection::btree_set(codes(), 0..4),
        prop::collection::btree_set(select(echelons), 0..4),
        prop::collection::btree_set(select(vec![Line::Military, Line::Civil]), 0..3),
    )
        .prop_map(|(units, echelons, lines)| AudienceSelector { units, echelons, lines })
}

fn numbers_taken() -> impl Strategy<Value = NumberTaken> {
    (select(Handling::ALL.to_vec()), any::<u32>(), any::<u32>())
        .prop_map(|(handling, year, number)| NumberTaken { handling, year, number })
}

fn requirements() -> impl Strategy<Value = Requirement> {
    let kind = select(vec![RequirementKind::Personnel, RequirementKind::Equipment]);
    (parsed::<SpecialtyCode>("[A-Z0-9-]{1,16}"), kind, any::<u32>())
        .prop_map(|(code, kind, count)| Requirement { code, kind, count })
}

fn references() -> impl Strategy<Value = Reference> {
    let kind = select(vec![ReferenceKind::Update, ReferenceKind::Cancel]);
    (kind, order_ids(), any::<[u8; 32]>()).prop_map(|(kind, order, digest)| Reference {
        kind,
        order,
        digest,
    })
}

fn call_ups() -> impl Strategy<Value = CallUp> {
    let day = (2000..2100_i16, 1..13_i8, 1..29_i8)
        .prop_map(|(year, month, day)| jiff::civil::date(year, month, day));
    let numbers = (any::<u32>(), any::<u32>(), any::<u32>());
    (order_ids(), day, option::of(codes()), numbers, any::<[u8; 32]>()).prop_map(
        |(frozen_by, as_of, plan, (people, equipment, leaves), root)| CallUp {
            frozen_by,
            as_of,
            plan: plan.map(|code| code.as_str().parse().expect("its letters will do")),
            people,
            equipment,
            leaves,
            root,
        },
    )
}

pub(crate) fn orders() -> impl Strategy<Value = Order> {
    let what = (
        order_ids(),
        select(Handling::ALL.to_vec()),
        select(OrderKind::ALL.to_vec()),
        select(Urgency::ALL.to_vec()),
        select(LegalGround::ALL.to_vec()),
        codes(),
        (any::<u64>(), any::<u32>(), any::<u32>()),
    );
    let said = (officer_ids(), texts(), texts(), option::of((texts(), option::of(codes()))));
    let when = (instants(), instants(), option::of(instants()), instants());
    let lines = prop::collection::vec(requirements(), 0..4);
    let changes = (option::of(references()), option::of(call_ups()));
    (what, said, when, lines, audiences(), changes).prop_map(
        |(what, said, when, requirements, audience, (reference, call_up))| {
            let (id, handling, kind, urgency, ground, province, numbers) = what;
            let (epoch, series_year, number) = numbers;
            let (drafted_by, title, body, station) = said;
            let (drafted_at, answer_by, report_by, not_after) = when;
            let station = station.map(|(name, unit)| AssemblyStation { name, unit });
            Order {
                id,
                handling,
                kind,
                urgency,
                ground,
                province,
                epoch,
                series_year,
                number,
                drafted_by,
                drafted_at,
                title,
                body,
                station,
                requirements,
                answer_by,
                report_by,
                not_after,
                audience,
                reference,
                call_up,
            }
        },
    )
}

pub(crate) fn order_envelope(order: &Order) -> Envelope {
    Envelope::new(OrderFile::payload_type(order), wire::order::encode(order))
        .expect("within bounds")
}

fn facts() -> impl Strategy<Value = Fact> {
    let reasons = vec![
        DeclineReason::PersonnelShort,
        DeclineReason::EquipmentShort,
        DeclineReason::RoadCut,
        DeclineReason::OtherOrder,
        DeclineReason::NotCompetent,
        DeclineReason::Other,
    ];
    let strength = any::<[u32; 8]>().prop_map(|n| Strength {
        called: n[0],
        reached: n[1],
        will_come: n[2],
        arrived: n[3],
        excused: n[4],
        unexcused: n[5],
        equipment_called: n[6],
        equipment_arrived: n[7],
    });
    let plain =
        vec![Fact::Delivered, Fact::Opened, Fact::Acknowledged, Fact::Accepted, Fact::Completed];
    prop_oneof![
        5 => select(plain),
        2 => select(reasons).prop_map(Fact::Declined),
        2 => strength.prop_map(Fact::Strength),
    ]
}

pub(crate) fn answers() -> impl Strategy<Value = Answer> {
    let which = (order_ids(), any::<[u8; 32]>(), any::<u32>(), any::<u32>());
    (which, facts(), instants(), texts(), texts()).prop_map(
        |((order, order_digest, endpoint, number), fact, happened_at, answered_by, note)| Answer {
            order,
            order_digest,
            endpoint: EndpointNo::new(endpoint),
            number,
            fact,
            happened_at,
            answered_by,
            note,
        },
    )
}

pub(crate) fn answer_envelope(answer: &Answer) -> Envelope {
    let bytes = wire::answer::encode(answer);
    Envelope::new(wire::answer::payload_type(answer.fact), bytes).expect("within bounds")
}

fn roles() -> impl Strategy<Value = std::collections::BTreeSet<Role>> {
    prop::collection::btree_set(select(Role::ALL.to_vec()), 0..5)
}

fn officers() -> impl Strategy<Value = TrustedOfficer> {
    let key_use = select(vec![KeyUse::Actual, KeyUse::Exercise]);
    let own = (keys(), key_use, instants(), instants()).prop_map(
        |(key, key_use, valid_from, valid_to)| OfficerKey { key, key_use, valid_from, valid_to },
    );
    let owns = prop::collection::vec(own, 0..3);
    (officer_ids(), texts(), codes(), roles(), owns, option::of(instants())).prop_map(
        |(id, name, unit, roles, keys, retired_at)| TrustedOfficer {
            id,
            name,
            unit,
            roles,
            keys,
            retired_at,
        },
    )
}

fn rules() -> impl Strategy<Value = AuthorityRule> {
    let what = (
        option::of(select(Handling::ALL.to_vec())),
        option::of("[a-z-]{1,20}"),
        select(OrderAct::ALL.to_vec()),
        option::of(select(LegalGround::ALL.to_vec())),
        option::of(select(Echelon::ALL.to_vec())),
    );
    let places = prop::collection::vec(roles(), 0..3);
    (what, places, any::<bool>(), texts(), instants(), option::of(instants())).prop_map(
        |(
            (handling, kind, act, ground, echelon),
            places,
            drafter_may_sign,
            legal_basis,
            valid_from,
            valid_to,
        )| {
            AuthorityRule {
                handling,
                kind,
                ground,
                act,
                echelon,
                places,
                drafter_may_sign,
                legal_basis,
                valid_from,
                valid_to,
            }
        },
    )
}

fn delegations() -> impl Strategy<Value = Delegation> {
    let who = (officer_ids(), officer_ids(), roles());
    let scope = (
        option::of(select(Handling::ALL.to_vec())),
        prop::collection::btree_set("[a-z-]{1,20}", 0..3),
        prop::collection::btree_set(codes(), 0..3),
    );
    (who, scope, texts(), instants(), instants()).prop_map(
        |((from, to, roles), (handling, kinds, units), document, valid_from, valid_to)| {
            Delegation { from, to, roles, handling, kinds, units, document, valid_from, valid_to }
        },
    )
}

pub(crate) fn bundles() -> impl Strategy<Value = TrustBundle> {
    let head = (any::<u64>(), any::<u64>(), codes(), instants(), instants());
    let lists = (
        prop::collection::vec(officers(), 0..3),
        prop::collection::vec(rules(), 0..3),
        prop::collection::vec(keys(), 0..3),
        prop::collection::vec(delegations(), 0..3),
    );
    let watched = (keys(), any::<u32>()).prop_map(|(key, threshold)| Witnesses {
        keys: vec![NoteKey::new("kv1", NoteAlgorithm::Cosignature, key).expect("a name")],
        threshold,
    });
    (head, lists, keys(), any::<u32>(), texts(), watched).prop_map(
        |(
            head,
            (officers, rules, roots, delegations),
            ledger_key,
            root_threshold,
            authority_cert_pem,
            witnesses,
        )| {
            let (version, epoch, province, issued_at, expires_at) = head;
            TrustBundle {
                version,
                epoch,
                province,
                issued_at,
                expires_at,
                officers,
                rules,
                delegations,
                ledger_key,
                roots,
                root_threshold,
                authority_cert_pem,
                witnesses,
            }
        },
    )
}

pub(crate) fn bundle_envelope(bundle: &TrustBundle) -> Envelope {
    Envelope::new(PayloadType::TrustBundle, wire::trust::encode(bundle)).expect("within bounds")
}

fn dates() -> impl Strategy<Value = jiff::civil::Date> {
    (1900..2200_i16, 1..=12_i8, 1..=28_i8).prop_map(|(y, m, d)| jiff::civil::date(y, m, d))
}

fn units() -> impl Strategy<Value = Unit> {
    let basis = || select(vec![ParentBasis::Sourced, ParentBasis::Assumed, ParentBasis::Weak]);
    let some_codes = || prop::collection::vec(codes(), 0..3);
    let former = (some_codes(), basis(), some_codes(), option::of(codes())).prop_map(
        |(successors, successor_basis, other_parents, official_code)| Former {
            successors,
            successor_basis,
            other_parents,
            official_code,
        },
    );
    let numbers = (any::<Option<u32>>(), any::<Option<u32>>(), former);
    let days = (option::of(dates()), option::of(dates()));
    (codes(), texts(), select(UNIT_KINDS.to_vec()), option::of(codes()), basis(), numbers, days)
        .prop_map(
            |(
                code,
                name,
                kind,
                parent,
                parent_basis,
                (area_hectares, population, former),
                days,
            )| Unit {
                code,
                name,
                kind,
                parent,
                parent_basis,
                area_hectares,
                population,
                valid_from: days.0,
                valid_to: days.1,
                former,
            },
        )
}

fn acts() -> impl Strategy<Value = Act> {
    let some_codes = || prop::collection::vec(codes(), 0..3);
    let basis = select(vec![ParentBasis::Sourced, ParentBasis::Assumed, ParentBasis::Weak]);
    let kind = option::of(select(UNIT_KINDS.to_vec()));
    prop_oneof![
        any::<u64>().prop_map(|entry| Act::Undo { entry }),
        (some_codes(), codes(), option::of(units().prop_map(Box::new)))
            .prop_map(|(units, into, new)| Act::Change(Change::Merge { units, into, new })),
        (codes(), prop::collection::vec(units(), 0..3), any::<bool>())
            .prop_map(|(unit, parts, ends)| Act::Change(Change::Split { unit, parts, ends })),
        (codes(), texts(), kind).prop_map(|(unit, name, kind)| Act::Change(Change::Rename {
            unit,
            name,
            kind
        })),
        (codes(), codes(), basis).prop_map(|(unit, parent, basis)| Act::Change(Change::Move {
            unit,
            parent,
            basis
        })),
        (codes(), some_codes())
            .prop_map(|(unit, successors)| Act::Change(Change::Close { unit, successors })),
    ]
}

fn signatures() -> impl Strategy<Value = Signature> {
    (any::<[u8; 32]>(), prop::collection::vec(any::<u8>(), 64))
        .prop_map(|(id, bytes)| Signature::new(KeyId(id), &bytes).expect("64 bytes"))
}

fn actors() -> impl Strategy<Value = Actor> {
    prop_oneof![
        officer_ids().prop_map(Actor::Officer),
        any::<u32>().prop_map(|number| Actor::Endpoint(EndpointNo::new(number))),
        Just(Actor::Server),
    ]
}

fn unit_events() -> impl Strategy<Value = Event> {
    let line = select(vec![Line::Military, Line::Civil]);
    let number = any::<u32>().prop_map(EndpointNo::new);
    prop_oneof![
        (number.clone(), texts())
            .prop_map(|(no, document)| Event::EndpointRetired { no, document }),
        (
            acts(),
            dates(),
            prop::collection::vec(units(), 0..4),
            texts(),
            prop::collection::vec((number, codes(), line), 0..3)
        )
            .prop_map(|(act, effective, units, document, placed)| {
                let placed = placed.into_iter();
                let endpoints = placed
                    .map(|(no, unit, line)| Placed { no, address: Address { unit, line } })
                    .collect();
                let done = Reorganization { act, effective, units, endpoints, document };
                Event::UnitsReorganized(Box::new(done))
            }),
    ]
}

fn list_events() -> impl Strategy<Value = Event> {
    prop_oneof![
        (
            prop::collection::vec(
                (parsed::<SpecialtyCode>("[A-Z0-9-]{1,16}"), parsed("[A-Z0-9-]{1,16}")),
                0..4
            ),
            any::<bool>()
        )
            .prop_map(|(codes, continues)| {
                let specialty = |(code, near): (SpecialtyCode, SpecialtyCode)| Specialty {
                    name: format!("Chuyên nghiệp {code}"),
                    code,
                    near: vec![near],
                };
                let specialties = codes.into_iter().map(specialty).collect();
                Event::SpecialtiesPut { specialties, continues }
            }),
        (prop::collection::vec(parsed::<SpecialtyCode>("[A-Z0-9-]{1,16}"), 0..4), any::<bool>())
            .prop_map(|(codes, continues)| {
                let kind = |code: SpecialtyCode| EquipmentType {
                    name: format!("Loại {code}"),
                    other_names: vec![format!("Tên khác {code}")],
                    code,
                    class: EquipmentClass::CivilAviation,
                };
                let types = codes.into_iter().map(kind).collect();
                Event::EquipmentTypesPut { types, continues }
            }),
    ]
}

fn registry_events() -> impl Strategy<Value = Event> {
    let line = select(vec![Line::Military, Line::Civil]);
    let number = any::<u32>().prop_map(EndpointNo::new);
    let serial = || option::of(any::<[u8; 16]>().prop_map(Serial));
    let terminal = (keys(), any::<[u8; 32]>(), instants(), serial()).prop_map(
        |(answer_key, certificate_digest, certificate_not_after, certificate_serial)| Terminal {
            answer_key,
            certificate_digest,
            certificate_not_after,
            certificate_serial,
        },
    );
    let holder = prop_oneof![
        officer_ids().prop_map(CertificateHolder::Officer),
        any::<u32>().prop_map(|number| CertificateHolder::Endpoint(EndpointNo::new(number))),
    ];
    prop_oneof![
        (codes(), texts())
            .prop_map(|(province, origin)| Event::ProvinceFounded { province, origin }),
        bundles().prop_map(|bundle| {
            let envelope = bundle_envelope(&bundle);
            Event::TrustPublished(Arc::new(Trust { bundle, envelope }))
        }),
        prop::collection::vec(units(), 0..4).prop_map(Event::UnitsPut),
        list_events(),
        unit_events(),
        (number.clone(), codes(), line).prop_map(|(no, unit, line)| Event::EndpointAdded {
            no,
            address: Address { unit, line },
        }),
        (number.clone(), any::<[u8; 32]>(), instants()).prop_map(
            |(endpoint, secret_digest, expires_at)| Event::CodeCreated {
                endpoint,
                secret_digest,
                expires_at,
            }
        ),
        (number, any::<[u8; 32]>(), terminal).prop_map(|(endpoint, secret_digest, terminal)| {
            Event::TerminalEnrolled { endpoint, secret_digest, terminal }
        }),
        (holder, any::<[u8; 32]>(), instants(), option::of(any::<[u8; 32]>()), serial()).prop_map(
            |(holder, digest, not_after, shown, serial)| Event::CertificateIssued {
                holder,
                digest,
                not_after,
                shown,
                serial,
            }
        ),
        (any::<u32>(), any::<[u8; 32]>()).prop_map(|(number, digest)| Event::CertificateSeen {
            endpoint: EndpointNo::new(number),
            digest,
        }),
    ]
}

fn order_events() -> impl Strategy<Value = Event> {
    let kind = select(&RecordKind::ALL);
    let version = (any::<[u8; 16]>(), any::<u64>(), any::<[u8; 32]>())
        .prop_map(|(id, version, commitment)| RecordVersion { id, version, commitment });
    prop_oneof![
        (orders(), texts()).prop_map(|(order, traceparent)| {
            let envelope = order_envelope(&order);
            Event::OrderDrafted { order: Arc::new(order), envelope, traceparent }
        }),
        (order_ids(), signatures())
            .prop_map(|(order, signature)| Event::SignatureAdded { order, signature }),
        (order_ids(), any::<u64>(), texts()).prop_map(|(order, sequence, traceparent)| {
            Event::OrderIssued { order, sequence, traceparent }
        }),
        (answers(), any::<i64>(), signatures()).prop_map(|(answer, clock_offset_ms, signature)| {
            let mut envelope = answer_envelope(&answer);
            envelope.add(signature).expect("room");
            Event::AnswerTaken { answer, envelope, clock_offset_ms }
        }),
        (kind.clone(), prop::collection::vec(version.clone(), 0..4))
            .prop_map(|(kind, records)| Event::RecordsPut { kind, records }),
        (kind.clone(), any::<u32>(), prop::collection::vec(version, 0..4)).prop_map(
            |(kind, generation, records)| Event::RecordsResealed { kind, generation, records }
        ),
        (kind.clone(), any::<[u8; 16]>(), texts(), any::<u32>()).prop_map(
            |(kind, id, reason, generation)| Event::RecordErased { kind, id, reason, generation }
        ),
        any::<u32>().prop_map(|generation| Event::KeysBegun { generation }),
        ("[A-Za-z./]{1,40}", "[A-Z_]{1,20}", any::<u32>()).prop_map(
            |(call, reason, passed_over)| Event::CallRefused { call, reason, passed_over }
        ),
        (kind, prop::collection::vec(any::<[u8; 16]>(), 0..4))
            .prop_map(|(kind, records)| Event::RecordsRead { kind, records }),
        (any::<u64>(), prop::collection::vec(numbers_taken(), 0..4))
            .prop_map(|(epoch, numbers_taken)| Event::EpochBegun { epoch, numbers_taken }),
    ]
}

pub(crate) fn entries() -> impl Strategy<Value = Entry> {
    let request = option::of((parsed("[a-zA-Z0-9._-]{1,64}"), any::<[u8; 32]>()));
    (instants(), actors(), request, prop_oneof![registry_events(), order_events()])
        .prop_map(|(at, actor, request, event)| Entry { at, actor, request, event })
}
