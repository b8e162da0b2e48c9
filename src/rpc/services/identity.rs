//! `IdentityService`: the trust bundle, certificates, enrolment.
//!
//! A certificate is handed out only after its record is durable; whatever fails before, the signed
//! text is dropped. Secrets of enrolment codes leave this process once, in the answer that makes
//! them.

use std::sync::Arc;

use ring::rand::{SecureRandom as _, SystemRandom};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tonic::{Request, Response, Status};

use crate::domain::code::Code;
use crate::domain::endpoint::{Address, Terminal};
use crate::domain::ids::{EndpointNo, OfficerId};
use crate::domain::world::{Actor, Command, Refusal, Request as Ask, Trust};
use crate::evidence::key::PublicKey;
use crate::limits;
use crate::pki::code::{EnrolmentCode, PROOF_PREFIX, SECRET_LEN, secret_digest};
use crate::pki::identity::{Identity, PeerIdentity};
use crate::rpc::auth::caller;
use crate::rpc::listener::PeerInfo;
use crate::rpc::request::{ask, identified};
use crate::rpc::services::Doors;
use crate::rpc::status::Reject;
use crate::wire::{WireError, envelope, parse, pb, timestamp, trust};
use pb::identity_service_server::IdentityService;

/// Longest text that is looked at as a secret, in bytes; ours have 26.
const SECRET_TEXT_LEN_MAX: usize = 64;

/// The service.
#[derive(Debug, Clone)]
pub struct Identities(pub Doors);

/// A signed certificate that nobody has seen yet.
struct Signed {
    pem: String,
    facts: PeerIdentity,
}

impl Identities {
    fn sign(&self, csr_pem: &str, identity: &Identity) -> Result<Signed, Reject> {
        let now = self.0.engine.now();
        let authority = &self.0.authority;
        let pem = authority.sign_csr(csr_pem.as_bytes(), identity, limits::HOLDER_VALIDITY, now)?;
        let own = |fault: &dyn std::fmt::Display| Reject::internal("CERTIFICATE_FAILED", fault);
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|fault| own(&fault))?;
        let facts = PeerIdentity::from_der(&der).map_err(|fault| own(&fault))?;
        Ok(Signed { pem, facts })
    }

    fn record(officer: OfficerId, signed: &Signed) -> Command {
        let (digest, not_after) = (signed.facts.fingerprint.0, signed.facts.not_after);
        let serial = signed.facts.serial.parse().ok();
        Command::RecordCertificate { officer, digest, not_after, serial }
    }

    fn trust(&self) -> Result<Arc<Trust>, Refusal> {
        self.0.engine.world().trust().cloned().ok_or(Refusal::NoTrust)
    }

    /// Whom an open code is for.
    fn code_holder(&self, digest: &[u8; 32]) -> Result<(EndpointNo, Address, Identity), Reject> {
        let now = self.0.engine.now();
        let world = self.0.engine.world();
        let no = world.open_code(digest, now)?.endpoint;
        let endpoint = world.endpoints().get(no).ok_or(Refusal::CodeInvalid)?;
        let address = endpoint.address.clone();
        let in_certificate = address.to_string().parse();
        let identity = Identity::Endpoint {
            province: world.province().ok_or(Refusal::NoTrust)?.clone(),
            address: in_certificate.map_err(|fault| Reject::internal("ADDRESS", &fault))?,
            number: no,
        };
        Ok((no, address, identity))
    }
}

fn prove_key(message: &pb::EnrolRequest) -> Result<PublicKey, Reject> {
    let invalid = |fault: WireError| Reject::field("KEY_PROOF_INVALID", &fault);
    let key = trust::key("answer_key", &message.answer_key).map_err(invalid)?;
    let signed = [PROOF_PREFIX, message.secret.as_bytes()].concat();
    key.verify(&signed, &message.answer_key_proof)
        .map_err(|fault| invalid(WireError::new("answer_key_proof", fault)))?;
    Ok(key)
}

fn connection<T>(request: &Request<T>) -> Option<&PeerInfo> {
    request.extensions().get::<PeerInfo>()
}

fn no_peer() -> Reject {
    Reject::internal("NO_PEER", &"a known caller came without a certificate")
}

#[tonic::async_trait]
impl IdentityService for Identities {
    async fn get_trust_bundle(
        &self,
        request: Request<pb::GetTrustBundleRequest>,
    ) -> Result<Response<pb::GetTrustBundleResponse>, Status> {
        let version = request.into_inner().version;
        let world = self.0.engine.world();
        let published = match version {
            0 => world.trusts().last().ok_or(Refusal::NoTrust)?,
            version => world.trust_of(version).ok_or_else(|| {
                let text = format!("trust bundle {version} never was in force here");
                Reject::new(Code::NotFound, "BUNDLE_UNKNOWN", text)
            })?,
        };
        let envelope = Some((&published.trust.envelope).into());
        let published_time = Some(timestamp(published.at));
        Ok(Response::new(pb::GetTrustBundleResponse { envelope, published_time }))
    }

