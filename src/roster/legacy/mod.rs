//! Text from before Unicode: TCVN3 (the ABC fonts), VNI, and code page 1258; and UTF-8 read as if it were.
//!
//! Called by the table reader on each row before anything is looked for in it. A workbook written
//! with an old font holds Latin letters and signs in place of Vietnamese ones, and no cell says so; a
//! text of single bytes does not say which code page it is in. What it is, is judged by the words:
//! under the right reading they are Vietnamese syllables, under the wrong ones hardly any is.
//! Invariants: text in Unicode is never changed; a row in which anything was decoded says so, and the
//! reader warns of it.

mod codes;
mod doubled;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::file::Cell;
use crate::domain::text::fold;
pub(super) use doubled::has_lost_letters;

/// How text is written in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Unicode,
    Tcvn3,
    Vni,
    Windows1258,
    /// UTF-8 of which each byte was read as a letter of code page 1252.
    Doubled,
}

/// Decodes the rows of one sheet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decoder {
    /// What most of the sheet is written in.
    usual: Encoding,
    /// Whether cells hold bytes, each as one Latin-1 character.
    bytes: bool,
}

/// What one cell looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// No letter beyond ASCII.
    Plain,
    /// Letters that only Unicode has.
    Unicode,
    /// Signs that make words only when read as TCVN3.
    Tcvn3,
    /// Pairs and threes of letters and signs that are the bytes of Vietnamese letters in UTF-8.
    Doubled,
    /// Letters that are letters under any reading.
    Open,
    /// Signs within a word that is none: an abbreviation ("S§T"), if the sheet is in TCVN3.
    Sign,
}

impl Decoder {
    /// Judges by the first rows of a sheet.
    pub(super) fn of_sample<'a>(
        rows: impl Iterator<Item = &'a [Cell]> + Clone,
        bytes: bool,
    ) -> Self {
        use Encoding::{Tcvn3, Unicode, Vni, Windows1258};
        let candidates = if bytes { [Windows1258, Tcvn3, Vni] } else { [Unicode, Tcvn3, Vni] };
        let score = |encoding: Encoding| {
            let texts = rows.clone().flatten().filter_map(Cell::as_text);
            texts.filter(|text| !text.is_ascii()).map(|text| worth(text, encoding)).sum::<i64>()
        };
        let mut usual = (candidates[0], score(candidates[0]));
        for encoding in &candidates[1..] {
            let score = score(*encoding);
            if score > usual.1 {
                usual = (*encoding, score);
            }
        }
        Self { usual: usual.0, bytes }
    }

    /// The row in Unicode, if anything in it was not.
    pub(super) fn row(self, cells: &[Cell]) -> Option<Vec<Cell>> {
        if cells.iter().filter_map(Cell::as_text).all(str::is_ascii) {
            return None;
        }
        let looks: Vec<Look> = cells
            .iter()
            .map(|cell| cell.as_text().map_or(Look::Plain, |text| look(text, self.bytes)))
            .collect();
        let unicode = looks.contains(&Look::Unicode);
        let tcvn3 = looks.contains(&Look::Tcvn3);
        let encoding_of = |look: Look| match (look, self.usual) {
            (Look::Plain | Look::Unicode, _) => Encoding::Unicode,
            (Look::Doubled, _) => Encoding::Doubled,
            _ if self.bytes => self.usual,
            (Look::Sign, Encoding::Tcvn3) if !unicode => Encoding::Tcvn3,
            (Look::Sign, _) => Encoding::Unicode,
            (Look::Open, _) if unicode => Encoding::Unicode,
            (_, Encoding::Vni) if !unicode => Encoding::Vni,
            (Look::Tcvn3, _) => Encoding::Tcvn3,
            (Look::Open, _) if tcvn3 => Encoding::Tcvn3,
            (Look::Open, usual) => usual,
        };
        let mut changed = false;
        let decode = |(cell, look): (&Cell, Look)| {
            let Some(text) = cell.as_text() else { return cell.clone() };
            match encoding_of(look) {
                Encoding::Unicode => cell.clone(),
                encoding => {
                    let decoded = decode(text, encoding);
                    changed |= decoded != text;
                    Cell::Text(decoded)
                }
            }
        };
        let row = cells.iter().zip(looks).map(decode).collect();
        changed.then_some(row)
    }
}

