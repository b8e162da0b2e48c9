//! A province with its authority, a manual clock, a listener and a served health service.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hoatoc::clock::{Clock, ManualClock};
use hoatoc::domain::ids::UnitCode;
use hoatoc::domain::instant::Instant;
use hoatoc::limits;
use hoatoc::pki::authority::{Authority, Credentials};
use hoatoc::pki::config::{ServerTls, ServerTlsParts, Trust, client_config};
use hoatoc::pki::identity::Identity;
use hoatoc::pki::request::KeyAndRequest;
use hoatoc::rpc::channel::{ConnectError, client_channel};
use hoatoc::rpc::http2::{Http2Limits, server_builder};
use hoatoc::rpc::listener::{Counts, Listener, ListenerLimits, PeerInfo};
use hoatoc::tasks::Tasks;
use hoatoc::telemetry::Metrics;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

pub(crate) const NOW: Instant = Instant::from_millis(1_795_000_000_000);
pub(crate) const OFFICER: &str = "hoatoc://11/officer/tran.van.a";
pub(crate) const TERMINAL: &str = "hoatoc://11/endpoint/03160/military/17";

/// Awaits an event that must come; ten seconds only end a broken test.
pub(crate) async fn soon<F: Future>(event: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(10), event).await.expect("it happens soon")
}

pub(crate) fn province() -> UnitCode {
    "11".parse().expect("a unit code")
}

/// A certificate for `uri` from `authority`, good from `now` for `valid_for`.
pub(crate) fn certified(
    authority: &Authority,
    uri: &str,
    valid_for: Duration,
    now: Instant,
) -> Credentials {
    let made = KeyAndRequest::generate().expect("a request");
    let identity: Identity = uri.parse().expect("an identity");
    let certificate_pem = authority
        .sign_csr(made.request_pem.as_bytes(), &identity, valid_for, now)
        .expect("a certificate");
    Credentials { certificate_pem, key_pem: made.key_pem }
}

/// The parts of a server on loopback.
pub(crate) fn parts(authority: &Authority) -> ServerTlsParts {
    let names = ["localhost".to_owned()];
    let addresses = ["127.0.0.1".parse().expect("an address")];
    ServerTlsParts {
        province: authority.province().clone(),
        authority_pem: authority.certificate_pem().to_owned(),
        credentials: authority.issue_server(&names, &addresses, NOW).expect("a server"),
        revocations_pem: None,
    }
}

pub(crate) struct Bench {
    pub(crate) authority: Authority,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) tls: Arc<ServerTls>,
    pub(crate) listener: Listener,
    pub(crate) seen: Arc<Mutex<Vec<PeerInfo>>>,
    _tasks: Tasks,
}

impl Bench {
    pub(crate) fn start() -> Self {
        Self::with(ListenerLimits::default())
    }

    pub(crate) fn with(limits: ListenerLimits) -> Self {
        let authority = Authority::create(&province(), NOW).expect("an authority");
        let parts = parts(&authority);
        Self::serving(authority, parts, limits, &Http2Limits::default())
    }

    pub(crate) fn with_http2(http2: &Http2Limits) -> Self {
        let authority = Authority::create(&province(), NOW).expect("an authority");
        let parts = parts(&authority);
        Self::serving(authority, parts, ListenerLimits::default(), http2)
    }

    pub(crate) fn presenting(authority: Authority, parts: ServerTlsParts) -> Self {
        Self::serving(authority, parts, ListenerLimits::default(), &Http2Limits::default())
    }

