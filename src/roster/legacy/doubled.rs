//! UTF-8 that a program read as code page 1252 and saved again: "Há»\u{8d} vÃ\u{a0} tÃªn".
//!
//! Called for each cell with letters beyond ASCII. Invariant: only a text of which every byte comes back,
//! as Vietnamese letters, is undone; of others no more is said than that letters were lost.

use encoding_rs::WINDOWS_1252;
use unicode_normalization::UnicodeNormalization;

use crate::domain::text::fold;

/// The byte that was read as this character.
fn byte(c: char) -> Option<u8> {
    if let Ok(byte) = u8::try_from(c) {
        return Some(byte);
    }
    let mut buffer = [0; 4];
    let (bytes, _, is_lost) = WINDOWS_1252.encode(c.encode_utf8(&mut buffer));
    bytes.first().copied().filter(|_| !is_lost && bytes.len() == 1)
}

/// The text as it was before, if it is one.
pub(super) fn undone(text: &str) -> Option<String> {
    let mut letters = text.chars().skip_while(char::is_ascii);
    let is_lead = |byte: &u8| (0xC2..=0xF4).contains(byte);
    let is_behind = |byte: &u8| (0x80..=0xBF).contains(byte);
    letters.next().and_then(byte).filter(is_lead)?;
    letters.next().and_then(byte).filter(is_behind)?;
    let bytes: Option<Vec<u8>> = text.chars().map(byte).collect();
    let text: String = String::from_utf8(bytes?).ok()?.nfc().collect();
    let is_vietnamese = fold(&text).chars().all(|c| c.is_ascii() || !c.is_alphabetic());
    is_vietnamese.then_some(text)
}

/// Whether letters of a text were lost: marks of question in their places, or halves of them.
pub(in crate::roster) fn has_lost_letters(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    let is_half = |pair: &[char]| {
        let is_lead = matches!(pair[0], 'Ã' | 'Ä' | 'Æ' | 'Ì' | 'á');
        is_lead && matches!(pair[1], '\u{80}'..='\u{bf}' | '€' | '‘' | '’' | '™' | 'ƒ')
    };
    text.contains('\u{fffd}')
        || chars.windows(2).any(is_half)
        || text.split_whitespace().any(has_question_within)
}

/// `H?` and `V?n`, yet not `Có con?`: a mark within the word, or behind what is no syllable.
fn has_question_within(word: &str) -> bool {
    let word = word.trim_matches(|c: char| c != '?' && !c.is_alphanumeric());
    let Some((before, behind)) = word.split_once('?') else { return false };
    let has_vowel = fold(before).contains(['a', 'e', 'i', 'o', 'u', 'y']);
    let is_word = |text: &str| text.chars().all(|c| c.is_alphabetic() || c == '?');
    let is_lost = behind.contains(char::is_alphabetic) || !before.is_empty() && !has_vowel;
    is_lost && is_word(before) && is_word(behind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_wrongly(text: &str) -> String {
        let mut read = String::new();
        for byte in text.bytes() {
            let one = [byte];
            let (letter, _, _) = WINDOWS_1252.decode(&one);
            read.push_str(&letter);
        }
        read
    }

    #[test]
    fn utf8_that_was_read_as_another_code_page_comes_back_whole_or_not_at_all() {
        for text in
            ["Họ và tên", "Nguyễn Đức Hà", "SĐT", "Xã Nậm Kè", "Ho\u{323} va\u{300} te\u{302}n"]
        {
            let known: String = text.nfc().collect();
            assert_eq!(undone(&read_wrongly(text)), Some(known), "{text}");
        }
        for other in [
            "Lò Văn Ơn",
            "Họ và tên",
            "XÃ NÀ TẤU",
            "Hä vµ tªn",
            "Hoï vaø teân",
            "12 m²",
            "São Tomé",
        ] {
            assert_eq!(undone(other), None, "{other}");
        }
    }

    #[test]
    fn lost_letters_are_told_from_questions() {
        for lost in ["H? và tên", "L? V?n B??ng", "H\u{fffd} tên", "HoÌ£ vaÌ€", "Gi?i tính"]
        {
            assert!(has_lost_letters(lost), "{lost}");
        }
        for whole in
            ["Có con?", "Họ và tên", "XÃ, PHƯỜNG", "?", "Số CCCD (12 số)?", "Đảng viên? (x)"]
        {
            assert!(!has_lost_letters(whole), "{whole}");
        }
    }
}