fn look(text: &str, bytes: bool) -> Look {
    if text.is_ascii() {
        return Look::Plain;
    }
    if bytes {
        return Look::Open;
    }
    if doubled::undone(text).is_some() {
        return Look::Doubled;
    }
    let is_letter = |c: char| c.is_alphabetic() || is_combining_mark(c);
    if text.chars().any(|c| u32::from(c) > 0xFF && is_letter(c)) {
        return Look::Unicode;
    }
    // Letters that Vietnamese shares with Latin-1: under Unicode they need no explanation.
    let is_shared = |c: char| "àáâãèéêìíòóôõùúýÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝ".contains(c);
    let high = || text.chars().filter(|c| u32::from(*c) > 0xA0);
    // And Ð, which stands for Đ where a word begins or is in capitals.
    let mut before = ' ';
    let is_open = text.chars().all(|c| {
        let is_stroke = c == 'Ð' && (!before.is_alphabetic() || before.is_ascii_uppercase());
        before = c;
        u32::from(c) <= 0xA0 || is_shared(c) || is_stroke
    });
    if is_open {
        return Look::Open;
    }
    let decodable = high().all(|c| codes::tcvn3(c).is_some());
    let is_word =
        |word: &str| !word.is_ascii() && word.bytes().any(|byte| byte.is_ascii_alphabetic());
    if decodable && text.split_whitespace().any(is_word) && worth(text, Encoding::Tcvn3) > 0 {
        return Look::Tcvn3;
    }
    // Signs such as in "m²": no letters at all, or letters of no known reading.
    if high().any(|c| is_letter(c) && !matches!(c, 'ª' | 'µ' | 'º')) {
        Look::Open
    } else if decodable && text.split_whitespace().any(is_word) {
        Look::Sign
    } else {
        Look::Plain
    }
}

/// Words that are Vietnamese under a reading, less those that are not; words of ASCII say nothing.
fn worth(text: &str, encoding: Encoding) -> i64 {
    let mut sum = 0;
    for word in text.split([' ', ',', '.', '/', '(', ')', '-', '\n', '\u{a0}', ':', ';']) {
        // "SÐT" is an abbreviation with a letter that looks like Đ, and says nothing either.
        let is_short = word.contains('Ð') && !word.contains(|c: char| c.is_ascii_lowercase());
        if word.is_ascii() || is_short {
            continue;
        }
        sum += if is_syllable(&decode(word, encoding)) { 1 } else { -1 };
    }
    sum
}

/// Whether a word could be a Vietnamese syllable: a beginning, a rime, at most one tone.
fn is_syllable(word: &str) -> bool {
    let is_tone = |c: char| matches!(c, '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}');
    if word.nfd().filter(|c| is_tone(*c)).count() > 1 {
        return false;
    }
    // The Icelandic letter is another one, but stands for the one it looks like.
    let folded = fold(&word.replace('Ð', "Đ"));
    let is_rime = |rime: &str| codes::RIMES.contains(&rime);
    codes::ONSETS.iter().any(|onset| folded.strip_prefix(onset).is_some_and(is_rime))
        || folded == "gi"
}

fn decode(text: &str, encoding: Encoding) -> String {
    match encoding {
        Encoding::Unicode => text.to_owned(),
        Encoding::Tcvn3 => capitals(text.chars().map(|c| codes::tcvn3(c).unwrap_or(c)).collect()),
        Encoding::Vni => vni(text),
        Encoding::Doubled => doubled::undone(text).unwrap_or_else(|| text.to_owned()),
        Encoding::Windows1258 => {
            let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(c).ok()).collect();
            let decoded = bytes.map(|bytes| {
                encoding_rs::WINDOWS_1258.decode_without_bom_handling(&bytes).0.into_owned()
            });
            decoded.unwrap_or_else(|| text.to_owned()).nfc().collect()
        }
    }
}

/// TCVN3 has no capitals with tones: in words of capitals they were typed small and shown large by
/// the font. Where the plain letters around are capitals, so are these.
fn capitals(text: String) -> String {
    let is_large = |word: &str| word.bytes().filter(u8::is_ascii_uppercase).count() >= 2;
    let small = text.bytes().any(|b| b.is_ascii_lowercase());
    if !small && text.split_whitespace().any(is_large) { text.to_uppercase() } else { text }
}