    fn serving(
        authority: Authority,
        parts: ServerTlsParts,
        limits: ListenerLimits,
        http2: &Http2Limits,
    ) -> Self {
        let clock = Arc::new(ManualClock::at(NOW));
        let as_clock: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
        let tls = Arc::new(ServerTls::new(parts, Arc::clone(&as_clock)).expect("good parts"));
        let tasks = Tasks::new();
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        let (listener, incoming) =
            Listener::start(any_port, limits, Arc::clone(&tls), as_clock, &Metrics::noop(), &tasks)
                .expect("a listener on loopback");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let note = Arc::clone(&seen);
        let (_reporter, health) = tonic_health::server::health_reporter();
        let service = InterceptedService::new(health, move |request: Request<()>| {
            let peer = request.extensions().get::<PeerInfo>().cloned();
            let peer = peer.ok_or_else(|| Status::internal("no peer"))?;
            note.lock().unwrap_or_else(PoisonError::into_inner).push(peer);
            Ok(request)
        });
        let stopping = tasks.stopping().clone().cancelled_owned();
        let serving = server_builder(http2)
            .add_service(service)
            .serve_with_incoming_shutdown(incoming, stopping);
        tasks.spawn_vital("server", serving);
        Self { authority, clock, tls, listener, seen, _tasks: tasks }
    }

    pub(crate) fn address(&self) -> String {
        self.listener.local_address().to_string()
    }

    pub(crate) fn holder(&self, uri: &str) -> Credentials {
        certified(&self.authority, uri, limits::HOLDER_VALIDITY, self.clock.now())
    }

    pub(crate) async fn connect(
        &self,
        holder: Option<&Credentials>,
    ) -> Result<Channel, ConnectError> {
        let trust = Trust::Authority(self.authority.certificate_pem().to_owned());
        self.connect_trusting(&trust, "localhost", holder).await
    }

    pub(crate) async fn connect_trusting(
        &self,
        trust: &Trust,
        server_name: &str,
        holder: Option<&Credentials>,
    ) -> Result<Channel, ConnectError> {
        let config = client_config(trust, holder, Arc::clone(&self.clock) as Arc<dyn Clock>)
            .expect("good parts");
        soon(client_channel(&self.address(), server_name, config)).await
    }

    /// A TLS connection without a library on top.
    pub(crate) async fn raw(&self, holder: Option<&Credentials>) -> TlsStream<TcpStream> {
        self.raw_with(self.client_config(holder)).await
    }

    /// The configuration of a client that trusts our authority.
    pub(crate) fn client_config(&self, holder: Option<&Credentials>) -> Arc<ClientConfig> {
        let trust = Trust::Authority(self.authority.certificate_pem().to_owned());
        client_config(&trust, holder, Arc::clone(&self.clock) as Arc<dyn Clock>)
            .expect("good parts")
    }

    pub(crate) async fn raw_with(&self, config: Arc<ClientConfig>) -> TlsStream<TcpStream> {
        let tcp = TcpStream::connect(self.address()).await.expect("the listener listens");
        let name = ServerName::try_from("localhost").expect("a name");
        soon(TlsConnector::from(config).connect(name, tcp)).await.expect("the right server")
    }

    /// Waits until the listener has counted so.
    pub(crate) async fn counted(&self, until: impl FnMut(&Counts) -> bool) -> Counts {
        let mut counts = self.listener.counts();
        soon(counts.wait_for(until)).await.expect("the listener runs").clone()
    }

    /// Waits until so many connections are open.
    pub(crate) async fn open(&self, count: usize) {
        soon(async {
            while self.listener.connections().len() != count {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

/// One call, answered.
pub(crate) async fn call(channel: &Channel) -> Result<(), Status> {
    let mut client = HealthClient::new(channel.clone());
    soon(client.check(HealthCheckRequest::default())).await.map(|_serving| ())
}

/// A stream whose first message has come.
pub(crate) async fn watch(
    channel: &Channel,
) -> tonic::Streaming<tonic_health::pb::HealthCheckResponse> {
    let mut client = HealthClient::new(channel.clone());
    let answer = soon(client.watch(HealthCheckRequest::default())).await;
    let mut stream = answer.expect("a stream").into_inner();
    soon(stream.message()).await.expect("no error").expect("a first message");
    stream
}
