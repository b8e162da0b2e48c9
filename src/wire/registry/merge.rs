//! Which fields of a record an import speaks of, and the record that comes of them and what is stored.
//!
//! Called by the import's door and, for the names of fields, by the feeder. A file without a column for
//! a field says nothing about it, nor does an empty cell: what is stored stays. A cell that says that
//! there is none (`-`, `xóa`) clears it. Works on any kind of record: fields go by the numbers in their encoded bytes, and by their
//! names in the descriptors. What comes of it is to be checked again.

use std::collections::{BTreeMap, BTreeSet};

use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, encode_key, skip_field};
use prost_types::DescriptorProto;
use prost_types::field_descriptor_proto::Type;

use super::changes::TYPES;
use super::proto_name;
use crate::domain::world::RecordKind;
use crate::wire::WireError;
use crate::wire::registry::RegistryRecord;

/// Most names that a request may give: all fields of the largest record, with room for more.
pub const FIELDS_MAX: usize = 100;

/// Fields that a row may fill though its file has no column for them: the reader found the former
/// unit by the name in the column of the unit, the hamlet in a heading or an address. Blank, they say
/// nothing.
const FILLED_BESIDE: &[&str] = &["former_unit", "hamlet"];

/// The fields of a record that a file has columns for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fields {
    whole: BTreeSet<u32>,
    /// Parts of messages, and whether one of them is more than a date.
    parts: BTreeMap<u32, (BTreeSet<u32>, bool)>,
    beside: BTreeSet<u32>,
}

fn numbered(message: &DescriptorProto, name: &str) -> Option<(u32, Type, String)> {
    let field = message.field.iter().find(|field| field.name() == name)?;
    let number = u32::try_from(field.number()).ok()?;
    Some((number, field.r#type(), field.type_name().to_owned()))
}

impl Fields {
    /// Reads names such as `note` and `deferral.end_date`.
    ///
    /// # Errors
    /// When there are too many, or one is no field of the record.
    pub fn parse<R: RegistryRecord>(names: &[String]) -> Result<Self, WireError> {
        if names.len() > FIELDS_MAX {
            return Err(WireError::new("fields", "has more than 100 names"));
        }
        let fault = || WireError::new("fields", "names no field of the record");
        let message = TYPES.messages.get(&format!(".hoatoc.v1.{:?}", R::KIND));
        let message = message.ok_or_else(fault)?;
        let mut fields = Self::default();
        for name in names {
            let Some((name, part)) = name.split_once('.') else {
                fields.whole.insert(numbered(message, name).ok_or_else(fault)?.0);
                continue;
            };
            let (number, _type, type_name) = numbered(message, name).ok_or_else(fault)?;
            let of = TYPES.messages.get(&type_name).ok_or_else(fault)?;
            let (part, kind, _name) = numbered(of, part).ok_or_else(fault)?;
            let (parts, tells) = fields.parts.entry(number).or_default();
            parts.insert(part);
            *tells |= kind != Type::Message;
        }
        let beside = FILLED_BESIDE.iter().filter_map(|name| numbered(message, name));
        fields.beside = beside.map(|(number, ..)| number).collect();
        Ok(fields)
    }

    /// The names without those that a row keeps.
    ///
    /// # Errors
    /// As [`Fields::parse`], and when too many are kept.
    pub fn without<R: RegistryRecord>(
        names: &[String],
        kept: &[String],
    ) -> Result<Self, WireError> {
        if kept.len() > FIELDS_MAX {
            return Err(WireError::new("kept", "has more than 100 names"));
        }
        let said: Vec<String> = names.iter().filter(|name| !kept.contains(name)).cloned().collect();
        Self::parse::<R>(&said)
    }

    /// The new record with all that it does not speak of as it is stored; not checked.
    ///
    /// # Errors
    /// When the stored record is none of this program's.
    pub fn merge<R: RegistryRecord>(&self, stored: &R, new: &R) -> Result<R, WireError> {
        let (stored, new) = (stored.encode_to_vec(), new.encode_to_vec());
        let (stored, new) = (split(&stored)?, split(&new)?);
        let mut merged = Vec::new();
        let says = |number: &u32| new.iter().any(|segment| segment.number == *number);
        let from_new = |number: &u32| {
            self.whole.contains(number) || self.beside.contains(number) && says(number)
        };
        for segment in new.iter().filter(|segment| from_new(&segment.number)) {
            merged.extend_from_slice(segment.bytes);
        }
        for segment in &stored {
            let number = segment.number;
            if !from_new(&number) && !self.parts.contains_key(&number) {
                merged.extend_from_slice(segment.bytes);
            }
        }
        for (number, (parts, tells)) in &self.parts {
            let of = |list: &[Segment<'_>]| -> Option<Vec<u8>> {
                let found = list.iter().find(|segment| segment.number == *number)?;
                Some(found.content.to_vec())
            };
            let (old, now) = (of(&stored), of(&new));
            // What makes it is gone: so is all of it.
            if now.is_none() && *tells {
                continue;
            }
            let (old, now) = (old.unwrap_or_default(), now.unwrap_or_default());
            let mut content = Vec::new();
            for segment in split(&now)?.iter().filter(|part| parts.contains(&part.number)) {
                content.extend_from_slice(segment.bytes);
            }
            for segment in split(&old)?.iter().filter(|part| !parts.contains(&part.number)) {
                content.extend_from_slice(segment.bytes);
            }
            if !content.is_empty() {
                encode_key(*number, WireType::LengthDelimited, &mut merged);
                prost::encoding::encode_varint(content.len() as u64, &mut merged);
                merged.extend_from_slice(&content);
            }
        }
        R::decode(merged.as_slice()).map_err(|_rule| unreadable())
    }
}

/// What goes with a status, a home or a post that may have passed since: an older list fills none of it
/// in.
const PASSING: &[&str] = &[
    "status_start_date",
    "status_end_date",
    "status_certificate",
    "deferral",
    "exemption",
    "militia_role",
    "residence_since_date",
    "registered_date",
    "former_unit",
];

/// The stored record, with what it lacks from a list that is older; not checked.
///
/// # Errors
/// When the stored record is none of this program's.
pub fn filled<R: RegistryRecord>(stored: &R, older: &R) -> Result<R, WireError> {
    let message =
        TYPES.messages.get(&format!(".hoatoc.v1.{:?}", R::KIND)).ok_or_else(unreadable)?;
    let moved = stored.facets()?.unit != older.facets()?.unit;
    let named = |names: &[&str]| -> BTreeSet<u32> {
        let numbers = names.iter().filter_map(|name| numbered(message, name));
        numbers.map(|(number, ..)| number).collect()
    };
    let mut passing = named(PASSING);
    // A hamlet is one of its commune.
    passing.extend(named(&["hamlet", "address"]).into_iter().filter(|_| moved));
    let (mut whole, older) = (stored.encode_to_vec(), older.encode_to_vec());
    let known: BTreeSet<u32> = split(&whole)?.iter().map(|segment| segment.number).collect();
    for segment in split(&older)? {
        if !known.contains(&segment.number) && !passing.contains(&segment.number) {
            whole.extend_from_slice(segment.bytes);
        }
    }
    R::decode(whole.as_slice()).map_err(|_rule| unreadable())
}

/// One field of an encoded message.
struct Segment<'a> {
    number: u32,
    /// With key and length.
    bytes: &'a [u8],
    /// What is behind key and length.
    content: &'a [u8],
}

fn unreadable() -> WireError {
    WireError::new("content", "is not a registry record")
}

fn split(mut bytes: &[u8]) -> Result<Vec<Segment<'_>>, WireError> {
    let mut segments = Vec::new();
    while bytes.has_remaining() {
        let whole = bytes;
        let (number, wire) = decode_key(&mut bytes).map_err(|_rule| unreadable())?;
        let mut content = bytes;
        if wire == WireType::LengthDelimited {
            decode_varint(&mut content).map_err(|_rule| unreadable())?;
        }
        skip_field(wire, number, &mut bytes, DecodeContext::default())
            .map_err(|_rule| unreadable())?;
        let content = &content[..content.len() - bytes.len()];
        segments.push(Segment { number, bytes: &whole[..whole.len() - bytes.len()], content });
    }
    Ok(segments)
}

