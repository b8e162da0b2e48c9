//! In what the text of a file is encoded, and a reader that makes UTF-8 of it.
//!
//! UTF-8 and UTF-16 are told by their marks or by their shape. A text that is neither is left as
//! bytes: which old code page it is in is judged later, by its words.

use std::io::Read;

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_16BE, UTF_16LE};

use super::ReadSeek;

/// Read from the file at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// How a text is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Charset {
    Utf8,
    Utf16(&'static Encoding),
    /// Single bytes of an unnamed code page.
    Bytes,
}

impl Charset {
    /// Reads the file through once.
    pub(super) fn of(content: &mut dyn ReadSeek) -> std::io::Result<Self> {
        content.rewind()?;
        let (mut valid, mut invalid) = (0_u64, 0_u64);
        let mut buffer = vec![0; CHUNK_BYTES];
        let mut len = 0;
        let mut first = true;
        loop {
            let read = content.read(&mut buffer[len..])?;
            len += read;
            if first && let Some(utf16) = is_utf16(&buffer[..len]) {
                return Ok(Self::Utf16(utf16));
            }
            first = false;
            let mut rest = 0;
            for chunk in buffer[..len].utf8_chunks() {
                let letters = chunk.valid().bytes().filter(|byte| *byte >= 0xC0).count();
                valid += u64::try_from(letters).unwrap_or(u64::MAX);
                rest = chunk.invalid().len();
                invalid += u64::from(rest > 0);
            }
            if read == 0 {
                break;
            }
            // A letter that the chunk cuts in two is looked at again with the next.
            let ends_within = rest > 0
                && rest < 4
                && std::str::from_utf8(&buffer[len - rest..len])
                    .is_err_and(|error| error.error_len().is_none());
            if ends_within {
                invalid -= 1;
                buffer.copy_within(len - rest..len, 0);
                len = rest;
            } else {
                len = 0;
            }
        }
        // A text of UTF-8 with a few bad bytes is a damaged one, and its row is named.
        Ok(if invalid > valid { Self::Bytes } else { Self::Utf8 })
    }
}

/// Text of two bytes a letter, by its mark, or by the zeros that lie on one side of every letter,
/// comma and line break.
pub(super) fn is_utf16(head: &[u8]) -> Option<&'static Encoding> {
    match head {
        [0xFF, 0xFE, ..] => return Some(UTF_16LE),
        [0xFE, 0xFF, ..] => return Some(UTF_16BE),
        _ => {}
    }
    let zeros =
        |offset: usize| head.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, pairs) = (zeros(0), zeros(1), head.len() / 2);
    match (pairs >= 8, even * 100 <= pairs, odd * 100 <= pairs) {
        (true, true, false) if odd * 2 >= pairs => Some(UTF_16LE),
        (true, false, true) if even * 2 >= pairs => Some(UTF_16BE),
        _ => None,
    }
}

/// A reader of UTF-8, whatever the file has; bytes pass as they are.
pub(super) struct Transcoded<R> {
    inner: R,
    decoder: Option<Decoder>,
    raw: Vec<u8>,
    /// What is decoded and not yet handed on.
    ready: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<R: Read> Transcoded<R> {
    pub(super) fn new(inner: R, charset: Charset) -> Self {
        let decoder = match charset {
            Charset::Utf16(encoding) => Some(encoding.new_decoder()),
            Charset::Utf8 | Charset::Bytes => None,
        };
        Self { inner, decoder, raw: Vec::new(), ready: Vec::new(), at: 0, ended: false }
    }
}

impl<R: Read> Read for Transcoded<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let Some(decoder) = &mut self.decoder else { return self.inner.read(out) };
        while self.at == self.ready.len() && !self.ended {
            self.raw.resize(CHUNK_BYTES, 0);
            let read = self.inner.read(&mut self.raw)?;
            self.ended = read == 0;
            let most = decoder.max_utf8_buffer_length(read).unwrap_or(CHUNK_BYTES * 4);
            self.ready.resize(most, 0);
            let (result, _read, written, _replaced) =
                decoder.decode_to_utf8(&self.raw[..read], &mut self.ready, self.ended);
            debug_assert_eq!(
                result,
                CoderResult::InputEmpty,
                "the buffer holds the most there can be"
            );
            self.ready.truncate(written);
            self.at = 0;
        }
        let len = out.len().min(self.ready.len() - self.at);
        out[..len].copy_from_slice(&self.ready[self.at..self.at + len]);
        self.at += len;
        Ok(len)
    }
}
