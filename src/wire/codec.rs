//! The codec of every call: protobuf by `tonic-prost`, with buffers that begin small.
//!
//! Named by the generated services only. tonic begins with 8 KiB in each direction and keeps them
//! while a stream is open; a terminal's stream is open for months and says a few hundred bytes at a
//! time. What is larger grows the buffer, as ever.

use std::fmt;
use std::marker::PhantomData;

use prost::Message;
use tonic::codec::{BufferSettings, Codec};
use tonic_prost::{ProstDecoder, ProstEncoder};

/// Bytes that a stream's buffer begins with: an order of two pages fits, and most fit twice.
const BUFFER_LEN: usize = 1024;
/// Bytes after which a stream of many messages is handed on before the next is encoded.
const YIELD_LEN: usize = 32 * 1024;

/// Encodes `T`, decodes `U`.
pub struct LeanCodec<T, U> {
    messages: PhantomData<(T, U)>,
}

impl<T, U> Default for LeanCodec<T, U> {
    fn default() -> Self {
        Self { messages: PhantomData }
    }
}

impl<T, U> fmt::Debug for LeanCodec<T, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeanCodec").finish()
    }
}

impl<T, U> Codec for LeanCodec<T, U>
where
    T: Message + Send + 'static,
    U: Message + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = ProstEncoder<T>;
    type Decoder = ProstDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstEncoder::new(BufferSettings::new(BUFFER_LEN, YIELD_LEN))
    }

    fn decoder(&mut self) -> Self::Decoder {
        ProstDecoder::new(BufferSettings::new(BUFFER_LEN, YIELD_LEN))
    }
}
