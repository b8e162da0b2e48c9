//! The index against looking at every record, one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;
use crate::domain::registry::Birth;
use crate::domain::text::{fold, sort_key};
use crate::domain::unit::Units;
use crate::evidence::seal::Sealer;
use crate::sim::province;
use crate::wire::pb;
use crate::wire::registry::{RegistryRecord, encode};

const TODAY: Date = date(2026, 1, 31);

/// Made once: every question looks at it for every record.
static UNITS: LazyLock<Units> =
    LazyLock::new(|| Units::from_list(province::units()).expect("one tree"));

fn sealer() -> Sealer {
    Sealer::new(&[7; 32])
}

fn people(count: u32) -> Vec<pb::Reservist> {
    province::reservists(3, count).map(|person| pb::Reservist::from(&person)).collect()
}

fn id(number: usize) -> [u8; 16] {
    // Not in the order of their numbers.
    let number = u128::try_from(number + 1).expect("few");
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835).to_be_bytes()
}

fn row<R: RegistryRecord>(record: &R, version: u64) -> Row {
    let content = encode(record.clone());
    Row::of(record, version, &content, &sealer()).expect("good codes")
}

fn asking<'a>(units: &'a Units, sealer: &'a Sealer) -> Asking<'a> {
    Asking { units, within: None, as_of: TODAY, sealer }
}

fn filter(text: &str, kind: RecordKind) -> Filter {
    Filter::parse(text, kind, Sight::Whole).unwrap_or_else(|fault| panic!("{text}: {fault}"))
}

/// Every page of a list, one after the other.
fn walk(table: &Table, matches: &Matches<'_>, sorting: Sorting, len: usize) -> Vec<[u8; 16]> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let ids = table.page(matches, sorting, after.as_ref(), len);
        let Some(last) = ids.last() else { return all };
        after = table.position(last);
        all.extend(ids);
    }
}

