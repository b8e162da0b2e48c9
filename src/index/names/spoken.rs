//! A name as it is spoken, family first and without marks, out of the key that it is sorted by.
//!
//! Hyphens part words (Trần-Lê is Trần Lê) and apostrophes are not spoken: K'Sor is found as ksor, and
//! by what stands behind the apostrophe. The one tone of a word is kept apart from its letters, so that
//! it does not matter on which of them it stands (hoà, hòa).

use unicode_normalization::char::is_combining_mark;

const fn is_weight(c: char) -> bool {
    matches!(c, '\u{f0001}'..='\u{f0003}')
}

/// The words of a key with their tones, family first.
fn words(key: &str) -> impl Iterator<Item = (&str, &str)> {
    let given_len = key.find('\u{1}').map_or(key.len(), |at| at + 1);
    let (given, before) = key.split_at(given_len);
    let words = before.split_terminator('\u{1}').chain(given.split_terminator('\u{1}'));
    words.map(|word| word.split_once('\u{0}').unwrap_or((word, "")))
}

/// A word of a name with its marks: its letters, and which tones it has.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Word {
    letters: String,
    tones: String,
}

impl Word {
    /// Without marks.
    pub(super) fn folded(&self) -> String {
        self.letters.chars().filter(|c| !is_weight(*c) && !is_combining_mark(*c)).collect()
    }

    /// Whether it has any mark of Vietnamese.
    pub(super) fn is_marked(&self) -> bool {
        !self.tones.is_empty() || self.letters.chars().any(is_weight)
    }

    /// The word as it is indexed: without marks for finding, then with them.
    fn indexed(&self) -> String {
        format!("{}\u{0}{}\u{0}{}", self.folded(), self.letters, self.tones)
    }

    /// Whether an indexed word begins so, letter by letter. A tone not typed is open as long as the
    /// word goes on.
    pub(super) fn begins(&self, indexed: &str) -> bool {
        let (letters, tones) = marked_of(indexed);
        let Some(rest) = letters.strip_prefix(self.letters.as_str()) else { return false };
        let is_tone = if self.tones.is_empty() {
            !rest.is_empty() || tones.is_empty()
        } else {
            tones.starts_with(&self.tones)
        };
        !rest.starts_with(is_weight) && is_tone
    }

    /// Whether an indexed word is this one, wherever its tone stands.
    pub(super) fn is(&self, indexed: &str) -> bool {
        marked_of(indexed) == (self.letters.as_str(), self.tones.as_str())
    }

    fn push(&mut self, letter: char, tone: Option<u8>) {
        self.letters.push(letter);
        self.tones.extend(tone.filter(|tone| *tone != b'0').map(char::from));
    }
}

fn marked_of(indexed: &str) -> (&str, &str) {
    let marked = indexed.split_once('\u{0}').map_or("", |(_folded, marked)| marked);
    marked.split_once('\u{0}').unwrap_or((marked, ""))
}

/// The word without marks of an indexed one.
pub(super) fn folded_of(indexed: &str) -> &str {
    indexed.split('\u{0}').next().unwrap_or_default()
}

/// The words that one of a key is spoken as, and what of them stands behind an apostrophe.
fn parts((letters, tones): (&str, &str)) -> (Vec<Word>, Vec<Word>) {
    let (mut spoken, mut tails) = (vec![Word::default()], Vec::new());
    let (mut letters, mut tones) = (letters.chars().peekable(), tones.bytes());
    // Tails of the word at hand.
    let mut open = 0;
    while let Some(letter) = letters.next() {
        // A weight, and the d of đ, have no tone of their own.
        let is_bare = is_weight(letter) || letter == 'd' && letters.peek() == Some(&'\u{f0001}');
        let tone = if is_bare { None } else { tones.next() };
        match letter {
            '-' => {
                spoken.push(Word::default());
                open = tails.len();
            }
            '\'' => tails.push(Word::default()),
            letter => {
                let now = spoken.last_mut().into_iter().chain(&mut tails[open..]);
                now.for_each(|word| word.push(letter, tone));
            }
        }
    }
    spoken.retain(|word| !word.letters.is_empty());
    tails.retain(|word| !word.letters.is_empty() && !spoken.contains(word));
    (spoken, tails)
}

/// The words that a text of several is spoken as.
pub(super) fn words_in(text: &str) -> Vec<Word> {
    let each = text.split_whitespace().map(crate::domain::text::sort_key);
    each.flat_map(|key| words(&key).flat_map(|word| parts(word).0).collect::<Vec<_>>()).collect()
}

/// The words of a name as they are indexed, family first, and behind them what stands behind an
/// apostrophe; how many are words.
pub(in crate::index) fn words_of(key: &str) -> (Vec<String>, usize) {
    let (mut spoken, mut tails) = (Vec::new(), Vec::new());
    for (own, behind) in words(key).map(parts) {
        spoken.extend(own.iter().map(Word::indexed));
        tails.extend(behind.iter().map(Word::indexed));
    }
    let count = spoken.len();
    spoken.append(&mut tails);
    (spoken, count)
}

/// The same words without marks, with a space before each: letter by letter, so that comparing two names
/// makes no text.
pub(in crate::index) fn spoken(key: &str) -> impl Iterator<Item = char> {
    let is_spoken = |c: &char| !is_weight(*c) && !is_combining_mark(*c) && *c != '\'';
    let letters = words(key).flat_map(move |(letters, _tones)| {
        let letters = letters.chars().filter(is_spoken);
        std::iter::once(' ').chain(letters.map(|c| if c == '-' { ' ' } else { c }))
    });
    let mut is_apart = false;
    letters.filter(move |c| {
        let again = *c == ' ' && is_apart;
        is_apart = *c == ' ';
        !again
    })
}
