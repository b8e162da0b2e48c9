//! The codes of a printed order: what stands in them, and how it is put together again.
//!
//! What [`crate::wire::order::printed`] makes of an order is deflated, cut into parts, and each part
//! is one QR code. A code is text of the QR standard's alphanumeric set, so that any reader of codes
//! gives it back unharmed and it can be sent on as a message: `HOATOC:` and then, in base 45 (RFC
//! 9285), these bytes:
//!
//! | Bytes | Content |
//! |---|---|
//! | 1 | format: 1 |
//! | 1 | which part, from 1 |
//! | 1 | how many parts |
//! | 16 | first half of SHA-256 over `hoatoc printed code v1\n`, the number of parts, and the whole deflated content |
//! | rest | this part of the deflated content: as long as all others, the last may be shorter |
//!
//! The digest ties the parts to each other and finds whatever was misread or changed; it proves
//! nothing about who made them. That is asked of the envelope inside, as from a file. Bounds: at most
//! [`PARTS_MAX`] parts, which hold the largest order with the largest page of a call-up sheet even
//! where nothing can be deflated, and at most [`PRINTED_LEN_MAX`] bytes when inflated.

mod base45;
mod picture;
#[cfg(test)]
mod tests;

pub use picture::{PICTURE_LEN_MAX, PictureFault, read as read_picture};

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use qrcode::{Color, EcLevel, QrCode};

use crate::evidence::sha256;
use crate::wire::order::printed::{self, PRINTED_LEN_MAX, Printed};

/// Most codes of one print.
pub const PARTS_MAX: usize = 232;
/// Most bytes of content in one code: with its frame a code of 89 squares across.
pub const PART_LEN_MAX: usize = 480;
/// Bytes of content in one code where that takes no more than [`PARTS_MAX`]: a code of 69 squares
/// across, which a cheap camera reads from two hands' distance.
const PART_LEN: usize = 290;
/// Longest text of one code: what the largest QR code holds.
pub const CODE_CHARS_MAX: usize = 4_296;

const PREFIX: &str = "HOATOC:";
const LABEL: &[u8] = b"hoatoc printed code v1\n";
const FORMAT: u8 = 1;
const DIGEST_LEN: usize = 16;
const FRAME_LEN: usize = 3 + DIGEST_LEN;

/// Why codes are not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeFault {
    /// There is none of ours.
    #[error(
        "no code of a printed order was found: photograph each code from near, sharp and whole"
    )]
    NoCode,
    /// Its text is not in the form of one.
    #[error("a code is damaged or was changed: {fault}")]
    Damaged {
        /// What is wrong with it.
        fault: &'static str,
    },
    /// Codes of two prints, or of one that was changed.
    #[error("the codes belong to different prints: give those of one order alone")]
    Mixed,
    /// Some are not there yet.
    #[error("{have} of {of} codes are there: photograph code {missing} too")]
    Missing {
        /// How many are there.
        have: usize,
        /// How many there are.
        of: usize,
        /// The first that is not there.
        missing: usize,
    },
    /// More than the bounds let through.
    #[error("the codes hold more than an order can")]
    TooLarge,
    /// What they hold is no order.
    #[error("the codes hold no order: {0}")]
    Content(crate::wire::WireError),
}

impl CodeFault {
    /// Its stable reason.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::NoCode => "CODE_NOT_FOUND",
            Self::Damaged { .. } => "CODE_DAMAGED",
            Self::Mixed => "CODES_MIXED",
            Self::Missing { .. } => "CODES_MISSING",
            Self::TooLarge => "CODE_TOO_LARGE",
            Self::Content(_) => "CODE_CONTENT_INVALID",
        }
    }
}

/// The texts of the codes for what is printed, in their order.
///
/// # Errors
/// [`CodeFault::TooLarge`], which nothing within the bounds of an order is.
pub fn texts(printed: &Printed) -> Result<Vec<String>, CodeFault> {
    let content = deflated(&printed::encode(printed));
    let small = content.len().div_ceil(PART_LEN);
    let of = if small <= PARTS_MAX { small } else { content.len().div_ceil(PART_LEN_MAX) };
    let count = u8::try_from(of).ok().filter(|_count| of <= PARTS_MAX);
    let count = count.ok_or(CodeFault::TooLarge)?;
    let digest = digest(count, &content);
    let chunks = content.chunks(content.len().div_ceil(of));
    let text = |(part, chunk): (u8, &[u8])| {
        let frame = [&[FORMAT, part, count], &digest[..], chunk].concat();
        format!("{PREFIX}{}", base45::encode(&frame))
    };
    Ok((1..).zip(chunks).map(text).collect())
}

