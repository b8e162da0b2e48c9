//! Vietnamese text: one form for storing, one for finding, one for sorting.
//!
//! Called by everything that takes a name from outside (rosters, doors) and by the registry's index.
//! Invariants: [`clean`] is idempotent and yields NFC; [`fold`] yields no Vietnamese mark, so the two
//! tone placements (hoà, hòa) and a name typed without marks find each other; [`sort_key`] follows
//! the CLDR order of Vietnamese. It knows nothing of who is named.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{decompose_canonical, is_combining_mark};
use unicode_normalization::is_nfc;

/// Longest personal name, in characters.
pub const NAME_CHARS_MAX: usize = 100;

/// The form in which text is stored: NFC, one space between words, none at the ends.
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        let is_done = word.chars().all(is_composed) || is_nfc(word);
        if is_done { out.push_str(word) } else { out.extend(word.nfc()) }
    }
    out
}

/// Whether a character stands for itself in NFC whatever is beside it, and begins anew: all letters
/// of Vietnamese as keyboards give them. Most text needs no more than this look.
fn is_composed(c: char) -> bool {
    c < '\u{300}' || ('\u{1e00}'..='\u{1eff}').contains(&c)
}

/// The form in which text is found: lower case, no marks, đ as d, one space between words. So is the
/// Icelandic ð, which old code pages and fonts give for it and which no name here has.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        word.chars().for_each(|c| push_folded(c, &mut out));
    }
    out
}

/// Keyboards and programs that mend what is typed have several: H'Nia is H’Nia.
const fn is_apostrophe(c: char) -> bool {
    matches!(c, '’' | '‘' | 'ʼ')
}

/// No mark is left, so their order does not matter and each character stands alone.
fn push_folded(c: char, out: &mut String) {
    if c.is_ascii() {
        out.push(c.to_ascii_lowercase());
        return;
    }
    if is_apostrophe(c) {
        out.push('\'');
        return;
    }
    decompose_canonical(c, |part| {
        if !is_combining_mark(part) {
            out.extend(part.to_lowercase().map(|c| if matches!(c, 'đ' | 'ð') { 'd' } else { c }));
        }
    });
}

/// Whether a cleaned text can be a person's name: 1 to [`NAME_CHARS_MAX`] characters, letters,
/// single spaces, apostrophes and hyphens, with at least one letter. One word is enough.
pub fn is_person_name(name: &str) -> bool {
    let fits = |c: char| c.is_alphabetic() || matches!(c, ' ' | '\'' | '’' | '-');
    name.chars().count() <= NAME_CHARS_MAX
        && name.chars().any(char::is_alphabetic)
        && name.chars().all(fits)
}

/// The key by which people are listed: given name (last word), then family, then middle, each word
/// decided as a whole before the next is looked at, as a list sorted by columns has it: everybody
/// called An stands before everybody called Án, whatever their families. Within a word the CLDR order
/// of Vietnamese holds: a ă â, d đ, e ê, o ô ơ, u ư are letters of their own, and tones break ties in
/// the order none, grave, hook, tilde, acute, dot. Compare keys as plain strings.
pub fn sort_key(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    let (given, before) = words.split_last().map_or(("", &[][..]), |(last, rest)| (*last, rest));
    let in_order = std::iter::once(given).chain(before.iter().copied());
    let mut key = String::with_capacity(3 * name.len());
    let mut tones = String::with_capacity(name.len());
    for word in in_order {
        tones.clear();
        push_weights(word, &mut key, &mut tones);
        key.push('\u{0}');
        key.push_str(&tones);
        key.push('\u{1}');
    }
    key
}

/// A letter weighs itself followed by a mark of its quality, so that `ă` sorts after every word
/// that has `a` in its place. A tone weighs one digit per vowel.
fn push_weights(word: &str, letters: &mut String, tones: &mut String) {
    // Letters that begin anew come apart one by one as they do together.
    if word.chars().all(is_composed) {
        for c in word.chars() {
            if c.is_ascii() {
                letters.push(c.to_ascii_lowercase());
                tones.push('0');
            } else {
                let lower = c.to_lowercase();
                lower
                    .for_each(|c| decompose_canonical(c, |part| push_weight(part, letters, tones)));
            }
        }
    } else {
        let lower = word.chars().flat_map(char::to_lowercase);
        lower.nfd().for_each(|part| push_weight(part, letters, tones));
    }
}

