//! A small province with everybody in it, for tests and benches that drive the engine itself: its
//! officers' keys, its terminals' keys, and the requests they would make.
//!
//! All keys come from fixed seeds: what one process records, another can check. Nothing here is ever
//! used by a server.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::domain::authority::{Role, default_rules};
use crate::domain::endpoint::{Address, Line};
use crate::domain::ids::{EndpointNo, OfficerId, OrderId, RequestId, UnitCode};
use crate::domain::instant::Instant;
use crate::domain::order::audience::AudienceSelector;
use crate::domain::order::delivery::{Answer, Fact};
use crate::domain::order::handling::Handling;
use crate::domain::order::{LegalGround, Order, OrderKind, Reference, ReferenceKind, Urgency};
use crate::domain::unit::{Former, ParentBasis, Unit, UnitKind};
use crate::domain::world::{Actor, Command, NewDraft, OrderFile, Request, Trust, World};
use crate::evidence::checkpoint::witness::Witnesses;
use crate::evidence::envelope::{Envelope, Signature};
use crate::evidence::key::{KeyUse, SigningKey};
use crate::evidence::sha256;
use crate::evidence::trust::{OfficerKey, TrustBundle, TrustedOfficer};
use crate::wire::{answer, order, trust};

/// The ledger's origin.
pub const ORIGIN: &str = "hoatoc.example/11";
/// The officer who drafts.
pub const CLERK: &str = "clerk";
/// The officer who signs as commander.
pub const SIGNER: &str = "signer";
/// The officer who approves.
pub const APPROVER: &str = "approver";
/// Most endpoints a cast can have: two for each commune that fits beside province and area.
pub const ENDPOINTS_MAX: u32 = 9_990;

/// The cast.
#[derive(Debug, Clone)]
pub struct Cast {
    endpoints: u32,
}

fn key(name: &str) -> SigningKey {
    let seed = sha256(&[b"a key of the cast: ", name.as_bytes()]);
    SigningKey::from_seed(&seed).expect("32 bytes are a seed")
}

fn code(text: &str) -> UnitCode {
    text.parse().expect("a code of plain characters")
}

fn officer(id: &str) -> OfficerId {
    id.parse().expect("an id of plain characters")
}

fn sealed(payload_type: crate::evidence::envelope::PayloadType, payload: Vec<u8>) -> Envelope {
    Envelope::new(payload_type, payload).expect("neither empty nor long")
}

impl Cast {
    /// A province with so many endpoints, at least one and at most [`ENDPOINTS_MAX`].
    pub fn new(endpoints: u32) -> Self {
        Self { endpoints: endpoints.clamp(1, ENDPOINTS_MAX) }
    }

    /// How many endpoints there are; they are numbered from 1.
    pub const fn endpoints(&self) -> u32 {
        self.endpoints
    }

    /// Signs the ledger's heads.
    pub fn ledger_key() -> SigningKey {
        key("ledger")
    }

    /// Signs an endpoint's receipts and answers.
    pub fn answer_key(endpoint: u32) -> SigningKey {
        key(&format!("endpoint {endpoint}"))
    }

    /// A request of the server itself, or of an officer.
    pub fn request(actor: Actor, id: Option<&str>, command: Command) -> Request {
        let id = id.map(|id| {
            let digest = sha256(&[id.as_bytes()]);
            (id.parse::<RequestId>().expect("an id of plain characters"), digest)
        });
        Request { actor, id, command }
    }

    /// An officer as an actor.
    pub fn officer(id: &str) -> Actor {
        Actor::Officer(officer(id))
    }

    /// Everything up to the first order: province, trust, units, endpoints.
    pub fn founding(&self, now: Instant) -> Vec<Request> {
        let found = Command::Found { province: code("11"), origin: ORIGIN.to_owned() };
        let server = |command| Self::request(Actor::Server, None, command);
        let addresses = self.addresses();
        vec![
            server(found),
            server(Command::PublishTrust(Self::trust(1, 1, now))),
            server(Command::PutUnits(self.units())),
            server(Command::AddEndpoints(addresses)),
        ]
    }

    fn units(&self) -> Vec<Unit> {
        let unit = |own: &str, kind: UnitKind, parent: Option<&str>| Unit {
            code: code(own),
            name: format!("{} {own}", kind.name_word().unwrap_or("Đơn vị")),
            kind,
            parent: parent.map(code),
            parent_basis: ParentBasis::Assumed,
            area_hectares: None,
            population: None,
            valid_from: None,
            valid_to: None,
            former: Former::default(),
        };
        let mut units = vec![
            unit("11", UnitKind::ProvincialCommand, None),
            unit("KV1", UnitKind::DefensiveAreaCommand, Some("11")),
        ];
        let communes = 1..=self.endpoints.div_ceil(2);
        units.extend(communes.map(|n| unit(&format!("X{n:04}"), UnitKind::Commune, Some("KV1"))));
        units
    }

    fn addresses(&self) -> Vec<Address> {
        let address = |n: u32| {
            let line = if n.is_multiple_of(2) { Line::Civil } else { Line::Military };
            Address { unit: code(&format!("X{:04}", n.div_ceil(2))), line }
        };
        (1..=self.endpoints).map(address).collect()
    }

