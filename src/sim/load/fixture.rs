//! What a load run needs before it starts: an authority, a store with a province of as many
//! endpoints as asked for, certificates for all of them, and signed orders ready to be issued.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;

use jiff::civil::Date;
use ring::rand::SystemRandom;
use uuid::Uuid;

use crate::clock::Clock;
use crate::domain::authority::{Role, default_rules};
use crate::domain::endpoint::{Address, Line, Terminal};
use crate::domain::ids::{EndpointNo, OfficerId, OrderId, UnitCode};
use crate::domain::instant::Instant;
use crate::domain::order::audience::AudienceSelector;
use crate::domain::order::handling::Handling;
use crate::domain::order::{LegalGround, Order, OrderKind, Urgency};
use crate::domain::unit::{Former, ParentBasis, Unit, UnitKind};
use crate::domain::world::{Actor, Command, NewDraft, OrderFile, Request, Trust};
use crate::engine::{Engine, Parts};
use crate::evidence::checkpoint::witness::Witnesses;
use crate::evidence::envelope::{Envelope, PayloadType, Signature};
use crate::evidence::key::{KeyUse, SigningKey};
use crate::evidence::trust::{OfficerKey, TrustBundle, TrustedOfficer};
use crate::index::Registry;
use crate::limits;
use crate::pki::authority::{Authority, Credentials};
use crate::pki::identity::{Fingerprint, Identity};
use crate::pki::request::KeyAndRequest;
use crate::store::journaled::{SledStore, StoreOptions};
use crate::tasks::Tasks;
use crate::telemetry::metrics::Metrics;
use crate::wire;

const DAY_MS: i64 = 86_400_000;

/// Any error of the preparation: there is nobody to tell apart here.
pub type Fault = Box<dyn std::error::Error + Send + Sync>;

/// A prepared run.
#[derive(Debug)]
pub struct Fixture {
    /// The enrolment authority.
    pub authority: Authority,
    /// The server's certificate and key.
    pub server: Credentials,
    /// Each terminal's certificate; the key is shared, for keys are not what is measured.
    pub terminals: Vec<Credentials>,
    /// The key of all receipts.
    pub answer_key: SigningKey,
    /// Signed orders that wait to be issued.
    pub orders: Vec<OrderId>,
}

/// Makes a province in `store_dir`.
///
/// # Errors
/// Whatever fails.
pub async fn build(
    store_dir: &Path,
    terminals: u32,
    orders: u32,
    order_len: usize,
    clock: Arc<dyn Clock>,
) -> Result<Fixture, Fault> {
    let (now, rng) = (clock.now(), SystemRandom::new());
    let province: UnitCode = "11".parse()?;
    let authority = Authority::create(&province, now)?;
    let (root, ledger) = (SigningKey::generate(&rng)?, SigningKey::generate(&rng)?);
    let (signer, answer_key) = (SigningKey::generate(&rng)?, SigningKey::generate(&rng)?);
    let tasks = Tasks::new();
    let store = Arc::new(SledStore::open(store_dir, StoreOptions::server())?);
    let engine = Engine::start(
        Parts {
            store: store.clone(),
            clock: clock.clone(),
            ledger_key: Some(ledger),
            registry: Registry::default(),
            metrics: Metrics::noop(),
        },
        &tasks,
    )?;
    let maker = Maker { engine, province, now };
    let ledger_key = SigningKey::generate(&rng)?.public();
    maker.found(&root, &signer, ledger_key, &authority).await?;
    maker.add_units(terminals).await?;
    let shared = KeyAndRequest::generate()?;
    let credentials = maker.enrol_all(terminals, &authority, &shared, &answer_key).await?;
    let mut signed = Vec::new();
    for number in 1..=orders {
        signed.push(maker.sign_order(number, order_len, &signer).await?);
    }
    let server = authority.issue_server(
        &["localhost".to_owned()],
        &[IpAddr::V4(Ipv4Addr::LOCALHOST)],
        now,
    )?;
    drop(maker);
    tasks.stop(limits::CALL_PATIENCE).await?;
    let store = Arc::try_unwrap(store).or(Err("the store is still in use"))?;
    store.close()?;
    Ok(Fixture { authority, server, terminals: credentials, answer_key, orders: signed })
}

struct Maker {
    engine: Engine,
    province: UnitCode,
    now: Instant,
}

impl Maker {
    async fn submit(&self, actor: Actor, command: Command) -> Result<(), Fault> {
        self.engine.submit(Request { actor, id: None, command }).await?;
        Ok(())
    }

    async fn found(
        &self,
        root: &SigningKey,
        signer: &SigningKey,
        ledger_key: crate::evidence::key::PublicKey,
        authority: &Authority,
    ) -> Result<(), Fault> {
        let (from, to) = (self.now.offset_by(-DAY_MS), self.now.offset_by(30 * DAY_MS));
        let bundle = TrustBundle {
            version: 1,
            epoch: 1,
            province: self.province.clone(),
            issued_at: self.now,
            expires_at: to,
            officers: vec![TrustedOfficer {
                id: officer()?,
                name: "Load".into(),
                unit: self.province.clone(),
                roles: [Role::Drafter, Role::Signer].into(),
                keys: vec![OfficerKey {
                    key: signer.public(),
                    key_use: KeyUse::Exercise,
                    valid_from: from,
                    valid_to: to,
                }],
                retired_at: None,
            }],
            rules: default_rules(from, "load run"),
            delegations: Vec::new(),
            ledger_key,
            roots: vec![root.public()],
            root_threshold: 1,
            authority_cert_pem: authority.certificate_pem().to_owned(),
            witnesses: Witnesses::default(),
        };
        let mut envelope = Envelope::new(PayloadType::TrustBundle, wire::trust::encode(&bundle))?;
        envelope.sign(root)?;
        let (province, origin) = (self.province.clone(), "load.hoatoc".to_owned());
        self.submit(Actor::Server, Command::Found { province, origin }).await?;
        self.submit(Actor::Server, Command::PublishTrust(Arc::new(Trust { bundle, envelope })))
            .await
    }

