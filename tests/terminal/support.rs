//! A province with its authority and officers, and a server that does what the test says.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hoatoc::clock::{Clock, ManualClock};
use hoatoc::domain::authority::{Role, default_rules};
use hoatoc::domain::ids::{EndpointNo, OrderId};
use hoatoc::domain::instant::Instant;
use hoatoc::domain::order::audience::{Audience, AudienceSelector};
use hoatoc::domain::order::handling::Handling;
use hoatoc::domain::order::{LegalGround, Order, OrderKind, Urgency};
use hoatoc::domain::world::OrderFile;
use hoatoc::evidence::checkpoint::witness::Witnesses;
use hoatoc::evidence::envelope::{Envelope, PayloadType};
use hoatoc::evidence::key::{KeyUse, SigningKey};
use hoatoc::evidence::trust::{OfficerKey, TrustBundle, TrustedOfficer};
use hoatoc::limits;
use hoatoc::pki::authority::{Authority, Credentials};
use hoatoc::pki::code::{self, EnrolmentCode};
use hoatoc::pki::config::{ServerTls, ServerTlsParts};
use hoatoc::pki::identity::{Identity, PeerIdentity};
use hoatoc::pki::request::KeyAndRequest;
use hoatoc::rpc::http2::{Http2Limits, server_builder};
use hoatoc::rpc::listener::{Listener, ListenerLimits};
use hoatoc::store::Store;
use hoatoc::store::memory::MemoryStore;
use hoatoc::tasks::Tasks;
use hoatoc::telemetry::Metrics;
use hoatoc::terminal::link::{FixedDialer, LinkOptions};
use hoatoc::terminal::sheet_keys::MemorySheetKeys;
use hoatoc::terminal::{StoreWork, Terminal, TerminalParts};
use hoatoc::wire::{self, pb};
use pb::identity_service_server::{IdentityService, IdentityServiceServer};
use pb::terminal_service_server::{TerminalService, TerminalServiceServer};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

pub(crate) const NOW: Instant = Instant::from_millis(1_795_000_000_000);
pub(crate) const ME: EndpointNo = EndpointNo::new(17);
pub(crate) const IDENTITY: &str = "hoatoc://11/endpoint/03160/military/17";
const DAY_MS: i64 = 86_400_000;

/// Awaits an event that must come; ten seconds only end a broken test.
pub(crate) async fn soon<F: Future>(event: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(10), event).await.expect("it happens soon")
}

pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32]).expect("a key")
}

/// A bundle of one signer of exercises (key 101), made by root 201.
pub(crate) fn bundle(authority: &Authority, version: u64) -> Envelope {
    let long = |seed| OfficerKey {
        key: key(seed).public(),
        key_use: KeyUse::Exercise,
        valid_from: NOW.offset_by(-DAY_MS),
        valid_to: NOW.offset_by(900 * DAY_MS),
    };
    let signer = TrustedOfficer {
        id: "a".parse().expect("an id"),
        name: "Đại tá A".to_owned(),
        unit: "11".parse().expect("a code"),
        roles: [Role::Signer].into(),
        keys: vec![long(101)],
        retired_at: None,
    };
    let bundle = TrustBundle {
        version,
        epoch: 1,
        province: "11".parse().expect("a code"),
        issued_at: NOW.offset_by(-DAY_MS),
        expires_at: NOW.offset_by(900 * DAY_MS),
        officers: vec![signer],
        rules: default_rules(Instant::EPOCH, "Law 53/2019/QH14, article 25"),
        delegations: Vec::new(),
        ledger_key: key(200).public(),
        roots: vec![key(201).public()],
        root_threshold: 1,
        authority_cert_pem: authority.certificate_pem().to_owned(),
        witnesses: Witnesses::default(),
    };
    let bytes = wire::trust::encode(&bundle);
    let mut envelope = Envelope::new(PayloadType::TrustBundle, bytes).expect("within bounds");
    envelope.sign(&key(201)).expect("room");
    envelope
}

pub(crate) fn id(number: u8) -> OrderId {
    OrderId::from_bytes([number; 16])
}

