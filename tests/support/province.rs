//! A province: founded, with a trust bundle, units, endpoints, and a server that serves.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hoatoc::clock::{Clock, ManualClock};
use hoatoc::domain::authority::{Role, default_rules};
use hoatoc::domain::endpoint::{Address, Line};
use hoatoc::domain::ids::UnitCode;
use hoatoc::domain::instant::Instant;
use hoatoc::domain::unit::{Former, ParentBasis, Unit, UnitKind};
use hoatoc::domain::world::{Actor, Command, Entry, Event, Request, Trust as WorldTrust};
use hoatoc::engine::{Engine, Parts as EngineParts, upkeep};
use hoatoc::evidence::checkpoint::witness::Witnesses;
use hoatoc::evidence::envelope::{Envelope, PayloadType};
use hoatoc::evidence::key::{KeyUse, PublicKey, SigningKey};
use hoatoc::evidence::seal::Sealer;
use hoatoc::evidence::trust::{OfficerKey, TrustBundle, TrustedOfficer};
use hoatoc::fanout::{Hub, Settings, Sheets};
use hoatoc::index::Registry;
use hoatoc::limits;
use hoatoc::pki::authority::{Authority, Credentials};
use hoatoc::pki::config::{ServerTls, ServerTlsParts, Trust, client_config};
use hoatoc::pki::identity::Identity;
use hoatoc::pki::request::KeyAndRequest;
use hoatoc::rpc::channel::client_channel;
use hoatoc::rpc::listener::ListenerLimits;
use hoatoc::rpc::server::{Parts, Server};
use hoatoc::rpc::services::Upkeep;
use hoatoc::rpc::terminal::TerminalDoor;
use hoatoc::store::journaled::{SledStore, StoreOptions};
use hoatoc::store::memory::MemoryStore;
use hoatoc::store::{Store, keys};
use hoatoc::tasks::Tasks;
use hoatoc::telemetry::metrics::Metrics;
use hoatoc::wire::{entry, trust as wire_trust};
use ring::rand::SystemRandom;
use tokio_util::sync::CancellationToken;
use tonic::service::RoutesBuilder;
use tonic::transport::Channel;

use super::calls::soon;

pub(crate) const NOW: Instant = Instant::from_millis(1_795_000_000_000);
pub(crate) const COMMUNE: &str = "03160";
/// Seals records and call-up lists.
pub(crate) const MASTER: [u8; 32] = [7; 32];
const YEAR_MS: i64 = 366 * 86_400_000;

/// An officer with the keys at home and the certificate for calls.
pub(crate) struct Person {
    pub(crate) roles: Vec<Role>,
    pub(crate) unit: UnitCode,
    pub(crate) retired_at: Option<Instant>,
    pub(crate) actual: SigningKey,
    pub(crate) exercise: SigningKey,
    pub(crate) credentials: Credentials,
}

pub(crate) struct Province {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) engine: Engine,
    pub(crate) server: Server,
    pub(crate) authority: Arc<Authority>,
    pub(crate) ledger_key: PublicKey,
    pub(crate) root: SigningKey,
    pub(crate) people: BTreeMap<String, Person>,
    pub(crate) hub: Hub,
    pub(crate) sheets: Sheets,
    pub(crate) metrics: Metrics,
    pub(crate) tasks: Tasks,
}

/// What a store on a disk can do, and the figures about it.
type OnDisk = (Arc<SledStore>, PathBuf);

fn code() -> UnitCode {
    "11".parse().expect("a unit code")
}

pub(crate) fn unit(code: &str, name: &str, kind: UnitKind, parent: Option<&str>) -> Unit {
    Unit {
        code: code.parse().expect("a unit code"),
        name: name.into(),
        kind,
        parent: parent.map(|parent| parent.parse().expect("a unit code")),
        parent_basis: ParentBasis::Sourced,
        area_hectares: None,
        population: None,
        valid_from: None,
        valid_to: None,
        former: Former::default(),
    }
}

/// One officer for each role, named like it, a second signer, and one with every role.
fn people(authority: &Authority) -> BTreeMap<String, Person> {
    let mut people = BTreeMap::new();
    let random = SystemRandom::new();
    let mut add = |name: &str, roles: Vec<Role>| {
        people.insert(name.to_owned(), person(authority, &random, name, roles, code()));
    };
    for role in Role::ALL {
        add(role.as_str(), vec![role]);
    }
    add("signer-2", vec![Role::Signer]);
    add("everything", Role::ALL.to_vec());
    people
}

fn person(
    authority: &Authority,
    random: &SystemRandom,
    name: &str,
    roles: Vec<Role>,
    unit: UnitCode,
) -> Person {
    let key = || SigningKey::generate(random).expect("a key");
    let credentials = certified(authority, &format!("hoatoc://11/officer/{name}"));
    Person { roles, unit, retired_at: None, actual: key(), exercise: key(), credentials }
}

