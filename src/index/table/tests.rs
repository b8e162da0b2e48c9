use super::*;
use crate::domain::registry::ReservistStatus;
use crate::domain::world::RecordKind;
use crate::sim::province;

/// Whether a row is wanted.
type Wanted<'a> = &'a dyn Fn(&Facets) -> bool;

fn units() -> Units {
    Units::from_list(province::units()).expect("one tree")
}

fn key(byte: u8) -> BlindKey {
    [byte; 10]
}

fn row(unit: &str, class: u8, keys: [Option<BlindKey>; 2]) -> Row {
    let facets = Facets {
        unit: unit.parse().expect("a code"),
        code: "CN01".parse().ok(),
        class,
        status: ReservistStatus::Active.number(),
    };
    Row { version: 1, digest: [1; 16], facets, keys: Keys::new(keys) }
}

fn id(number: u8) -> [u8; 16] {
    [number; 16]
}

fn select(table: &Table, text: &str) -> Selection {
    let filter = Filter::parse(text, RecordKind::Reservist).expect(text);
    table.select(&filter, &units(), None).expect(text)
}

#[test]
fn a_row_comes_back_as_it_was_put() {
    let mut table = Table::default();
    let mut bare = row("03356", 0, [None, None]);
    bare.facets.code = None;
    for (number, row) in [(1, row("03356", 1, [Some(key(1)), Some(key(2))])), (2, bare)] {
        table.put(id(number), &row);
        assert_eq!(table.get(&id(number)), Some(row));
    }
    assert_eq!((table.len(), table.find(&key(2)), table.find(&[0; 10])), (2, Some(id(1)), None));
    assert_eq!(table.iter().map(|(id, _row)| id[0]).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_number_that_changed_hands_finds_its_new_holder() {
    let mut table = Table::default();
    table.put(id(1), &row("03356", 1, [Some(key(1)), Some(key(9))]));
    table.put(id(2), &row("03356", 1, [Some(key(2)), Some(key(9))]));
    table.put(id(1), &row("03356", 1, [Some(key(1)), None]));
    assert_eq!(table.find(&key(9)), Some(id(2)));
    table.put(id(2), &row("03356", 1, [Some(key(3)), Some(key(9))]));
    assert_eq!((table.find(&key(2)), table.find(&key(3))), (None, Some(id(2))));
}

#[test]
fn the_most_telling_number_says_whether_two_are_one() {
    let keys =
        |chassis: Option<u8>, plate: Option<u8>| Keys::new([chassis.map(key), plate.map(key)]);
    let item = keys(Some(1), Some(9));
    assert!(item.are_of_one_thing(&keys(Some(1), Some(8))), "a new plate");
    assert!(item.are_of_one_thing(&keys(None, Some(9))), "known by its plate only");
    assert!(!item.are_of_one_thing(&keys(Some(2), Some(9))), "the plate stayed with the seller");
    assert!(!keys(Some(1), None).are_of_one_thing(&keys(None, Some(9))), "nothing in common");
}

#[test]
fn counts_and_pages_agree_with_looking_at_every_row() {
    let mut table = Table::default();
    for number in 1..=60_u8 {
        let unit = ["03356", "03352", "03160"][usize::from(number % 3)];
        table.put(id(number), &row(unit, number % 2 + 1, [Some(key(number)), None]));
    }
    // Some move: the groups must follow.
    for number in 1..=10_u8 {
        let mut moved = row("03160", 1, [Some(key(number)), None]);
        moved.facets.status = ReservistStatus::Dead.number();
        table.put(id(number), &moved);
    }
    let units = units();
    let area = units.area_of(&"03356".parse().expect("a code")).expect("an area").code.clone();
    let by_hand = |wanted: Wanted<'_>| {
        table.iter().filter(|(_id, row)| wanted(&row.facets)).map(|(id, _)| id).collect::<Vec<_>>()
    };
    let dead = ReservistStatus::Dead.number();
    let cases: [(String, Wanted<'_>); 5] = [
        (String::new(), &|_| true),
        (format!("unit = {area}"), &|f| units.is_within(&f.unit, &area)),
        ("unit != 03160 AND reserve_class = 1".into(), &|f| {
            f.unit.as_str() != "03160" && f.class == 1
        }),
        ("status != DEAD AND specialty = CN01".into(), &|f| f.status != dead),
        ("specialty = CN02".into(), &|_| false),
    ];
    for (text, wanted) in cases {
        let selection = select(&table, &text);
        let expected = by_hand(wanted);
        assert_eq!(table.count(&selection), u64::try_from(expected.len()).expect("few"), "{text}");
        let (mut found, mut after) = (Vec::new(), Some([0; 16]));
        while let Some(from) = after {
            let page = table.page(&selection, &from, 4, 7);
            assert!(page.ids.len() <= 4);
            found.extend(page.ids);
            after = page.next;
        }
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn a_selection_ends_at_the_callers_unit_and_an_unknown_unit_is_a_fault() {
    let mut table = Table::default();
    table.put(id(1), &row("03356", 1, [None, None]));
    table.put(id(2), &row("03160", 1, [None, None]));
    let own = "03356".parse().expect("a code");
    let all = Filter::default();
    let selection = table.select(&all, &units(), Some(&own)).expect("no unit to know");
    assert_eq!(table.count(&selection), 1);
    table.put(id(3), &row("03352", 1, [None, None]));
    assert_eq!(table.count(&selection), 1, "a unit that came up later is not taken in");
    let filter = Filter::parse("unit = NOWHERE", RecordKind::Reservist).expect("well formed");
    let refused = table.select(&filter, &units(), None).expect_err("unknown");
    assert_eq!(refused.to_string(), "at 8: unit NOWHERE is not known");
}

#[test]
fn a_packed_row_stays_small() {
    assert!(size_of::<Packed>() <= 56, "{}", size_of::<Packed>());
}
