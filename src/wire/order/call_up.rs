//! Call-up lists as bytes: what an order signs of them, the leaves, and whether a leaf lies under a
//! signed root.
//!
//! Leaves are made once, when a draft's lists are frozen ([`pages::freeze`]), and never encoded
//! again. Whoever gets one, terminal or signer, proves it with [`proven_sheet`] or
//! [`proven_summary`] before it is read: equal hashes under another label, for another order or in
//! another place are refused, each with its reason. Knows nothing of storage and connections.

pub mod file;
pub mod pages;

use jiff::civil::Date;
use prost::Message;
use prost::bytes::Bytes;

use crate::domain::ids::{EndpointNo, OrderId};
use crate::domain::order::call_up::CallUp;
use crate::evidence::proof::{InclusionProof, PATH_LEN_MAX};
use crate::evidence::seal::Belongs;
use crate::evidence::tree::{Hash, leaf_hash};
use crate::wire::unit::optional;
use crate::wire::{WireError, array, pb};

/// The layout of sheets and summaries.
pub(crate) const FORMAT: u32 = 1;
/// Most rows on one page.
pub const PAGE_ROWS_MAX: usize = 500;
/// Most bytes of one page: with its proof it fits a message, with its records' identities a sealed
/// value.
pub const PAGE_LEN_MAX: usize = 36 * 1024;
/// Most bytes of a summary: the longest lines and 300 units fit.
pub const SUMMARY_LEN_MAX: usize = 40 * 1024;

const SHEET_LABEL: &[u8] = b"hoatoc call-up sheet v1\n";
const SUMMARY_LABEL: &[u8] = b"hoatoc call-up summary v1\n";

/// Why a leaf is not what a signed order calls by.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeafFault {
    /// Its bytes are no leaf in its one form.
    #[error("the sheet cannot be read: {0}")]
    Unreadable(WireError),
    /// There is no order with call-up lists to prove it by.
    #[error("the order calls nobody by name")]
    NoCallUp,
    /// It was made for another order.
    #[error("the sheet belongs to order {found}")]
    OtherOrder {
        /// Which it names.
        found: OrderId,
    },
    /// It is for other endpoints.
    #[error("the sheet is for unit {unit}, not for endpoint {endpoint}")]
    NotForUs {
        /// Whose it is.
        unit: String,
        /// Ours.
        endpoint: EndpointNo,
    },
    /// It does not lie under the signed root.
    #[error("the sheet is not under the signed root: it was changed, or is none of this order")]
    NotUnderRoot,
}

impl LeafFault {
    /// The stable reason.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "SHEET_INVALID",
            Self::NoCallUp => "SHEET_UNASKED",
            Self::OtherOrder { .. } => "SHEET_OF_ANOTHER_ORDER",
            Self::NotForUs { .. } => "SHEET_OF_ANOTHER_UNIT",
            Self::NotUnderRoot => "SHEET_NOT_UNDER_ROOT",
        }
    }
}

/// What the sealed value of a leaf belongs to: the order that froze it, and its place.
pub fn belongs(order: &[u8; 16], leaf: u32) -> Belongs<'_> {
    Belongs { record_id: order, kind: "call-up", version: leaf.into() }
}

/// What is signed, as a message.
pub fn to_message(call_up: &CallUp) -> pb::CallUp {
    pb::CallUp {
        frozen_by_order_id: Bytes::copy_from_slice(call_up.frozen_by.as_bytes()),
        as_of_date: call_up.as_of.to_string(),
        plan_code: call_up.plan.as_ref().map(ToString::to_string).unwrap_or_default(),
        people: call_up.people,
        equipment: call_up.equipment,
        leaf_count: call_up.leaves,
        root: Bytes::copy_from_slice(&call_up.root),
    }
}

/// What is signed, from a message.
///
/// # Errors
/// When a field is missing or out of its bounds.
pub fn from_message(message: &pb::CallUp) -> Result<CallUp, WireError> {
    Ok(CallUp {
        frozen_by: OrderId::from_bytes(array(
            "call_up.frozen_by_order_id",
            &message.frozen_by_order_id,
        )?),
        as_of: date("call_up.as_of_date", &message.as_of_date)?,
        plan: optional("call_up.plan_code", &message.plan_code)?,
        people: message.people,
        equipment: message.equipment,
        leaves: message.leaf_count,
        root: array("call_up.root", &message.root)?,
    })
}

/// A calendar day from its one spelling, `2026-12-01`.
///
/// # Errors
/// When it is missing, in no calendar, or spelled otherwise.
pub fn date(field: &'static str, text: &str) -> Result<Date, WireError> {
    let date: Option<Date> = text.parse().ok();
    let date = date.filter(|date| date.to_string() == text);
    date.ok_or_else(|| WireError::new(field, "is no date like 2026-12-01"))
}

/// The leaf hash of a sheet's bytes.
pub fn sheet_hash(bytes: &[u8]) -> Hash {
    leaf_hash(&[SHEET_LABEL, bytes].concat())
}

/// The leaf hash of a summary's bytes.
pub fn summary_hash(bytes: &[u8]) -> Hash {
    leaf_hash(&[SUMMARY_LABEL, bytes].concat())
}

/// A proof as a message.
pub fn proof_message(proof: &InclusionProof) -> pb::CallUpProof {
    let number = |own: u64| u32::try_from(own).unwrap_or(u32::MAX);
    pb::CallUpProof {
        leaf_index: number(proof.index),
        leaf_count: number(proof.size),
        path: proof.path.iter().map(|hash| Bytes::copy_from_slice(&hash.0)).collect(),
    }
}

