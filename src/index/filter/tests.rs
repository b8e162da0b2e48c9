use super::*;
use crate::domain::registry::ReservistStatus;
use crate::index::names::Asked;

fn people(text: &str) -> Result<Filter, FilterError> {
    Filter::parse(text, RecordKind::Reservist, Sight::Whole)
}

fn is(facet: Facet, number: u16) -> Expr {
    Expr::Test(Test::Is { facet, value: Value::Number(number) })
}

fn expr(text: &str) -> Expr {
    people(text).expect(text).expr
}

#[test]
fn comparisons_joined_by_and_are_understood() {
    let unit = "03160".parse().expect("a code");
    let terms = vec![
        Expr::Test(Test::Unit { facet: Facet::Unit, code: unit, at: 6 }),
        is(Facet::Class, 1),
        Expr::Not(Box::new(is(Facet::Status, ReservistStatus::Dead.number().into()))),
    ];
    assert!(expr("unit=\"03160\" AND reserve_class = 1 AND status!=DEAD") == Expr::And(terms));
    assert!(people("  ") == Ok(Filter::all(RecordKind::Reservist)));
}

#[test]
fn or_binds_tighter_than_and_and_parentheses_tighter_than_both() {
    let [one, two, male] = [is(Facet::Class, 1), is(Facet::Class, 2), is(Facet::Sex, 1)];
    let or = Expr::Or(vec![one.clone(), two.clone()]);
    let text = "sex = MALE AND reserve_class = 1 OR reserve_class = 2";
    assert!(expr(text) == Expr::And(vec![male.clone(), or]));
    let and = Expr::And(vec![male.clone(), one.clone()]);
    let text = "(sex = MALE AND reserve_class = 1) OR reserve_class = 2";
    assert!(expr(text) == Expr::Or(vec![and, two]));
    let not = Expr::Not(Box::new(male));
    let text = "-sex = MALE AND NOT (reserve_class = 1)";
    assert!(expr(text) == Expr::And(vec![not, Expr::Not(Box::new(one))]));
}

#[test]
fn comparisons_with_nothing_between_them_are_joined_by_and() {
    assert!(expr("sex = MALE reserve_class = 1") == expr("sex = MALE AND reserve_class = 1"));
    let or = "sex = MALE reserve_class = 1 OR reserve_class = 2";
    assert!(expr(or) == expr("sex = MALE AND (reserve_class = 1 OR reserve_class = 2)"));
    assert!(expr("sex = MALE -age = 3") == expr("sex = MALE AND NOT age = 3"));
    assert!(expr("(sex = MALE) (age = 3)") == expr("sex = MALE AND age = 3"));
}

#[test]
fn units_go_by_code_or_full_name_and_days_and_lateness_by_their_words() {
    let named =
        Test::UnitNamed { facet: Facet::Unit, name: "Xã Mường Ảng".to_owned(), at: 8 };
    assert!(expr("unit = \"Xã  Mường Ảng\"") == Expr::Test(named));
    assert!(expr("late = move_in") == Expr::Test(Test::Late(Some("MOVE_IN"))));
    assert!(expr("late:*") == Expr::Test(Test::Late(None)));
    assert!(expr("age = 35-39") == Expr::Test(Test::Age { from: 35, to: 39 }));
    let day = u32::from(crate::wire::registry::day_number(jiff::civil::date(2025, 11, 1)));
    let before = Test::Range { facet: Facet::Rechecked, from: 0, to: day - 1 };
    assert!(expr("last_recheck < 2025-11-01") == Expr::Test(before));
}

