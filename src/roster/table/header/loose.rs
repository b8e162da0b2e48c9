//! Headers that no list of words has as they stand: abbreviations ("CN quân sự"), filler words ("Cấp
//! bậc hiện tại"), several words for one thing ("Thôn/bản/TDP").
//!
//! Called where a header is none of the known ones. Invariants: a guess names one field or is none; it
//! never takes a field that a known header claims, nor one that two guesses claim.

use std::collections::HashMap;

use super::{Bound, Header, Role};
use crate::roster::kind::{Column, Kind};
use crate::roster::table::labels::{ADDRESSES, HOMES, find, plain};

/// Abbreviations of single words, folded.
const SHORT: [(&str, &str); 19] = [
    ("cb", "cap bac"),
    ("qh", "quan ham"),
    ("db", "du bi"),
    ("dbdv", "du bi"),
    ("qndb", "quan nhan du bi"),
    ("qs", "quan su"),
    ("cn", "chuyen nghiep"),
    ("gt", "gioi tinh"),
    ("ntns", "ngay thang nam sinh"),
    ("sk", "suc khoe"),
    ("plsk", "phan loai suc khoe"),
    ("tdp", "to dan pho"),
    ("cc", "can cuoc"),
    ("cccd", "can cuoc cong dan"),
    ("ddcn", "dinh danh ca nhan"),
    ("sx", "san xuat"),
    ("pt", "phuong tien"),
    ("sh", "so hieu"),
    ("dkx", "dang ky xe"),
];
/// Words that say nothing of what stands under them.
const FILLERS: [&str; 9] = [
    "hien tai",
    "hien nay",
    "hien hanh",
    "quan nhan du bi",
    "cua quan nhan",
    "quan nhan",
    "ghi ro",
    "neu co",
    "lien he",
];
/// Words before what a number or code is of.
const LEADS: [&str; 4] = ["ma so ", "so ", "ma ", "the "];
/// Longest header that is guessed at, in bytes: longer ones are sentences.
const GUESSED_LEN_MAX: usize = 80;

/// What a header may mean; fields in the order in which they come into question.
pub(super) type Guess = Vec<&'static str>;

/// The known headers of a kind, in words.
pub(super) struct Loose {
    /// None where the same words stand for two fields.
    fields: HashMap<String, Option<&'static str>>,
}

impl Loose {
    pub(super) fn new<K: Kind>() -> Self {
        let mut fields = HashMap::new();
        let mut add = |words: String, field: &'static str| {
            let known = fields.entry(words).or_insert(Some(field));
            if *known != Some(field) {
                *known = None;
            }
        };
        for column in K::COLUMNS {
            for header in column.headers {
                let words = expanded(header);
                add(without_lead(&words).to_owned(), column.field);
                add(words, column.field);
            }
        }
        Self { fields }
    }

    /// The field that a header means, if it is one and one only.
    pub(super) fn field<K: Kind>(&self, text: &str) -> Option<&'static str> {
        if text.len() > GUESSED_LEN_MAX {
            return None;
        }
        let bare = text.split(['(', '[']).next().unwrap_or(text);
        self.of_words(bare).or_else(|| {
            let parts: Vec<&str> = bare.split('/').filter(|part| !part.trim().is_empty()).collect();
            let (first, rest) = parts.split_first().filter(|(_, rest)| !rest.is_empty())?;
            let of = |part: &str| find::<K>(part).map(|c| c.field).or_else(|| self.of_words(part));
            let field = of(first)?;
            rest.iter().all(|part| of(part) == Some(field)).then_some(field)
        })
    }

    fn of_words(&self, text: &str) -> Option<&'static str> {
        let words = expanded(&plain(&spelt(text)));
        let stripped = stripped(&words);
        let tries = [words.as_str(), stripped.as_str(), without_lead(&stripped)];
        let known = |words: &&str| words.len() > 1 && self.fields.contains_key(*words);
        let found = tries.into_iter().find(known)?;
        self.fields.get(found).copied().flatten()
    }
}

/// Whether a header is "DT" without the stroke: the ethnic group (dân tộc), or the phone (điện thoại)
/// in haste.
fn is_bare_dt(text: &str) -> bool {
    plain(text) == "dt" && !text.contains(['đ', 'Đ', 'Ð', 'ð'])
}