/// An encoded message without some of its fields, in pieces.
///
/// # Errors
/// When it is no message.
pub(super) fn without<'a>(content: &'a [u8], fields: &[u32]) -> Result<Vec<&'a [u8]>, WireError> {
    let (mut pieces, mut begin, mut left) = (Vec::with_capacity(2), 0, content);
    while left.has_remaining() {
        let at = content.len() - left.len();
        let (number, wire) = decode_key(&mut left).map_err(|_rule| unreadable())?;
        skip_field(wire, number, &mut left, DecodeContext::default())
            .map_err(|_rule| unreadable())?;
        if fields.contains(&number) {
            pieces.push(&content[begin..at]);
            begin = content.len() - left.len();
        }
    }
    pieces.push(&content[begin..]);
    Ok(pieces)
}

/// The fields of the message that a column of a file fills, by the name that the checks have for it.
pub fn fields_of(kind: RecordKind, column: &'static str) -> Vec<&'static str> {
    match (kind, column) {
        (RecordKind::Reservist, "birth") => vec!["birth_date", "birth_precision"],
        (RecordKind::Equipment, "kind") => vec!["type_code", "equipment_class"],
        (RecordKind::Equipment, "capacity_value" | "capacity_unit") => {
            vec!["capacity_thousandths", "capacity_unit"]
        }
        // Alone it says nothing: it is read together with the drivers.
        (RecordKind::Equipment, "licence_class") => Vec::new(),
        (RecordKind::MilitiaBase | RecordKind::Activity, "kind") => vec!["kind"],
        (
            RecordKind::MilitiaBase,
            "standing" | "mobile" | "on_site" | "air_defense" | "artillery" | "engineer"
            | "reconnaissance" | "signals" | "chemical" | "medical",
        ) => vec!["by_type"],
        (RecordKind::Enterprise, "product" | "per_month" | "measure" | "quota") => {
            vec!["capabilities"]
        }
        (_, column) => vec![proto_name(column)],
    }
}
