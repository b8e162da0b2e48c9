//! What requests have in common: the caller's id for them, pages, and the way to a thread that may
//! block.

use std::str::FromStr;

use prost::Message;
use ring::digest::{Context, SHA256};
use tonic::Status;
use tracing::Span;

use crate::domain::ids::RequestId;
use crate::domain::world::{Command, Request};
use crate::evidence::sha256;
use crate::rpc::auth::Principal;
use crate::rpc::status::Reject;
use crate::wire::{WireError, parse};

/// The caller's id for a request, and SHA-256 over `method`, a line feed and the request's bytes: a
/// repeat has the same, a reuse of the id for something else has not.
///
/// # Errors
/// When the id is not 1 to 64 letters, digits, `-`, `_` or `.`.
pub fn identified(
    method: &'static str,
    request_id: &str,
    message: &impl Message,
) -> Result<(RequestId, [u8; 32]), WireError> {
    let id = parse("request_id", request_id)?;
    let mut hash = Context::new(&SHA256);
    hash.update(method.as_bytes());
    hash.update(b"\n");
    hash.update(&message.encode_to_vec());
    Ok((id, *hash.finish().as_ref().first_chunk().expect("SHA-256 has 32 bytes")))
}

/// A request to the world by whoever calls. Its id is the caller's own: who says again what another
/// said gets no answer of the other's.
///
/// # Errors
/// As [`Principal::actor`].
pub fn ask(
    caller: &Principal,
    id: Option<(RequestId, [u8; 32])>,
    command: Command,
) -> Result<Request, Reject> {
    let actor = caller.actor()?;
    let own = |(id, digest): (RequestId, [u8; 32])| {
        (id, sha256(&[&digest, b"\n", actor.to_string().as_bytes()]))
    };
    let id = id.map(own);
    Ok(Request { actor, id, command })
}

/// The size of a page: `usual` for 0, else as asked.
///
/// # Errors
/// When over `max`.
pub fn page_size(asked: u32, usual: usize, max: usize) -> Result<usize, WireError> {
    match usize::try_from(asked) {
        Ok(0) => Ok(usual),
        Ok(size) if size <= max => Ok(size),
        _too_large => Err(WireError::new("page_size", format!("is {asked}, at most {max}"))),
    }
}

/// Where a page begins: after the last thing of the page before, whose name the token is.
///
/// # Errors
/// When the token is none of ours.
pub fn page_after<T: FromStr>(token: &str) -> Result<Option<T>, WireError> {
    if token.is_empty() {
        return Ok(None);
    }
    let not_ours = || WireError::new("page_token", "is not one that this server gave");
    token.parse().map(Some).map_err(|_reason| not_ours())
}

/// Does what may block on a thread that may, within the call's trace.
///
/// # Errors
/// What `work` says; `INTERNAL` when it panicked.
pub async fn blocking<T, E>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, Status>
where
    T: Send + 'static,
    E: Into<Status> + Send + 'static,
{
    let span = Span::current();
    let done = tokio::task::spawn_blocking(move || span.in_scope(work)).await;
    match done {
        Ok(outcome) => outcome.map_err(Into::into),
        Err(panicked) => Err(Reject::internal("PANICKED", &panicked).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::pb::{IssueOrderRequest, SubmitSignatureRequest};

    #[test]
    fn a_repeat_has_the_same_digest_and_nothing_else_has() {
        let request = |id: &str, order: &str| IssueOrderRequest {
            request_id: id.into(),
            order_id: order.into(),
        };
        let digest = |method, message: &IssueOrderRequest| {
            identified(method, &message.request_id, message).expect("a request id").1
        };
        let first = digest("Issue", &request("r1", "a"));
        assert_eq!(first, digest("Issue", &request("r1", "a")));
        assert_ne!(first, digest("Issue", &request("r1", "b")));
        assert_ne!(first, digest("Cancel", &request("r1", "a")));
        let nameless = SubmitSignatureRequest::default();
        assert_eq!(identified("x", "", &nameless).expect_err("empty").field, "request_id");
    }

    #[test]
    fn pages_have_a_usual_size_and_a_bound() {
        assert_eq!(page_size(0, 50, 200), Ok(50));
        assert_eq!(page_size(200, 50, 200), Ok(200));
        assert!(page_size(201, 50, 200).is_err());
        assert_eq!(page_after::<u32>(""), Ok(None));
        assert_eq!(page_after::<u32>("7"), Ok(Some(7)));
        assert!(page_after::<u32>("seven").is_err());
    }
}