/// A question, as a filter and as what it means.
#[derive(Debug, Clone)]
enum Ask {
    Unit(&'static str),
    Class(u32),
    Specialty(&'static str),
    Rank(&'static str, i8),
    Sex(i32),
    Language(&'static str, &'static str),
    Party(bool),
    Health(&'static str, u32),
    Status(i32),
    Age(&'static str, i16),
    BirthYear(&'static str, i16),
    Name(&'static str),
    Assigned(bool),
    Citizen(usize),
    Phone(usize),
    And(Vec<Ask>),
    Or(Vec<Ask>),
    Not(Box<Ask>),
}

const SIGNS: [&str; 6] = ["=", "!=", "<", "<=", ">", ">="];
const RANKS: [&str; 4] = ["PRIVATE_SECOND", "CORPORAL", "LIEUTENANT", "COLONEL"];
const RANK_NUMBERS: [i64; 4] = [1, 3, 7, 13];

fn compares(one: i64, sign: &str, other: i64) -> bool {
    match sign {
        "=" => one == other,
        "!=" => one != other,
        "<" => one < other,
        "<=" => one <= other,
        ">" => one > other,
        _more_or_equal => one >= other,
    }
}

impl Ask {
    fn text(&self, pool: &[pb::Reservist]) -> String {
        let joined = |parts: &[Self], word: &str| {
            let parts: Vec<String> = parts.iter().map(|part| part.text(pool)).collect();
            format!("({})", parts.join(word))
        };
        match self {
            Self::Unit(code) => format!("unit = {code}"),
            Self::Class(class) => format!("reserve_class = {class}"),
            Self::Specialty(code) => format!("specialty = {code}"),
            Self::Rank(sign, rank) => format!("rank {sign} {}", RANKS[place(*rank)]),
            Self::Sex(sex) => format!("sex = {}", if *sex == 1 { "MALE" } else { "Nữ" }),
            Self::Language(code, _word) => format!("languages:{code}"),
            Self::Party(is) => format!("party_member = {is}"),
            Self::Health(sign, class) => format!("health_class {sign} {class}"),
            Self::Status(1) => "status = ACTIVE".to_owned(),
            Self::Status(_three) => "status = TEMP_ABSENT".to_owned(),
            Self::Age(sign, years) => format!("age {sign} {years}"),
            Self::BirthYear(sign, year) => format!("birth_year {sign} {year}"),
            Self::Name(words) => format!("name : \"{words}\""),
            Self::Assigned(is) => format!("assigned = {is}"),
            Self::Citizen(at) => format!("citizen_id = {}", pool[*at].citizen_id),
            Self::Phone(at) => match pool[*at].phones.first() {
                Some(phone) => format!("phone = \"{phone}\""),
                None => "phone = 0500000000".to_owned(),
            },
            Self::And(parts) => joined(parts, " AND "),
            Self::Or(parts) => joined(parts, " OR "),
            Self::Not(inner) => format!("NOT {}", inner.text(pool)),
        }
    }

    fn takes(&self, who: &pb::Reservist, assigned: bool, pool: &[pb::Reservist]) -> bool {
        let (units, code) = (&*UNITS, &who.residence_unit_code);
        match self {
            Self::Unit(top) => {
                units.is_within(&code.parse().expect("a code"), &top.parse().expect("a code"))
            }
            Self::Class(class) => who.reserve_class == *class,
            Self::Specialty(code) => who.specialty_code == *code,
            Self::Rank(sign, rank) => {
                let rank = RANK_NUMBERS[place(*rank)];
                let own = crate::domain::registry::Rank::parse(&who.rank);
                own.map_or(*sign == "!=", |own| compares(own.number().into(), sign, rank))
            }
            Self::Sex(sex) => who.sex == *sex,
            Self::Language(_code, word) => who.languages.iter().any(|one| one == word),
            Self::Party(is) => who.party_member == Some(*is),
            Self::Health(sign, class) => match who.health_class {
                0 => *sign == "!=",
                own => compares(own.into(), sign, (*class).into()),
            },
            Self::Status(status) => who.status == *status,
            Self::Age(sign, years) => {
                compares(birth(who).age_on(TODAY).into(), sign, (*years).into())
            }
            Self::BirthYear(sign, year) => compares(birth(who).year().into(), sign, (*year).into()),
            Self::Name(words) => {
                let own = fold(&who.full_name);
                let mut own: Vec<&str> = own.split(' ').collect();
                // Longest first: with words that begin one another, greed is right then.
                let mut asked: Vec<String> = words.split(' ').map(fold).collect();
                asked.sort_by_key(|word| std::cmp::Reverse(word.len()));
                asked.iter().all(|word| {
                    let found = own.iter().position(|one| one.starts_with(word.as_str()));
                    found.map(|at| own.remove(at)).is_some()
                })
            }
            Self::Assigned(is) => assigned == *is,
            Self::Citizen(at) => who.citizen_id == pool[*at].citizen_id,
            Self::Phone(at) => {
                pool[*at].phones.first().is_some_and(|phone| who.phones.contains(phone))
            }
            Self::And(parts) => parts.iter().all(|part| part.takes(who, assigned, pool)),
            Self::Or(parts) => parts.iter().any(|part| part.takes(who, assigned, pool)),
            Self::Not(inner) => !inner.takes(who, assigned, pool),
        }
    }
}

fn place(rank: i8) -> usize {
    usize::try_from(rank).expect("one of four")
}

fn birth(who: &pb::Reservist) -> Birth {
    let day = who.birth_date.expect("everybody was born");
    let text = format!("{:04}-{:02}-{:02}", day.year, day.month, day.day);
    Birth::parse(&text).expect("a date")
}

const POOL: usize = 80;

fn ask() -> impl Strategy<Value = Ask> {
    let sign = || prop::sample::select(&SIGNS[..]);
    let leaf = prop_oneof![
        prop::sample::select(vec!["11", "KV1", "KV4", "03356", "03160", "03352"])
            .prop_map(Ask::Unit),
        (1_u32..=2).prop_map(Ask::Class),
        prop::sample::select(vec!["CN01", "CN02", "CN99"]).prop_map(Ask::Specialty),
        (sign(), 0_i8..4).prop_map(|(sign, rank)| Ask::Rank(sign, rank)),
        (1..=2).prop_map(Ask::Sex),
        prop::sample::select(vec![("THAI", "Tiếng Thái"), ("\"tieng viet\"", "Tiếng Việt")])
            .prop_map(|(code, word)| Ask::Language(code, word)),
        any::<bool>().prop_map(Ask::Party),
        (sign(), 1_u32..=3).prop_map(|(sign, class)| Ask::Health(sign, class)),
        prop::sample::select(vec![1, 3]).prop_map(Ask::Status),
        (sign(), 17_i16..46).prop_map(|(sign, years)| Ask::Age(sign, years)),
        (sign(), 1980_i16..2009).prop_map(|(sign, year)| Ask::BirthYear(sign, year)),
        prop::sample::select(vec!["lò", "lo v", "A", "thi t", "văn d", "v v", "h th t"])
            .prop_map(Ask::Name),
        any::<bool>().prop_map(Ask::Assigned),
        (0..POOL).prop_map(Ask::Citizen),
        (0..POOL).prop_map(Ask::Phone),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Ask::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Ask::Or),
            inner.prop_map(|one| Ask::Not(Box::new(one))),
        ]
    })
}

/// What happens to a record: it comes or changes to be like another, goes, or is (un)assigned.
#[derive(Debug, Clone, Copy)]
enum Step {
    Put(usize, usize),
    Remove(usize),
    Assign(usize, bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..POOL, 0..POOL).prop_map(|(who, like)| Step::Put(who, like)),
        1 => (0..POOL).prop_map(Step::Remove),
        1 => (0..POOL, any::<bool>()).prop_map(|(who, is)| Step::Assign(who, is)),
    ]
}

type Plain = BTreeMap<[u8; 16], (pb::Reservist, bool)>;

fn run(pool: &[pb::Reservist], steps: &[Step]) -> (Table, Plain) {
    let (mut table, mut plain) = (Table::default(), Plain::new());
    for (version, step) in (1..).zip(steps) {
        match *step {
            Step::Put(who, like) => {
                // Somebody's own number with everything else of another.
                let mut person = pool[like].clone();
                person.citizen_id.clone_from(&pool[who].citizen_id);
                table.put(id(who), &row(&person, version));
                let entry = plain.entry(id(who)).or_insert_with(|| (person.clone(), false));
                entry.0 = person;
            }
            Step::Remove(who) => {
                assert_eq!(table.remove(&id(who)), plain.remove(&id(who)).is_some());
            }
            Step::Assign(who, is) => {
                table.set_assigned(&id(who), is);
                if let Some(entry) = plain.get_mut(&id(who)) {
                    entry.1 = is;
                }
            }
        }
    }
    (table, plain)
}

fn ordered(plain: &Plain, ids: &BTreeSet<[u8; 16]>, sorting: Sorting) -> Vec<[u8; 16]> {
    let mut keys: Vec<(String, i64, [u8; 16])> = ids
        .iter()
        .map(|id| {
            let who = &plain[id].0;
            let born = birth(who).date();
            let days = i64::from(born.year()) * 400 + i64::from(born.day_of_year());
            match sorting.by {
                By::Id => (String::new(), 0, *id),
                By::Name => (sort_key(&who.full_name), 0, *id),
                By::Birth => (String::new(), days, *id),
            }
        })
        .collect();
    keys.sort();
    if sorting.is_descending {
        keys.reverse();
    }
    keys.into_iter().map(|(_name, _days, id)| id).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_index_agrees_with_looking_at_every_record(
        steps in prop::collection::vec(step(), 1..160),
        asks in prop::collection::vec(ask(), 6),
        len in 1_usize..9,
    ) {
        let (units, sealer, pool) = (&*UNITS, sealer(), people(POOL.try_into().expect("few")));
        let (table, plain) = run(&pool, &steps);
        prop_assert_eq!(table.len(), plain.len());
        for ask in &asks {
            let text = ask.text(&pool);
            let filter = filter(&text, RecordKind::Reservist);
            let matches = table.select(&filter, &asking(units, &sealer)).expect("known units");
            let takes = |(_id, entry): &(&[u8; 16], &(pb::Reservist, bool))| {
                ask.takes(&entry.0, entry.1, &pool)
            };
            let expected: BTreeSet<[u8; 16]> =
                plain.iter().filter(takes).map(|(id, _entry)| *id).collect();
            prop_assert_eq!(matches.len(), u64::try_from(expected.len()).expect("few"), "{}", text);
            for by in [By::Id, By::Name, By::Birth] {
                for is_descending in [false, true] {
                    let sorting = Sorting { by, is_descending };
                    let walked = walk(&table, &matches, sorting, len);
                    prop_assert_eq!(walked, ordered(&plain, &expected, sorting), "{} {:?}", text, sorting);
                }
            }
            let own = "KV1".parse().expect("a code");
            let within = Asking { within: Some(&own), ..asking(units, &sealer) };
            let inside = table.select(&filter, &within).expect("known units");
            let is_inside = |id: &&[u8; 16]| {
                units.is_within(&plain[*id].0.residence_unit_code.parse().expect("a code"), &own)
            };
            let expected: Vec<[u8; 16]> = expected.iter().filter(is_inside).copied().collect();
            prop_assert_eq!(walk(&table, &inside, Sorting::default(), len), expected, "{}", text);
        }
    }

    #[test]
    fn counts_agree_with_counting_one_by_one(steps in prop::collection::vec(step(), 1..160)) {
        let (units, sealer, pool) = (&*UNITS, sealer(), people(POOL.try_into().expect("few")));
        let (table, plain) = run(&pool, &steps);
        let filter = filter("status = ACTIVE", RecordKind::Reservist);
        let matches = table.select(&filter, &asking(units, &sealer)).expect("no unit to know");
        let fields = ["area", "reserve_class", "languages"].map(str::to_owned);
        let grouping = Grouping::parse(&fields, RecordKind::Reservist, Sight::Masked).expect("three");
        let mut counting = Counting::new(&table, &matches, grouping, TODAY);
        while counting.step(&table) {}
        let total = counting.total();
        let counted = counting.finish(&table, units).expect("few groups");
        let mut expected: BTreeMap<Vec<String>, u64> = BTreeMap::new();
        let active = || plain.values().map(|(who, _is)| who).filter(|who| who.status == 1);
        for who in active() {
            let unit = who.residence_unit_code.parse().expect("a code");
            let area = units.area_of(&unit).map(|area| area.code.to_string()).unwrap_or_default();
            for word in &who.languages {
                let spoken = crate::domain::registry::Language::parse(word).expect("a language");
                let values =
                    vec![area.clone(), who.reserve_class.to_string(), spoken.code().to_uppercase()];
                *expected.entry(values).or_default() += 1;
            }
        }
        prop_assert_eq!(total, u64::try_from(active().count()).expect("few"));
        let counted: Vec<_> = counted.into_iter().map(|group| (group.values, group.count)).collect();
        prop_assert_eq!(counted, expected.into_iter().collect::<Vec<_>>());
    }
}

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
    assert_eq!(refused.to_string(), "at 8: unit NOWHERE is not known");
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