/// An exercise order to this terminal.
pub(crate) fn delivery(number: u8) -> pb::OrderDelivery {
    let order = Order {
        id: id(number),
        handling: Handling::Exercise,
        kind: OrderKind::PersonnelCallUp,
        urgency: Urgency::Flash,
        ground: LegalGround::Drill,
        province: "11".parse().expect("a code"),
        epoch: 1,
        series_year: 2026,
        number: u32::from(number),
        drafted_by: "a".parse().expect("an id"),
        drafted_at: NOW.offset_by(-60_000),
        title: "Gọi quân nhân dự bị".to_owned(),
        body: "Diễn tập.".to_owned(),
        station: None,
        requirements: Vec::new(),
        answer_by: NOW.offset_by(15 * 60_000),
        report_by: None,
        not_after: NOW.offset_by(2 * DAY_MS),
        audience: Audience {
            endpoints: [16, 17].into_iter().collect(),
            digest: [9; 32],
            selector: AudienceSelector::default(),
        },
        reference: None,
        call_up: None,
    };
    let bytes = wire::order::encode(&order);
    let kind = OrderFile::payload_type(&order);
    let mut envelope = Envelope::new(kind, bytes).expect("within bounds");
    envelope.sign(&key(101)).expect("room");
    pb::OrderDelivery {
        sequence: u64::from(number),
        envelope: Some((&envelope).into()),
        traceparent: String::new(),
        answers_recorded: 0,
        state: "queued".to_owned(),
    }
}

/// One stream of a terminal, as the server has it: what the terminal says, and a way to speak.
pub(crate) struct Stream {
    pub(crate) hello: pb::Hello,
    heard: Streaming<pb::ExchangeRequest>,
    say: mpsc::Sender<Result<pb::ExchangeResponse, Status>>,
}

impl Stream {
    pub(crate) async fn say(&self, message: pb::exchange_response::Message) {
        let response = pb::ExchangeResponse { message: Some(message) };
        soon(self.say.send(Ok(response))).await.expect("the terminal is there");
    }

    pub(crate) async fn welcome(&self, heartbeat_interval_ms: u32, clock: Instant) {
        self.say(pb::exchange_response::Message::Welcome(pb::Welcome {
            clock_time: Some(wire::timestamp(clock)),
            checkpoint: String::new(),
            heartbeat_interval_ms,
        }))
        .await;
    }

    pub(crate) async fn order(&self, number: u8) {
        self.say(pb::exchange_response::Message::Order(delivery(number))).await;
    }

    /// The next answer, proved to be by the terminal's key.
    pub(crate) async fn answer(&mut self) -> hoatoc::domain::order::delivery::Answer {
        loop {
            match self.next().await {
                pb::exchange_request::Message::Answer(envelope) => {
                    let envelope = Envelope::try_from(&envelope).expect("an envelope");
                    return wire::answer::verify(&envelope, &key(50).public()).expect("its own");
                }
                pb::exchange_request::Message::Heartbeat(_) => {}
                pb::exchange_request::Message::Hello(_) => panic!("a second hello"),
            }
        }
    }

    /// The next heartbeat.
    pub(crate) async fn heartbeat(&mut self) -> pb::Heartbeat {
        loop {
            if let pb::exchange_request::Message::Heartbeat(heartbeat) = self.next().await {
                return heartbeat;
            }
        }
    }

    /// The next word, whatever it is.
    pub(crate) async fn next(&mut self) -> pb::exchange_request::Message {
        let request = soon(self.heard.message()).await.expect("no error");
        request.expect("the stream is open").message.expect("a message")
    }

    pub(crate) async fn recorded(&self, order: OrderId, answer_number: u32) {
        self.say(pb::exchange_response::Message::Recorded(pb::AnswerRecorded {
            order_id: order.as_bytes().to_vec().into(),
            answer_number,
            ledger_index: 40 + u64::from(answer_number),
        }))
        .await;
    }

    pub(crate) async fn refused(&self, order: OrderId, answer_number: u32, reason: &str) {
        self.say(pb::exchange_response::Message::Refused(pb::AnswerRefused {
            order_id: order.as_bytes().to_vec().into(),
            answer_number,
            reason: reason.to_owned(),
            text: "in words".to_owned(),
        }))
        .await;
    }

    /// Ends the stream with an error.
    pub(crate) async fn fail(self, status: Status) {
        soon(self.say.send(Err(status))).await.expect("the terminal is there");
    }
}

/// The services; each stream is handed to the test.
#[derive(Clone)]
struct Doors {
    streams: mpsc::Sender<Stream>,
    authority: Arc<Authority>,
    code: EnrolmentCode,
    twist: Arc<Mutex<Twist>>,
}

/// How the identity service lies.
pub(crate) type Twist = Box<dyn Fn(&mut pb::EnrolResponse) + Send>;

