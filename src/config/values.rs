//! Values that are right by construction: each refuses what is out of bounds while the file is read,
//! so that the error knows its line.
//!
//! Used by the sections alone.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};

/// Most names in one list, and most bytes in one (the longest DNS name is 253).
const NAMES_MAX: usize = 32;
const NAME_LEN_MAX: usize = 253;

/// A whole number from `MIN` to `MAX`, both allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Bounded<const MIN: u64, const MAX: u64>(u64);

impl<const MIN: u64, const MAX: u64> Bounded<MIN, MAX> {
    /// For defaults and tests.
    ///
    /// # Panics
    /// Out of bounds: a mistake in the source, found when it is compiled as a constant.
    pub const fn new(value: u64) -> Self {
        assert!(MIN <= value && value <= MAX, "the value is out of its bounds");
        Self(value)
    }

    /// The number.
    pub const fn value(self) -> u64 {
        self.0
    }

    /// The number as milliseconds.
    pub const fn millis(self) -> Duration {
        Duration::from_millis(self.0)
    }

    /// The number as a count of things in memory.
    pub fn count(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for Bounded<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = u64::deserialize(deserializer)?;
        if (MIN..=MAX).contains(&value) {
            Ok(Self(value))
        } else {
            Err(D::Error::custom(format!("{value} is out of bounds: use {MIN} to {MAX}")))
        }
    }
}

/// A share from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Ratio(f64);

impl Ratio {
    /// Everything.
    pub const ALL: Self = Self(1.0);

    /// The share.
    pub const fn value(self) -> f64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Ratio {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = f64::deserialize(deserializer)?;
        if (0.0..=1.0).contains(&value) {
            Ok(Self(value))
        } else {
            Err(D::Error::custom(format!("{value} is out of bounds: use 0.0 to 1.0")))
        }
    }
}

/// An address to listen on, or nothing, written as an empty text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MaybeAddr(pub Option<SocketAddr>);

impl Serialize for MaybeAddr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.map(|addr| addr.to_string()).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for MaybeAddr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(Self(None));
        }
        match text.parse() {
            Ok(addr) => Ok(Self(Some(addr))),
            Err(_) => Err(D::Error::custom(format!(
                "{text:?} is not an address: write one like \"127.0.0.1:9464\", or \"\" for none"
            ))),
        }
    }
}

/// A collector's `http://host:port`, or nothing, written as an empty text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CollectorAddr(pub Option<String>);

impl Serialize for CollectorAddr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_deref().unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for CollectorAddr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(Self(None));
        }
        match text.strip_prefix("http://").map(|rest| rest.trim_end_matches('/')) {
            Some(authority) if is_host_port(authority) => Ok(Self(Some(text))),
            _ => Err(D::Error::custom(format!(
                "{text:?} is not a collector's address: write one like \"http://127.0.0.1:4317\", \
                 or \"\" for none"
            ))),
        }
    }
}

/// A server as `host:port`; the host is a name or an IP (IPv6 in brackets).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Address(String);

impl Address {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if is_host_port(&text) {
            Ok(Self(text))
        } else {
            Err(format!(
                "{text:?} is not a server's address: write one like \"hoatoc.example:7443\""
            ))
        }
    }
}

fn is_host_port(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let host = match host.strip_prefix('[') {
        Some(v6) => {
            return port_is_valid(port)
                && v6.strip_suffix(']').is_some_and(|v6| v6.parse::<std::net::Ipv6Addr>().is_ok());
        }
        None => host,
    };
    is_name(host) && port_is_valid(port)
}

fn port_is_valid(port: &str) -> bool {
    port.parse::<u16>().is_ok_and(|port| port > 0)
}

fn is_name(name: &str) -> bool {
    let fits = !name.is_empty() && name.len() <= NAME_LEN_MAX;
    fits && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
}

/// One to 32 distinct entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Names<T>(Vec<T>);

impl<T> Names<T> {
    /// The entries, in the file's order.
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }

    /// For defaults: one entry.
    pub fn one(entry: T) -> Self {
        Self(vec![entry])
    }
}

impl<'de, T: Deserialize<'de> + PartialEq> Deserialize<'de> for Names<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = Vec::<T>::deserialize(deserializer)?;
        let distinct = entries.iter().enumerate().all(|(i, entry)| !entries[..i].contains(entry));
        if entries.is_empty() || entries.len() > NAMES_MAX || !distinct {
            let count = entries.len();
            let reason = format!("{count} entries: give 1 to {NAMES_MAX}, each once");
            return Err(D::Error::custom(reason));
        }
        Ok(Self(entries))
    }
}

/// A DNS name or an IP address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct HostName(String);

impl HostName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn localhost() -> Self {
        Self("localhost".to_owned())
    }
}

impl<'de> Deserialize<'de> for HostName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if is_name(&text) || text.parse::<std::net::IpAddr>().is_ok() {
            Ok(Self(text))
        } else {
            let reason = format!("{text:?} is neither a DNS name nor an IP address");
            Err(D::Error::custom(reason))
        }
    }
}

/// A directory; relative ones begin at the data directory and stay under it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct RelPath(PathBuf);

impl RelPath {
    pub(super) fn new(path: &str) -> Self {
        Self(PathBuf::from(path))
    }

    /// The directory itself.
    pub fn under(&self, data_dir: &Path) -> PathBuf {
        data_dir.join(&self.0)
    }
}

impl<'de> Deserialize<'de> for RelPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let path = PathBuf::deserialize(deserializer)?;
        let inside = path.components().all(|part| !matches!(part, Component::ParentDir));
        let names_one = path.components().any(|part| matches!(part, Component::Normal(_)));
        if inside && names_one {
            Ok(Self(path))
        } else {
            let reason =
                format!("{path:?} names no directory of its own: write one like \"store\"");
            Err(D::Error::custom(reason))
        }
    }
}

/// Which lines are logged, checked while read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct LogFilter(String);

impl LogFilter {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for LogFilter {
    fn default() -> Self {
        Self("info".to_owned())
    }
}

impl<'de> Deserialize<'de> for LogFilter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.trim().is_empty() {
            // It would silence errors too.
            return Err(D::Error::custom("the log filter is empty: write one like \"info\""));
        }
        match tracing_subscriber::EnvFilter::builder().parse(&text) {
            Ok(_) => Ok(Self(text)),
            Err(error) => {
                let reason =
                    format!("{text:?} is not a log filter ({error}): write one like \"info\"");
                Err(D::Error::custom(reason))
            }
        }
    }
}
