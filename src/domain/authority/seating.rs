//! Seating: who fills which place of a rule, by whose right.
//!
//! With nobody's right but one's own this is a matching, found by Kuhn's steps, so the order of
//! persons never matters. With lent rights a second thing must differ as well: no two places are
//! filled by one person, and none two by one authority. Places are few, so all ways are tried, own
//! rights first; a bound on the steps makes a perverse bundle refuse rather than hang.

use std::collections::BTreeSet;

use super::Role;

/// Most steps of trying: the shipped rules take under ten.
const STEPS_MAX: usize = 10_000;

/// One way in which a person may fill a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Right {
    /// Who would fill it: any number that stands for one person only.
    pub person: usize,
    /// By whose authority: the person's own number, or that of whoever lent the roles.
    pub source: usize,
    /// The roles that may be filled by it.
    pub roles: BTreeSet<Role>,
}

/// For each place, the index of the right that fills it.
///
/// # Errors
/// The places for which there is nobody, as few as can be.
pub fn seat<'a>(
    places: &'a [BTreeSet<Role>],
    rights: &[Right],
) -> Result<Vec<usize>, Vec<&'a BTreeSet<Role>>> {
    match_persons(places, rights)?;
    let mut search = Search { places, rights, failed: BTreeSet::new(), steps: 0, deepest: 0 };
    let mut seats = Vec::with_capacity(places.len());
    if search.fill(&mut seats) { Ok(seats) } else { Err(places[search.deepest..].iter().collect()) }
}

/// Whether there are persons enough, by whatever right: says best who is missing.
fn match_persons<'a>(
    places: &'a [BTreeSet<Role>],
    rights: &[Right],
) -> Result<(), Vec<&'a BTreeSet<Role>>> {
    let mut seated: Vec<Option<usize>> = vec![None; places.len()];
    let mut empty = Vec::new();
    for (place, roles) in places.iter().enumerate() {
        if !find_person(place, places, rights, &mut BTreeSet::new(), &mut seated) {
            empty.push(roles);
        }
    }
    if empty.is_empty() { Ok(()) } else { Err(empty) }
}

/// Kuhn's step: takes a person who is free, or whose own place another can take.
fn find_person(
    place: usize,
    places: &[BTreeSet<Role>],
    rights: &[Right],
    asked: &mut BTreeSet<usize>,
    seated: &mut [Option<usize>],
) -> bool {
    for right in rights.iter().filter(|right| !right.roles.is_disjoint(&places[place])) {
        if !asked.insert(right.person) {
            continue;
        }
        let held = seated.iter().position(|seat| *seat == Some(right.person));
        if held.is_none_or(|other| find_person(other, places, rights, asked, seated)) {
            seated[place] = Some(right.person);
            return true;
        }
    }
    false
}

/// Tries places in their order. A dead end is known by the persons and authorities used up to it.
struct Search<'a> {
    places: &'a [BTreeSet<Role>],
    rights: &'a [Right],
    failed: BTreeSet<(BTreeSet<usize>, BTreeSet<usize>)>,
    steps: usize,
    deepest: usize,
}

impl Search<'_> {
    fn fill(&mut self, seats: &mut Vec<usize>) -> bool {
        self.deepest = self.deepest.max(seats.len());
        let Some(place) = self.places.get(seats.len()) else { return true };
        self.steps += 1;
        let persons: BTreeSet<usize> = seats.iter().map(|seat| self.rights[*seat].person).collect();
        let sources: BTreeSet<usize> = seats.iter().map(|seat| self.rights[*seat].source).collect();
        let used = (persons, sources);
        if self.steps > STEPS_MAX || self.failed.contains(&used) {
            return false;
        }
        for (index, right) in self.rights.iter().enumerate() {
            if used.0.contains(&right.person)
                || used.1.contains(&right.source)
                || right.roles.is_disjoint(place)
            {
                continue;
            }
            seats.push(index);
            if self.fill(seats) {
                return true;
            }
            seats.pop();
        }
        self.failed.insert(used);
        false
    }
}
