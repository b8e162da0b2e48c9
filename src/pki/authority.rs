//! The enrolment authority: one key that vouches for a province's terminals, officers and servers.
//!
//! Called by the enrolment service and by the command line (to set up a province). A certificate's
//! names come from our records and never from the request; of a request only the public key is
//! used, after its own signature has shown that the asker holds the private key. The caller keeps
//! the PEM texts in files and records what was issued; time comes in as an argument.
//!
//! The authority's certificate carries no name constraints: identities are URIs, which the
//! verifier (webpki) does not constrain. The province in an identity is checked by [`super::config`].

use std::fmt;
use std::net::IpAddr;
use std::ops::Add;
use std::time::Duration;

use rcgen::string::Ia5String;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PublicKeyData, RevokedCertParams, SanType, SerialNumber, date_time_ymd,
};
use ring::rand::{SecureRandom, SystemRandom};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use zeroize::Zeroizing;

use crate::domain::ids::UnitCode;
use crate::domain::instant::Instant;
use crate::limits;
use crate::pki::identity::{Fingerprint, Identity, IdentityError};
use crate::pki::request::key_of_request;

/// Why the authority did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// The request is too long, not PEM or DER, or not a certificate request.
    #[error("read the certificate request: {0}")]
    Request(&'static str),
    /// The request's own signature does not fit its key: the asker does not hold the private key.
    #[error("verify the certificate request: its signature does not fit its key")]
    NotTheHolder,
    /// The request's key is of another kind than ECDSA P-256.
    #[error("accept the key of the certificate request: use ECDSA P-256")]
    KeyKind,
    /// The stored certificate and key are not readable or do not belong together.
    #[error("load the enrolment authority: {0}")]
    Load(String),
    /// A name that cannot stand in a certificate.
    #[error("put `{0}` into a certificate: use a DNS name or an address")]
    Name(String),
    /// A serial number that is not hex.
    #[error("revoke serial `{0}`: use the hex digits of the certificate's serial number")]
    Serial(String),
    /// The identity belongs to another province.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The time is outside of what a certificate can say (1970 to 9999).
    #[error("write the time {0:?} into a certificate: check the clock")]
    Time(Instant),
    /// The machine gave no randomness.
    #[error("make a serial number: the machine gave no randomness")]
    Randomness,
    /// Making or signing the certificate failed.
    #[error("make the certificate")]
    Make(#[source] rcgen::Error),
}

/// A certificate with its private key, both in PEM. `Debug` shows no key.
#[derive(Clone)]
pub struct Credentials {
    /// The certificate, or a chain with the holder's certificate first.
    pub certificate_pem: String,
    /// The private key (PKCS#8); leaves memory when dropped.
    pub key_pem: Zeroizing<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("key_pem", &"REDACTED").finish_non_exhaustive()
    }
}

/// A certificate that is no longer to be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// The serial number in hex, as in [`super::identity::PeerIdentity::serial`].
    pub serial: String,
    /// When it was revoked.
    pub at: Instant,
}

/// The enrolment authority of one province. `Debug` shows no key.
pub struct Authority {
    province: UnitCode,
    certificate: CertificateDer<'static>,
    certificate_pem: String,
    issuer: Issuer<'static, KeyPair>,
    random: SystemRandom,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority")
            .field("province", &self.province)
            .field("fingerprint", &self.fingerprint())
            .finish_non_exhaustive()
    }
}

impl Authority {
    /// Makes a new authority: a fresh key and a certificate signed by itself, good for
    /// [`limits::AUTHORITY_VALIDITY`], which may sign holders but no further authorities.
    ///
    /// # Errors
    /// [`AuthorityError::Randomness`], [`AuthorityError::Time`], [`AuthorityError::Make`].
    pub fn create(province: &UnitCode, now: Instant) -> Result<Self, AuthorityError> {
        let random = SystemRandom::new();
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(AuthorityError::Make)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = subject_of(province);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.serial_number = Some(fresh_serial(&random)?);
        set_validity(&mut params, now, limits::AUTHORITY_VALIDITY)?;
        let certificate = params.self_signed(&key).map_err(AuthorityError::Make)?;
        Ok(Self {
            province: province.clone(),
            certificate_pem: certificate.pem(),
            certificate: certificate.der().clone(),
            issuer: Issuer::new(params, key),
            random,
        })
    }

