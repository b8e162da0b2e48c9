//! Who is let in, and with which words the others are refused.

use std::sync::Arc;
use std::time::Duration;

use hoatoc::clock::{Clock, ManualClock};
use hoatoc::limits;
use hoatoc::pki::authority::{Authority, Credentials, Revoked};
use hoatoc::pki::config::{Trust, client_config};
use hoatoc::pki::identity::PeerIdentity;
use hoatoc::pki::refusal::Refusal;
use hoatoc::rpc::channel::{ConnectError, client_channel, client_channel_lazy, refusal_behind};
use rcgen::string::Ia5String;
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, Issuer, KeyPair, SanType};
use rustls::client::Resumption;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{AlertDescription, ClientConfig, HandshakeKind};
use tokio::io::AsyncReadExt;

use crate::support::{Bench, NOW, OFFICER, TERMINAL, call, certified, province, soon, watch};

const HOUR: Duration = Duration::from_secs(3_600);

fn peer(holder: &Credentials) -> PeerIdentity {
    let certificate = CertificateDer::from_pem_slice(holder.certificate_pem.as_bytes());
    PeerIdentity::from_der(&certificate.expect("our own PEM")).expect("one identity")
}

/// A certificate as our authority would never make it, but with its signature.
fn forged(bench: &Bench, uris: &[&str]) -> Credentials {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::default();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.subject_alt_names =
        uris.iter().map(|uri| SanType::URI(Ia5String::try_from(*uri).expect("ascii"))).collect();
    let authority_key = KeyPair::from_pem(&bench.authority.key_pem()).expect("a key");
    let issuer = Issuer::from_ca_cert_pem(bench.authority.certificate_pem(), authority_key)
        .expect("an issuer");
    let certificate_pem = params.signed_by(&key, &issuer).expect("a certificate").pem();
    Credentials { certificate_pem, key_pem: key.serialize_pem().into() }
}

/// The holder is refused: the server counts it under `label`, the client is told `alert`, and the
/// connection is not served.
async fn refused(bench: &Bench, holder: &Credentials, label: &str, alert: AlertDescription) {
    let before = bench.listener.counts().borrow().clone();
    let error = bench.connect(Some(holder)).await.expect_err(label);
    let ConnectError::Refused { refusal, .. } = &error else { panic!("{label}: {error:?}") };
    assert_eq!(refusal, &Refusal::ByPeer(alert), "{label}");
    let earlier = before.refused(label);
    let after = bench.counted(|counts| counts.refused(label) > earlier).await;
    assert_eq!(after.refused(label), earlier + 1, "{label}");
    assert_eq!(after.served, before.served, "{label}: it was served");
}

#[tokio::test]
async fn a_good_certificate_is_let_in_and_every_call_knows_its_holder() {
    let bench = Bench::start();
    for uri in [OFFICER, TERMINAL] {
        let holder = bench.holder(uri);
        let channel = bench.connect(Some(&holder)).await.expect("let in");
        call(&channel).await.expect("an answer");
        let seen = bench.seen.lock().expect("no panic").pop().expect("a call");
        assert_eq!(*seen.identity.expect("a certificate was shown"), peer(&holder));
        assert!(seen.address.ip().is_loopback());
    }
}

#[tokio::test]
async fn without_a_certificate_a_call_has_no_identity() {
    let bench = Bench::start();
    let channel = bench.connect(None).await.expect("enrolment needs it");
    call(&channel).await.expect("an answer");
    let seen = bench.seen.lock().expect("no panic").pop().expect("a call");
    assert!(seen.identity.is_none());
}

