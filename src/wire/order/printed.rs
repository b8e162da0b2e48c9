//! What the codes of a printed order hold: its envelope and, on a call-up sheet, the sheet with its
//! proof, or the proof alone where the print is masked.
//!
//! Made when something is printed, read when a picture of it is verified. Nothing here is believed:
//! the envelope's signatures and the sheet's proof are checked by whoever reads them, as from a file.

use prost::Message;
use prost::bytes::Bytes;

use crate::evidence::envelope::Envelope;
use crate::evidence::tree::Hash;
use crate::wire::order::call_up::{PAGE_LEN_MAX, sheet_hash};
use crate::wire::{self, WireError, array, pb};

/// The layout of [`Content`].
const FORMAT: u32 = 1;
/// Most bytes of a content: the largest envelope, the largest page of a sheet, and its proof.
pub const PRINTED_LEN_MAX: usize = 104 * 1024;

/// What is printed.
#[derive(Clone, PartialEq)]
pub struct Printed {
    /// The order, as it was signed.
    pub envelope: Envelope,
    /// The call-up sheet.
    pub sheet: Option<PrintedSheet>,
}

/// A page of a call-up sheet. Personal data, unless it is masked.
#[derive(Clone, PartialEq)]
pub struct PrintedSheet {
    /// As it came, with its proof; the sheet's bytes are empty where it is masked.
    pub delivery: pb::CallUpSheetDelivery,
    /// The hash of its bytes.
    pub leaf: Hash,
}

impl std::fmt::Debug for Printed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sheet = self.sheet.is_some();
        f.debug_struct("Printed").field("sheet", &sheet).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for PrintedSheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrintedSheet(masked)")
    }
}

impl PrintedSheet {
    /// A page as it came; `is_masked` leaves out what names anybody.
    pub fn new(delivery: &pb::CallUpSheetDelivery, is_masked: bool) -> Self {
        let leaf = sheet_hash(&delivery.sheet);
        let mut delivery = delivery.clone();
        if is_masked {
            delivery.sheet = Bytes::new();
        }
        Self { delivery, leaf }
    }

    /// Whether its names were left out.
    pub fn is_masked(&self) -> bool {
        self.delivery.sheet.is_empty()
    }
}

/// The bytes of the codes.
#[derive(Clone, PartialEq, Message)]
struct Content {
    #[prost(uint32, tag = "1")]
    format: u32,
    #[prost(message, optional, tag = "2")]
    envelope: Option<pb::Envelope>,
    #[prost(message, optional, tag = "3")]
    sheet: Option<pb::CallUpSheetDelivery>,
    /// The sheet's hash where it is masked; else empty, for its bytes are there.
    #[prost(bytes = "bytes", tag = "4")]
    leaf: Bytes,
}

/// The bytes of what is printed.
pub fn encode(printed: &Printed) -> Vec<u8> {
    let masked = printed.sheet.as_ref().filter(|sheet| sheet.is_masked());
    let content = Content {
        format: FORMAT,
        envelope: Some((&printed.envelope).into()),
        sheet: printed.sheet.as_ref().map(|sheet| sheet.delivery.clone()),
        leaf: masked.map(|sheet| Bytes::copy_from_slice(&sheet.leaf.0)).unwrap_or_default(),
    };
    content.encode_to_vec()
}

/// What was printed, from its bytes. Nothing is verified yet.
///
/// # Errors
/// When they are not in their one form, or over a bound.
pub fn decode(bytes: &[u8]) -> Result<Printed, WireError> {
    if bytes.len() > PRINTED_LEN_MAX {
        return Err(WireError::new("printed", "is too long"));
    }
    let content = Content::decode(bytes)
        .map_err(|_syntax| WireError::new("printed", "is not what a printed order holds"))?;
    if content.format != FORMAT {
        return Err(WireError::new("printed", "has a format that this program does not know"));
    }
    if content.encode_to_vec() != bytes {
        return Err(WireError::new("printed", "has unknown fields or is not in its one form"));
    }
    let envelope = wire::envelope::required("envelope", content.envelope.as_ref())?;
    let sheet = match (content.sheet, &content.leaf[..]) {
        (None, []) => None,
        (Some(delivery), []) if !delivery.sheet.is_empty() => {
            if delivery.sheet.len() > PAGE_LEN_MAX {
                return Err(WireError::new("sheet", "is too long"));
            }
            Some(PrintedSheet::new(&delivery, false))
        }
        (Some(delivery), leaf) if delivery.sheet.is_empty() => {
            Some(PrintedSheet { delivery, leaf: Hash(array("leaf", leaf)?) })
        }
        _both_or_neither => {
            return Err(WireError::new("sheet", "must be there, or its hash in its place"));
        }
    };
    Ok(Printed { envelope, sheet })
}