pub(crate) fn certified(authority: &Authority, identity: &str) -> Credentials {
    let made = KeyAndRequest::generate().expect("a request");
    let identity: Identity = identity.parse().expect("an identity");
    let csr = made.request_pem.as_bytes();
    let signed = authority.sign_csr(csr, &identity, limits::HOLDER_VALIDITY, NOW);
    Credentials { certificate_pem: signed.expect("a certificate"), key_pem: made.key_pem }
}

impl Province {
    /// On a store in memory.
    pub(crate) async fn start() -> Self {
        Self::on(Arc::new(MemoryStore::new()), None).await
    }

    /// On a store in a data directory, cared for as a server does.
    pub(crate) async fn on_disk(dir: &Path) -> Self {
        let store = SledStore::open(&dir.join("store"), StoreOptions::terminal());
        let store = Arc::new(store.expect("a store"));
        Self::on(store.clone(), Some((store, dir.to_owned()))).await
    }

    async fn on(store: Arc<dyn Store>, on_disk: Option<OnDisk>) -> Self {
        let clock = Arc::new(ManualClock::at(NOW));
        let tasks = Tasks::new();
        let authority = Arc::new(Authority::create(&code(), NOW).expect("an authority"));
        let random = SystemRandom::new();
        let key = || SigningKey::generate(&random).expect("a key");
        let (ledger_key, root) = (key(), key());
        let ledger_public = ledger_key.public();
        let metrics = Metrics::with_page("test").expect("a page");
        let parts = EngineParts {
            store,
            clock: clock.clone(),
            ledger_key: Some(ledger_key),
            registry: Registry::default(),
            metrics: metrics.clone(),
        };
        let engine = Engine::start(parts, &tasks).expect("an empty store is sound");
        let figures = on_disk.as_ref().map(|(store, dir)| {
            let settings =
                upkeep::Settings { data_dir: dir.clone(), snapshot_every_bytes: u64::MAX };
            upkeep::start(&engine, store, settings, &metrics, &tasks).expect("nothing published")
        });
        let sealer = Arc::new(Sealer::new(&MASTER));
        let (hub, sheets) = (Hub::default(), Sheets::new(engine.clone(), sealer));
        let door = TerminalDoor {
            engine: engine.clone(),
            sheets: sheets.clone(),
            hub: hub.clone(),
            tasks: tasks.clone(),
            settings: Settings { heartbeat: Duration::from_secs(20) },
            metrics: metrics.clone(),
        };
        let (mut extra, draining) = (RoutesBuilder::default(), CancellationToken::new());
        extra.add_service(door.into_service());
        let server = Server::start(
            Parts {
                address: SocketAddr::from(([127, 0, 0, 1], 0)),
                listener: ListenerLimits::default(),
                tls: Arc::new(tls(&authority, clock.clone())),
                clock: clock.clone(),
                engine: engine.clone(),
                sheets: sheets.clone(),
                authority: authority.clone(),
                metrics: metrics.clone(),
                presence: Arc::new(hub.clone()),
                upkeep: on_disk.map(|(store, _dir)| store as Arc<dyn Upkeep>),
                figures: figures.unwrap_or_default(),
                law: hoatoc::domain::registry::eligibility::Law::default(),
                draining,
                extra,
            },
            &tasks,
        );
        let server = server.expect("a port on loopback");
        let province = Self {
            clock,
            engine,
            server,
            people: people(&authority),
            authority,
            ledger_key: ledger_public,
            root,
            hub,
            sheets,
            metrics,
            tasks,
        };
        province.found().await;
        province
    }

    async fn found(&self) {
        let origin = "hoatoc.example/11".to_owned();
        self.by_server(Command::Found { province: code(), origin }).await;
        self.by_server(Command::PublishTrust(Arc::new(self.bundle(1, &[])))).await;
        self.by_server(Command::PutUnits(vec![
            unit("11", "Bộ Chỉ huy quân sự tỉnh", UnitKind::ProvincialCommand, None),
            unit("KV1", "Khu vực 1", UnitKind::DefensiveAreaCommand, Some("11")),
            unit(COMMUNE, "Xã Mường Nhé", UnitKind::Commune, Some("KV1")),
            unit("03127", "Phường Mường Lay", UnitKind::Ward, Some("KV1")),
        ]))
        .await;
        let at = |unit: &str, line| Address { unit: unit.parse().expect("a code"), line };
        self.by_server(Command::AddEndpoints(vec![
            at(COMMUNE, Line::Military),
            at(COMMUNE, Line::Civil),
            at("03127", Line::Military),
            at("KV1", Line::Military),
        ]))
        .await;
    }

