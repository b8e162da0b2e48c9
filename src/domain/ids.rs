//! Identities. No bare `u64` or `String` names a thing; each identity is a type of its own with
//! bounds checked once, at the edge.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use uuid::Uuid;

/// Why a text is not an identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} `{value}` is not valid: {rule}")]
pub struct InvalidId {
    /// Which kind of identity was expected.
    pub what: &'static str,
    /// The offending text, cut to 80 characters.
    pub value: String,
    /// The rule it breaks.
    pub rule: &'static str,
}

impl InvalidId {
    fn new(what: &'static str, value: &str, rule: &'static str) -> Self {
        Self { what, value: value.chars().take(80).collect(), rule }
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:literal, $rule:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text of the identity.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let fits = !text.is_empty()
                    && text.len() <= $max
                    && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
                if fits { Ok(Self(text.into())) } else { Err(InvalidId::new($what, text, $rule)) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// A unit's code: `11` for the province, `KV1` for an area, `03160` for a commune (the official
    /// five digits, kept as text for their leading zero), `TV-001` for a self-defense base.
    UnitCode, "unit code", 16, "use 1 to 16 letters, digits, `-`, `_` or `.`"
);
text_id!(
    /// An officer's short name, chosen when the officer is added: `tran.van.a`.
    OfficerId, "officer id", 32, "use 1 to 32 letters, digits, `-`, `_` or `.`"
);
text_id!(
    /// The caller's name for one request: the same one twice does the thing once.
    RequestId, "request id", 64, "use 1 to 64 letters, digits, `-`, `_` or `.`"
);
text_id!(
    /// A military specialty (chuyên nghiệp quân sự) or equipment type code, from an imported list.
    SpecialtyCode, "specialty code", 16, "use 1 to 16 letters, digits, `-`, `_` or `.`"
);

text_id!(
    /// A reserve unit's code, chosen by those who keep the plan: `DB-C1`.
    ReserveUnitCode, "reserve unit code", 32, "use 1 to 32 letters, digits, `-`, `_` or `.`"
);

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// From a UUID made elsewhere: this floor has no randomness of its own.
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }

            /// The sixteen bytes of the UUID.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// From the sixteen bytes of a UUID.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::try_parse(text)
                    .map(Self)
                    .or_else(|_not_a_uuid| Err(InvalidId::new($what, text, "use a UUID")))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

uuid_id!(
    /// An order, a cancel or an update: chosen by the author, inside the signed bytes.
    OrderId, "order id"
);
uuid_id!(
    /// A reservist's record; never the citizen number.
    ReservistId, "reservist id"
);
uuid_id!(
    /// A piece of equipment's record.
    EquipmentId, "equipment id"
);

uuid_id!(
    /// An assignment's record.
    AssignmentId, "assignment id"
);

/// The dense number of an endpoint, given by the server in order of creation, from 1; never reused.
/// Sets of recipients are sets of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointNo(u32);

impl EndpointNo {
    /// From the number itself.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The number itself.
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for EndpointNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The fingerprint of a public key: SHA-256 of its raw 32 bytes, shown as 64 hex digits.
/// A hint for finding a key, never a proof.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 32]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..4].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_keeps_its_leading_zero_and_refuses_rubbish() {
        assert_eq!("03160".parse::<UnitCode>().expect("official code").as_str(), "03160");
        for bad in ["", "03 160", "a/b", "a\u{0}b", "012345678901234567"] {
            assert!(bad.parse::<UnitCode>().is_err(), "{bad:?}");
        }
    }
}