#[tonic::async_trait]
impl TerminalService for Doors {
    type ExchangeStream = ReceiverStream<Result<pb::ExchangeResponse, Status>>;

    async fn exchange(
        &self,
        request: Request<Streaming<pb::ExchangeRequest>>,
    ) -> Result<Response<Self::ExchangeStream>, Status> {
        let mut heard = request.into_inner();
        let (say, said) = mpsc::channel(64);
        let first = heard.message().await?.and_then(|request| request.message);
        let Some(pb::exchange_request::Message::Hello(hello)) = first else {
            return Err(Status::invalid_argument("hello expected"));
        };
        let stream = Stream { hello, heard, say };
        self.streams.send(stream).await.map_err(|_over| Status::unavailable("the test is over"))?;
        Ok(Response::new(ReceiverStream::new(said)))
    }
}

#[tonic::async_trait]
impl IdentityService for Doors {
    async fn enrol(
        &self,
        request: Request<pb::EnrolRequest>,
    ) -> Result<Response<pb::EnrolResponse>, Status> {
        let request = request.into_inner();
        if code::secret_digest(&request.secret) != self.code.secret_digest() {
            return Err(Status::permission_denied("the code is not valid"));
        }
        let answer_key = wire::trust::key("answer_key", &request.answer_key)
            .map_err(|fault| Status::invalid_argument(fault.to_string()))?;
        let proved = [code::PROOF_PREFIX, request.secret.as_bytes()].concat();
        answer_key
            .verify(&proved, &request.answer_key_proof)
            .map_err(|fault| Status::invalid_argument(fault.to_string()))?;
        let mut response = pb::EnrolResponse {
            certificate_pem: certify(&self.authority, &request.csr_pem, NOW),
            authority_certificate_pem: self.authority.certificate_pem().to_owned(),
            trust_bundle: Some((&bundle(&self.authority, 1)).into()),
            endpoint_number: ME.number(),
            address: "03160/military".to_owned(),
        };
        self.twist.lock().unwrap_or_else(PoisonError::into_inner)(&mut response);
        Ok(Response::new(response))
    }

    async fn renew(
        &self,
        request: Request<pb::RenewRequest>,
    ) -> Result<Response<pb::RenewResponse>, Status> {
        let later = NOW + limits::HOLDER_VALIDITY / 2;
        let certificate_pem = certify(&self.authority, &request.into_inner().csr_pem, later);
        Ok(Response::new(pb::RenewResponse { certificate_pem }))
    }

    async fn get_trust_bundle(
        &self,
        _request: Request<pb::GetTrustBundleRequest>,
    ) -> Result<Response<pb::GetTrustBundleResponse>, Status> {
        Err(Status::unimplemented("not a terminal's call"))
    }

    async fn publish_trust_bundle(
        &self,
        _request: Request<pb::PublishTrustBundleRequest>,
    ) -> Result<Response<pb::PublishTrustBundleResponse>, Status> {
        Err(Status::unimplemented("not a terminal's call"))
    }

    async fn certify_officer(
        &self,
        _request: Request<pb::CertifyOfficerRequest>,
    ) -> Result<Response<pb::CertifyOfficerResponse>, Status> {
        Err(Status::unimplemented("not a terminal's call"))
    }

    async fn create_enrolment_code(
        &self,
        _request: Request<pb::CreateEnrolmentCodeRequest>,
    ) -> Result<Response<pb::CreateEnrolmentCodeResponse>, Status> {
        Err(Status::unimplemented("not a terminal's call"))
    }
}

fn certify(authority: &Authority, request_pem: &str, now: Instant) -> String {
    let identity: Identity = IDENTITY.parse().expect("an identity");
    let signed =
        authority.sign_csr(request_pem.as_bytes(), &identity, limits::HOLDER_VALIDITY, now);
    signed.expect("a certificate")
}

/// The province and its server.
pub(crate) struct Bench {
    pub(crate) authority: Arc<Authority>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) tls: Arc<ServerTls>,
    pub(crate) code: EnrolmentCode,
    pub(crate) streams: mpsc::Receiver<Stream>,
    pub(crate) twist: Arc<Mutex<Twist>>,
    address: SocketAddr,
    pub(crate) tasks: Tasks,
}

