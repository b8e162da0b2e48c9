//! A page of a call-up sheet as a JSON file, with its proof: for whoever verifies it on another
//! machine. Personal data.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost::bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::domain::ids::OrderId;
use crate::evidence::proof::PATH_LEN_MAX;
use crate::wire::order::call_up::PAGE_LEN_MAX;
use crate::wire::{WireError, array, pb};

/// Longest file that is read, in bytes: the largest page in base 64, and its proof.
pub const FILE_LEN_MAX: usize = 64 * 1024;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct SheetFile {
    order_id: String,
    sheet: String,
    leaf_index: u32,
    leaf_count: u32,
    path: Vec<String>,
}

/// A page as it came, as a file.
pub fn to_json(delivery: &pb::CallUpSheetDelivery) -> String {
    let proof = delivery.proof.clone().unwrap_or_default();
    let order = array("order_id", &delivery.order_id).map(OrderId::from_bytes);
    let file = SheetFile {
        order_id: order.map(|order| order.to_string()).unwrap_or_default(),
        sheet: STANDARD.encode(&delivery.sheet),
        leaf_index: proof.leaf_index,
        leaf_count: proof.leaf_count,
        path: proof.path.iter().map(|hash| STANDARD.encode(hash)).collect(),
    };
    serde_json::to_string_pretty(&file).expect("strings and numbers always have a JSON form")
}

/// A page from a file. Nothing is proved yet.
///
/// # Errors
/// When it is not in that form, or over a bound; never with what stands in it.
pub fn from_json(text: &str) -> Result<pb::CallUpSheetDelivery, WireError> {
    if text.len() > FILE_LEN_MAX {
        return Err(WireError::new("sheet file", "is too long"));
    }
    let file: SheetFile = serde_json::from_str(text)
        .map_err(|_syntax| WireError::new("sheet file", "is not the JSON of a call-up sheet"))?;
    let bytes = |field, text: &str| {
        STANDARD.decode(text).map_err(|_syntax| WireError::new(field, "is not base64"))
    };
    let order: OrderId = crate::wire::parse("orderId", &file.order_id)?;
    let sheet = bytes("sheet", &file.sheet)?;
    if sheet.len() > PAGE_LEN_MAX || file.path.len() > PATH_LEN_MAX {
        return Err(WireError::new("sheet file", "is too long"));
    }
    let path = file.path.iter().map(|hash| bytes("path", hash).map(Bytes::from));
    let proof = pb::CallUpProof {
        leaf_index: file.leaf_index,
        leaf_count: file.leaf_count,
        path: path.collect::<Result<_, _>>()?,
    };
    Ok(pb::CallUpSheetDelivery {
        order_id: Bytes::copy_from_slice(order.as_bytes()),
        sheet: sheet.into(),
        proof: Some(proof),
    })
}