    async fn publish_trust_bundle(
        &self,
        request: Request<pb::PublishTrustBundleRequest>,
    ) -> Result<Response<pb::PublishTrustBundleResponse>, Status> {
        let caller = caller(&request)?;
        let message = request.into_inner();
        let id = identified("PublishTrustBundle", &message.request_id, &message)?;
        let envelope = envelope::required("envelope", message.envelope.as_ref())?;
        let bundle = trust::read(&envelope)?;
        let command = Command::PublishTrust(Arc::new(Trust { bundle, envelope }));
        let committed = self.0.engine.submit(ask(&caller, Some(id), command)?).await?;
        let ledger_index = committed.ledger_index;
        Ok(Response::new(pb::PublishTrustBundleResponse { ledger_index }))
    }

    async fn certify_officer(
        &self,
        request: Request<pb::CertifyOfficerRequest>,
    ) -> Result<Response<pb::CertifyOfficerResponse>, Status> {
        let caller = caller(&request)?;
        let message = request.into_inner();
        let id = identified("CertifyOfficer", &message.request_id, &message)?;
        let officer: OfficerId = parse("officer_id", &message.officer_id)?;
        let province = self.trust()?.bundle.province.clone();
        let identity = Identity::Officer { province, officer: officer.clone() };
        let signed = self.sign(&message.csr_pem, &identity)?;
        let command = Self::record(officer, &signed);
        let first = ask(&caller, Some(id), command.clone())?;
        if self.0.engine.submit(first).await?.repeated {
            // The answer of before was lost, and with it the certificate: this one is recorded too.
            self.0.engine.submit(ask(&caller, None, command)?).await?;
        }
        Ok(Response::new(pb::CertifyOfficerResponse { certificate_pem: signed.pem }))
    }

    async fn create_enrolment_code(
        &self,
        request: Request<pb::CreateEnrolmentCodeRequest>,
    ) -> Result<Response<pb::CreateEnrolmentCodeResponse>, Status> {
        let caller = caller(&request)?;
        let message = request.into_inner();
        let id = identified("CreateEnrolmentCode", &message.request_id, &message)?;
        let address: Address = parse("address", &message.address)?;
        let mut secret = [0; SECRET_LEN];
        SystemRandom::new()
            .fill(&mut secret)
            .map_err(|_none| Reject::internal("RANDOMNESS", &"the machine gave no randomness"))?;
        let code = EnrolmentCode::new(secret, &self.0.authority.fingerprint());
        let expires_at = self.0.engine.now() + limits::CODE_VALIDITY;
        let secret_digest = code.secret_digest();
        let command = Command::CreateCode { address, secret_digest, expires_at };
        if self.0.engine.submit(ask(&caller, Some(id), command)?).await?.repeated {
            let text = "this request has made a code and shown it once: make another with a new request id";
            return Err(Reject::new(Code::Exists, "CODE_SHOWN_BEFORE", text).into());
        }
        let expires_time = Some(timestamp(expires_at));
        let code = code.to_string();
        Ok(Response::new(pb::CreateEnrolmentCodeResponse { code, expires_time }))
    }

    async fn enrol(
        &self,
        request: Request<pb::EnrolRequest>,
    ) -> Result<Response<pb::EnrolResponse>, Status> {
        let own = connection(&request).map(|peer| peer.connection);
        let message = request.into_inner();
        if message.secret.len() > SECRET_TEXT_LEN_MAX {
            return Err(Refusal::CodeInvalid.into());
        }
        let secret_digest = secret_digest(&message.secret);
        let (no, address, identity) = self.code_holder(&secret_digest)?;
        let answer_key = prove_key(&message)?;
        let trust = self.trust()?;
        let signed = self.sign(&message.csr_pem, &identity)?;
        let terminal = Terminal {
            answer_key,
            certificate_digest: signed.facts.fingerprint.0,
            certificate_not_after: signed.facts.not_after,
            certificate_serial: signed.facts.serial.parse().ok(),
        };
        let command = Command::Enrol { secret_digest, terminal };
        self.0.engine.submit(Ask { actor: Actor::Endpoint(no), id: None, command }).await?;
        self.0.end_terminal(no, own);
        Ok(Response::new(pb::EnrolResponse {
            certificate_pem: signed.pem,
            authority_certificate_pem: self.0.authority.certificate_pem().to_owned(),
            trust_bundle: Some((&trust.envelope).into()),
            endpoint_number: no.number(),
            address: address.to_string(),
        }))
    }

    async fn renew(
        &self,
        request: Request<pb::RenewRequest>,
    ) -> Result<Response<pb::RenewResponse>, Status> {
        let caller = caller(&request)?;
        let peer = connection(&request).and_then(|peer| peer.identity.clone());
        let peer = peer.ok_or_else(no_peer)?;
        let signed = self.sign(&request.into_inner().csr_pem, &peer.identity)?;
        let command = match caller.actor()? {
            Actor::Officer(id) => Self::record(id, &signed),
            Actor::Endpoint(endpoint) => Command::RenewTerminal {
                endpoint,
                shown: peer.fingerprint.0,
                digest: signed.facts.fingerprint.0,
                not_after: signed.facts.not_after,
                serial: signed.facts.serial.parse().ok(),
            },
            Actor::Server => return Err(no_peer().into()),
        };
        self.0.engine.submit(ask(&caller, None, command)?).await?;
        Ok(Response::new(pb::RenewResponse { certificate_pem: signed.pem }))
    }
}