fn vni(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut after_vowel = false;
    for c in text.chars() {
        match codes::vni_marks(c) {
            Some(marks) if after_vowel => {
                out.push_str(marks);
                after_vowel = false;
            }
            _ => {
                let letter = codes::vni_letter(c).unwrap_or(c);
                after_vowel = "aeouyAEOUYơƠưƯ".contains(letter);
                out.push(letter);
            }
        }
    }
    out.nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(texts: &[&str]) -> Vec<Cell> {
        texts.iter().map(|text| Cell::Text((*text).to_owned())).collect()
    }

    fn decoded(texts: &[&str]) -> Option<Vec<String>> {
        let cells = row(texts);
        let decoder = Decoder::of_sample(std::iter::once(cells.as_slice()), false);
        let read =
            |cells: Vec<Cell>| cells.iter().filter_map(Cell::as_text).map(str::to_owned).collect();
        decoder.row(&cells).map(read)
    }

    #[test]
    fn tcvn3_is_read_with_its_capitals() {
        let read = decoded(&["Hä vµ tªn", "X·, ph\u{ad}êng", "BAN CHQS HUYÖN §IÖN BI£N", "§ç A"]);
        let read = read.expect("nothing here is Unicode");
        assert_eq!(read, ["Họ và tên", "Xã, phường", "BAN CHQS HUYỆN ĐIỆN BIÊN", "Đỗ A"]);
        assert_eq!(decoded(&["Lß", "Ph¹m"]).expect("one sure, one open"), ["Lò", "Phạm"]);
    }

    #[test]
    fn abbreviations_in_headers_are_decoded_where_the_rest_is_tcvn3() {
        let read = decoded(&["Hä vµ tªn", "Ngµy sinh", "S§T", "Th«n b¶n"]).expect("TCVN3");
        assert_eq!(read, ["Họ và tên", "Ngày sinh", "SĐT", "Thôn bản"]);
        assert_eq!(decoded(&["Họ và tên", "S§T"]), None, "in Unicode it is what it says");
    }

    #[test]
    fn vni_is_read_where_its_words_make_sense() {
        let read = decoded(&["Hoï vaø teân", "Nguyeãn Vaên Ñöùc", "Ñieän Bieân", "phöôøng Möôøng"]);
        let read = read.expect("nothing here is Unicode");
        assert_eq!(read, ["Họ và tên", "Nguyễn Văn Đức", "Điện Biên", "phường Mường"]);
    }

    #[test]
    fn unicode_is_left_alone_whatever_stands_beside_it() {
        assert_eq!(decoded(&["Lò", "Tú", "Vừ A Sì", "12 m²", "½ · ©"]), None);
        assert_eq!(decoded(&["Lò", "Tú"]), None);
        assert_eq!(decoded(&["Gia\u{300}ng"]), None);
        assert_eq!(decoded(&["SÐT", "Ðo", "Lò"]), None, "they look like Đ");
        assert_eq!(decoded(&["Vµng A Ð", "bÐ"]).expect("TCVN3")[1], "bé");
    }

    #[test]
    fn bytes_are_read_in_the_code_page_that_makes_words_of_them() {
        let of_bytes = |bytes: &[&[u8]]| {
            let latin = |bytes: &&[u8]| Cell::Text(bytes.iter().map(|b| char::from(*b)).collect());
            let cells: Vec<Cell> = bytes.iter().map(latin).collect();
            let decoder = Decoder::of_sample(std::iter::once(cells.as_slice()), true);
            let cells = decoder.row(&cells).expect("beyond ASCII");
            cells.iter().filter_map(Cell::as_text).map(str::to_owned).collect::<Vec<_>>()
        };
        // Code page 1258 writes the tone behind its vowel.
        assert_eq!(of_bytes(&[b"Pha\xF2m", b"Ho\xCCa", b"\xD0\xF5n"])[0], "Phạm");
        assert_eq!(of_bytes(&[b"Ph\xB9m", b"L\xDF"]), ["Phạm", "Lò"]);
    }
}