#[test]
fn values_are_taken_by_code_by_word_and_without_marks() {
    for text in ["rank >= SERGEANT", "rank >= \"Trung sĩ\"", "rank>=\"trung si\""] {
        let range = Test::Range { facet: Facet::Rank, from: 4, to: u32::MAX };
        assert!(expr(text) == Expr::Test(range), "{text}");
    }
    for (text, test) in [
        ("age <= 35", Test::Age { from: 0, to: 35 }),
        ("age > 35", Test::Age { from: 36, to: u32::MAX }),
        ("age < 0", Test::Age { from: 1, to: 0 }),
        ("rank:*", Test::Given(Facet::Rank)),
        ("specialty = CN*", Test::Begins { facet: Facet::Code, prefix: "CN".to_owned() }),
        ("assigned = false", Test::Assigned(false)),
        ("party_member = true", Test::Is { facet: Facet::Party, value: Value::Number(1) }),
        ("languages : THAI", Test::Is { facet: Facet::Language, value: Value::Number(2) }),
    ] {
        assert!(expr(text) == Expr::Test(test), "{text}");
    }
    let trucks = Filter::parse("capacity >= 3.5", RecordKind::Equipment, Sight::Whole);
    let size = Test::Capacity { from: 3_500, to: u32::MAX };
    assert!(trucks.expect("a capacity").expr == Expr::Test(size));
}

#[test]
fn names_are_words_and_phrases() {
    let asked = |words: &[&str], phrases: &[&[&str]], is_whole| NameQuery {
        words: Asked::all(&words.join(" ")),
        phrases: phrases.iter().map(|phrase| Asked::all(&phrase.join(" "))).collect(),
        is_whole,
    };
    for (text, query) in [
        ("name : \"Lò  văn t\"", asked(&["lò", "văn", "t"], &[], false)),
        ("name : lò", asked(&["lò"], &[], false)),
        ("name : k'sor-trần", asked(&["ksor", "trần"], &[], false)),
        ("name : \"\\\"Lò V\\\" thi\"", asked(&["thi"], &[&["lò", "v"]], false)),
        ("name = \"Lò Văn Thi\"", asked(&[], &[&["lò", "văn", "thi"]], true)),
        ("name = \"lò v*\"", asked(&[], &[&["lò", "v"]], false)),
    ] {
        assert!(expr(text) == Expr::Test(Test::Name(query)), "{text}");
    }
}

#[test]
fn a_number_is_looked_up_in_its_one_form_and_counts_as_a_look_up() {
    let filter = people("phone = \"0896.447.405\"").expect("a phone");
    let number = Test::Number { kind: "phone", text: "+84896447405".to_owned() };
    assert!(filter.expr == Expr::Test(number) && filter.is_lookup());
    assert!(people("NOT (sex = MALE OR citizen_id = 011088085221)").expect("one").is_lookup());
    assert!(!people("sex = MALE").expect("none").is_lookup());
    assert!(people("age = 3").expect("an age").uses_age());
    assert!(!format!("{filter:?}").contains("447"));
}

