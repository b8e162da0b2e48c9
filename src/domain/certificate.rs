//! Certificates that were issued, by serial number, and which of them count no more.
//!
//! Kept by the world out of ledger entries, read by the server's keeper of revocation lists. A
//! certificate leaves the register when it ends by itself: a list need not name it any more. Entries
//! of before serials were recorded are not here; whoever holds such a certificate is refused call by
//! call. Knows no X.509.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::ids::{EndpointNo, OfficerId};
use super::instant::Instant;

/// Bytes of a serial number that our authority gives.
pub const SERIAL_LEN: usize = 16;

/// The serial number of a certificate of our authority.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial(pub [u8; SERIAL_LEN]);

/// A text that is no serial number of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a serial number of this authority has 32 hexadecimal digits")]
pub struct InvalidSerial;

impl FromStr for Serial {
    type Err = InvalidSerial;
    fn from_str(text: &str) -> Result<Self, InvalidSerial> {
        let mut bytes = [0; SERIAL_LEN];
        hex::decode_to_slice(text, &mut bytes).map_err(|_not_hex| InvalidSerial)?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Whose certificate it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateHolder {
    /// An officer's.
    Officer(OfficerId),
    /// A terminal's.
    Endpoint(EndpointNo),
}

/// A certificate as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Whose.
    pub holder: CertificateHolder,
    /// SHA-256 of it.
    pub digest: [u8; 32],
    /// When it ends.
    pub not_after: Instant,
    /// Since when it counts no more; none while it does.
    pub revoked_at: Option<Instant>,
}

/// All that have not ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Certificates {
    by_serial: BTreeMap<Serial, Recorded>,
}

impl Certificates {
    /// Adds one, and forgets those that ended before `now`.
    pub fn record(
        &mut self,
        serial: Serial,
        holder: CertificateHolder,
        digest: [u8; 32],
        not_after: Instant,
        now: Instant,
    ) {
        self.by_serial.retain(|_serial, one| now < one.not_after);
        let one = Recorded { holder, digest, not_after, revoked_at: None };
        self.by_serial.insert(serial, one);
    }

    /// Voids those for which `is` says so, unless they are void already.
    pub fn revoke_where(&mut self, at: Instant, is: impl Fn(&Recorded) -> bool) {
        for one in self.by_serial.values_mut() {
            if one.revoked_at.is_none() && is(one) {
                one.revoked_at = Some(at);
            }
        }
    }

    /// Each that has not ended, by serial.
    pub fn iter(&self) -> impl Iterator<Item = (&Serial, &Recorded)> {
        self.by_serial.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(ms: i64) -> Instant {
        Instant::from_millis(ms)
    }

    #[test]
    fn a_certificate_leaves_the_register_when_it_ends() {
        let mut all = Certificates::default();
        let holder = CertificateHolder::Endpoint(EndpointNo::new(1));
        all.record(Serial([1; 16]), holder.clone(), [1; 32], at(10), at(0));
        all.revoke_where(at(3), |one| one.digest == [1; 32]);
        all.revoke_where(at(4), |_any| true);
        assert_eq!(all.iter().next().and_then(|(_serial, one)| one.revoked_at), Some(at(3)));
        all.record(Serial([2; 16]), holder, [2; 32], at(20), at(10));
        assert_eq!(all.iter().map(|(serial, _one)| serial.0[0]).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn a_serial_has_thirty_two_digits() {
        let serial = Serial([0x4f; 16]);
        assert_eq!(serial.to_string().parse(), Ok(serial));
        for bad in ["", "4f", &"4f".repeat(17), &"zz".repeat(16)] {
            assert_eq!(bad.parse::<Serial>(), Err(InvalidSerial), "{bad}");
        }
    }
}
