use rcgen::PKCS_ED25519;

use super::*;
use crate::pki::identity::PeerIdentity;
use crate::pki::request::KeyAndRequest;

const NOW: Instant = Instant::from_millis(1_795_000_000_000);

fn province() -> UnitCode {
    "11".parse().expect("a unit code")
}

fn officer() -> Identity {
    "hoatoc://11/officer/tran.van.a".parse().expect("an identity")
}

fn der(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).expect("our own PEM")
}

#[test]
fn a_certificate_says_what_our_records_say_and_not_what_was_asked() {
    let authority = Authority::create(&province(), NOW).expect("an authority");
    let key = KeyPair::generate().expect("a key");
    let mut asked = CertificateParams::new(vec!["province.example".to_owned()]).expect("params");
    let name = Ia5String::try_from("hoatoc://11/server").expect("ascii");
    asked.subject_alt_names.push(SanType::URI(name));
    asked.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let request = asked.serialize_request(&key).expect("a request");

    let pem = authority
        .sign_csr(request.der(), &officer(), limits::HOLDER_VALIDITY, NOW)
        .expect("a certificate");

    let certificate = der(&pem);
    let peer = PeerIdentity::from_der(&certificate).expect("one identity");
    assert_eq!(peer.identity, officer());
    assert_eq!(peer.not_after, NOW + limits::HOLDER_VALIDITY);
    assert_eq!(peer.serial.len(), 32);
    let (_, parsed) = x509_parser::parse_x509_certificate(&certificate).expect("X.509");
    assert!(!parsed.is_ca());
    assert_eq!(parsed.public_key().raw, key.subject_public_key_info());
    let names = parsed.subject_alternative_name().expect("readable").expect("present");
    assert_eq!(names.value.general_names.len(), 1);
    let slack = i64::try_from(limits::NOT_BEFORE_SLACK.as_secs()).expect("small");
    assert_eq!(parsed.validity().not_before.timestamp(), NOW.millis() / 1_000 - slack);
}

#[test]
fn a_request_that_its_key_did_not_sign_is_refused() {
    let authority = Authority::create(&province(), NOW).expect("an authority");
    let made = KeyAndRequest::generate().expect("a request");
    let request = CertificateDer::from_pem_slice(made.request_pem.as_bytes());
    assert!(request.is_err(), "a request is not taken for a certificate");
    let mut bytes = pem_body(&made.request_pem);
    authority
        .sign_csr(&bytes, &officer(), limits::HOLDER_VALIDITY, NOW)
        .expect("DER is accepted as well");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let error = authority
        .sign_csr(&bytes, &officer(), limits::HOLDER_VALIDITY, NOW)
        .expect_err("the signature no longer fits");
    assert!(matches!(error, AuthorityError::NotTheHolder), "{error}");
}

#[test]
fn only_readable_requests_with_p256_keys_are_signed() {
    let authority = Authority::create(&province(), NOW).expect("an authority");
    let sign =
        |request: &[u8]| authority.sign_csr(request, &officer(), limits::HOLDER_VALIDITY, NOW);
    let key = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
    let other = CertificateParams::default().serialize_request(&key).expect("a request");
    assert!(matches!(sign(other.der()), Err(AuthorityError::KeyKind)));
    for rubbish in [&b""[..], b"rubbish", b"-----BEGIN CERTIFICATE REQUEST-----\n", &[0x30; 9_000]]
    {
        assert!(matches!(sign(rubbish), Err(AuthorityError::Request(_))));
    }
    let mut long = pem_body(&KeyAndRequest::generate().expect("a request").request_pem);
    long.push(0);
    assert!(matches!(sign(&long), Err(AuthorityError::Request(_))));
}

#[test]
fn a_request_is_never_signed_for_a_server_nor_for_another_province() {
    let authority = Authority::create(&province(), NOW).expect("an authority");
    let request = KeyAndRequest::generate().expect("a request").request_pem;
    for identity in ["hoatoc://11/server", "hoatoc://27/officer/tran.van.a"] {
        let identity = identity.parse().expect("an identity");
        let outcome =
            authority.sign_csr(request.as_bytes(), &identity, limits::HOLDER_VALIDITY, NOW);
        assert!(matches!(outcome, Err(AuthorityError::Identity(_))));
    }
}

#[test]
fn an_authority_survives_its_files_and_notices_mixed_ones() {
    let first = Authority::create(&province(), NOW).expect("an authority");
    let second = Authority::create(&province(), NOW).expect("an authority");
    let loaded = Authority::load(&province(), first.certificate_pem(), &first.key_pem())
        .expect("its own files");
    assert_eq!(loaded.fingerprint(), first.fingerprint());
    assert!(Authority::load(&province(), first.certificate_pem(), &second.key_pem()).is_err());
    let elsewhere = "27".parse().expect("a unit code");
    assert!(Authority::load(&elsewhere, first.certificate_pem(), &first.key_pem()).is_err());
    let server = first.issue_server(&[], &[], NOW).expect("a server");
    assert!(
        Authority::load(&province(), &server.certificate_pem, &server.key_pem).is_err(),
        "a server's certificate is no authority"
    );
}

#[test]
fn no_two_serials_are_alike_and_no_secret_is_shown() {
    let authority = Authority::create(&province(), NOW).expect("an authority");
    let serials: std::collections::BTreeSet<String> = (0..64)
        .map(|_| {
            let server = authority.issue_server(&[], &[], NOW).expect("a server");
            PeerIdentity::from_der(&der(&server.certificate_pem)).expect("one identity").serial
        })
        .collect();
    assert_eq!(serials.len(), 64);
    let server = authority.issue_server(&[], &[], NOW).expect("a server");
    let made = KeyAndRequest::generate().expect("a request");
    for shown in [format!("{authority:?}"), format!("{server:?}"), format!("{made:?}")] {
        assert!(!shown.contains("PRIVATE"), "{shown}");
    }
}

#[test]
fn a_clock_outside_the_calendar_is_an_error_and_no_panic() {
    for now in [Instant::EPOCH, Instant::from_millis(i64::MIN), Instant::from_millis(i64::MAX)] {
        let outcome = Authority::create(&province(), now);
        assert!(matches!(outcome, Err(AuthorityError::Time(_))), "{now:?}");
    }
}

fn pem_body(pem: &str) -> Vec<u8> {
    use rustls::pki_types::CertificateSigningRequestDer;
    CertificateSigningRequestDer::from_pem_slice(pem.as_bytes()).expect("a request").to_vec()
}