    /// Loads an authority from the texts that [`Self::certificate_pem`] and [`Self::key_pem`] gave.
    ///
    /// # Errors
    /// [`AuthorityError::Load`] when a text is not readable, the key belongs to another
    /// certificate, or the certificate is no authority's of this province.
    pub fn load(
        province: &UnitCode,
        certificate_pem: &str,
        key_pem: &str,
    ) -> Result<Self, AuthorityError> {
        let load = |why: &dyn fmt::Display| AuthorityError::Load(why.to_string());
        let certificate = CertificateDer::from_pem_slice(certificate_pem.as_bytes())
            .map_err(|error| load(&error))?;
        let key = KeyPair::from_pem(key_pem).map_err(|error| load(&error))?;
        let (_, parsed) = x509_parser::parse_x509_certificate(&certificate)
            .map_err(|_syntax| load(&"the certificate is not readable"))?;
        if !parsed.is_ca() {
            return Err(load(&"the certificate is not an authority's"));
        }
        if parsed.public_key().raw != key.subject_public_key_info().as_slice() {
            return Err(load(&"the key belongs to another certificate"));
        }
        let name = parsed.subject().iter_common_name().next().and_then(|name| name.as_str().ok());
        if name != Some(common_name(province).as_str()) {
            return Err(load(&format!("it is not the authority of province `{province}`")));
        }
        let issuer = Issuer::from_ca_cert_der(&certificate, key).map_err(|error| load(&error))?;
        Ok(Self {
            province: province.clone(),
            certificate_pem: certificate_pem.to_owned(),
            certificate,
            issuer,
            random: SystemRandom::new(),
        })
    }

    /// The province this authority vouches for.
    pub const fn province(&self) -> &UnitCode {
        &self.province
    }

    /// The authority's certificate in PEM; public.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The authority's certificate in DER; public.
    pub const fn certificate_der(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// The private key in PEM. Whoever has it can be anybody: keep it in a file of mode 0600.
    pub fn key_pem(&self) -> Zeroizing<String> {
        Zeroizing::new(self.issuer.key().serialize_pem())
    }

    /// SHA-256 of the authority's certificate, which an enrolment code carries.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.certificate)
    }

    /// Signs a request (PEM or DER) for `identity`, whatever names the request asks for. Returns
    /// the certificate in PEM; it starts [`limits::NOT_BEFORE_SLACK`] before `now`.
    ///
    /// # Errors
    /// [`AuthorityError::Request`], [`AuthorityError::NotTheHolder`], [`AuthorityError::KeyKind`]
    /// and [`AuthorityError::Identity`] are the asker's fault.
    pub fn sign_csr(
        &self,
        request: &[u8],
        identity: &Identity,
        valid_for: Duration,
        now: Instant,
    ) -> Result<String, AuthorityError> {
        let key = key_of_request(request)?;
        let mut params = self.holder(identity, valid_for, now)?;
        params.extended_key_usages = vec![match identity {
            Identity::Endpoint { .. } | Identity::Officer { .. } => {
                ExtendedKeyUsagePurpose::ClientAuth
            }
            Identity::Server { .. } => return Err(IdentityError::NotAClient.into()),
        }];
        let certificate = params.signed_by(&key, &self.issuer).map_err(AuthorityError::Make)?;
        Ok(certificate.pem())
    }

    /// Makes a key and certificate for a server that is reached under these names and addresses.
    /// The certificate text is the chain to present: the server's certificate, then the authority's.
    ///
    /// # Errors
    /// [`AuthorityError::Name`] for a name that is not ASCII (write it in punycode).
    pub fn issue_server(
        &self,
        dns_names: &[String],
        addresses: &[IpAddr],
        now: Instant,
    ) -> Result<Credentials, AuthorityError> {
        let identity = Identity::Server { province: self.province.clone() };
        let mut params = self.holder(&identity, limits::SERVER_VALIDITY, now)?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        for name in dns_names {
            let ascii = Ia5String::try_from(name.as_str())
                .map_err(|_not_ascii| AuthorityError::Name(name.clone()))?;
            params.subject_alt_names.push(SanType::DnsName(ascii));
        }
        params.subject_alt_names.extend(addresses.iter().copied().map(SanType::IpAddress));
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(AuthorityError::Make)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(AuthorityError::Make)?;
        Ok(Credentials {
            certificate_pem: format!("{}{}", certificate.pem(), self.certificate_pem),
            key_pem: Zeroizing::new(key.serialize_pem()),
        })
    }

