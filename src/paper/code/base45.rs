//! Base 45 (RFC 9285): bytes in the alphanumeric set of QR codes. Each text has one meaning, and each
//! meaning one text.

const DIGITS: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// Bytes as text.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(2) * 3);
    let mut push = |mut value: usize, digits: usize| {
        for _digit in 0..digits {
            text.push(char::from(DIGITS[value % 45]));
            value /= 45;
        }
    };
    for pair in bytes.chunks(2) {
        match *pair {
            [high, low] => push(usize::from(high) * 256 + usize::from(low), 3),
            [alone] => push(usize::from(alone), 2),
            _ => {}
        }
    }
    text
}

/// Text as bytes; none if it is no base 45.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let digit = |letter: &u8| DIGITS.iter().position(|known| known == letter);
    let mut bytes = Vec::with_capacity(text.len() / 3 * 2 + 1);
    for group in text.as_bytes().chunks(3) {
        let value = |digits: &[u8]| {
            digits.iter().rev().try_fold(0, |value, letter| Some(value * 45 + digit(letter)?))
        };
        match group.len() {
            3 => bytes.extend(u16::try_from(value(group)?).ok()?.to_be_bytes()),
            2 => bytes.push(u8::try_from(value(group)?).ok()?),
            _one_alone => return None,
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_rfc_come_out() {
        for (bytes, text) in [
            (&b"AB"[..], "BB8"),
            (b"Hello!!", "%69 VD92EX0"),
            (b"base-45", "UJCLQE7W581"),
            (b"ietf!", "QED8WEX0"),
            (b"", ""),
        ] {
            assert_eq!(encode(bytes), text);
            assert_eq!(decode(text).as_deref(), Some(bytes));
        }
        for bad in ["GGW", "ab8", "B", "BB8B", ":::", "::"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }

    #[test]
    fn every_value_comes_back_and_has_one_text() {
        for value in 0..=u16::MAX {
            let bytes = value.to_be_bytes();
            assert_eq!(decode(&encode(&bytes)).as_deref(), Some(&bytes[..]));
        }
        for value in 0..=u8::MAX {
            assert_eq!(decode(&encode(&[value])), Some(vec![value]));
        }
    }
}
