//! Terminals that renew and are replaced, over their real stream.

use std::path::Path;
use std::time::Duration;

use hoatoc::pki::authority::Credentials;
use hoatoc::rpc::gate::methods::METHODS;
use hoatoc::terminal::home::{Enrolment, Home, enrol};
use hoatoc::terminal::link::{LinkOptions, LinkState};
use hoatoc::wire::{pb, timestamp};
use pb::exchange_request::Message as Say;
use pb::exchange_response::Message as Heard;
use pb::terminal_service_client::TerminalServiceClient;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::{Code, Streaming};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use super::identity::{client, code_for, enrolled, enrolment, new_key, renewed};
use crate::support::{Province, raw, reason, soon, told};

/// Within this a terminal that was replaced is off.
const AT_ONCE: Duration = Duration::from_secs(5);

/// A terminal's link that waits briefly.
pub(super) const LINK: LinkOptions = LinkOptions {
    connect_patience: Duration::from_secs(20),
    heartbeat_every: Duration::from_secs(20),
    backoff_min: Duration::from_millis(20),
    backoff_max: Duration::from_millis(100),
    seed: 7,
};

/// A terminal's stream.
struct Stream {
    heard: Streaming<pb::ExchangeResponse>,
    _say: mpsc::Sender<pb::ExchangeRequest>,
}

impl Stream {
    /// Opened and welcomed.
    async fn open(province: &Province, channel: Channel) -> Self {
        let (say, said) = mpsc::channel(4);
        let hello = pb::Hello {
            clock_time: Some(timestamp(province.engine.now())),
            version: "test".into(),
            ..pb::Hello::default()
        };
        let hello = pb::ExchangeRequest {
            message: Some(Say::Hello(hello)),
            ..pb::ExchangeRequest::default()
        };
        say.send(hello).await.expect("room");
        let mut client = TerminalServiceClient::new(channel);
        let heard = soon(client.exchange(ReceiverStream::new(said))).await.expect("a stream");
        let mut stream = Self { heard: heard.into_inner(), _say: say };
        assert!(matches!(stream.next().await, Some(Heard::Welcome(_))));
        stream
    }

    async fn next(&mut self) -> Option<Heard> {
        soon(self.heard.message()).await.expect("no error")?.message
    }

    /// Hears that its terminal counts no more, and nothing after.
    async fn is_revoked(&mut self) {
        loop {
            match self.next().await {
                Some(Heard::TrustBundle(_)) => {}
                Some(Heard::GoAway(said)) => break assert_eq!(said.reason, "REVOKED"),
                other => panic!("expected to be sent away, heard {other:?}"),
            }
        }
        assert_eq!(self.next().await, None, "the last word");
    }
}