    /// A trust bundle without those who are left out.
    pub(crate) fn bundle(&self, version: u64, left_out: &[&str]) -> WorldTrust {
        let valid_to = NOW.offset_by(YEAR_MS);
        let officer_key = |key: &SigningKey, key_use| OfficerKey {
            key: key.public(),
            key_use,
            valid_from: NOW.offset_by(-1),
            valid_to,
        };
        let kept = self.people.iter().filter(|(name, _person)| !left_out.contains(&name.as_str()));
        let officers = kept.map(|(name, person)| TrustedOfficer {
            id: name.parse().expect("an officer id"),
            name: name.clone(),
            unit: person.unit.clone(),
            roles: person.roles.iter().copied().collect(),
            keys: vec![
                officer_key(&person.actual, KeyUse::Actual),
                officer_key(&person.exercise, KeyUse::Exercise),
            ],
            retired_at: person.retired_at,
        });
        let bundle = TrustBundle {
            version,
            epoch: 0,
            province: code(),
            issued_at: NOW,
            expires_at: valid_to,
            officers: officers.collect(),
            rules: default_rules(NOW.offset_by(-1), "Luật 53/2019/QH14"),
            delegations: Vec::new(),
            ledger_key: self.ledger_key,
            roots: vec![self.root.public()],
            root_threshold: 1,
            authority_cert_pem: self.authority.certificate_pem().to_owned(),
            witnesses: Witnesses::default(),
        };
        let payload = wire_trust::encode(&bundle);
        let mut envelope =
            Envelope::new(PayloadType::TrustBundle, payload).expect("within the bound");
        envelope.sign(&self.root).expect("room for a signature");
        WorldTrust { bundle, envelope }
    }

    /// The server's own doing.
    pub(crate) async fn by_server(&self, command: Command) {
        let request = Request { actor: Actor::Server, id: None, command };
        soon(self.engine.submit(request)).await.expect("it may happen");
    }

    /// Lets days go by, each of which the server sees: a leap it would not follow.
    pub(crate) fn live_until(&self, then: Instant) {
        while self.clock.now() < then {
            self.clock.set(then.min(self.clock.now() + Duration::from_secs(86_400)));
            assert_eq!(self.engine.now(), self.clock.now());
        }
    }

    pub(crate) fn person(&self, name: &str) -> &Person {
        &self.people[name]
    }

    /// A connection as an officer.
    pub(crate) async fn officer(&self, name: &str) -> Channel {
        self.holder(Some(&self.person(name).credentials)).await
    }

    /// A connection without a certificate.
    pub(crate) async fn nobody(&self) -> Channel {
        self.holder(None).await
    }

    /// A connection with any certificate.
    pub(crate) async fn holder(&self, credentials: Option<&Credentials>) -> Channel {
        let trust = Trust::Authority(self.authority.certificate_pem().to_owned());
        let clock: Arc<dyn Clock> = self.clock.clone();
        let config = client_config(&trust, credentials, clock).expect("good parts");
        let address = self.server.local_address().to_string();
        soon(client_channel(&address, "localhost", config)).await.expect("a connection")
    }

    /// One more officer, who counts with the next bundle.
    pub(crate) fn add_person(&mut self, name: &str, roles: Vec<Role>, unit: &str) {
        let unit = unit.parse().expect("a unit code");
        let person = person(&self.authority, &SystemRandom::new(), name, roles, unit);
        self.people.insert(name.to_owned(), person);
    }

    /// What the ledger says, from the first entry on.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        let (mut found, mut after) = (Vec::new(), Vec::new());
        loop {
            let page = self.engine.store().scan(keys::LEDGER, &after, 500).expect("readable");
            let Some((last, _leaf)) = page.last() else { return found };
            after.clone_from(last);
            found.extend(page.iter().map(|(_key, leaf)| entry::decode(leaf).expect("our own")));
        }
    }

    /// How many entries there are, but for those about refused calls.
    pub(crate) fn ledger_size(&self) -> u64 {
        let told = |entry: &Entry| !matches!(entry.event, Event::CallRefused { .. });
        u64::try_from(self.entries().iter().filter(|entry| told(entry)).count()).expect("few")
    }
}

fn tls(authority: &Authority, clock: Arc<dyn Clock>) -> ServerTls {
    let (names, addresses) = (["localhost".to_owned()], ["127.0.0.1".parse().expect("an address")]);
    let parts = ServerTlsParts {
        province: code(),
        authority_pem: authority.certificate_pem().to_owned(),
        credentials: authority.issue_server(&names, &addresses, NOW).expect("a server"),
        revocations_pem: None,
    };
    ServerTls::new(parts, clock).expect("good parts")
}
