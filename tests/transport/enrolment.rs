//! Trusting a server by the fingerprint in an enrolment code.

use std::time::Duration;

use hoatoc::limits;
use hoatoc::pki::authority::Authority;
use hoatoc::pki::config::{ServerTlsParts, Trust};
use hoatoc::pki::refusal::Refusal;
use hoatoc::rpc::channel::ConnectError;

use crate::support::{Bench, NOW, call, parts, province};

fn reason(outcome: Result<tonic::transport::Channel, ConnectError>) -> Refusal {
    match outcome.expect_err("refused") {
        ConnectError::Refused { refusal, .. } => refusal,
        other => panic!("refused for another reason: {other:?}"),
    }
}

#[tokio::test]
async fn the_right_server_is_known_by_its_authority_s_fingerprint() {
    let bench = Bench::start();
    let trust = Trust::Pinned(bench.authority.fingerprint());
    for name in ["localhost", "127.0.0.1"] {
        let channel = bench.connect_trusting(&trust, name, None).await.expect("the right one");
        call(&channel).await.expect("an answer");
    }
}

#[tokio::test]
async fn a_server_of_another_authority_is_refused_even_with_the_same_name() {
    let bench = Bench::start();
    let expected = Authority::create(&province(), NOW).expect("an authority");
    let trust = Trust::Pinned(expected.fingerprint());
    let outcome = bench.connect_trusting(&trust, "localhost", None).await;
    assert_eq!(reason(outcome), Refusal::UnknownAuthority);
}

#[tokio::test]
async fn showing_the_right_authority_beside_a_foreign_certificate_does_not_help() {
    let real = Authority::create(&province(), NOW).expect("an authority");
    let foreign = Authority::create(&province(), NOW).expect("an authority");
    let fingerprint = real.fingerprint();
    let mut swapped = parts(&foreign).credentials;
    let end = swapped.certificate_pem.find("-----END").expect("PEM");
    let leaf_len = end + swapped.certificate_pem[end..].find('\n').expect("a line") + 1;
    swapped.certificate_pem.truncate(leaf_len);
    swapped.certificate_pem.push_str(real.certificate_pem());
    let parts = ServerTlsParts { credentials: swapped, ..parts(&real) };
    let bench = Bench::presenting(real, parts);
    let outcome = bench.connect_trusting(&Trust::Pinned(fingerprint), "localhost", None).await;
    assert_eq!(reason(outcome), Refusal::UnknownAuthority);
}

#[tokio::test]
async fn a_pinned_server_must_still_have_the_right_name_and_date() {
    let bench = Bench::start();
    let trust = Trust::Pinned(bench.authority.fingerprint());
    let elsewhere = bench.connect_trusting(&trust, "elsewhere.example", None).await;
    assert_eq!(reason(elsewhere), Refusal::WrongName);
    bench.clock.set(NOW + limits::SERVER_VALIDITY + Duration::from_secs(1));
    let later = bench.connect_trusting(&trust, "localhost", None).await;
    assert_eq!(reason(later), Refusal::Expired);
}

#[tokio::test]
async fn a_client_certificate_cannot_pose_as_a_server() {
    let authority = Authority::create(&province(), NOW).expect("an authority");
    let uri = "hoatoc://11/officer/tran.van.a";
    let mut poser = crate::support::certified(&authority, uri, Duration::from_secs(3_600), NOW);
    poser.certificate_pem.push_str(authority.certificate_pem());
    let trust = Trust::Pinned(authority.fingerprint());
    let parts = ServerTlsParts { credentials: poser, ..parts(&authority) };
    let bench = Bench::presenting(authority, parts);
    let outcome = bench.connect_trusting(&trust, "localhost", None).await;
    assert_eq!(reason(outcome), Refusal::WrongPurpose);
}
