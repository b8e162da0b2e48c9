//! One accepted connection: a TLS stream that ends when the server says so.
//!
//! Handed to the gRPC server, which knows nothing of ends: reading and writing simply fail once the
//! certificate was revoked, has expired, or the connection is old enough. What had been
//! acknowledged stays so; the peer connects again and goes on from its cursor.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tonic::transport::server::Connected;

use crate::pki::identity::PeerIdentity;
use crate::rpc::listener::registry::Seat;

/// Who is at the other end. Found in the extensions of every request.
#[derive(Debug, Clone)]
pub struct PeerInfo {
    /// The connection's number, from 1, never reused by this process.
    pub connection: u64,
    /// The peer's address.
    pub address: SocketAddr,
    /// What its certificate says; `None` if it showed none, and then it may only enrol.
    pub identity: Option<Arc<PeerIdentity>>,
}

/// Why a connection ended from our side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum End {
    #[error("connection ended by the server")]
    Closed,
    #[error("connection ended by the server: its time is over")]
    Aged,
}

/// An accepted connection.
pub struct TlsConnection {
    stream: TlsStream<TcpStream>,
    ends: Pin<Box<dyn Future<Output = End> + Send>>,
    ended: Option<End>,
    seat: Seat,
}

impl TlsConnection {
    pub(super) fn new(stream: TlsStream<TcpStream>, seat: Seat, life: Duration) -> Self {
        let closed = seat.ended.clone().cancelled_owned();
        let ends = Box::pin(async move {
            tokio::select! {
                () = closed => End::Closed,
                () = tokio::time::sleep(life) => End::Aged,
            }
        });
        Self { stream, ends, ended: None, seat }
    }

    /// Who is at the other end.
    pub const fn peer(&self) -> &PeerInfo {
        &self.seat.peer
    }

    /// Fails once the connection is to end. Also asks to be woken then, so that a peer which
    /// neither sends nor reads is noticed: every poll comes by here.
    fn check(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if self.ended.is_none()
            && let Poll::Ready(end) = self.ends.as_mut().poll(cx)
        {
            tracing::debug!(connection = self.seat.peer.connection, reason = %end, "closing");
            self.ended = Some(end);
        }
        match self.ended {
            Some(end) => Err(io::Error::new(io::ErrorKind::ConnectionAborted, end)),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for TlsConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsConnection")
            .field("peer", &self.seat.peer)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

impl Connected for TlsConnection {
    type ConnectInfo = PeerInfo;

    fn connect_info(&self) -> PeerInfo {
        self.seat.peer.clone()
    }
}

impl AsyncRead for TlsConnection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for TlsConnection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
