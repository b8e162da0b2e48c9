//! Which fields of a record differ between two versions, with both values as text.
//!
//! Called by the import's door, to say what an update changes. Works on any kind of record: fields go
//! by the numbers in their encoded bytes, and by their names in the descriptors. Personal data goes
//! through here; nothing of it is logged.

pub(super) mod stamp;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use prost::Message;
use prost_types::field_descriptor_proto::Type;
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet};

use crate::wire::pb;
use crate::wire::registry::RegistryRecord;

/// Messages and enums of the proto files, by their full names.
#[derive(Debug, Default)]
pub(super) struct Types {
    pub(super) messages: BTreeMap<String, DescriptorProto>,
    enums: BTreeMap<String, EnumDescriptorProto>,
}

pub(super) static TYPES: LazyLock<Types> = LazyLock::new(|| {
    let set = FileDescriptorSet::decode(pb::DESCRIPTORS).expect("the build made it");
    let mut types = Types::default();
    for file in set.file {
        let package = file.package().to_owned();
        for message in file.message_type {
            types.messages.insert(format!(".{package}.{}", message.name()), message);
        }
        for list in file.enum_type {
            types.enums.insert(format!(".{package}.{}", list.name()), list);
        }
    }
    types
});

/// The values of one field, as they are encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Raw {
    Number(u64),
    Bytes(Vec<u8>),
}

/// The fields that differ, in the order of their numbers. Identity and version are no fields of the
/// content.
pub fn changes<R: RegistryRecord>(old: &R, new: &R) -> Vec<pb::FieldChange> {
    let bare = |record: &R| {
        let mut record = record.clone();
        record.identify(String::new(), 0);
        record.stamp(None);
        fields(&record.encode_to_vec())
    };
    let (old, new) = (bare(old), bare(new));
    let Some(message) = TYPES.messages.get(&format!(".hoatoc.v1.{:?}", R::KIND)) else {
        return Vec::new();
    };
    let named = message.field.iter().filter_map(|field| {
        let number = u32::try_from(field.number()).ok()?;
        let (old, new) = (old.get(&number), new.get(&number));
        (old != new).then(|| pb::FieldChange {
            field: field.name().to_owned(),
            old: shown(field, old),
            new: shown(field, new),
        })
    });
    named.collect()
}

/// The names of a message's fields, such as those of `Reservist`; none for an unknown message.
pub fn field_names(message: &str) -> Vec<String> {
    let found = TYPES.messages.get(&format!(".hoatoc.v1.{message}"));
    let fields = found.into_iter().flat_map(|message| &message.field);
    fields.map(|field| field.name().to_owned()).collect()
}

fn shown(field: &FieldDescriptorProto, values: Option<&Vec<Raw>>) -> String {
    let values = values.into_iter().flatten().map(|value| one(field, value));
    values.collect::<Vec<_>>().join(", ")
}

fn one(field: &FieldDescriptorProto, value: &Raw) -> String {
    match (field.r#type(), value) {
        (Type::String, Raw::Bytes(text)) => String::from_utf8_lossy(text).into_owned(),
        (Type::Bool, Raw::Number(set)) => if *set == 0 { "false" } else { "true" }.to_owned(),
        (Type::Enum, Raw::Number(number)) => word(field.type_name(), *number),
        (Type::Message, Raw::Bytes(bytes)) => message(field.type_name(), bytes),
        (_, Raw::Number(number)) if field.name().ends_with("_hundredths") => {
            let decimals = format!("{:02}", number % 100);
            let decimals = decimals.trim_end_matches('0');
            let mark = if decimals.is_empty() { "" } else { "," };
            format!("{}{mark}{decimals}", number / 100)
        }
        (_, Raw::Number(number)) => number.to_string(),
        // Packed numbers.
        (_, Raw::Bytes(bytes)) => {
            let mut rest = bytes.as_slice();
            let numbers = std::iter::from_fn(|| {
                (!rest.is_empty()).then(|| prost::encoding::decode_varint(&mut rest).ok())?
            });
            let texts = numbers.map(|number| one(field, &Raw::Number(number)));
            texts.collect::<Vec<_>>().join(", ")
        }
    }
}

