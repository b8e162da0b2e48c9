//! Single questions: walks, numbers, equipment, units, orders, and what is printed.

use super::model::{Ask, Step, ordered, run};
use super::*;

#[test]
fn a_walk_goes_on_where_it_was_although_its_last_record_changed_or_is_gone() {
    let pool = people(60);
    for by in [By::Id, By::Name, By::Birth] {
        for is_descending in [false, true] {
            let steps: Vec<Step> = (0..60).map(|who| Step::Put(who, who)).collect();
            let (mut table, plain) = run(&pool, &steps);
            let sorting = Sorting { by, is_descending };
            let (units, sealer) = (&*UNITS, sealer());
            let all = Filter::all(RecordKind::Reservist);
            let everybody = ordered(&plain, &plain.keys().copied().collect(), sorting);
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let matches = table.select(&all, &asking(units, &sealer)).expect("no unit");
                let ids = table.page(&matches, sorting, after.as_ref(), 7);
                let Some(last) = ids.last().copied() else { break };
                after = table.position(&last);
                seen.extend(ids);
                // The one at the end of the page goes, the one before it moves to the front.
                table.remove(&last);
                let moved = seen[seen.len() - 2];
                let mut person = plain[&moved].0.clone();
                person.full_name = "Lò Văn A".to_owned();
                person.birth_date = Some(pb::CivilDate { year: 1950, month: 1, day: 1 });
                if !is_descending {
                    table.put(moved, &row(&person, 2));
                }
            }
            assert_eq!(seen, everybody, "{sorting:?}");
        }
    }
}

#[test]
fn what_was_erased_is_found_by_nothing_and_its_place_is_used_again() {
    let (units, sealer, pool) = (&*UNITS, sealer(), people(3));
    let steps = [Step::Put(0, 0), Step::Assign(0, true), Step::Remove(0), Step::Put(1, 1)];
    let (table, _plain) = run(&pool, &steps);
    assert_eq!((table.len(), table.get(&id(0)), table.position(&id(0))), (1, None, None));
    let asked = |text: &str| {
        let filter = filter(text, RecordKind::Reservist);
        table.select(&filter, &asking(units, &sealer)).expect("no unit").len()
    };
    assert_eq!(asked(&Ask::Citizen(0).text(&pool)), 0);
    assert_eq!(asked(&format!("name = \"{}\"", pool[0].full_name)), 0);
    assert_eq!(asked("assigned = true"), 0, "the place's next holder inherits nothing");
    assert_eq!(asked(""), 1);
}

#[test]
fn a_number_that_changed_hands_finds_its_new_holder() {
    let bare = row(&people(1)[0], 1);
    let with = |keys: [Option<u8>; 2]| Row {
        keys: Keys::new(keys.map(|key| key.map(|key| [key; 10]))),
        ..bare.clone()
    };
    let mut table = Table::default();
    table.put(id(1), &with([Some(1), Some(9)]));
    table.put(id(2), &with([Some(2), Some(9)]));
    table.put(id(1), &with([Some(1), None]));
    assert_eq!(table.find(&[9; 10]), Some(id(2)));
    table.put(id(2), &with([Some(3), Some(9)]));
    assert_eq!((table.find(&[2; 10]), table.find(&[3; 10])), (None, Some(id(2))));
    assert_eq!(table.find(&[0; 10]), None);
    let known = table.get(&id(2)).expect("there");
    assert_eq!((known.keys, known.unit), (with([Some(3), Some(9)]).keys, bare.facets.unit));
}

#[test]
fn the_most_telling_number_says_whether_two_are_one() {
    let keys = |chassis: Option<u8>, plate: Option<u8>| {
        Keys::new([chassis, plate].map(|k| k.map(|k| [k; 10])))
    };
    let item = keys(Some(1), Some(9));
    assert!(item.are_of_one_thing(&keys(Some(1), Some(8))), "a new plate");
    assert!(item.are_of_one_thing(&keys(None, Some(9))), "known by its plate only");
    assert!(!item.are_of_one_thing(&keys(Some(2), Some(9))), "the plate stayed with the seller");
    assert!(!keys(Some(1), None).are_of_one_thing(&keys(None, Some(9))), "nothing in common");
}

