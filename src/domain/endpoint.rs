//! Endpoints: the addressees. A commune has two, one on each line (Law 53/2019/QH14, article 27);
//! areas, bases and the province have one. Each has a terminal once one has enrolled.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::domain::certificate::Serial;
use crate::domain::ids::{EndpointNo, UnitCode};
use crate::domain::instant::Instant;
use crate::domain::unit::{Echelon, Units};
use crate::evidence::key::PublicKey;

/// Most endpoints: keeps every audience, with one run per endpoint, under the payload bound.
pub const ENDPOINTS_MAX: usize = 20_000;

/// The line on which an endpoint is addressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Line {
    /// The military command.
    Military,
    /// The chair of the People's Committee.
    Civil,
}

impl Line {
    /// The word in an address.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Military => "military",
            Self::Civil => "civil",
        }
    }
}

/// Where an endpoint is: a unit and a line, written `03160/military`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The unit.
    pub unit: UnitCode,
    /// The line.
    pub line: Line,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.unit, self.line.as_str())
    }
}

impl FromStr for Address {
    type Err = EndpointError;
    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let invalid = || EndpointError::BadAddress { address: text.chars().take(80).collect() };
        let (unit, line) = text.split_once('/').ok_or_else(invalid)?;
        let line = match line {
            "military" => Line::Military,
            "civil" => Line::Civil,
            _other => return Err(invalid()),
        };
        let unit = unit.parse().map_err(|_not_a_code| invalid())?;
        Ok(Self { unit, line })
    }
}

/// The terminal that answers for an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terminal {
    /// The key of its receipts and answers.
    pub answer_key: PublicKey,
    /// SHA-256 of its certificate.
    pub certificate_digest: [u8; 32],
    /// When the certificate ends.
    pub certificate_not_after: Instant,
    /// The certificate's serial number; none in ledgers of old.
    pub certificate_serial: Option<Serial>,
}

/// The certificate of a terminal before its newest one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Superseded {
    /// SHA-256 of the certificate.
    pub digest: [u8; 32],
    /// When it ends.
    pub not_after: Instant,
}

/// What a terminal's certificate counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is the newest: for everything.
    Newest,
    /// A newer one was made and not seen in use, perhaps lost on its way: for renewing only.
    Superseded,
    /// For nothing: of another terminal, or long renewed.
    Void,
}

/// One addressee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its dense number.
    pub no: EndpointNo,
    /// Where it is.
    pub address: Address,
    /// Who answers for it; none before enrolment.
    pub terminal: Option<Terminal>,
    /// The certificate that the terminal's newest one replaces, until that was seen in use.
    pub superseded: Option<Superseded>,
    /// Whether it is out of every audience for good: its number and history stay, its address may be
    /// given to another.
    pub is_retired: bool,
}

impl Endpoint {
    /// What the certificate with this digest counts for at a time.
    pub fn standing(&self, digest: &[u8; 32], now: Instant) -> Standing {
        let newest = self.terminal.as_ref().map(|terminal| &terminal.certificate_digest);
        if newest == Some(digest) {
            return Standing::Newest;
        }
        match &self.superseded {
            Some(before) if before.digest == *digest && now < before.not_after => {
                Standing::Superseded
            }
            _other => Standing::Void,
        }
    }

    /// Takes in a renewal: `shown` asked for it and stays good for asking again; without it (in
    /// ledgers of old) nothing does.
    pub(crate) fn renew(
        &mut self,
        shown: Option<[u8; 32]>,
        digest: [u8; 32],
        not_after: Instant,
        serial: Option<Serial>,
    ) {
        let Some(terminal) = &mut self.terminal else { return };
        if shown == Some(terminal.certificate_digest) {
            let (digest, not_after) = (terminal.certificate_digest, terminal.certificate_not_after);
            self.superseded = Some(Superseded { digest, not_after });
        } else if shown != self.superseded.map(|before| before.digest) {
            self.superseded = None;
        }
        terminal.certificate_digest = digest;
        terminal.certificate_not_after = not_after;
        terminal.certificate_serial = serial;
    }
}