fn push_weight(part: char, letters: &mut String, tones: &mut String) {
    match part {
        // The weights stand above all letters that could follow a plain vowel.
        '\u{306}' => letters.push('\u{f0001}'),
        '\u{302}' => letters.push('\u{f0002}'),
        '\u{31b}' => letters.push('\u{f0003}'),
        'đ' => letters.push_str("d\u{f0001}"),
        '\u{300}' => set_tone(tones, '1'),
        '\u{309}' => set_tone(tones, '2'),
        '\u{303}' => set_tone(tones, '3'),
        '\u{301}' => set_tone(tones, '4'),
        '\u{323}' => set_tone(tones, '5'),
        letter => {
            letters.push(if is_apostrophe(letter) { '\'' } else { letter });
            tones.push('0');
        }
    }
}

fn set_tone(tones: &mut String, tone: char) {
    tones.pop();
    tones.push(tone);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_normalization::char::canonical_combining_class;
    use unicode_normalization::{IsNormalized, is_nfc_quick};

    use super::*;

    #[test]
    fn what_is_taken_for_composed_is_so_and_begins_anew() {
        for c in ('\0'..='\u{10ffff}').filter(|c| is_composed(*c)) {
            assert_eq!(is_nfc_quick(std::iter::once(c)), IsNormalized::Yes, "{c:?}");
            assert_eq!(canonical_combining_class(c), 0, "{c:?}");
        }
        assert!("ậỡữđ".chars().all(is_composed) && !is_composed('\u{301}'));
    }

    proptest! {
        #[test]
        fn the_short_ways_give_what_the_long_ones_do(
            text in "[abdeoyAĐđêÊộỢưẦ İßκΣ가\u{300}\u{302}\u{31b}\u{323}\u{307}\u{f0}]{0,8}",
        ) {
            for word in text.split_whitespace() {
                let bare = word.nfd().filter(|c| !is_combining_mark(*c));
                let bare = bare.flat_map(char::to_lowercase);
                let bare: String =
                    bare.map(|c| if matches!(c, 'đ' | 'ð') { 'd' } else { c }).collect();
                prop_assert_eq!(fold(word), bare);
            }
            let composed: String = text.nfc().collect();
            prop_assert_eq!(sort_key(&clean(&text)), sort_key(&clean(&composed)));
            let apart: String = clean(&text).nfd().collect();
            prop_assert_eq!(sort_key(&clean(&text)), sort_key(&apart), "composed or not");
        }
    }

    #[test]
    fn decomposed_and_padded_text_is_stored_in_one_form() {
        assert_eq!(clean("  Gia\u{300}ng \u{a0} A  Hòa "), "Giàng A Hòa");
        assert_eq!(clean(&clean(" Lo\u{300} ")), "Lò");
    }

    #[test]
    fn a_name_is_found_without_its_marks_and_with_either_tone_placement() {
        assert_eq!(fold("Phường ĐIỆN  Biên Phủ"), "phuong dien bien phu");
        assert_eq!(fold("hoà"), fold("hòa"));
        assert_eq!(fold("Ðinh Ðức ð"), "dinh duc d", "the Icelandic letter that looks the same");
        assert_eq!(fold("H’Nia"), fold("H'Nia"));
        assert_eq!(sort_key("H’Nia"), sort_key("H'Nia"));
    }

    #[test]
    fn a_name_has_letters_and_little_else() {
        for good in ["Lò Văn Thi", "Páo", "H'Mai", "K’Brêu", "Anh-Đức"] {
            assert!(is_person_name(good), "{good}");
        }
        for bad in ["", "-", "Lò Văn 2", "Lò_Thi", "Vừ\tA", &"a".repeat(101)] {
            assert!(!is_person_name(bad), "{bad:?}");
        }
    }

    #[test]
    fn people_sort_by_given_name_then_family_with_vietnamese_letters() {
        let mut names = [
            "Lò Văn Đức",
            "Lò Văn Dũng",
            "Vừ A Ân",
            "Cà Thị An",
            "Vừ A Ăn",
            "Lò Thị An",
            "Lò A Áy",
        ];
        names.sort_by_key(|name| sort_key(name));
        assert_eq!(
            names,
            [
                "Cà Thị An",
                "Lò Thị An",
                "Lò A Áy",
                "Vừ A Ăn",
                "Vừ A Ân",
                "Lò Văn Dũng",
                "Lò Văn Đức"
            ]
        );
        let mut whole = ["Bùi Văn Án", "Lê Văn An", "Vừ A Anh", "Bùi Văn Ấn", "Lê Vân An"];
        whole.sort_by_key(|name| sort_key(name));
        assert_eq!(whole, ["Lê Văn An", "Lê Vân An", "Bùi Văn Án", "Vừ A Anh", "Bùi Văn Ấn"]);
        let mut tones = ["Mạ", "Má", "Mã", "Mả", "Mà", "Ma", "Man"];
        tones.sort_by_key(|name| sort_key(name));
        assert_eq!(tones, ["Ma", "Mà", "Mả", "Mã", "Má", "Mạ", "Man"]);
    }
}