fn proof(message: Option<&pb::CallUpProof>) -> Result<InclusionProof, WireError> {
    let message = message.ok_or_else(|| WireError::missing("proof"))?;
    if message.path.len() > PATH_LEN_MAX {
        return Err(WireError::new("proof.path", "is too long"));
    }
    let path = message.path.iter().map(|hash| array("proof.path", hash).map(Hash));
    Ok(InclusionProof {
        index: message.leaf_index.into(),
        size: message.leaf_count.into(),
        path: path.collect::<Result<_, _>>()?,
    })
}

/// The sheet in these bytes, if it lies under the root that `call_up` signs and is for `endpoint`.
///
/// # Errors
/// The first [`LeafFault`] found; what the bytes say of themselves is told only as a reason.
pub fn proven_sheet(
    delivery: &pb::CallUpSheetDelivery,
    call_up: Option<&CallUp>,
    endpoint: EndpointNo,
) -> Result<pb::CallUpSheet, LeafFault> {
    let call_up = call_up.ok_or(LeafFault::NoCallUp)?;
    if delivery.sheet.len() > PAGE_LEN_MAX {
        return Err(LeafFault::Unreadable(WireError::new("sheet", "is too long")));
    }
    let sheet = read_sheet(&delivery.sheet).map_err(LeafFault::Unreadable)?;
    let found = array("sheet.order_id", &sheet.order_id).map_err(LeafFault::Unreadable)?;
    if found != *call_up.frozen_by.as_bytes() {
        return Err(LeafFault::OtherOrder { found: OrderId::from_bytes(found) });
    }
    prove(sheet_hash(&delivery.sheet), delivery.proof.as_ref(), call_up)?;
    if !sheet.endpoint_numbers.contains(&endpoint.number()) {
        return Err(LeafFault::NotForUs { unit: sheet.unit_code, endpoint });
    }
    Ok(sheet)
}

/// Whether a leaf of which only the hash is known, as on a masked print, lies under the root that
/// `call_up` signs. Whose it is cannot be asked of a hash.
///
/// # Errors
/// The first [`LeafFault`] found.
pub fn proven_hash(
    leaf: Hash,
    delivery: &pb::CallUpSheetDelivery,
    call_up: Option<&CallUp>,
) -> Result<(), LeafFault> {
    prove(leaf, delivery.proof.as_ref(), call_up.ok_or(LeafFault::NoCallUp)?)
}

/// The summary in these bytes, if it is leaf 0 under the root that `call_up` signs and adds up to
/// the numbers signed beside it.
///
/// # Errors
/// The first [`LeafFault`] found.
pub fn proven_summary(
    bytes: &[u8],
    proof: Option<&pb::CallUpProof>,
    call_up: &CallUp,
) -> Result<pb::CallUpSummary, LeafFault> {
    let summary = read_summary(bytes).map_err(LeafFault::Unreadable)?;
    let found = array("summary.order_id", &summary.order_id).map_err(LeafFault::Unreadable)?;
    if found != *call_up.frozen_by.as_bytes() {
        return Err(LeafFault::OtherOrder { found: OrderId::from_bytes(found) });
    }
    prove(summary_hash(bytes), proof, call_up)?;
    let total = |own: fn(&pb::CallUpShare) -> u32| {
        summary.shares.iter().try_fold(0_u32, |sum, share| sum.checked_add(own(share)))
    };
    let (people, equipment) = (total(|share| share.people), total(|share| share.equipment));
    if (people, equipment) != (Some(call_up.people), Some(call_up.equipment)) {
        let fault = WireError::new("summary.shares", "do not add up to what is signed");
        return Err(LeafFault::Unreadable(fault));
    }
    Ok(summary)
}

fn prove(leaf: Hash, message: Option<&pb::CallUpProof>, call_up: &CallUp) -> Result<(), LeafFault> {
    let proof = proof(message).map_err(LeafFault::Unreadable)?;
    let whole = proof.size == u64::from(call_up.leaves);
    match proof.verify(&leaf, &Hash(call_up.root)) {
        Ok(()) if whole => Ok(()),
        _other_size_or_root => Err(LeafFault::NotUnderRoot),
    }
}

/// A sheet from its bytes.
///
/// # Errors
/// When they are not in their one form, or over a bound.
pub fn read_sheet(bytes: &[u8]) -> Result<pb::CallUpSheet, WireError> {
    let sheet: pb::CallUpSheet = one_form("sheet", bytes)?;
    let rows = sheet.people.len() + sheet.equipment.len();
    if sheet.format != FORMAT || rows > PAGE_ROWS_MAX || sheet.page == 0 || sheet.page > sheet.pages
    {
        return Err(WireError::new(
            "sheet",
            "has a format or size that this program does not know",
        ));
    }
    Ok(sheet)
}

/// A summary from its bytes.
///
/// # Errors
/// When they are not in their one form, or over a bound.
pub fn read_summary(bytes: &[u8]) -> Result<pb::CallUpSummary, WireError> {
    let summary: pb::CallUpSummary = one_form("summary", bytes)?;
    if summary.format != FORMAT || bytes.len() > SUMMARY_LEN_MAX {
        return Err(WireError::new("summary", "has a format that this program does not know"));
    }
    Ok(summary)
}

/// A message whose bytes say nothing that is not read.
fn one_form<M: Message + Default>(field: &'static str, bytes: &[u8]) -> Result<M, WireError> {
    let message = M::decode(bytes)
        .map_err(|_syntax| WireError::new(field, "is not a message of its kind"))?;
    if message.encode_to_vec() != bytes {
        return Err(WireError::new(field, "has unknown fields or is not in its one form"));
    }
    Ok(message)
}

#[cfg(test)]
mod tests;
