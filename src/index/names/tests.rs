use proptest::prelude::*;

use super::*;
use crate::domain::text::{fold, sort_key};

fn asked(words: &[&str]) -> NameQuery {
    NameQuery { words: Asked::all(&words.join(" ")), ..NameQuery::default() }
}

fn phrase(text: &str, is_whole: bool) -> NameQuery {
    NameQuery { phrases: vec![Asked::all(text)], is_whole, ..NameQuery::default() }
}

fn found(names: &Names, query: &NameQuery) -> Vec<u32> {
    let mut rows: Vec<u32> =
        names.matching(query).into_iter().flat_map(|name| names.rows(name).to_vec()).collect();
    rows.sort_unstable();
    rows
}

const PEOPLE: [&str; 7] = [
    "Lò Văn Thi",
    "Lò Thị Văn",
    "Vừ A Thanh",
    "Hoà Văn Lò",
    "Hòa Lò",
    "Đỗ Thi Thanh Thảo",
    "LÒ VĂN THI",
];

fn people() -> Names {
    let mut names = Names::default();
    for (name, row) in PEOPLE.iter().zip(0..) {
        names.put(&sort_key(name), row);
    }
    names
}

#[test]
fn a_key_gives_its_folded_words_back_family_first() {
    for name in PEOPLE.iter().chain(&["H'Mai", "Páo", "Ngô Đình Ơn Ưu Ê", "Ái Zoë", "Trần-Lê Đỗ"])
    {
        let folded = fold(name).replace('\'', "").replace('-', " ");
        let (words, count) = words_of(&sort_key(name));
        let own: Vec<&str> = words[..count].iter().map(|word| spoken::folded_of(word)).collect();
        assert_eq!(own, folded.split(' ').collect::<Vec<_>>(), "{name}");
        let said: String = spoken(&sort_key(name)).collect();
        assert_eq!(said, format!(" {folded}"));
    }
}

#[test]
fn people_are_found_by_word_beginnings_in_any_order_without_marks() {
    let names = people();
    assert_eq!(found(&names, &asked(&["lo", "van", "t"])), [0, 1, 6]);
    assert_eq!(found(&names, &asked(&["thi", "lò"])), [0, 1, 6]);
    assert_eq!(found(&names, &asked(&["hoà"])), [3, 4], "both places of the tone");
    assert_eq!(found(&names, &asked(&["hòa"])), [3, 4], "both places of the tone");
    assert_eq!(found(&names, &asked(&["do"])), [5], "đ is d");
    assert_eq!(found(&names, &asked(&["van", "van"])), [0; 0], "each begins a word of its own");
    assert_eq!(found(&names, &asked(&["th", "t"])), [5], "two words begin so");
    assert_eq!(found(&names, &asked(&["th", "tha", "thi"])), [5]);
    assert_eq!(found(&names, &asked(&["x"])), [0; 0]);
}

#[test]
fn a_word_typed_with_marks_means_those_letters_and_one_without_means_all() {
    let mut names = Names::default();
    let people =
        ["Lò Thị Hòa", "Lê Thị Hoà", "Lế Văn Hoá", "Lệnh A Hoa", "Lô Hồng Đức", "LÊ VAN DUC"];
    for (name, row) in people.iter().zip(0..) {
        names.put(&sort_key(name), row);
    }
    for (words, rows) in [
        (&["hoa"][..], &[0, 1, 2, 3][..]),
        (&["hòa"], &[0, 1]),
        (&["hoà"], &[0, 1]),
        (&["HOÁ"], &[2]),
        (&["hó"], &[2]),
        (&["lò"], &[0]),
        (&["lô"], &[4]),
        (&["lê"], &[1, 3, 5]),
        (&["lệ"], &[3]),
        (&["hò"], &[0, 1]),
        (&["đức"], &[4]),
        (&["duc"], &[4, 5]),
        (&["lê", "hoa"], &[1, 3]),
        (&["hòa", "ho"], &[]),
    ] {
        assert_eq!(found(&names, &asked(words)), rows, "{words:?}");
    }
    assert_eq!(found(&names, &phrase("lê thị h", false)), [1]);
    assert_eq!(found(&names, &phrase("lê văn", false)), [0; 0]);
    assert_eq!(found(&names, &phrase("le van", false)), [2, 5]);
    assert_eq!(found(&names, &phrase("Lê Thị Hòa", true)), [1]);
}