#[tokio::test]
async fn a_certificate_is_good_between_its_dates_only() {
    let bench = Bench::start();
    let holder = certified(&bench.authority, TERMINAL, HOUR, NOW);
    let early = NOW - limits::NOT_BEFORE_SLACK - Duration::from_secs(1);
    let expired = AlertDescription::CertificateExpired;

    bench.clock.set(early);
    // The server's own certificate begins at the same time, so the client keeps the right clock.
    let trust = Trust::Authority(bench.authority.certificate_pem().to_owned());
    let right = Arc::new(ManualClock::at(NOW));
    let config = client_config(&trust, Some(&holder), right).expect("good parts");
    let error = client_channel(&bench.address(), "localhost", config).await;
    let Err(ConnectError::Refused { refusal, .. }) = &error else { panic!("{error:?}") };
    assert_eq!(*refusal, Refusal::ByPeer(expired));
    bench.counted(|counts| counts.refused("certificate_not_yet_valid") == 1).await;

    bench.clock.set(NOW + HOUR - Duration::from_secs(1));
    bench.connect(Some(&holder)).await.expect("its last second");
    bench.clock.set(NOW + HOUR + Duration::from_secs(1));
    refused(&bench, &holder, "certificate_expired", expired).await;
}

#[tokio::test]
async fn another_authority_vouches_for_nobody_here() {
    let bench = Bench::start();
    for province in [province(), "27".parse().expect("a unit code")] {
        let other = Authority::create(&province, NOW).expect("an authority");
        let uri = format!("hoatoc://{province}/officer/tran.van.a");
        let holder = certified(&other, &uri, HOUR, NOW);
        let error = bench.connect(Some(&holder)).await.expect_err("another authority");
        assert!(matches!(error, ConnectError::Refused { .. }), "{error:?}");
    }
    bench.counted(|counts| counts.refused("certificate_unknown_authority") == 2).await;
}

#[tokio::test]
async fn a_certificate_with_a_wrong_identity_is_refused_though_its_signature_is_right() {
    let bench = Bench::start();
    let unknown = AlertDescription::CertificateUnknown;
    for (uris, label) in [
        (&[][..], "identity_missing"),
        (&[OFFICER, TERMINAL], "identity_several"),
        (&[OFFICER, OFFICER], "identity_several"),
        (&[OFFICER, "https://example.org/"], "identity_several"),
        (&["https://example.org/"], "identity_malformed"),
        (&["hoatoc://11/endpoint/03160/military/017"], "identity_malformed"),
        (&["hoatoc://27/officer/tran.van.a"], "identity_other_province"),
        (&["hoatoc://11/server"], "identity_not_a_client"),
    ] {
        refused(&bench, &forged(&bench, uris), label, unknown).await;
    }
    bench.connect(Some(&forged(&bench, &[OFFICER]))).await.expect("the forgery itself works");
}

#[tokio::test]
async fn a_server_certificate_is_no_client_certificate() {
    let bench = Bench::start();
    let server = bench.authority.issue_server(&[], &[], NOW).expect("a server");
    let alert = AlertDescription::UnsupportedCertificate;
    refused(&bench, &server, "certificate_wrong_purpose", alert).await;
}

#[tokio::test]
async fn a_revocation_counts_for_the_next_handshake_and_a_list_past_its_date_refuses_all() {
    let bench = Bench::start();
    let (good, bad) = (bench.holder(TERMINAL), bench.holder(OFFICER));
    bench.connect(Some(&bad)).await.expect("not revoked yet");

    let revoked = [Revoked { serial: peer(&bad).serial, at: NOW }];
    let list = bench.authority.sign_revocations(&revoked, 1, NOW, NOW + HOUR).expect("a list");
    bench.tls.replace_revocations(list).expect("a good list");
    refused(&bench, &bad, "certificate_revoked", AlertDescription::CertificateRevoked).await;
    bench.connect(Some(&good)).await.expect("somebody else's revocation");

    bench.clock.advance(HOUR + Duration::from_secs(1));
    refused(&bench, &good, "revocation_list_outdated", AlertDescription::UnknownCA).await;

    let now = bench.clock.now();
    let list = bench.authority.sign_revocations(&revoked, 2, now, now + HOUR).expect("a list");
    bench.tls.replace_revocations(list).expect("a good list");
    bench.connect(Some(&good)).await.expect("the list is fresh again");
}