    /// Signs the list of certificates no longer to be trusted. `number` must grow with each list.
    /// Servers refuse every certificate once `next_update` has passed, so make the next list before.
    /// Returns PEM.
    ///
    /// # Errors
    /// [`AuthorityError::Serial`], [`AuthorityError::Time`], and [`AuthorityError::Make`] when
    /// `next_update` is not after `now`.
    pub fn sign_revocations(
        &self,
        revoked: &[Revoked],
        number: u64,
        now: Instant,
        next_update: Instant,
    ) -> Result<String, AuthorityError> {
        let epoch = date_time_ymd(1970, 1, 1);
        let mut revoked_certs = Vec::with_capacity(revoked.len());
        for Revoked { serial, at } in revoked {
            let bytes =
                hex::decode(serial).map_err(|_not_hex| AuthorityError::Serial(serial.clone()))?;
            revoked_certs.push(RevokedCertParams {
                serial_number: SerialNumber::from_slice(&bytes),
                revocation_time: moment(epoch, *at)?,
                reason_code: None,
                invalidity_date: None,
            });
        }
        let list = CertificateRevocationListParams {
            this_update: moment(epoch, now)?,
            next_update: moment(epoch, next_update)?,
            crl_number: SerialNumber::from(number),
            issuing_distribution_point: None,
            revoked_certs,
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&self.issuer).and_then(|signed| signed.pem()).map_err(AuthorityError::Make)
    }

    /// What every holder's certificate has in common.
    fn holder(
        &self,
        identity: &Identity,
        valid_for: Duration,
        now: Instant,
    ) -> Result<CertificateParams, AuthorityError> {
        if identity.province() != &self.province {
            return Err(AuthorityError::Identity(IdentityError::OtherProvince {
                expected: self.province.clone(),
                found: identity.province().clone(),
            }));
        }
        let name = Ia5String::try_from(identity.to_string())
            .map_err(|_not_ascii| AuthorityError::Name(identity.to_string()))?;
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.subject_alt_names = vec![SanType::URI(name)];
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        params.serial_number = Some(fresh_serial(&self.random)?);
        set_validity(&mut params, now, valid_for)?;
        Ok(params)
    }
}

fn common_name(province: &UnitCode) -> String {
    format!("hoatoc enrolment authority {province}")
}

fn subject_of(province: &UnitCode) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, common_name(province));
    subject
}

/// A serial number of 128 bits, 126 of them random: the first byte is kept between 0x40 and 0x7f, so
/// that the number is positive, never shortened, and its hex has always 32 digits.
fn fresh_serial(random: &SystemRandom) -> Result<SerialNumber, AuthorityError> {
    let mut bytes = [0_u8; 16];
    random.fill(&mut bytes).map_err(|_no_randomness| AuthorityError::Randomness)?;
    bytes[0] = bytes[0] & 0x7f | 0x40;
    Ok(SerialNumber::from_slice(&bytes))
}

fn set_validity(
    params: &mut CertificateParams,
    now: Instant,
    valid_for: Duration,
) -> Result<(), AuthorityError> {
    let epoch = date_time_ymd(1970, 1, 1);
    params.not_before = moment(epoch, now - limits::NOT_BEFORE_SLACK)?;
    params.not_after = moment(epoch, now + valid_for)?;
    Ok(())
}

/// Our instant in the calendar type of rcgen, whose crate we do not name: hence the epoch as an
/// argument.
fn moment<T: Add<Duration, Output = T>>(epoch: T, at: Instant) -> Result<T, AuthorityError> {
    const YEAR_10_000: u64 = 253_402_300_800_000;
    match u64::try_from(at.millis()) {
        Ok(ms) if ms < YEAR_10_000 => Ok(epoch + Duration::from_millis(ms)),
        _ => Err(AuthorityError::Time(at)),
    }
}

#[cfg(test)]
mod tests;
