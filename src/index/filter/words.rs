//! The words of a filter, with their positions in bytes from 1.

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word<'a> {
    /// A field, a value or a joining word.
    Bare(&'a str),
    /// A text in double quotes, without them; `\"` and `\\` are a quote and a backslash.
    Quoted(String),
    /// One of the signs of comparison.
    Sign(Sign),
    Open,
    Close,
    /// `-` right before a comparison.
    Minus,
    /// None of these; also a quote that is never closed.
    Stray,
}

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
    Has,
}

const SIGNS: [(&str, Sign); 7] = [
    ("!=", Sign::Unequal),
    ("<=", Sign::LessOrEqual),
    (">=", Sign::MoreOrEqual),
    ("=", Sign::Equal),
    ("<", Sign::Less),
    (">", Sign::More),
    (":", Sign::Has),
];

/// Walks over the words of a filter.
#[derive(Debug, Clone)]
pub(super) struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Words<'a> {
    pub(super) const fn of(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The next word and its position, without taking it.
    pub(super) fn peek(&self) -> Option<(usize, Word<'a>)> {
        self.clone().next()
    }

    /// The position after the last byte.
    pub(super) const fn end(&self) -> usize {
        self.text.len() + 1
    }

    fn take(&mut self, word: Word<'a>, len: usize) -> (usize, Word<'a>) {
        let at = self.at + 1;
        self.at += len;
        (at, word)
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = (usize, Word<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = &self.text[self.at..];
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        let first = trimmed.chars().next()?;
        if let Some((sign, meaning)) = SIGNS.iter().find(|(sign, _)| trimmed.starts_with(sign)) {
            return Some(self.take(Word::Sign(*meaning), sign.len()));
        }
        let is_plain =
            |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '*' | '\'' | '+' | '/');
        let bare = trimmed.find(|c| !is_plain(c)).unwrap_or(trimmed.len());
        Some(match first {
            '(' => self.take(Word::Open, 1),
            ')' => self.take(Word::Close, 1),
            '-' => self.take(Word::Minus, 1),
            '"' => match quoted(trimmed) {
                Some((text, len)) => self.take(Word::Quoted(text), len),
                None => self.take(Word::Stray, trimmed.len()),
            },
            _ if bare > 0 => self.take(Word::Bare(&trimmed[..bare]), bare),
            stray => self.take(Word::Stray, stray.len_utf8()),
        })
    }
}

/// A text in quotes, and how long it is with them.
fn quoted(text: &str) -> Option<(String, usize)> {
    let mut out = String::new();
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((out, at + 1)),
            '\\' => out.push(letters.next()?.1),
            plain => out.push(plain),
        }
    }
    None
}