/// A term without the prefix that all terms of its enum share.
fn word(name: &str, number: u64) -> String {
    let list = TYPES.enums.get(name);
    let of = |at: i32| {
        list.and_then(|list| list.value.iter().find(|v| v.number() == at)).map(|v| v.name())
    };
    let zero = of(0).and_then(|zero| zero.strip_suffix("UNSPECIFIED")).unwrap_or_default();
    let term = i32::try_from(number).ok().and_then(of);
    term.map_or_else(
        || number.to_string(),
        |term| term.strip_prefix(zero).unwrap_or(term).to_lowercase(),
    )
}

fn message(name: &str, bytes: &[u8]) -> String {
    if name == ".hoatoc.v1.CivilDate" {
        return pb::CivilDate::decode(bytes)
            .map(|date| format!("{:02}/{:02}/{:04}", date.day, date.month, date.year))
            .unwrap_or_default();
    }
    let Some(kind) = TYPES.messages.get(name) else { return String::new() };
    let values = fields(bytes);
    let parts = kind.field.iter().filter_map(|field| {
        let values = values.get(&u32::try_from(field.number()).ok()?)?;
        Some(shown(field, Some(values)))
    });
    parts.collect::<Vec<_>>().join(" ")
}

/// The fields of an encoded message. Only what our own encoder writes is read.
fn fields(mut bytes: &[u8]) -> BTreeMap<u32, Vec<Raw>> {
    use prost::bytes::Buf;
    use prost::encoding::{WireType, decode_key, decode_varint};
    let mut found: BTreeMap<u32, Vec<Raw>> = BTreeMap::new();
    while bytes.has_remaining() {
        let Ok((number, wire)) = decode_key(&mut bytes) else { break };
        let value = match wire {
            WireType::Varint => decode_varint(&mut bytes).ok().map(Raw::Number),
            WireType::LengthDelimited => decode_varint(&mut bytes)
                .ok()
                .and_then(|len| usize::try_from(len).ok())
                .and_then(|len| bytes.split_at_checked(len))
                .map(|(value, rest)| {
                    bytes = rest;
                    Raw::Bytes(value.to_vec())
                }),
            WireType::SixtyFourBit => bytes.split_first_chunk().map(|(value, rest)| {
                bytes = rest;
                Raw::Number(u64::from_le_bytes(*value))
            }),
            WireType::ThirtyTwoBit => bytes.split_first_chunk().map(|(value, rest)| {
                bytes = rest;
                Raw::Number(u32::from_le_bytes(*value).into())
            }),
            WireType::StartGroup | WireType::EndGroup => None,
        };
        let Some(value) = value else { break };
        found.entry(number).or_default().push(value);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capacity_is_shown_in_its_measure_and_not_in_hundredths() {
        let made = |per_month_hundredths, quota_hundredths: u64| pb::Enterprise {
            capabilities: vec![pb::Capability {
                product: "Gạo".into(),
                per_month_hundredths,
                measure: "tấn".into(),
                quota_hundredths,
            }],
            ..pb::Enterprise::default()
        };
        let found = changes(&made(150, 0), &made(1_250, 1_000));
        let [change] = &found[..] else { panic!("one field: {found:?}") };
        assert_eq!((&*change.old, &*change.new), ("Gạo 1,5 tấn", "Gạo 12,5 tấn 10"));
    }

    #[test]
    fn what_differs_is_named_with_both_values() {
        let old = pb::Reservist {
            reservist_id: "one".into(),
            version: 3,
            full_name: "Lò Văn A".into(),
            birth_date: Some(pb::CivilDate { year: 1990, month: 6, day: 15 }),
            phones: vec!["+84912345678".into()],
            status: pb::ReservistStatus::Active.into(),
            ..pb::Reservist::default()
        };
        assert_eq!(changes(&old, &pb::Reservist { version: 4, ..old.clone() }), Vec::new());
        let new = pb::Reservist {
            birth_date: Some(pb::CivilDate { year: 1991, month: 6, day: 15 }),
            phones: vec!["+84912345678".into(), "+84912345679".into()],
            status: pb::ReservistStatus::TempAbsent.into(),
            ..old.clone()
        };
        let found = changes(&old, &new).into_iter().map(|c| (c.field, c.old, c.new));
        let text = |field: &str, old: &str, new: &str| (field.into(), old.into(), new.into());
        let mut found: Vec<(String, String, String)> = found.collect();
        found.sort();
        assert_eq!(
            found,
            [
                text("birth_date", "15/06/1990", "15/06/1991"),
                text("phones", "+84912345678", "+84912345678, +84912345679"),
                text("status", "active", "temp_absent"),
            ]
        );
    }
}
