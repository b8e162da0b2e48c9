//! A name as it is spoken, family first and without marks, out of the key that it is sorted by.

use unicode_normalization::char::is_combining_mark;

/// The folded words of a name, family first, out of its key: letter by letter, so that comparing two
/// names makes no text.
fn words(key: &str) -> impl Iterator<Item = impl Iterator<Item = char>> {
    let is_weight = |c: &char| ('\u{f0001}'..='\u{f0003}').contains(c);
    let given_len = key.find('\u{1}').map_or(key.len(), |at| at + 1);
    let (given, before) = key.split_at(given_len);
    before.split_terminator('\u{1}').chain(given.split_terminator('\u{1}')).map(move |word| {
        let letters = word.split('\u{0}').next().unwrap_or_default();
        letters.chars().filter(move |c| !is_weight(c) && !is_combining_mark(*c))
    })
}

/// The same words as texts.
pub(in crate::index) fn words_of(key: &str) -> Vec<String> {
    words(key).map(Iterator::collect).collect()
}

/// The same words, with a space before each.
pub(super) fn spoken(key: &str) -> impl Iterator<Item = char> {
    words(key).flat_map(|word| std::iter::once(' ').chain(word))
}