#[test]
fn a_fault_says_where_it_is_and_what_to_write() {
    for (text, message) in [
        ("unit", "at 5: expected a comparison such as `=`"),
        ("unit = ", "at 8: expected a value"),
        ("unit > 1", "at 6: unit is compared by `=`, `!=` or `:`"),
        ("= 1", "at 1: expected a field"),
        ("status = ACTIVE \"DEAD\"", "at 17: expected `AND`, `OR` or the end"),
        ("status = ACTIVE age", "at 20: expected a comparison such as `=`"),
        ("(status = ACTIVE", "at 17: expected `)`"),
        ("status = ACTIVE)", "at 16: expected `AND`, `OR` or the end"),
        ("status = ACTIVE AND", "at 20: expected a field"),
        ("status = \"ACTIVE", "at 10: expected a value"),
        ("reserve_class = 3", "at 17: `3` is no value of reserve_class: use 1 or 2"),
        (
            "reserve_class = 0",
            "at 17: `0` is no value of reserve_class: use 1 or 2; NOT reserve_class:* finds those \
             without",
        ),
        (
            "health_class = 0",
            "at 16: this is no value of health_class: use 1 to 6; NOT health_class:* finds those \
             without",
        ),
        ("sex = X", "at 7: `X` is no value of sex: use MALE, FEMALE"),
        (
            "unit = \"1 2\"",
            "at 8: `1 2` is no value of unit: use the code of a unit, or its full name",
        ),
        (
            "late = SOON",
            "at 8: `SOON` is no value of late: use MOVE_IN, RETURN, ABSENCE, \
            OFFICER_REGISTRATION, RECHECK, TRANSFER",
        ),
        (
            "last_recheck < 1",
            "at 16: `1` is no value of last_recheck: use a day, such as 2025-11-01",
        ),
        (
            "name = \"*oà\"",
            "at 8: this is no value of name: `*` stands at the end only; names go by \
            how their words begin",
        ),
        ("age <= old", "at 8: `old` is no value of age: use completed years, such as 35"),
        (
            "citizen_id = 0110880852",
            "at 14: this is no value of citizen_id: write all of its digits and letters",
        ),
        (
            "name : \"  \"",
            "at 8: this is no value of name: use one to ten words, or the beginnings of words",
        ),
        ("name < A", "at 6: name is compared by `:`, `=` or `!=`"),
    ] {
        let refused = people(text).expect_err(text);
        assert_eq!(refused.to_string(), message, "{text}");
    }
    let unknown = people("height = 2").expect_err("no such field").to_string();
    assert!(unknown.starts_with("at 1: `height` is no field to filter by: use unit, area, "));
    let no_field = Filter::parse("sex = MALE", RecordKind::Equipment, Sight::Whole);
    assert!(matches!(no_field, Err(FilterError::UnknownField { .. })));
}

#[test]
fn what_is_hidden_from_somebody_cannot_be_asked_for_by_them() {
    for text in [
        "party_member = true",
        "sex = MALE AND (health_class <= 2)",
        "NOT name : lo",
        "citizen_id = 011088085221",
        "phone = 0896447405",
    ] {
        people(text).expect(text);
        let refused = Filter::parse(text, RecordKind::Reservist, Sight::Masked).expect_err(text);
        assert!(matches!(refused, FilterError::Hidden { .. }), "{text}");
    }
    Filter::parse("age <= 35 AND sex = MALE", RecordKind::Reservist, Sight::Masked).expect("open");
}

#[test]
fn a_filter_without_end_is_refused() {
    let long = "unit = 1 AND ".repeat(200);
    assert!(people(&long) == Err(FilterError::TooLong { len: long.len() }));
    let many = vec!["status=DEAD"; TERMS_MAX + 1].join(" AND ");
    assert!(people(&many) == Err(FilterError::TooMany));
    for deep in ["(".repeat(2_000), "-".repeat(2_000), "NOT ".repeat(500)] {
        assert!(people(&deep) == Err(FilterError::TooDeep { at: at_of(&deep) }));
    }
}

/// Where the ninth level of a filter begins.
fn at_of(deep: &str) -> usize {
    let step = if deep.starts_with('N') { 4 } else { 1 };
    DEPTH_MAX * step + 1
}

#[test]
fn every_value_that_is_shown_can_be_asked_for() {
    for kind in [RecordKind::Reservist, RecordKind::Equipment] {
        for field in fields(kind) {
            let (How::List(_, list) | How::Ordered(_, list)) = field.how else { continue };
            for number in (1..=54).chain([1990]) {
                if let Some(term) = (list.term)(number)
                    && let Some(read) = (list.parse)(&term)
                {
                    assert_eq!(read, number, "{} of {}", term, field.name);
                }
            }
            assert!(
                (list.parse)(&(list.term)(1).unwrap_or_default()) == Some(1)
                    || field.name.ends_with("year"),
                "{}",
                field.name
            );
        }
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "[-=!<>:()\"* a-zđò_0-9]{0,60}|(unit|age|rank|name|AND|OR|NOT|-|\\(|\\)|=|<=|:|1| |\"ò\"|\\*){0,20}") {
        let _either = people(&text);
    }
}