    /// A commune for each two endpoints, as in life.
    async fn add_units(&self, terminals: u32) -> Result<(), Fault> {
        let mut units = vec![
            unit("11", UnitKind::ProvincialCommand, None)?,
            unit("KV1", UnitKind::DefensiveAreaCommand, Some("11"))?,
        ];
        for commune in 0..terminals.div_ceil(2) {
            units.push(unit(&commune_code(commune), UnitKind::Commune, Some("KV1"))?);
        }
        self.submit(Actor::Server, Command::PutUnits(units)).await
    }

    async fn enrol_all(
        &self,
        terminals: u32,
        authority: &Authority,
        shared: &KeyAndRequest,
        answer_key: &SigningKey,
    ) -> Result<Vec<Credentials>, Fault> {
        let mut credentials = Vec::new();
        let mut pending = Vec::new();
        for number in 1..=terminals {
            let line = if number % 2 == 1 { Line::Military } else { Line::Civil };
            let address = Address { unit: commune_code((number - 1) / 2).parse()?, line };
            let identity = Identity::Endpoint {
                province: self.province.clone(),
                address: address.to_string().parse()?,
                number: EndpointNo::new(number),
            };
            let certificate_pem = authority.sign_csr(
                shared.request_pem.as_bytes(),
                &identity,
                limits::HOLDER_VALIDITY,
                self.now,
            )?;
            let terminal = Terminal {
                answer_key: answer_key.public(),
                certificate_digest: fingerprint(&certificate_pem)?.0,
                certificate_not_after: self.now.offset_by(DAY_MS),
                certificate_serial: None,
            };
            let key_pem = shared.key_pem.clone();
            credentials.push(Credentials { certificate_pem, key_pem });
            let mut secret_digest = [0; 32];
            secret_digest[..4].copy_from_slice(&number.to_be_bytes());
            let expires_at = self.now.offset_by(DAY_MS);
            for command in [
                Command::AddEndpoints(vec![address.clone()]),
                Command::CreateCode { address, secret_digest, expires_at },
                Command::Enrol { secret_digest, terminal },
            ] {
                let request = Request { actor: Actor::Server, id: None, command };
                pending.push(self.engine.enqueue(request).await?);
            }
            if pending.len() >= limits::GROUP_LEN_MAX {
                for waiting in pending.drain(..) {
                    waiting.await??;
                }
            }
        }
        for waiting in pending {
            waiting.await??;
        }
        Ok(credentials)
    }

    async fn sign_order(
        &self,
        number: u32,
        order_len: usize,
        signer: &SigningKey,
    ) -> Result<OrderId, Fault> {
        let selector = AudienceSelector {
            units: [self.province.clone()].into(),
            ..AudienceSelector::default()
        };
        let audience = {
            let world = self.engine.world();
            selector.resolve(world.units(), world.endpoints())?
        };
        let mut order = Order {
            id: OrderId::new(Uuid::now_v7()),
            handling: Handling::Exercise,
            kind: OrderKind::Directive,
            urgency: Urgency::Flash,
            ground: LegalGround::Drill,
            province: self.province.clone(),
            epoch: 1,
            series_year: self.now.year_in_vietnam(),
            number,
            drafted_by: officer()?,
            drafted_at: self.now,
            title: "Load".into(),
            body: "x".into(),
            station: None,
            requirements: Vec::new(),
            answer_by: self.now.offset_by(DAY_MS / 2),
            report_by: None,
            not_after: self.now.offset_by(DAY_MS),
            audience,
            reference: None,
            call_up: None,
        };
        let bare = wire::order::encode(&order).len();
        order.body = "x".repeat(order_len.saturating_sub(bare).max(1));
        let payload_type = OrderFile::payload_type(&order);
        let envelope = Envelope::new(payload_type, wire::order::encode(&order))?;
        let signature =
            Signature { key_id: signer.id(), bytes: signer.sign(&envelope.signed_bytes()) };
        let (id, actor) = (order.id, Actor::Officer(officer()?));
        let order = Arc::new(order);
        let draft = NewDraft { order, envelope, traceparent: String::new(), erased_then: None };
        self.submit(actor.clone(), Command::Draft(draft)).await?;
        self.submit(actor, Command::AddSignature { order: id, signature }).await?;
        Ok(id)
    }
}

fn officer() -> Result<OfficerId, Fault> {
    Ok("load".parse()?)
}

fn commune_code(number: u32) -> String {
    format!("9{number:05}")
}

fn unit(code: &str, kind: UnitKind, parent: Option<&str>) -> Result<Unit, Fault> {
    Ok(Unit {
        code: code.parse()?,
        name: format!("{} {code}", kind.name_word().unwrap_or("Đơn vị")),
        kind,
        parent: parent.map(str::parse).transpose()?,
        parent_basis: ParentBasis::Sourced,
        area_hectares: None,
        population: None,
        valid_from: None::<Date>,
        valid_to: None,
        former: Former::default(),
    })
}

fn fingerprint(certificate_pem: &str) -> Result<Fingerprint, Fault> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    let der = CertificateDer::from_pem_slice(certificate_pem.as_bytes())
        .map_err(|fault| io::Error::other(format!("{fault:?}")))?;
    Ok(Fingerprint::of(&der))
}
