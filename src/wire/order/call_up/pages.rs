//! Freezing: from who is called to the leaves, the root and the numbers that are signed.
//!
//! Called once for each selection. Every unit with an addressed endpoint gets at least one page, also
//! when nobody is called from it: a terminal that has no page knows that it still lacks one, and
//! nobody learns from the number of leaves who is called where.

use std::collections::BTreeSet;

use prost::Message;
use prost::bytes::Bytes;
use ring::rand::SecureRandom;
use zeroize::Zeroizing;

use crate::domain::ids::{OrderId, UnitCode};
use crate::domain::order::call_up::{CallUp, LEAVES_MAX};
use crate::evidence::proof::InclusionProof;
use crate::evidence::tree::{Hash, Tree, TreeError};
use crate::wire::order::call_up::{
    FORMAT, PAGE_LEN_MAX, PAGE_ROWS_MAX, SUMMARY_LEN_MAX, read_sheet, read_summary, sheet_hash,
    summary_hash,
};
use crate::wire::{WireError, array, pb};

/// Bytes of a page that are not rows: heads, endpoints, salt.
const HEAD_LEN: usize = 512;
/// Bytes around a row in its page: tag and length.
const ROW_OVERHEAD_LEN: usize = 4;
/// Most endpoints of one unit: two lines, and room.
const ENDPOINTS_MAX: usize = 64;

/// A row of a sheet.
#[derive(Debug, Clone)]
pub enum Row {
    /// A person.
    Person(Box<pb::CalledPerson>),
    /// An item.
    Equipment(Box<pb::CalledEquipment>),
}

impl Row {
    fn len(&self) -> usize {
        match self {
            Self::Person(person) => person.encoded_len(),
            Self::Equipment(item) => item.encoded_len(),
        }
    }
}

/// Everything of one unit.
#[derive(Debug)]
pub struct UnitRows {
    /// Which.
    pub unit: UnitCode,
    /// The numbers of its addressed endpoints, rising.
    pub endpoints: Vec<u32>,
    /// Its rows with their records' identities, people first, in the order in which they are listed.
    pub rows: Vec<([u8; 16], Row)>,
}

/// One leaf: the exact bytes, and the records whose rows stand in it.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// The bytes of a summary (leaf 0) or sheet. Personal data.
    pub bytes: Zeroizing<Vec<u8>>,
    /// The records, row by row.
    pub records: Vec<[u8; 16]>,
}

/// Why lists cannot be frozen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FreezeError {
    /// More leaves than a root may have, or a page or summary over its bound.
    #[error("the lists are too large for one order: {what}; call fewer at once")]
    TooLarge {
        /// What is.
        what: &'static str,
    },
    /// The system's random numbers failed.
    #[error("the system gives no random numbers")]
    Randomness,
}

/// Frozen lists: the leaves under their root.
#[derive(Debug)]
pub struct Frozen {
    leaves: Vec<Leaf>,
    hashes: Tree,
    /// For each leaf after the first: the endpoints it is for.
    endpoints: Vec<Vec<u32>>,
}

/// Makes the leaves: the summary, then each unit's pages in the order given. `summary` comes without
/// salt. The salts are drawn here.
///
/// # Errors
/// [`FreezeError`].
pub fn freeze(
    order: OrderId,
    mut summary: pb::CallUpSummary,
    units: Vec<UnitRows>,
    rng: &dyn SecureRandom,
) -> Result<Frozen, FreezeError> {
    summary.format = FORMAT;
    summary.order_id = Bytes::copy_from_slice(order.as_bytes());
    summary.salt = salt(rng)?;
    let bytes = Zeroizing::new(summary.encode_to_vec());
    if bytes.len() > SUMMARY_LEN_MAX {
        return Err(FreezeError::TooLarge { what: "the summary" });
    }
    let mut leaves = vec![Leaf { bytes, records: Vec::new() }];
    for unit in units {
        unit_pages(order, unit, rng, &mut leaves)?;
    }
    if leaves.len() > usize::try_from(LEAVES_MAX).unwrap_or(usize::MAX) {
        return Err(FreezeError::TooLarge { what: "the number of pages" });
    }
    Frozen::from_leaves(leaves).map_err(|_own| FreezeError::TooLarge { what: "a page" })
}