/// Why an endpoint is not possible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Not `UNIT/military` or `UNIT/civil`.
    #[error("`{address}` is not an endpoint: write a unit code, `/`, then `military` or `civil`")]
    BadAddress {
        /// What was given, cut to 80 characters.
        address: String,
    },
    /// The unit is not there.
    #[error("unit {unit} is unknown: import it first")]
    UnknownUnit {
        /// The code.
        unit: UnitCode,
    },
    /// The unit exists no more.
    #[error("unit {unit} is closed: name the unit that took its place")]
    ClosedUnit {
        /// The code.
        unit: UnitCode,
    },
    /// Only communes have a civil line.
    #[error("{address} has no civil line: only communes and wards do")]
    NoCivilLine {
        /// The address.
        address: Address,
    },
    /// It is there already.
    #[error("endpoint {address} exists already with number {no}")]
    Exists {
        /// The address.
        address: Address,
        /// Its number.
        no: EndpointNo,
    },
    /// The bound is reached.
    #[error("there are {ENDPOINTS_MAX} endpoints already, which is the bound")]
    TooMany,
}

/// All endpoints, by number and by address.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Endpoints {
    list: Vec<Endpoint>,
    /// Those in use.
    by_address: BTreeMap<Address, EndpointNo>,
}

impl Endpoints {
    /// How many there are, those retired included.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All, by number, those retired included.
    pub fn iter(&self) -> impl Iterator<Item = &Endpoint> {
        self.list.iter()
    }

    /// Those in use, by number.
    pub fn in_use(&self) -> impl Iterator<Item = &Endpoint> {
        self.list.iter().filter(|endpoint| !endpoint.is_retired)
    }

    /// One by number.
    pub fn get(&self, no: EndpointNo) -> Option<&Endpoint> {
        self.list.get(usize::try_from(no.number()).ok()?.checked_sub(1)?)
    }

    /// The one in use at an address.
    pub fn at(&self, address: &Address) -> Option<&Endpoint> {
        self.get(*self.by_address.get(address)?)
    }

    /// Whether `address` may be added, `ahead` others before it; gives its number.
    ///
    /// # Errors
    /// All of [`EndpointError`] but `BadAddress`.
    pub fn admit(
        &self,
        address: &Address,
        ahead: usize,
        units: &Units,
    ) -> Result<EndpointNo, EndpointError> {
        let unit = units
            .get(&address.unit)
            .ok_or_else(|| EndpointError::UnknownUnit { unit: address.unit.clone() })?;
        if unit.is_closed() {
            return Err(EndpointError::ClosedUnit { unit: address.unit.clone() });
        }
        if address.line == Line::Civil && unit.echelon() != Echelon::Commune {
            return Err(EndpointError::NoCivilLine { address: address.clone() });
        }
        if let Some(no) = self.by_address.get(address) {
            return Err(EndpointError::Exists { address: address.clone(), no: *no });
        }
        let position = self.list.len() + ahead + 1;
        if position > ENDPOINTS_MAX {
            return Err(EndpointError::TooMany);
        }
        u32::try_from(position).map(EndpointNo::new).or(Err(EndpointError::TooMany))
    }

    /// Adds what was admitted. The number must be the next one: a recorded fact says so.
    pub(crate) fn add(&mut self, no: EndpointNo, address: Address) {
        debug_assert_eq!(usize::try_from(no.number()).ok(), Some(self.list.len() + 1));
        self.by_address.insert(address.clone(), no);
        self.list.push(Endpoint {
            no,
            address,
            terminal: None,
            superseded: None,
            is_retired: false,
        });
    }

    /// Takes one out of use, for recorded facts only: nobody answers for it any more.
    pub(crate) fn retire(&mut self, no: EndpointNo) {
        let Some(endpoint) = self.get_mut(no) else { return };
        (endpoint.terminal, endpoint.superseded, endpoint.is_retired) = (None, None, true);
        let address = endpoint.address.clone();
        if self.by_address.get(&address) == Some(&no) {
            self.by_address.remove(&address);
        }
    }

    /// The endpoint to change, for recorded facts only.
    pub(crate) fn get_mut(&mut self, no: EndpointNo) -> Option<&mut Endpoint> {
        self.list.get_mut(usize::try_from(no.number()).ok()?.checked_sub(1)?)
    }
}