impl Bench {
    pub(crate) fn start() -> Self {
        let authority = Authority::create(&"11".parse().expect("a code"), NOW);
        let authority = Arc::new(authority.expect("an authority"));
        let credentials = authority.issue_server(
            &["localhost".to_owned()],
            &["127.0.0.1".parse().expect("an address")],
            NOW,
        );
        let parts = ServerTlsParts {
            province: authority.province().clone(),
            authority_pem: authority.certificate_pem().to_owned(),
            credentials: credentials.expect("a server"),
            revocations_pem: None,
        };
        let clock = Arc::new(ManualClock::at(NOW));
        let as_clock: Arc<dyn Clock> = clock.clone();
        let tls = Arc::new(ServerTls::new(parts, as_clock.clone()).expect("good parts"));
        let tasks = Tasks::new();
        let (listener, incoming) = Listener::start(
            SocketAddr::from(([127, 0, 0, 1], 0)),
            ListenerLimits::default(),
            tls.clone(),
            as_clock,
            &Metrics::noop(),
            &tasks,
        )
        .expect("a listener on loopback");
        let (sender, streams) = mpsc::channel(8);
        let code = EnrolmentCode::new([7; 16], &authority.fingerprint());
        let nothing: Twist = Box::new(|_as_it_is| {});
        let twist = Arc::new(Mutex::new(nothing));
        let doors = Doors {
            streams: sender,
            authority: authority.clone(),
            code: code.clone(),
            twist: twist.clone(),
        };
        let serving = server_builder(&Http2Limits::default())
            .add_service(TerminalServiceServer::new(doors.clone()))
            .add_service(IdentityServiceServer::new(doors))
            .serve_with_incoming_shutdown(incoming, tasks.stopping().clone().cancelled_owned());
        tasks.spawn_vital("server", serving);
        let address = listener.local_address();
        Self { authority, clock, tls, code, streams, twist, address, tasks }
    }

    pub(crate) fn servers(&self) -> Vec<String> {
        vec![format!("localhost:{}", self.address.port())]
    }

    pub(crate) fn dialer(&self) -> Arc<FixedDialer> {
        self.dialer_and_serial().0
    }

    /// A dialer, and the serial number of its certificate.
    pub(crate) fn dialer_and_serial(&self) -> (Arc<FixedDialer>, String) {
        let made = KeyAndRequest::generate().expect("a request");
        let certificate_pem = certify(&self.authority, &made.request_pem, self.clock.now());
        let holder = Credentials { certificate_pem, key_pem: made.key_pem };
        let pem = self.authority.certificate_pem();
        let dialer = FixedDialer::new(&self.servers(), pem, &holder, self.clock.clone());
        let der = CertificateDer::from_pem_slice(holder.certificate_pem.as_bytes()).expect("PEM");
        let serial = PeerIdentity::from_der(&der).expect("an endpoint's").serial;
        (Arc::new(dialer.expect("good parts")), serial)
    }

    /// A terminal on this store.
    pub(crate) fn terminal(&self, store: &Arc<MemoryStore>) -> Arc<Terminal> {
        self.terminal_with(store, OPTIONS)
    }

    pub(crate) fn terminal_with(
        &self,
        store: &Arc<MemoryStore>,
        link: LinkOptions,
    ) -> Arc<Terminal> {
        self.terminal_on(store.clone(), link)
    }

    pub(crate) fn terminal_on(&self, store: Arc<dyn Store>, link: LinkOptions) -> Arc<Terminal> {
        let terminal = Terminal::open(TerminalParts {
            store,
            sheet_keys: Arc::new(MemorySheetKeys::default()),
            store_work: StoreWork::Inline,
            endpoint: ME,
            answer_key: key(50),
            clock: self.clock.clone(),
            link,
        });
        let terminal = terminal.expect("a store");
        terminal.inbox().install_bundle(&bundle(&self.authority, 1)).expect("a good bundle");
        terminal
    }

    pub(crate) async fn stream(&mut self) -> Stream {
        soon(self.streams.recv()).await.expect("the server runs")
    }

    /// The next stream, welcomed.
    pub(crate) async fn welcomed(&mut self) -> Stream {
        let stream = self.stream().await;
        stream.welcome(20_000, NOW).await;
        stream
    }
}

pub(crate) const OPTIONS: LinkOptions = LinkOptions {
    connect_patience: Duration::from_secs(8),
    heartbeat_every: Duration::from_secs(20),
    backoff_min: Duration::from_millis(20),
    backoff_max: Duration::from_millis(100),
    seed: 7,
};