#[tokio::test]
async fn the_stream_of_a_replaced_terminal_ends_at_once_and_the_new_terminals_stays() {
    let province = Province::start().await;
    let old = enrolled(&province, "03160/military", "c1").await;
    let old = province.holder(Some(&old)).await;
    let mut stream = Stream::open(&province, old.clone()).await;
    let mut health = HealthClient::new(old);
    let watched = soon(health.watch(HealthCheckRequest::default())).await.expect("a stream");
    let mut watched = watched.into_inner();
    soon(watched.message()).await.expect("no error").expect("the state");

    let new = enrolled(&province, "03160/military", "c2").await;
    let mut successor = Stream::open(&province, province.holder(Some(&new)).await).await;
    timeout(AT_ONCE, stream.is_revoked()).await.expect("off by the server's own doing");
    let cut = timeout(AT_ONCE, watched.message()).await.expect("its connection is cut too");
    assert!(cut.is_err(), "{cut:?}");
    assert_eq!(province.hub.connected(), 1);
    province.hub.drain();
    loop {
        match successor.next().await {
            Some(Heard::TrustBundle(_)) => {}
            Some(Heard::GoAway(said)) => break assert_eq!(said.reason, "DRAINING"),
            other => panic!("the new terminal's stream was cut: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_terminal_that_enrols_anew_over_its_own_connection_loses_the_stream_of_before() {
    let province = Province::start().await;
    let old = enrolled(&province, "03160/military", "c1").await;
    let channel = province.holder(Some(&old)).await;
    let mut stream = Stream::open(&province, channel.clone()).await;
    let code = code_for(&province, "03160/military", "c2").await;
    let (request, _tls) = enrolment(&code, &new_key());
    soon(client(channel.clone()).enrol(request)).await.expect("the answer arrives");
    timeout(AT_ONCE, stream.is_revoked()).await.expect("off by the server's own doing");
    let refused =
        soon(client(channel).get_trust_bundle(pb::GetTrustBundleRequest::default())).await;
    assert_eq!(reason(refused), (Code::PermissionDenied, "TERMINAL_REPLACED".into()));
}

#[tokio::test]
async fn a_certificate_whose_renewal_was_lost_renews_again_and_does_nothing_else() {
    let province = Province::start().await;
    let first = enrolled(&province, "03127/military", "c1").await;
    let lost = renewed(&province, &first).await.expect("renewed");
    let before = province.holder(Some(&first)).await;
    let size = province.ledger_size();
    for method in METHODS {
        let status = raw(&before, method.name, Vec::new()).await;
        let said = told(&status).reason;
        if ["/Enrol", "/Renew"].iter().any(|open| method.name.ends_with(open)) {
            assert_eq!(said, "REQUEST_MALFORMED", "{}", method.name);
        } else {
            assert_eq!(status.code(), Code::PermissionDenied, "{}", method.name);
            assert_eq!(said, "CERTIFICATE_SUPERSEDED", "{}", method.name);
        }
    }
    assert_eq!(province.ledger_size(), size);

    let second = renewed(&province, &first).await.expect("the same once more");
    let bundle = || pb::GetTrustBundleRequest::default();
    let refused = client(province.holder(Some(&lost)).await).get_trust_bundle(bundle()).await;
    assert_eq!(reason(refused), (Code::PermissionDenied, "TERMINAL_REPLACED".into()));
    let size = province.ledger_size();
    let mut terminal = client(province.holder(Some(&second)).await);
    for _asked in 0..2 {
        soon(terminal.get_trust_bundle(bundle())).await.expect("the newest");
    }
    assert_eq!(province.ledger_size(), size + 1, "it is recorded once that it was seen");
    let refused = renewed(&province, &first).await;
    assert_eq!(reason(refused), (Code::PermissionDenied, "TERMINAL_REPLACED".into()));
}

#[tokio::test]
async fn a_terminal_that_was_replaced_cannot_renew_its_way_back() {
    let province = Province::start().await;
    let first = enrolled(&province, "03127/military", "c1").await;
    let lost = renewed(&province, &first).await.expect("renewed");
    let successor = enrolled(&province, "03127/military", "c2").await;
    for gone in [&first, &lost] {
        let refused = renewed(&province, gone).await;
        assert_eq!(reason(refused), (Code::PermissionDenied, "TERMINAL_REPLACED".into()));
    }
    renewed(&province, &successor).await.expect("the one that counts");
}

/// Certificate and key as a terminal keeps them: one after the other in one file.
fn held(keys: &Path) -> Credentials {
    let text = std::fs::read_to_string(keys.join("tls.pem")).expect("enrolled");
    let (certificate, key) = text.split_at(text.find("-----BEGIN PRIVATE KEY").expect("a key"));
    Credentials { certificate_pem: certificate.into(), key_pem: key.to_owned().into() }
}

#[tokio::test]
async fn a_terminal_whose_renewed_certificate_never_arrived_comes_back_by_itself() {
    let province = Province::start().await;
    let dir = tempfile::tempdir().expect("a directory");
    let keys = dir.path().join("keys");
    let code = code_for(&province, "03160/military", "c1").await;
    let servers = [format!("localhost:{}", province.server.local_address().port())];
    let clock = province.clock.clone();
    let enrolment = Enrolment { servers: &servers, code: &code, keys: &keys, clock };
    soon(enrol(enrolment)).await.expect("enrolled");
    let first = held(&keys);
    let _lost = renewed(&province, &first).await.expect("renewed, as the server has it");

    let home = Home::open(&keys).expect("whole");
    let dialer = home.dialer(&[], province.clock.clone()).expect("whole");
    let store = dir.path().join("store");
    let terminal = home.terminal(&store, province.clock.clone(), LINK).expect("a store");
    let stop = province.tasks.stopping().child_token();
    let (own, token) = (terminal.clone(), stop.clone());
    let link = province.tasks.spawn("link", async move { own.run(dialer, token).await });
    let mut fares = terminal.link();
    soon(fares.wait_for(|now| now.state == LinkState::Connected)).await.expect("it comes back");
    assert_ne!(held(&keys).certificate_pem, first.certificate_pem);
    let refused = renewed(&province, &first).await;
    assert_eq!(reason(refused), (Code::PermissionDenied, "TERMINAL_REPLACED".into()));
    stop.cancel();
    soon(link).await.expect("no panic").expect("it was told to end");
}