/// Whether a header is "ĐV": a member of the Party (đảng viên) or the unit (đơn vị).
fn is_dv(text: &str) -> bool {
    plain(text) == "dv"
}

/// The known header that a text in brackets stands for, where the words before them name the unit:
/// "Nơi thường trú (thôn, bản)".
fn in_brackets<K: Kind>(text: &str) -> Option<&'static Column<K::Input>> {
    let (_, inner) = text.split_once('(')?;
    find::<K>(inner.trim_end().trim_end_matches(')'))
}

/// "ĐT" is a phone; without its stroke it could be another word.
fn spelt(text: &str) -> String {
    let spell = |word: &str| match word.trim_matches(|c: char| !c.is_alphanumeric()) {
        "ĐT" | "đt" | "Đt" | "ĐTDĐ" | "ÐT" | "ÐTDÐ" => "điện thoại".to_owned(),
        _ => word.to_owned(),
    };
    text.split_whitespace().map(spell).collect::<Vec<_>>().join(" ")
}

fn expanded(words: &str) -> String {
    let count = words.split(' ').count();
    let word = |(at, word): (usize, &str)| {
        let short = SHORT.iter().find(|(short, _)| *short == word).map(|(_, long)| *long);
        // "Phone no.", yet a lone "No" counts rows.
        let number = (word == "no" && at > 0 && at + 1 == count).then_some("number");
        short.or(number).unwrap_or(word).to_owned()
    };
    words.split(' ').enumerate().map(word).collect::<Vec<_>>().join(" ")
}

fn stripped(words: &str) -> String {
    let mut padded = format!(" {words} ");
    for filler in FILLERS {
        padded = padded.replace(&format!(" {filler} "), " ");
    }
    padded.trim().to_owned()
}

fn without_lead(words: &str) -> &str {
    LEADS.iter().find_map(|lead| words.strip_prefix(lead)).unwrap_or(words)
}

impl<I> Header<I> {
    /// Gives guessed columns the fields that no other column has.
    pub(super) fn settle_guesses<K: Kind<Input = I>>(&mut self, guesses: &[(usize, Guess)]) {
        let open = |header: &Self, guess: &Guess| {
            // "ĐV" is no member of the Party where it may be the only column of the unit.
            let fits = |field: &&str| *field != "party_member" || header.has(K::UNIT_FIELD);
            let free = guess.iter().copied().filter(|field| !header.has(field));
            free.filter(|field| K::column(field).is_some()).find(fits)
        };
        // Units first, for what else may be one.
        for units in [true, false] {
            let mut wanted: Vec<(usize, &'static str)> = Vec::new();
            for (at, guess) in guesses {
                let is_bound = self.columns.iter().any(|bound| bound.at == *at);
                let field = open(self, guess).filter(|field| (*field == K::UNIT_FIELD) == units);
                wanted.extend(field.filter(|_| !is_bound).map(|field| (*at, field)));
            }
            for (at, field) in &wanted {
                let alone = wanted.iter().filter(|(_, other)| other == field).count() == 1;
                let Some(column) = K::column(field).filter(|_| alone) else { continue };
                self.columns.push(Bound { at: *at, column, role: Role::Whole });
            }
        }
    }
}

/// What a header may be that could mean two things.
pub(super) fn doubt<K: Kind>(
    own: &str,
    known: Option<&(&'static Column<K::Input>, Role)>,
) -> Option<Guess> {
    if is_bare_dt(own) {
        return Some(vec!["phones", "owner_phones", "ethnic_group"]);
    }
    if is_dv(own) {
        return Some(vec!["party_member"]);
    }
    let (column, _) = known.filter(|(column, _)| column.field == K::UNIT_FIELD)?;
    match in_brackets::<K>(own).filter(|inner| inner.field != column.field) {
        Some(inner) => Some(vec![inner.field]),
        // An address says the unit only where nothing else does.
        None => {
            let (label, mut addresses) = (plain(own), ADDRESSES.iter().chain(&HOMES));
            addresses.any(|address| *address == label).then(|| vec![K::UNIT_FIELD])
        }
    }
}
