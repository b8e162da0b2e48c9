//! Where to listen and whom to call: names and addresses that are right by construction.
//!
//! Used by the sections alone. Nothing is looked up here: a name may begin to resolve later.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};

/// Most bytes in a name: DNS allows no more.
const NAME_LEN_MAX: usize = 253;

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
        if is_name(&text) || text.parse::<IpAddr>().is_ok() {
            Ok(Self(text))
        } else {
            let reason = format!("{text:?} is neither a DNS name nor an IP address");
            Err(D::Error::custom(reason))
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

/// A witness's `http://host:port`, with a path where it has one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct WitnessUrl(String);

impl WitnessUrl {
    /// `host:port`.
    pub fn authority(&self) -> &str {
        self.parts().0
    }

    /// The path before `/add-checkpoint`; empty for none.
    pub fn path(&self) -> &str {
        self.parts().1
    }

    fn parts(&self) -> (&str, &str) {
        let rest = self.0.strip_prefix("http://").unwrap_or(&self.0).trim_end_matches('/');
        rest.find('/').map_or((rest, ""), |at| rest.split_at(at))
    }
}

impl<'de> Deserialize<'de> for WitnessUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let url = Self(String::deserialize(deserializer)?);
        let (authority, path) = url.parts();
        let plain = |c: char| c.is_ascii_alphanumeric() || "/-._~".contains(c);
        if url.0.starts_with("http://") && is_host_port(authority) && path.chars().all(plain) {
            return Ok(url);
        }
        Err(D::Error::custom(format!(
            "{:?} is not a witness's address: write one like \"http://10.0.1.7:7500\"",
            url.0
        )))
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
                && v6.strip_suffix(']').is_some_and(|v6| v6.parse::<Ipv6Addr>().is_ok());
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
