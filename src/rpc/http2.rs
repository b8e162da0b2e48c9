//! What one HTTP/2 connection may do: every limit set by hand, since the library leaves several
//! of them open (streams, local resets, pings) or generous (windows, headers).
//!
//! Called by the roof when it starts a server; the same limits hold on every listener.

use std::time::Duration;

use tonic::transport::Server;

use crate::limits;

/// The limits of one HTTP/2 connection. The default is the one of [`limits`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Http2Limits {
    /// Streams a peer may hold open; one more is refused.
    pub streams_max: u32,
    /// Streams we reset for the peer's own errors before the connection ends.
    pub local_resets_max: usize,
    /// Streams the peer reset before we took them up; one more ends the connection.
    pub pending_resets_max: usize,
    /// Bytes of headers in one call, as HTTP/2 counts them (names, values, 32 for each).
    pub headers_len_max: u32,
    /// Bytes the peer may send on a stream before we read.
    pub stream_window: u32,
    /// Bytes the peer may send on the connection before we read.
    pub connection_window: u32,
    /// Bytes of one frame.
    pub frame_len_max: u32,
    /// Silence after which the peer is pinged.
    pub ping_every: Duration,
    /// Time the peer has to answer a ping.
    pub ping_patience: Duration,
    /// Time a call has to begin its answer. The library reports it as `CANCELLED`.
    pub call_patience: Duration,
}

impl Default for Http2Limits {
    fn default() -> Self {
        Self {
            streams_max: limits::HTTP2_STREAMS_MAX,
            local_resets_max: limits::HTTP2_LOCAL_RESETS_MAX,
            pending_resets_max: limits::HTTP2_PENDING_RESETS_MAX,
            headers_len_max: limits::HTTP2_HEADERS_LEN_MAX,
            stream_window: limits::HTTP2_STREAM_WINDOW,
            connection_window: limits::HTTP2_CONNECTION_WINDOW,
            frame_len_max: limits::HTTP2_FRAME_LEN_MAX,
            ping_every: limits::HTTP2_PING_EVERY,
            ping_patience: limits::HTTP2_PING_PATIENCE,
            call_patience: limits::CALL_PATIENCE,
        }
    }
}

/// A server with these limits, to be given services and then the listener's connections. The age
/// of a connection is the listener's business, which gives each its own jitter.
#[must_use]
pub fn server_builder(limits: &Http2Limits) -> Server {
    Server::builder()
        .accept_http1(false)
        .max_concurrent_streams(limits.streams_max)
        .http2_max_local_error_reset_streams(Some(limits.local_resets_max))
        .http2_max_pending_accept_reset_streams(Some(limits.pending_resets_max))
        .http2_max_header_list_size(limits.headers_len_max)
        .initial_stream_window_size(limits.stream_window)
        .initial_connection_window_size(limits.connection_window)
        .http2_adaptive_window(Some(false))
        .max_frame_size(limits.frame_len_max)
        .http2_keepalive_interval(Some(limits.ping_every))
        .http2_keepalive_timeout(Some(limits.ping_patience))
        .timeout(limits.call_patience)
}
