//! Enrolment, renewal, certificates and trust bundles.

use hoatoc::evidence::key::SigningKey;
use hoatoc::pki::authority::Credentials;
use hoatoc::pki::code::EnrolmentCode;
use hoatoc::pki::request::KeyAndRequest;
use hoatoc::wire::pb;
use pb::identity_service_client::IdentityServiceClient;
use ring::rand::SystemRandom;
use std::time::Duration;
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::support::{Province, reason, soon};

pub(super) fn client(channel: Channel) -> IdentityServiceClient<Channel> {
    IdentityServiceClient::new(channel)
}

pub(super) async fn code_for(
    province: &Province,
    address: &str,
    request_id: &str,
) -> EnrolmentCode {
    let mut administrator = client(province.officer("administrator").await);
    let request =
        pb::CreateEnrolmentCodeRequest { request_id: request_id.into(), address: address.into() };
    let made = soon(administrator.create_enrolment_code(request)).await.expect("a code");
    made.into_inner().code.parse().expect("our own form")
}

pub(super) fn enrolment(
    code: &EnrolmentCode,
    key: &SigningKey,
) -> (pb::EnrolRequest, KeyAndRequest) {
    let tls = KeyAndRequest::generate().expect("a request");
    let secret = code.secret_text().to_string();
    let proof = key.sign(format!("hoatoc enrol v1\n{secret}").as_bytes());
    let request = pb::EnrolRequest {
        secret,
        csr_pem: tls.request_pem.clone(),
        answer_key: key.public().as_bytes().to_vec().into(),
        answer_key_proof: proof.to_vec().into(),
    };
    (request, tls)
}

pub(super) async fn enrolled(province: &Province, address: &str, request_id: &str) -> Credentials {
    let code = code_for(province, address, request_id).await;
    let key = new_key();
    let (request, tls) = enrolment(&code, &key);
    let mut anybody = client(province.nobody().await);
    let answer = soon(anybody.enrol(request)).await.expect("enrolled").into_inner();
    assert_eq!(answer.address, address);
    assert!(answer.trust_bundle.is_some());
    Credentials { certificate_pem: answer.certificate_pem, key_pem: tls.key_pem }
}

pub(super) fn new_key() -> SigningKey {
    SigningKey::generate(&SystemRandom::new()).expect("a key")
}

/// The next certificate of a holder, over a connection of its own.
pub(super) async fn renewed(
    province: &Province,
    holder: &Credentials,
) -> Result<Credentials, Status> {
    let next = KeyAndRequest::generate().expect("a request");
    let renewal = pb::RenewRequest { csr_pem: next.request_pem.clone() };
    let mut asking = client(province.holder(Some(holder)).await);
    let certificate_pem = soon(asking.renew(renewal)).await?.into_inner().certificate_pem;
    Ok(Credentials { certificate_pem, key_pem: next.key_pem })
}

#[tokio::test]
async fn a_code_enrols_one_terminal_once() {
    let province = Province::start().await;
    let code = code_for(&province, "03160/military", "c1").await;
    let key = new_key();
    let (request, tls) = enrolment(&code, &key);
    let mut anybody = client(province.nobody().await);

    let stranger = new_key();
    let mut forged = request.clone();
    forged.answer_key = stranger.public().as_bytes().to_vec().into();
    let size = province.ledger_size();
    let refused = soon(anybody.enrol(forged)).await;
    assert_eq!(reason(refused), (Code::InvalidArgument, "KEY_PROOF_INVALID".into()));
    let mut no_csr = request.clone();
    no_csr.csr_pem = "-----BEGIN RUBBISH-----".into();
    let refused = soon(anybody.enrol(no_csr)).await;
    assert_eq!(reason(refused), (Code::InvalidArgument, "CSR_INVALID".into()));
    let mut guessed = request.clone();
    guessed.secret = "0".repeat(26);
    let refused = soon(anybody.enrol(guessed)).await;
    assert_eq!(reason(refused), (Code::PermissionDenied, "CODE_INVALID".into()));
    assert_eq!(province.ledger_size(), size);

    let answer = soon(anybody.enrol(request.clone())).await.expect("enrolled").into_inner();
    let holder = Credentials { certificate_pem: answer.certificate_pem, key_pem: tls.key_pem };
    let mut terminal = client(province.holder(Some(&holder)).await);
    soon(terminal.get_trust_bundle(pb::GetTrustBundleRequest::default()))
        .await
        .expect("a terminal");
    let again = soon(anybody.enrol(request)).await;
    assert_eq!(reason(again), (Code::PermissionDenied, "CODE_INVALID".into()));
}

