//! What putting a list of codes changes: what is new, what is dropped, and what has a code that is dropped.
//! Records and lines of the plan would be left with a code that nobody can look up, choose by or assign to.
//!
//! Asked before a list is put. It counts in the index and opens nothing.

use std::collections::BTreeMap;

use crate::domain::code::Code;
use crate::domain::ids::SpecialtyCode;
use crate::domain::registry::{EquipmentTypes, Specialties};
use crate::domain::world::RecordKind;
use crate::index::Registry;
use crate::rpc::status::Reject;
use crate::wire::pb;

/// Codes named in a refusal.
const NAMED_MAX: usize = 10;

/// What a list changes in the one before.
pub(super) struct Outcome {
    pub(super) created: u32,
    pub(super) updated: u32,
    pub(super) unchanged: u32,
    /// The codes that it drops.
    pub(super) removed: Vec<SpecialtyCode>,
}

impl Outcome {
    pub(super) fn of_specialties(before: &Specialties, list: &Specialties) -> Self {
        Self::of(before.iter().map(|own| (&own.code, own)), list.iter().map(|own| (&own.code, own)))
    }

    pub(super) fn of_types(before: &EquipmentTypes, list: &EquipmentTypes) -> Self {
        Self::of(before.iter().map(|own| (&own.code, own)), list.iter().map(|own| (&own.code, own)))
    }

    fn of<'a, T: PartialEq + 'a>(
        before: impl Iterator<Item = (&'a SpecialtyCode, &'a T)>,
        list: impl Iterator<Item = (&'a SpecialtyCode, &'a T)>,
    ) -> Self {
        let mut before: BTreeMap<&SpecialtyCode, &T> = before.collect();
        let mut outcome = Self { created: 0, updated: 0, unchanged: 0, removed: Vec::new() };
        for (code, entry) in list {
            match before.remove(code) {
                None => outcome.created += 1,
                Some(present) if present == entry => outcome.unchanged += 1,
                Some(_other) => outcome.updated += 1,
            }
        }
        outcome.removed = before.into_keys().cloned().collect();
        outcome
    }
}

/// What has a code that is dropped.
pub(super) struct Used {
    pub(super) code: SpecialtyCode,
    pub(super) records: u64,
    /// Lines of reserve units that ask for it.
    pub(super) lines: u32,
    /// Lines that take it as near.
    pub(super) near: u32,
}

impl Used {
    /// Those of the dropped specialties that people or posts have, by code.
    pub(super) fn specialties(registry: &Registry, dropped: &[SpecialtyCode]) -> Vec<Self> {
        let posts = registry.plan.reserve_units().flat_map(|kept| &kept.unit.posts);
        let asked: Vec<_> = posts.map(|post| (&post.specialty, &post.near[..])).collect();
        Self::of(registry, RecordKind::Reservist, &asked, dropped)
    }

    /// Those of the dropped types that equipment or lines of the plan have, by code.
    pub(super) fn types(registry: &Registry, dropped: &[SpecialtyCode]) -> Vec<Self> {
        let lines = registry.plan.reserve_units().flat_map(|kept| &kept.unit.lines);
        let asked: Vec<_> = lines.map(|line| (&line.kind, &line.near[..])).collect();
        Self::of(registry, RecordKind::Equipment, &asked, dropped)
    }

    fn of(
        registry: &Registry,
        kind: RecordKind,
        asked: &[(&SpecialtyCode, &[SpecialtyCode])],
        dropped: &[SpecialtyCode],
    ) -> Vec<Self> {
        let table = registry.table(kind);
        let used = dropped.iter().map(|code| Self {
            code: code.clone(),
            records: table.count_code(code.as_str()),
            lines: count(asked.iter().filter(|(own, _near)| *own == code)),
            near: count(asked.iter().filter(|(_own, near)| near.contains(code))),
        });
        used.filter(|own| own.records > 0 || own.lines > 0 || own.near > 0).collect()
    }
}

impl From<Used> for pb::SpecialtyInUse {
    fn from(Used { code, records, lines, near }: Used) -> Self {
        Self { code: code.to_string(), reservists: records, posts: lines, near }
    }
}

impl From<Used> for pb::EquipmentTypeInUse {
    fn from(Used { code, records, lines, near }: Used) -> Self {
        Self { code: code.to_string(), equipment: records, lines, near }
    }
}

fn count(entries: impl Iterator) -> u32 {
    u32::try_from(entries.count()).unwrap_or(u32::MAX)
}

/// Why a list of specialties is not put.
pub(super) fn specialties_in_use(in_use: &[Used]) -> Reject {
    let words = |Used { code, records, lines, near }: &Used| {
        format!("{code} ({records} reservists, {lines} posts, near to {near})")
    };
    refused(("SPECIALTIES_IN_USE", "specialties"), in_use, words)
}

/// Why a list of types of equipment is not put.
pub(super) fn types_in_use(in_use: &[Used]) -> Reject {
    let words = |Used { code, records, lines, near }: &Used| {
        format!("{code} ({records} pieces of equipment, {lines} lines of the plan, near to {near})")
    };
    refused(("EQUIPMENT_TYPES_IN_USE", "types of equipment"), in_use, words)
}

fn refused(
    (reason, what): (&'static str, &str),
    in_use: &[Used],
    words: impl Fn(&Used) -> String,
) -> Reject {
    let named = in_use.iter().take(NAMED_MAX).map(words).collect::<Vec<_>>().join(", ");
    let more = match in_use.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let text = format!(
        "the list drops {what} that are in use: {named}{more}; keep them, change those first, or \
         say that they are to be dropped (--drop)"
    );
    Reject::new(Code::Precondition, reason, text)
}