/// What was printed, from the texts of its codes, in whatever order they were read; a code read twice
/// counts once. Texts of other people's codes are passed over.
///
/// # Errors
/// The first [`CodeFault`] found.
pub fn from_texts(texts: &[String]) -> Result<Printed, CodeFault> {
    let mut parts: BTreeMap<u8, Vec<u8>> = BTreeMap::new();
    let mut whole: Option<(u8, [u8; DIGEST_LEN])> = None;
    for text in texts.iter().filter_map(|text| text.trim().strip_prefix(PREFIX)) {
        let (part, of, digest, chunk) = frame(text)?;
        if *whole.get_or_insert((of, digest)) != (of, digest) {
            return Err(CodeFault::Mixed);
        }
        if parts.insert(part, chunk.clone()).is_some_and(|before| before != chunk) {
            return Err(CodeFault::Mixed);
        }
    }
    let (of, told) = whole.ok_or(CodeFault::NoCode)?;
    if let Some(missing) = (1..=of).find(|part| !parts.contains_key(part)) {
        let (have, of, missing) = (parts.len(), usize::from(of), usize::from(missing));
        return Err(CodeFault::Missing { have, of, missing });
    }
    let content: Vec<u8> = parts.into_values().flatten().collect();
    if digest(of, &content) != told {
        return Err(CodeFault::Damaged { fault: "its digest is that of other contents" });
    }
    printed::decode(&inflated(&content)?).map_err(CodeFault::Content)
}

/// A code's part, count, digest and chunk.
fn frame(text: &str) -> Result<(u8, u8, [u8; DIGEST_LEN], Vec<u8>), CodeFault> {
    let damaged = |fault| CodeFault::Damaged { fault };
    if text.len() > CODE_CHARS_MAX {
        return Err(CodeFault::TooLarge);
    }
    let bytes = base45::decode(text).ok_or_else(|| damaged("it is not in base 45"))?;
    let (head, chunk) =
        bytes.split_first_chunk::<FRAME_LEN>().ok_or_else(|| damaged("it is too short"))?;
    let [format, part, of, digest @ ..] = *head;
    if format != FORMAT {
        return Err(damaged("its format is not known to this program"));
    }
    let possible = (1..=PARTS_MAX).contains(&usize::from(of)) && (1..=of).contains(&part);
    if !possible || chunk.is_empty() || chunk.len() > PART_LEN_MAX {
        return Err(damaged("its numbers are not possible"));
    }
    Ok((part, of, digest, chunk.to_vec()))
}

fn digest(of: u8, content: &[u8]) -> [u8; DIGEST_LEN] {
    let whole = sha256(&[LABEL, &[of], content]);
    *whole.first_chunk().expect("SHA-256 is longer than its half")
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.expect("memory takes whatever is written to it")
}

fn inflated(bytes: &[u8]) -> Result<Vec<u8>, CodeFault> {
    let mut whole = Vec::new();
    let limit = u64::try_from(PRINTED_LEN_MAX).unwrap_or(u64::MAX) + 1;
    let mut decoder = DeflateDecoder::new(bytes).take(limit);
    decoder
        .read_to_end(&mut whole)
        .map_err(|_not_deflated| CodeFault::Damaged { fault: "it cannot be inflated" })?;
    if whole.len() > PRINTED_LEN_MAX {
        return Err(CodeFault::TooLarge);
    }
    // What follows the end of the content would be in the digest, and in nothing that is read.
    let read = decoder.into_inner().total_in();
    if usize::try_from(read) != Ok(bytes.len()) {
        return Err(CodeFault::Damaged { fault: "something follows its content" });
    }
    Ok(whole)
}

/// The squares of one code: how many across, and which are dark, row by row. Without the white border
/// that a code needs around it.
///
/// # Errors
/// [`CodeFault::TooLarge`] for a text that no code holds.
pub(super) fn squares(text: &str) -> Result<(usize, Vec<bool>), CodeFault> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)
        .map_err(|_too_long| CodeFault::TooLarge)?;
    let dark = code.to_colors().into_iter().map(|colour| colour == Color::Dark).collect();
    Ok((code.width(), dark))
}
