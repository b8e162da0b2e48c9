use std::collections::{BTreeMap, HashSet};

use ring::digest::{SHA256, digest};

use super::*;
use crate::domain::text::is_person_name;
use crate::domain::unit::Units;

/// A digest of everything about some people, personal fields included.
fn print_of_people(seed: u64, count: u32) -> String {
    let mut text = String::new();
    for reservist in reservists(seed, count) {
        let person = &reservist.person;
        let phones: Vec<&str> = person.phones.iter().map(Phone::e164).collect();
        text += &format!(
            "{reservist:?} {:?} {:?} {:?} {} {} {:?} {:?} {} {:?} {:?} {phones:?}\n",
            reservist.rank,
            reservist.party_member,
            reservist.health_class,
            person.full_name,
            person.birth.written(),
            person.sex,
            person.ethnic_group,
            person.citizen_id.digits(),
            person.hamlet,
            person.workplace,
        );
    }
    hex::encode(&digest(&SHA256, text.as_bytes()).as_ref()[..8])
}

#[test]
fn the_province_has_its_published_units_and_hangs_together() {
    let list = units();
    let tree = Units::from_list(list.clone()).expect("one tree");
    assert_eq!((list.len(), tree.len()), (1 + 4 + 45 + 85, 135));
    let count = |kind| list.iter().filter(|unit| unit.kind == kind).count();
    assert_eq!((count(UnitKind::Commune), count(UnitKind::Ward)), (42, 3));
    assert_eq!(count(UnitKind::SelfDefenseBase), BASES);
    for (area, communes) in [("KV1", 10), ("KV2", 11), ("KV3", 12), ("KV4", 12)] {
        let code = area.parse().expect("a code");
        assert_eq!(tree.children(&code).count(), communes, "{area}");
    }
    let ward = tree.find("Phường Điện Biên Phủ").expect("the seat of the province");
    assert_eq!((ward.code.as_str(), ward.population), ("03127", Some(49_205)));
    assert_eq!(ward.area_hectares, Some(5_675));
    let base = tree.find("TV-001").expect("the first base");
    assert_eq!(tree.area_of(&base.code).map(|area| area.code.as_str()), Some("KV1"));
}

#[test]
fn the_same_seed_gives_the_same_people_in_every_version() {
    assert_eq!(print_of_people(7, 500), "ffbbf4936311c4e1");
    assert_ne!(print_of_people(8, 500), print_of_people(7, 500));
    let few: Vec<Reservist> = reservists(7, 3).collect();
    let first_of_many: Vec<Reservist> = reservists(7, 400).take(3).collect();
    assert_eq!(few, first_of_many, "asking for more does not change the first");
}

#[test]
fn every_person_is_unique_plausible_and_without_a_warning() {
    let mut seen = HashSet::new();
    let mut by_specialty: BTreeMap<String, u32> = BTreeMap::new();
    for reservist in reservists(1, 40_000) {
        let person = &reservist.person;
        assert!(seen.insert(person.citizen_id), "citizen numbers come once");
        assert!(person.citizen_id.digits().starts_with("011"));
        assert!(person.citizen_id.fits(person.sex, person.birth.year()));
        assert!(is_person_name(&person.full_name));
        assert_eq!(crate::domain::text::clean(&person.full_name), person.full_name);
        let code = reservist.specialty.expect("everyone has one");
        *by_specialty.entry(code.to_string()).or_default() += 1;
    }
    assert_eq!(by_specialty.len(), 7);
    assert!((19_000..21_000).contains(&by_specialty["CN01"]), "half are infantry");
    assert!((4_400..5_200).contains(&by_specialty["CN02"]), "an eighth are drivers");
}

#[test]
fn citizen_numbers_of_one_year_do_not_come_again() {
    let mut numbers = CitizenNumbers { given: vec![0; 54], offset: 999_999 };
    let mut seen = HashSet::new();
    assert!((0..1_000_000).all(|_| seen.insert(numbers.next(0, Sex::Male))));
    assert!(!seen.insert(numbers.next(0, Sex::Male)), "a million is all there are");
}

#[test]
fn every_item_is_unique_and_the_same_for_its_seed() {
    let items: Vec<Equipment> = equipment(5, 2_000).collect();
    assert_eq!(items, equipment(5, 2_000).collect::<Vec<_>>());
    assert_ne!(items, equipment(6, 2_000).collect::<Vec<_>>());
    let chassis: HashSet<_> = items.iter().map(|item| item.chassis_no.clone()).collect();
    assert_eq!(chassis.len(), items.len());
    let plates: Vec<_> = items.iter().filter_map(|item| item.plate.clone()).collect();
    assert_eq!(plates.iter().collect::<HashSet<_>>().len(), plates.len());
    assert!(plates.len() > 800, "half of the types are road vehicles");
    assert!(items.iter().all(|item| item.capacity.is_some()));
    let far = plate(RECORDS_MAX - 1).expect("the last plate is still a plate");
    assert_eq!(far.as_str(), "27BL99999");
}
