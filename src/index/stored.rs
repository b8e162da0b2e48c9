//! The value of a record in the store: its version, then its sealed content.
//!
//! Written by the engine's owner, read when the index loads and when a record is shown. The seal
//! binds identity, kind and version, so a value that was moved or rolled back by its version alone
//! does not open.

pub(super) mod load;

use ring::rand::SecureRandom;
use zeroize::Zeroizing;

use crate::domain::world::RecordKind;
use crate::evidence::seal::{Belongs, SealError, Sealed, Sealer, generation_of};

const VERSION_LEN: usize = 8;

/// Why a stored value is not a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoredError {
    /// It is too short to have a version.
    #[error("a stored record has {len} bytes: restore from a backup")]
    Length {
        /// Its length in bytes.
        len: usize,
    },
    /// It does not open.
    #[error(transparent)]
    Sealed(#[from] SealError),
}

/// The name of a kind under the seal.
pub const fn kind_name(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Reservist => "reservist",
        RecordKind::Equipment => "equipment",
        RecordKind::MilitiaBase => "militia_base",
        RecordKind::Enterprise => "enterprise",
        RecordKind::Activity => "activity",
        RecordKind::ReserveUnit => "reserve_unit",
        RecordKind::Assignment => "assignment",
    }
}

/// Makes the value of a record, with the ledger's word of it.
///
/// # Errors
/// [`SealError`].
pub fn seal_value(
    sealer: &Sealer,
    kind: RecordKind,
    id: &[u8; 16],
    version: u64,
    content: &[u8],
    rng: &dyn SecureRandom,
) -> Result<Sealed, SealError> {
    let belongs = Belongs { record_id: id, kind: kind_name(kind), version };
    let Sealed { bytes, commitment } = sealer.seal(&belongs, content, rng)?;
    Ok(Sealed { bytes: [&version.to_be_bytes()[..], &bytes].concat(), commitment })
}

/// The generation of keys that the value of a record is sealed under, without opening it.
///
/// # Errors
/// [`StoredError`].
pub fn value_generation(value: &[u8]) -> Result<u32, StoredError> {
    let Some((_version, sealed)) = value.split_first_chunk::<VERSION_LEN>() else {
        return Err(StoredError::Length { len: value.len() });
    };
    Ok(generation_of(sealed)?)
}

/// Opens the value of a record: its version and its content, which is wiped when dropped.
///
/// # Errors
/// [`StoredError`].
pub fn open_value(
    sealer: &Sealer,
    kind: RecordKind,
    id: &[u8; 16],
    value: &[u8],
) -> Result<(u64, Zeroizing<Vec<u8>>), StoredError> {
    let Some((version, sealed)) = value.split_first_chunk::<VERSION_LEN>() else {
        return Err(StoredError::Length { len: value.len() });
    };
    let version = u64::from_be_bytes(*version);
    let belongs = Belongs { record_id: id, kind: kind_name(kind), version };
    Ok((version, sealer.open(&belongs, sealed)?))
}
