//! The index beside a plain look at every record: random records, steps and questions.

use super::*;

/// A question, as a filter and as what it means.
#[derive(Debug, Clone)]
pub(super) enum Ask {
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
    pub(super) fn text(&self, pool: &[pb::Reservist]) -> String {
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
pub(super) enum Step {
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

pub(super) type Plain = BTreeMap<[u8; 16], (pb::Reservist, bool)>;

pub(super) fn run(pool: &[pb::Reservist], steps: &[Step]) -> (Table, Plain) {
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

pub(super) fn ordered(plain: &Plain, ids: &BTreeSet<[u8; 16]>, sorting: Sorting) -> Vec<[u8; 16]> {
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