fn unit_pages(
    order: OrderId,
    unit: UnitRows,
    rng: &dyn SecureRandom,
    leaves: &mut Vec<Leaf>,
) -> Result<(), FreezeError> {
    if unit.endpoints.len() > ENDPOINTS_MAX {
        return Err(FreezeError::TooLarge { what: "a unit's endpoints" });
    }
    let people = unit.rows.iter().filter(|(_id, row)| matches!(row, Row::Person(_))).count();
    let count = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
    let (people_total, equipment_total) = (count(people), count(unit.rows.len() - people));
    let mut pages: Vec<Vec<([u8; 16], Row)>> = vec![Vec::new()];
    let mut len = HEAD_LEN;
    for (number, (id, mut row)) in (1_u32..).zip(unit.rows) {
        match &mut row {
            Row::Person(person) => person.number = number,
            Row::Equipment(item) => item.number = number,
        }
        let row_len = row.len() + ROW_OVERHEAD_LEN;
        if len + row_len > PAGE_LEN_MAX || pages.last().is_some_and(|p| p.len() >= PAGE_ROWS_MAX) {
            pages.push(Vec::new());
            len = HEAD_LEN;
        }
        len += row_len;
        if let Some(page) = pages.last_mut() {
            page.push((id, row));
        }
    }
    let total = count(pages.len());
    for (page, rows) in (1..).zip(pages) {
        let mut sheet = pb::CallUpSheet {
            format: FORMAT,
            order_id: Bytes::copy_from_slice(order.as_bytes()),
            unit_code: unit.unit.to_string(),
            endpoint_numbers: unit.endpoints.clone(),
            page,
            pages: total,
            people_total,
            equipment_total,
            people: Vec::new(),
            equipment: Vec::new(),
            salt: salt(rng)?,
        };
        let mut records = Vec::with_capacity(rows.len());
        for (id, row) in rows {
            records.push(id);
            match row {
                Row::Person(person) => sheet.people.push(*person),
                Row::Equipment(item) => sheet.equipment.push(*item),
            }
        }
        let bytes = Zeroizing::new(sheet.encode_to_vec());
        if bytes.len() > PAGE_LEN_MAX {
            return Err(FreezeError::TooLarge { what: "a row" });
        }
        leaves.push(Leaf { bytes, records });
    }
    Ok(())
}

fn salt(rng: &dyn SecureRandom) -> Result<Bytes, FreezeError> {
    let mut salt = [0; 32];
    rng.fill(&mut salt).map_err(|_unspecified| FreezeError::Randomness)?;
    Ok(Bytes::copy_from_slice(&salt))
}

impl Frozen {
    /// From leaves as they were frozen: the summary, then the sheets.
    ///
    /// # Errors
    /// When one is not in its one form.
    pub fn from_leaves(leaves: Vec<Leaf>) -> Result<Self, WireError> {
        let mut hashes = Tree::new();
        let mut endpoints = Vec::with_capacity(leaves.len());
        for (place, leaf) in leaves.iter().enumerate() {
            if place == 0 {
                read_summary(&leaf.bytes)?;
                hashes.push(summary_hash(&leaf.bytes));
                endpoints.push(Vec::new());
            } else {
                endpoints.push(read_sheet(&leaf.bytes)?.endpoint_numbers);
                hashes.push(sheet_hash(&leaf.bytes));
            }
        }
        if leaves.len() < 2 {
            return Err(WireError::missing("sheets"));
        }
        Ok(Self { leaves, hashes, endpoints })
    }

    /// All leaves, the summary first.
    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// The endpoints that have a page.
    pub fn endpoints(&self) -> BTreeSet<u32> {
        self.endpoints.iter().flatten().copied().collect()
    }

    /// The root over them.
    pub fn root(&self) -> Hash {
        self.hashes.root()
    }

    /// What an order signs of these lists.
    ///
    /// # Errors
    /// When the summary does not say what it must.
    pub fn signed(&self) -> Result<CallUp, WireError> {
        let bytes = self.leaves.first().map(|leaf| &leaf.bytes[..]).unwrap_or_default();
        let summary = read_summary(bytes)?;
        let sum = |own: fn(&pb::CallUpShare) -> u32| {
            summary.shares.iter().fold(0_u32, |sum, share| sum.saturating_add(own(share)))
        };
        Ok(CallUp {
            frozen_by: OrderId::from_bytes(array("summary.order_id", &summary.order_id)?),
            as_of: super::date("summary.as_of_date", &summary.as_of_date)?,
            plan: super::optional("summary.plan_code", &summary.plan_code)?,
            people: sum(|share| share.people),
            equipment: sum(|share| share.equipment),
            leaves: u32::try_from(self.leaves.len()).unwrap_or(u32::MAX),
            root: self.root().0,
        })
    }

    /// The bytes of the summary and their proof.
    ///
    /// # Errors
    /// None that lists with leaves can give.
    pub fn summary(&self) -> Result<(Bytes, pb::CallUpProof), TreeError> {
        let bytes = self.leaves.first().map(|leaf| &leaf.bytes[..]).unwrap_or_default();
        Ok((Bytes::copy_from_slice(bytes), super::proof_message(&self.prove(0)?)))
    }

    /// The `page`-th page, from 1, that an endpoint may have, ready to travel for `order`; none when
    /// there are no more.
    pub fn page_for(
        &self,
        endpoint: u32,
        page: u32,
        order: &OrderId,
    ) -> Option<pb::CallUpSheetDelivery> {
        let skip = usize::try_from(page.checked_sub(1)?).ok()?;
        let mut own =
            self.endpoints.iter().enumerate().filter(|(_at, list)| list.contains(&endpoint));
        let (at, _endpoints) = own.nth(skip)?;
        let proof = self.prove(u64::try_from(at).ok()?).ok()?;
        Some(pb::CallUpSheetDelivery {
            order_id: Bytes::copy_from_slice(order.as_bytes()),
            sheet: Bytes::copy_from_slice(&self.leaves.get(at)?.bytes),
            proof: Some(super::proof_message(&proof)),
        })
    }

    fn prove(&self, index: u64) -> Result<InclusionProof, TreeError> {
        self.hashes.prove_inclusion(index, self.hashes.len())
    }
}
