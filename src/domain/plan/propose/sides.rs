//! What filling posts with people and filling lines with equipment have in common.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::hash::Hash;

use jiff::civil::Date;

use super::Needs;
use crate::domain::ids::{EquipmentId, ReservistId, SpecialtyCode, UnitCode};
use crate::domain::plan::assignment::Subject;
use crate::domain::plan::reserve_unit::{EquipmentLine, Post, Quota, ReserveUnit};
use crate::domain::plan::rules::{Candidate, Item, Match, Refusal, fits, fits_line};
use crate::domain::registry::{CapacityUnit, HealthClass, Rank, Sex};

/// One of the two sides.
pub(super) trait Side {
    type Supply;
    type Place: 'static;
    /// All that the rules look at, but the commune.
    type Like: Eq + Hash;
    /// Who goes first among equals: ascending.
    type Order: Ord;

    fn places(unit: &ReserveUnit) -> &[Self::Place];
    fn number(place: &Self::Place) -> u16;
    fn count(place: &Self::Place) -> u32;
    /// Whether two places ask for the same.
    fn ask_the_same(one: &Self::Place, other: &Self::Place) -> bool;
    /// The specialties or types that fit, exactly or nearly.
    fn wanted(place: &Self::Place) -> impl Iterator<Item = &SpecialtyCode>;
    fn held<'a>(needs: &'a Needs<'_>) -> &'a BTreeMap<u16, u32>;
    fn given<'a>(needs: &'a Needs<'_>) -> &'a BTreeMap<UnitCode, u32>;
    fn quota(quota: &Quota) -> u32;

    fn fits(place: &Self::Place, supply: &Self::Supply) -> Result<Match, Refusal>;
    fn like(supply: &Self::Supply) -> Self::Like;
    fn order(supply: &Self::Supply) -> Self::Order;
    fn unit(supply: &Self::Supply) -> &UnitCode;
    fn code(supply: &Self::Supply) -> Option<&SpecialtyCode>;
    fn is_first(supply: &Self::Supply) -> bool;
    fn subject(supply: &Self::Supply) -> Subject;
    fn version(supply: &Self::Supply) -> u64;
}

/// People in posts.
#[derive(Debug)]
pub(super) struct People;

/// What the rules look at in a person.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct LikePerson {
    specialty: Option<SpecialtyCode>,
    rank: Option<Rank>,
    is_first: bool,
    sex: Sex,
    health: Option<HealthClass>,
    combat: Result<(), &'static str>,
    support: Result<(), &'static str>,
    is_assigned: bool,
}

impl Side for People {
    type Supply = Candidate;
    type Place = Post;
    type Like = LikePerson;
    type Order = (Reverse<Date>, Reverse<Option<Date>>, ReservistId);

    fn places(unit: &ReserveUnit) -> &[Post] {
        &unit.posts
    }

    fn number(post: &Post) -> u16 {
        post.no
    }

    fn count(post: &Post) -> u32 {
        post.count
    }

    fn ask_the_same(one: &Post, other: &Post) -> bool {
        let ask =
            |post: &Post| (post.rank_min, post.rank_max, post.duty, post.sex, post.health_max);
        one.specialty == other.specialty && one.near == other.near && ask(one) == ask(other)
    }

    fn wanted(post: &Post) -> impl Iterator<Item = &SpecialtyCode> {
        std::iter::once(&post.specialty).chain(&post.near)
    }

    fn held<'a>(needs: &'a Needs<'_>) -> &'a BTreeMap<u16, u32> {
        &needs.held_posts
    }

    fn given<'a>(needs: &'a Needs<'_>) -> &'a BTreeMap<UnitCode, u32> {
        &needs.given_people
    }

    fn quota(quota: &Quota) -> u32 {
        quota.people
    }

    fn fits(post: &Post, candidate: &Candidate) -> Result<Match, Refusal> {
        fits(post, candidate)
    }

    fn like(candidate: &Candidate) -> LikePerson {
        LikePerson {
            specialty: candidate.specialty.clone(),
            rank: candidate.rank,
            is_first: candidate.is_first(),
            sex: candidate.sex,
            health: candidate.health,
            combat: candidate.combat,
            support: candidate.support,
            is_assigned: candidate.is_assigned,
        }
    }

    fn order(candidate: &Candidate) -> Self::Order {
        (Reverse(candidate.birth), Reverse(candidate.rechecked_on), candidate.id)
    }

    fn unit(candidate: &Candidate) -> &UnitCode {
        &candidate.unit
    }

    fn code(candidate: &Candidate) -> Option<&SpecialtyCode> {
        candidate.specialty.as_ref()
    }

    fn is_first(candidate: &Candidate) -> bool {
        candidate.is_first()
    }

    fn subject(candidate: &Candidate) -> Subject {
        Subject::Reservist(candidate.id)
    }

    fn version(candidate: &Candidate) -> u64 {
        candidate.version
    }
}

/// Items in equipment lines.
#[derive(Debug)]
pub(super) struct Equipment;

/// What the rules look at in an item.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct LikeItem {
    kind: SpecialtyCode,
    capacity: Option<(CapacityUnit, u32)>,
    has_driver: bool,
    available: Result<(), &'static str>,
    is_assigned: bool,
}

impl Side for Equipment {
    type Supply = Item;
    type Place = EquipmentLine;
    type Like = LikeItem;
    type Order = (u8, Reverse<Option<i16>>, EquipmentId);

    fn places(unit: &ReserveUnit) -> &[EquipmentLine] {
        &unit.lines
    }

    fn number(line: &EquipmentLine) -> u16 {
        line.no
    }

    fn count(line: &EquipmentLine) -> u32 {
        line.count
    }

    fn ask_the_same(one: &EquipmentLine, other: &EquipmentLine) -> bool {
        let ask = |line: &EquipmentLine| (line.capacity_min, line.needs_driver);
        one.kind == other.kind && one.near == other.near && ask(one) == ask(other)
    }

    fn wanted(line: &EquipmentLine) -> impl Iterator<Item = &SpecialtyCode> {
        std::iter::once(&line.kind).chain(&line.near)
    }

    fn held<'a>(needs: &'a Needs<'_>) -> &'a BTreeMap<u16, u32> {
        &needs.held_lines
    }

    fn given<'a>(needs: &'a Needs<'_>) -> &'a BTreeMap<UnitCode, u32> {
        &needs.given_equipment
    }

    fn quota(quota: &Quota) -> u32 {
        quota.equipment
    }

    fn fits(line: &EquipmentLine, item: &Item) -> Result<Match, Refusal> {
        fits_line(line, item)
    }

    fn like(item: &Item) -> LikeItem {
        LikeItem {
            kind: item.kind.clone(),
            capacity: item.capacity.map(|capacity| (capacity.unit, capacity.thousandths)),
            has_driver: item.has_driver,
            available: item.available,
            is_assigned: item.is_assigned,
        }
    }

    /// The better grade first, then the younger; an item without a grade goes last.
    fn order(item: &Item) -> Self::Order {
        (item.grade.unwrap_or(u8::MAX), Reverse(item.year), item.id)
    }

    fn unit(item: &Item) -> &UnitCode {
        &item.unit
    }

    fn code(item: &Item) -> Option<&SpecialtyCode> {
        Some(&item.kind)
    }

    /// Items have no reserve class.
    fn is_first(_item: &Item) -> bool {
        true
    }

    fn subject(item: &Item) -> Subject {
        Subject::Equipment(item.id)
    }

    fn version(item: &Item) -> u64 {
        item.version
    }
}