#[test]
fn hyphens_part_words_and_apostrophes_may_be_left_out_or_written_as_spaces() {
    let mut names = Names::default();
    for (name, row) in ["Trần-Lê Văn", "Y K'Sor", "H’Nia Niê", "Ksor Y Bhăm"].iter().zip(0..)
    {
        names.put(&sort_key(name), row);
    }
    for (text, rows) in [
        ("trần lê", &[0][..]),
        ("tran-le", &[0]),
        ("lê", &[0]),
        ("ksor", &[1, 3]),
        ("k sor", &[1]),
        ("k'sor", &[1, 3]),
        ("K’Sor y", &[1, 3]),
        ("h nia", &[2]),
        ("hnia", &[2]),
        ("h'nia", &[2]),
        ("nia niê", &[2]),
    ] {
        assert_eq!(found(&names, &asked(&[text])), rows, "{text}");
    }
    assert_eq!(found(&names, &phrase("tran le v", false)), [0]);
    assert_eq!(found(&names, &phrase("Y Ksor", true)), [1]);
    for row in 0..4 {
        let name =
            names.find(&sort_key(["Trần-Lê Văn", "Y K'Sor", "H’Nia Niê", "Ksor Y Bhăm"][row]));
        names.clear(name.expect("it is there"), u32::try_from(row).expect("few"));
    }
    assert!(names.words.is_empty(), "nothing of them is left");
}

#[test]
fn a_phrase_is_how_a_name_begins_and_a_whole_name_is_all_of_it() {
    let names = people();
    assert_eq!(found(&names, &phrase("lò v", false)), [0, 6]);
    assert_eq!(found(&names, &phrase("van lo", false)), [0; 0]);
    assert_eq!(found(&names, &phrase("Lò Văn Thi", true)), [0, 6]);
    assert_eq!(found(&names, &phrase("Lò Văn", true)), [0; 0]);
    let mut both = phrase("lo", false);
    both.words.extend(Asked::all("v"));
    assert_eq!(found(&names, &both), [0, 1, 6]);
}

#[test]
fn a_name_that_nobody_bears_is_forgotten() {
    let mut names = people();
    let shared = names.put(&sort_key("Lò Văn Thi"), 9);
    for row in [0, 6] {
        names.clear(shared, row);
    }
    assert_eq!(found(&names, &asked(&["lo", "thi"])), [1, 9]);
    names.clear(shared, 9);
    assert_eq!(found(&names, &asked(&["lo", "thi"])), [1]);
    assert!(names.key(shared).is_empty() && !names.order.iter().any(|one| one == shared));
    assert_eq!(names.put(&sort_key("Sùng A Chu"), 1), shared, "its place is used again");
}

proptest! {
    #[test]
    fn labels_keep_the_order_of_lists(
        steps in proptest::collection::vec((0_u32..40, "[abăâd đeêoôơuưàáạhn]{1,3}"), 1..120),
        settles in any::<bool>(),
    ) {
        let mut names = if settles { Names::loading() } else { Names::default() };
        let mut bearers: BTreeMap<u32, (String, u32)> = BTreeMap::new();
        for (row, name) in steps {
            if let Some((_key, number)) = bearers.remove(&row) {
                names.clear(number, row);
                continue;
            }
            let key = sort_key(&name);
            let number = names.put(&key, row);
            bearers.insert(row, (key, number));
        }
        if settles {
            for (row, number) in names.settle() {
                bearers.get_mut(&row).expect("nobody comes in").1 = number;
            }
            for (row, (key, number)) in &bearers {
                prop_assert_eq!(names.key(*number), key.as_str());
                prop_assert!(names.rows(*number).contains(row), "each under the new number");
            }
        }
        let mut keys: Vec<&str> = bearers.values().map(|(key, _name)| key.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        let listed: Vec<&str> = names.onward(0).map(|name| names.key(name)).collect();
        prop_assert_eq!(&listed, &keys);
        let labels: Vec<u64> = names.onward(0).map(|name| names.label_of(name)).collect();
        prop_assert!(labels.is_sorted_by(|one, other| one < other));
        for (key, name) in bearers.values() {
            prop_assert_eq!(names.label_of_key(key), Some((names.label_of(*name), true)));
        }
    }
}

#[test]
fn names_that_crowd_into_one_place_get_new_labels() {
    let mut names = Names::default();
    names.put("a", 0);
    // Each goes right before the last one: the room between halves every time.
    let mut key = "b".to_owned();
    for row in 1..200 {
        names.put(&key, row);
        key.insert(0, 'a');
    }
    let listed: Vec<u32> = names.onward(0).flat_map(|name| names.rows(name).to_vec()).collect();
    let expected: Vec<u32> = std::iter::once(0).chain((1..200).rev()).collect();
    assert_eq!(listed, expected);
}
