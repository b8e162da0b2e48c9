//! Specialties that a list drops, and what has them: people and posts would be left with a code that
//! nobody can look up, choose by or assign to.
//!
//! Asked before a list is put. It counts in the index and opens nothing.

use crate::domain::code::Code;
use crate::domain::registry::Specialties;
use crate::domain::world::RecordKind;
use crate::index::Registry;
use crate::rpc::status::Reject;
use crate::wire::pb;

/// Codes named in a refusal.
const NAMED_MAX: usize = 10;

/// Those of the list before that the new one has not and that are in use, by code.
pub(super) fn dropped(
    registry: &Registry,
    before: &Specialties,
    list: &Specialties,
) -> Vec<pb::SpecialtyInUse> {
    let people = registry.table(RecordKind::Reservist);
    let posts = || registry.plan.reserve_units().flat_map(|kept| &kept.unit.posts);
    let count = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
    let gone = before.iter().filter(|own| list.get(&own.code).is_none());
    let use_of = gone.map(|own| pb::SpecialtyInUse {
        code: own.code.to_string(),
        reservists: people.count_code(own.code.as_str()),
        posts: count(posts().filter(|post| post.specialty == own.code).count()),
        near: count(posts().filter(|post| post.near.contains(&own.code)).count()),
    });
    use_of.filter(|own| own.reservists > 0 || own.posts > 0 || own.near > 0).collect()
}

/// Why the list is not put.
pub(super) fn refused(in_use: &[pb::SpecialtyInUse]) -> Reject {
    let words = in_use.iter().take(NAMED_MAX).map(|own| {
        let pb::SpecialtyInUse { code, reservists, posts, near } = own;
        format!("{code} ({reservists} reservists, {posts} posts, near to {near})")
    });
    let words = words.collect::<Vec<_>>().join(", ");
    let more = match in_use.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let text = format!(
        "the list drops specialties that are in use: {words}{more}; keep them, change those first, or \
         say that they are to be dropped (--drop)"
    );
    Reject::new(Code::Precondition, "SPECIALTIES_IN_USE", text)
}
