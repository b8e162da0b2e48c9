//! An answer on its way out: counted once, when it has ended or was left alone.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::body::{Body as HttpBody, Frame, SizeHint};
use prost::bytes::Bytes;
use tokio::time::Instant;
use tonic::body::Body;
use tonic::{Code as GrpcCode, Status};

use crate::rpc::gate::explained;
use crate::rpc::status::label;
use crate::telemetry::metrics::{Label, Metrics};

/// The body of an answer.
#[derive(Debug)]
pub(super) struct Answered {
    body: Body,
    metrics: Metrics,
    method: Label,
    began: Instant,
    code: GrpcCode,
}

impl Answered {
    /// `code` is known beforehand for an answer that is an error from the start; any other has
    /// been left by its caller unless it ends otherwise.
    pub(super) fn new(
        body: Body,
        metrics: Metrics,
        method: Label,
        began: Instant,
        code: Option<GrpcCode>,
    ) -> Self {
        Self { body, metrics, method, began, code: code.unwrap_or(GrpcCode::Cancelled) }
    }

    fn ended(&mut self, mut frame: Frame<Bytes>) -> Frame<Bytes> {
        let Some(trailers) = frame.trailers_mut() else { return frame };
        let Some(status) = Status::from_header_map(trailers) else { return frame };
        self.code = status.code();
        if status.code() != GrpcCode::Ok && status.details().is_empty() {
            let status = explained(&status);
            self.code = status.code();
            // A status whose words cannot stand in a header keeps the library's form.
            let _kept_as_it_was = status.add_header(trailers).is_err();
        }
        frame
    }
}

impl HttpBody for Answered {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let next = ready!(Pin::new(&mut self.body).poll_frame(cx));
        Poll::Ready(next.map(|frame| {
            let frame = frame.inspect_err(|status| self.code = status.code())?;
            Ok(self.ended(frame))
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answered {
    fn drop(&mut self) {
        self.metrics.request_answered(self.method, label(self.code), self.began.elapsed());
    }
}