    /// A trust bundle of this version and epoch, signed by its roots.
    pub fn trust(version: u64, epoch: u64, now: Instant) -> Arc<Trust> {
        let year = Duration::from_secs(365 * 86_400);
        let member = |id: &str, role| TrustedOfficer {
            id: officer(id),
            name: format!("Officer {id}"),
            unit: code("11"),
            roles: [role].into(),
            keys: vec![OfficerKey {
                key: key(id).public(),
                key_use: KeyUse::Actual,
                valid_from: now - year,
                valid_to: now + year,
            }],
            retired_at: None,
        };
        let roots = ["root 1", "root 2"].map(key);
        let bundle = TrustBundle {
            version,
            epoch,
            province: code("11"),
            issued_at: now,
            expires_at: now + year,
            officers: vec![
                member(CLERK, Role::Drafter),
                member(SIGNER, Role::Signer),
                member(APPROVER, Role::Approver),
            ],
            rules: default_rules(now - year, "Law 53/2019/QH14, article 25"),
            delegations: Vec::new(),
            ledger_key: Self::ledger_key().public(),
            roots: roots.iter().map(SigningKey::public).collect(),
            root_threshold: 2,
            authority_cert_pem: "certificate".to_owned(),
            witnesses: Witnesses::default(),
        };
        let payload_type = crate::evidence::envelope::PayloadType::TrustBundle;
        let mut envelope = sealed(payload_type, trust::encode(&bundle));
        roots.iter().for_each(|root| envelope.sign(root).expect("room for two"));
        Arc::new(Trust { bundle, envelope })
    }

    /// An actual order to everybody, as its author would make it on top of `world`; valid for a day.
    pub fn order(world: &World, id: u128, now: Instant) -> Order {
        let everybody = AudienceSelector { units: [code("11")].into(), ..Default::default() };
        let year = now.year_in_vietnam();
        Order {
            id: OrderId::new(Uuid::from_u128(id)),
            handling: Handling::Actual,
            kind: OrderKind::Directive,
            urgency: Urgency::Flash,
            ground: LegalGround::Disaster,
            province: code("11"),
            epoch: world.epoch(),
            series_year: year,
            number: world.next_number(Handling::Actual, year),
            drafted_by: officer(CLERK),
            drafted_at: now,
            title: "Lệnh thử".to_owned(),
            body: "Nội dung".to_owned(),
            station: None,
            requirements: Vec::new(),
            answer_by: now + Duration::from_secs(3_600),
            report_by: None,
            not_after: now + Duration::from_secs(86_400),
            audience: everybody
                .resolve(world.units(), world.endpoints())
                .expect("the cast has endpoints"),
            reference: None,
            call_up: None,
        }
    }

    /// An order that cancels or updates an earlier one, for the same recipients.
    pub fn reference(
        world: &World,
        earlier: &OrderFile,
        kind: ReferenceKind,
        id: u128,
        now: Instant,
    ) -> Order {
        let reference = Reference { kind, order: earlier.order.id, digest: earlier.digest };
        let audience = earlier.order.audience.clone();
        Order { reference: Some(reference), audience, ..Self::order(world, id, now) }
    }

    /// The order's bytes in an envelope that these officers signed.
    pub fn draft(order: Order, signers: &[&str]) -> NewDraft {
        let mut envelope = sealed(OrderFile::payload_type(&order), order::encode(&order));
        signers.iter().for_each(|id| envelope.sign(&key(id)).expect("room for a few"));
        NewDraft { order: Arc::new(order), envelope, traceparent: String::new(), erased_then: None }
    }

    /// Draft, two signatures, issue: each with a request id that begins with `name`.
    pub fn issuing(order: Order, name: &str) -> Vec<Request> {
        let id = order.id;
        let draft = Self::draft(order, &[]);
        let bytes = draft.envelope.signed_bytes();
        let sign = |who: &str| {
            let key = key(who);
            let signature = Signature { key_id: key.id(), bytes: key.sign(&bytes) };
            let command = Command::AddSignature { order: id, signature };
            Self::request(Self::officer(who), Some(&format!("{name}-{who}")), command)
        };
        let issue = Command::Issue { order: id, traceparent: String::new() };
        vec![
            Self::request(
                Self::officer(CLERK),
                Some(&format!("{name}-draft")),
                Command::Draft(draft),
            ),
            sign(SIGNER),
            sign(APPROVER),
            Self::request(Self::officer(CLERK), Some(&format!("{name}-issue")), issue),
        ]
    }

    /// An update or cancel, signed by both officers and issued in one step.
    pub fn issuing_signed(order: Order, name: &str) -> Request {
        let draft = Self::draft(order, &[SIGNER, APPROVER]);
        Self::request(Self::officer(SIGNER), Some(name), Command::IssueSigned(draft))
    }

    /// What an endpoint says of an order whose digest it has, signed.
    pub fn answer(
        (order, order_digest): (OrderId, [u8; 32]),
        endpoint: u32,
        number: u32,
        fact: Fact,
        happened_at: Instant,
    ) -> (Answer, Envelope) {
        let by_device = matches!(fact, Fact::Delivered | Fact::Opened);
        let said = Answer {
            order,
            order_digest,
            endpoint: EndpointNo::new(endpoint),
            number,
            fact,
            happened_at,
            answered_by: if by_device { String::new() } else { "Trực ban".to_owned() },
            note: String::new(),
        };
        let mut envelope = sealed(answer::payload_type(fact), answer::encode(&said));
        envelope.sign(&Self::answer_key(endpoint)).expect("room for one");
        (said, envelope)
    }

    /// An answer as the request that a session makes of it.
    pub fn answering((answer, envelope): (Answer, Envelope)) -> Request {
        let actor = Actor::Endpoint(answer.endpoint);
        let command = Command::TakeAnswer { answer, envelope, clock_offset_ms: 0 };
        Self::request(actor, None, command)
    }
}