#[tokio::test]
async fn a_code_runs_out_and_is_shown_once() {
    let province = Province::start().await;
    let code = code_for(&province, "03160/civil", "c1").await;
    let mut administrator = client(province.officer("administrator").await);
    let request =
        pb::CreateEnrolmentCodeRequest { request_id: "c1".into(), address: "03160/civil".into() };
    let refused = soon(administrator.create_enrolment_code(request)).await;
    assert_eq!(reason(refused), (Code::AlreadyExists, "CODE_SHOWN_BEFORE".into()));
    let nowhere =
        pb::CreateEnrolmentCodeRequest { request_id: "c2".into(), address: "03127/civil".into() };
    let refused = soon(administrator.create_enrolment_code(nowhere)).await;
    assert_eq!(reason(refused), (Code::NotFound, "ENDPOINT_UNKNOWN".into()));
    province.clock.advance(Duration::from_secs(24 * 3_600));
    let key = new_key();
    let mut anybody = client(province.nobody().await);
    let late = soon(anybody.enrol(enrolment(&code, &key).0)).await;
    assert_eq!(reason(late), (Code::PermissionDenied, "CODE_INVALID".into()));
}

#[tokio::test]
async fn a_terminal_that_was_replaced_or_renewed_is_known_by_its_newest_certificate_only() {
    let province = Province::start().await;
    let bundle = || pb::GetTrustBundleRequest::default();
    let first = enrolled(&province, "03127/military", "c1").await;
    let second = enrolled(&province, "03127/military", "c2").await;
    let mut replaced = client(province.holder(Some(&first)).await);
    let refused = soon(replaced.get_trust_bundle(bundle())).await;
    assert_eq!(reason(refused), (Code::PermissionDenied, "TERMINAL_REPLACED".into()));
    let mut terminal = client(province.holder(Some(&second)).await);
    soon(terminal.get_trust_bundle(bundle())).await.expect("the newest as yet");
    let third = renewed(&province, &second).await.expect("renewed");
    let mut renewed = client(province.holder(Some(&third)).await);
    soon(renewed.get_trust_bundle(bundle())).await.expect("the newest");
    let refused = soon(terminal.get_trust_bundle(bundle())).await;
    assert_eq!(reason(refused), (Code::PermissionDenied, "TERMINAL_REPLACED".into()));
}

#[tokio::test]
async fn an_officer_is_certified_once_the_bundle_has_them_and_a_lost_answer_can_be_asked_for() {
    let province = Province::start().await;
    let mut administrator = client(province.officer("administrator").await);
    let made = KeyAndRequest::generate().expect("a request");
    let request = |officer: &str, id: &str| pb::CertifyOfficerRequest {
        request_id: id.into(),
        officer_id: officer.into(),
        csr_pem: made.request_pem.clone(),
    };
    let refused = soon(administrator.certify_officer(request("stranger", "o1"))).await;
    assert_eq!(reason(refused), (Code::NotFound, "OFFICER_UNKNOWN".into()));
    for _asked in 0..2 {
        let answer = soon(administrator.certify_officer(request("auditor", "o2"))).await;
        let certificate_pem = answer.expect("certified").into_inner().certificate_pem;
        let holder = Credentials { certificate_pem, key_pem: made.key_pem.clone() };
        let mut auditor = client(province.holder(Some(&holder)).await);
        soon(auditor.get_trust_bundle(pb::GetTrustBundleRequest::default()))
            .await
            .expect("an officer");
    }
}

#[tokio::test]
async fn a_bundle_is_taken_when_it_is_newer_and_the_roots_signed() {
    let province = Province::start().await;
    let mut administrator = client(province.officer("administrator").await);
    let publish = |version, id: &str| pb::PublishTrustBundleRequest {
        request_id: id.into(),
        envelope: Some((&province.bundle(version, &[]).envelope).into()),
    };
    let refused = soon(administrator.publish_trust_bundle(publish(1, "b1"))).await;
    assert_eq!(reason(refused), (Code::FailedPrecondition, "BUNDLE_NOT_NEWER".into()));
    let mut unsigned = publish(2, "b2");
    if let Some(envelope) = &mut unsigned.envelope {
        envelope.signatures[0].signature = vec![7; 64].into();
    }
    let refused = soon(administrator.publish_trust_bundle(unsigned)).await;
    assert_eq!(reason(refused), (Code::FailedPrecondition, "ROOT_SIGNATURES_MISSING".into()));
    let first = soon(administrator.publish_trust_bundle(publish(2, "b3"))).await.expect("newer");
    let again = soon(administrator.publish_trust_bundle(publish(2, "b3"))).await.expect("repeat");
    assert_eq!(first.into_inner(), again.into_inner());
}