#[tokio::test]
async fn a_list_of_another_authority_leaves_the_status_unknown_and_that_refuses() {
    let bench = Bench::start();
    let other = Authority::create(&"27".parse().expect("a unit code"), NOW).expect("one");
    let list = other.sign_revocations(&[], 1, NOW, NOW + HOUR).expect("a list");
    bench.tls.replace_revocations(list).expect("readable");
    let holder = bench.holder(TERMINAL);
    refused(&bench, &holder, "revocation_status_unknown", AlertDescription::UnknownCA).await;
    assert!(bench.tls.replace_revocations("rubbish".to_owned()).is_err());
}

#[tokio::test]
async fn closing_a_certificate_ends_its_open_stream_and_no_other() {
    let bench = Bench::start();
    let (revoked, other) = (bench.holder(TERMINAL), bench.holder(OFFICER));
    let mut ends = watch(&bench.connect(Some(&revoked)).await.expect("let in")).await;
    let stays = bench.connect(Some(&other)).await.expect("let in");
    let _stream = watch(&stays).await;
    bench.open(2).await;

    let connections = bench.listener.connections();
    assert_eq!(connections.close_fingerprint(peer(&revoked).fingerprint), 1);
    soon(ends.message()).await.expect_err("the stream ends");
    bench.open(1).await;
    call(&stays).await.expect("the other goes on");

    assert_eq!(connections.close_identity(&peer(&other).identity), 1);
    bench.open(0).await;
}

#[tokio::test]
async fn a_connection_does_not_outlive_its_certificate() {
    let bench = Bench::start();
    let holder = certified(&bench.authority, TERMINAL, Duration::from_secs(1), NOW);
    let mut stream = watch(&bench.connect(Some(&holder)).await.expect("let in")).await;
    soon(stream.message()).await.expect_err("its second is over");
}

#[tokio::test]
async fn a_lazy_channel_tells_in_its_first_call_why_it_was_refused() {
    let bench = Bench::start();
    let holder = bench.authority.issue_server(&[], &[], NOW).expect("a server");
    let config = bench.client_config(Some(&holder));
    let channel =
        client_channel_lazy(&bench.address(), "localhost", config).expect("a good address");
    let status = call(&channel).await.expect_err("refused");
    let refusal = refusal_behind(&status).expect("a reason");
    assert_eq!(refusal, Refusal::ByPeer(AlertDescription::UnsupportedCertificate));
}

#[tokio::test]
async fn every_handshake_looks_at_the_certificate_again() {
    let bench = Bench::start();
    let mut eager = ClientConfig::clone(&bench.client_config(Some(&bench.holder(TERMINAL))));
    eager.resumption = Resumption::in_memory_sessions(8);
    let eager = Arc::new(eager);
    for _ in 0..2 {
        let mut peer = bench.raw_with(Arc::clone(&eager)).await;
        // A ticket would come before the server's first frame.
        soon(peer.read_u8()).await.expect("the server's settings");
        assert_eq!(peer.get_ref().1.handshake_kind(), Some(HandshakeKind::Full));
    }
}

#[tokio::test]
async fn a_client_that_speaks_another_protocol_is_refused() {
    let bench = Bench::start();
    let mut web = ClientConfig::clone(&bench.client_config(Some(&bench.holder(TERMINAL))));
    web.alpn_protocols = vec![b"http/1.1".to_vec()];
    let outcome = soon(client_channel(&bench.address(), "localhost", Arc::new(web))).await;
    let Err(ConnectError::Refused { refusal, .. }) = &outcome else { panic!("{outcome:?}") };
    assert_eq!(*refusal, Refusal::ByPeer(AlertDescription::NoApplicationProtocol));
    bench.counted(|counts| counts.refused("protocol") == 1).await;
}