#[test]
fn equipment_is_found_by_capacity_plate_and_owner() {
    let (units, sealer) = (&*UNITS, sealer());
    let items: Vec<pb::Equipment> =
        province::equipment(5, 300).map(|item| pb::Equipment::from(&item)).collect();
    let mut table = Table::default();
    for (at, item) in items.iter().enumerate() {
        table.put(id(at), &row(item, 1));
    }
    let asked = |text: &str| {
        let filter = filter(text, RecordKind::Equipment);
        table.select(&filter, &asking(units, &sealer)).expect("known units").len()
    };
    let plain = |takes: &dyn Fn(&pb::Equipment) -> bool| {
        u64::try_from(items.iter().filter(|item| takes(item)).count()).expect("few")
    };
    let big =
        |item: &pb::Equipment| item.capacity_thousandths >= 5_000 && item.capacity_unit == "tấn";
    assert_eq!(asked("capacity >= 5 AND capacity_unit = TONNE"), plain(&big));
    let small = |item: &pb::Equipment| (1..3_500).contains(&item.capacity_thousandths);
    assert_eq!(asked("capacity < 3.5"), plain(&small));
    let old = |item: &pb::Equipment| item.year <= 2010 || item.technical_grade > 2;
    assert_eq!(asked("year <= 2010 OR technical_grade > 2"), plain(&old));
    assert_eq!(asked("has_drivers = false"), plain(&|item| item.drivers.is_empty()));
    let plated = items.iter().find(|item| !item.plate.is_empty()).expect("one has a plate");
    assert_eq!(asked(&format!("plate = \"{}\"", plated.plate)), 1);
    assert_eq!(asked(&format!("chassis_number = {}", plated.chassis_number.to_lowercase())), 1);
    let phone = &plated.owner_phones[0];
    let rings = |item: &pb::Equipment| item.owner_phones.contains(phone);
    assert_eq!(asked(&format!("phone = \"{phone}\"")), plain(&rings));
}

#[test]
fn a_unit_that_is_not_there_is_a_fault_and_rights_end_at_the_callers_unit() {
    let (units, sealer, pool) = (&*UNITS, sealer(), people(2));
    let (table, _plain) = run(&pool, &[Step::Put(0, 0), Step::Put(1, 1)]);
    let nowhere = filter("unit = NOWHERE", RecordKind::Reservist);
    let refused = table.select(&nowhere, &asking(units, &sealer)).expect_err("unknown");
    assert_eq!(
        refused.to_string(),
        "at 8: unit NOWHERE is not known: `hoatoc unit list` has them all"
    );
    let own = "TV-001".parse().expect("a code");
    let within = Asking { within: Some(&own), ..asking(units, &sealer) };
    let all = Filter::all(RecordKind::Reservist);
    assert!(table.select(&all, &within).expect("no unit to know").is_empty());
}

#[test]
fn orders_and_groupings_are_read_or_refused_with_what_there_is() {
    let read = |text, sight| Sorting::parse(text, RecordKind::Reservist, sight);
    assert_eq!(read("", Sight::Masked), Ok(Sorting::default()));
    let newest = Sorting { by: By::Birth, is_descending: true };
    assert_eq!(read(" birth  desc", Sight::Whole), Ok(newest));
    assert_eq!(read("name", Sight::Masked), Err(SortingError::Hidden));
    for bad in ["age", "name asc", "name desc desc", "name, birth"] {
        assert!(matches!(read(bad, Sight::Whole), Err(SortingError::Unknown(_))), "{bad}");
    }
    let of_items = Sorting::parse("name", RecordKind::Equipment, Sight::Whole);
    assert_eq!(of_items, Err(SortingError::Unknown("id")));
    let count = |names: &[&str], sight| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Grouping::parse(&names, RecordKind::Reservist, sight).map(|_grouping| ())
    };
    assert_eq!(count(&["health_class", "unit"], Sight::Whole), Ok(()));
    assert_eq!(count(&["health_class"], Sight::Masked), Err(CountError::Hidden("health_class")));
    assert_eq!(count(&["unit"; 4], Sight::Whole), Err(CountError::TooManyFields));
    for good in ["age", "assigned"] {
        assert_eq!(count(&[good], Sight::Masked), Ok(()));
    }
    for bad in ["last_recheck", "late", "name", "citizen_id", "height"] {
        let refused = count(&[bad], Sight::Whole).expect_err(bad);
        assert!(matches!(refused, CountError::Unknown { .. }), "{refused}");
    }
}

#[test]
fn nothing_personal_is_printed() {
    let pool = people(1);
    let (table, _plain) = run(&pool, &[Step::Put(0, 0)]);
    let row = row(&pool[0], 1);
    let query = filter("name : canary", RecordKind::Reservist);
    let printed =
        format!("{table:?} {row:?} {:?} {:?} {query:?}", row.facets, table.position(&id(0)));
    let key = sort_key(&pool[0].full_name);
    for secret in [&key[..2], &pool[0].full_name, "canary", &pool[0].rank] {
        assert!(!printed.contains(secret), "{printed}");
    }
}
