//! What every call passes before and after its service: one layer around all of them.
//!
//! In order: the call is looked up in the one table ([`methods`]), its trace is taken up, the caller
//! is identified and admitted or refused, a place among the calls in flight is taken or the call is
//! refused at once, a terminal's renewed certificate that is seen for the first time is recorded, and the service answers within the deadline. On the way back every error gets
//! the details that [`super::status`] gives, also those that the library makes (a message that cannot be read
//! or is too long), a refusal becomes an entry of the ledger, within bounds, and the answer is counted
//! when it has ended. Nothing of a call's bytes is read
//! before the caller was admitted.

mod answered;
pub mod methods;
mod refusals;

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tonic::body::Body;
use tonic::codegen::http::{Request, Response};
use tonic::{Code as GrpcCode, Status};
use tower::{Layer, Service};
use tracing::{Instrument as _, field, info_span, warn};

use crate::domain::code::Code;
use crate::domain::ids::EndpointNo;
use crate::domain::world::{Actor, Command, Request as Ask, World};
use crate::engine::Engine;
use crate::limits;
use crate::rpc::auth::{self, Principal};
use crate::rpc::gate::answered::Answered;
use crate::rpc::gate::methods::{Callers, Method, Work};
use crate::rpc::gate::refusals::{Refusals, caller_of, reason_of};
use crate::rpc::listener::PeerInfo;
use crate::rpc::status::{Reject, detailed, label};
use crate::telemetry::metrics::Metrics;
use crate::telemetry::propagation;

/// The gate, as a layer for the server.
#[derive(Debug, Clone)]
pub struct Gate(Arc<Keeper>);

#[derive(Debug)]
struct Keeper {
    engine: Engine,
    metrics: Metrics,
    reading: Arc<Semaphore>,
    changing: Arc<Semaphore>,
    refusals: Refusals,
}

impl Gate {
    /// A gate to the services over an engine.
    pub fn new(engine: Engine, metrics: Metrics) -> Self {
        Self::with_room(engine, metrics, limits::READING_CALLS_MAX, limits::CHANGING_CALLS_MAX)
    }

    /// A gate with room for so many calls in flight.
    pub fn with_room(engine: Engine, metrics: Metrics, reading: usize, changing: usize) -> Self {
        let (reading, changing) = (Semaphore::new(reading), Semaphore::new(changing));
        let (reading, changing) = (Arc::new(reading), Arc::new(changing));
        let refusals = Refusals::default();
        Self(Arc::new(Keeper { engine, metrics, reading, changing, refusals }))
    }
}

impl<S> Layer<S> for Gate {
    type Service = Gated<S>;
    fn layer(&self, inner: S) -> Gated<S> {
        Gated { keeper: self.0.clone(), inner }
    }
}

/// The services behind the gate.
#[derive(Debug, Clone)]
pub struct Gated<S> {
    keeper: Arc<Keeper>,
    inner: S,
}

type Passing = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

impl<S> Service<Request<Body>> for Gated<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Passing;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Passing {
        // The one that was polled ready answers this call; its clone waits for the next.
        let next = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, next);
        let keeper = self.keeper.clone();
        Box::pin(async move { Ok(keeper.pass(inner, request).await) })
    }
}

impl Keeper {
    async fn pass<S>(&self, inner: S, mut request: Request<Body>) -> Response<Body>
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    {
        let began = Instant::now();
        let method = methods::find(request.uri().path());
        let name = method.map_or("unknown", |method| method.name);
        let (actor, code) = (field::Empty, field::Empty);
        let dispatch = method.is_some_and(Method::moves_orders);
        let span = info_span!("rpc.call", method = name, dispatch, actor, code);
        if let Some(parent) = propagation::extract_headers(request.headers()) {
            propagation::set_parent(&span, &parent);
        }
        let peer = request.extensions().get::<PeerInfo>().cloned();
        let response = async {
            match self.admit(method, peer.as_ref()) {
                Ok(Admitted { method, principal, seen, place }) => {
                    tracing::Span::current().record("actor", field::display(&principal));
                    request.extensions_mut().insert(principal);
                    self.answer(method, seen, inner, request, place).await
                }
                Err(status) => status.into_http(),
            }
        }
        .instrument(span.clone())
        .await;
        let (response, code) = explain(response);
        if let Some(reason) = reason_of(response.headers()) {
            self.record_refusal(peer.as_ref(), name, reason).instrument(span.clone()).await;
        }
        if let Some(code) = code {
            span.record("code", label(code));
        }
        response.map(|body| Body::new(Answered::new(body, self.metrics.clone(), name, began, code)))
    }

    /// Who calls, and a place among the calls in flight.
    fn admit(
        &self,
        method: Option<&'static Method>,
        peer: Option<&PeerInfo>,
    ) -> Result<Admitted, Status> {
        let unknown = || {
            let text = "there is no such call: update this program or the server";
            detailed(GrpcCode::Unimplemented, "METHOD_UNKNOWN", text, None)
        };
        let method = method.ok_or_else(unknown)?;
        let (authenticated, seen) = {
            let now = self.engine.now();
            let world = self.engine.world();
            let authenticated = auth::authenticate(peer, &world, now);
            let seen = authenticated.as_ref().ok().and_then(|known| first_seen(known, &world));
            (authenticated, seen)
        };
        let principal = match authenticated {
            // Whoever enrols anew may still show the certificate of before.
            Err(_outdated) if method.callers == Callers::Anybody => Ok(Principal::Anonymous),
            other => other,
        };
        let admitted = principal.and_then(|principal| {
            auth::admit(method, &principal)?;
            auth::check_reach(method, &principal, self.engine.world().province())?;
            Ok(principal)
        });
        let principal = admitted.inspect_err(|refused| {
            let holder = peer.and_then(|peer| peer.identity.as_ref());
            let holder = holder.map(|holder| holder.identity.to_string());
            warn!(holder, method = method.name, reason = refused.reason, "not admitted");
        })?;
        let room = match method.work {
            Work::Changes => &self.changing,
            Work::Reads | Work::Upkeep | Work::Streams => &self.reading,
        };
        let place = room.clone().try_acquire_owned().map_err(|_full| {
            let text = "the server has too many calls in flight: try again shortly";
            Reject::new(Code::Exhausted, "SERVER_BUSY", text)
        })?;
        Ok(Admitted { method, principal, seen, place })
    }

    /// Should this fail, the call goes on: the next one shows the certificate again.
    async fn record(&self, seen: Seen) {
        let Seen { endpoint, digest } = seen;
        let command = Command::SeeCertificate { endpoint, digest };
        let request = Ask { actor: Actor::Endpoint(endpoint), id: None, command };
        if let Err(fault) = self.engine.submit(request).await {
            warn!(%endpoint, %fault, "a renewed certificate is in use and not recorded as seen");
        }
    }

    /// Durable before the caller is told. Should it fail, the caller is refused all the same.
    async fn record_refusal(&self, peer: Option<&PeerInfo>, call: &str, reason: String) {
        let actor = caller_of(peer);
        let Some(passed_over) = self.refusals.note(&actor, self.engine.now()) else { return };
        let command = Command::RecordRefusal { call: call.to_owned(), reason, passed_over };
        if let Err(fault) = self.engine.submit(Ask { actor, id: None, command }).await {
            warn!(call, %fault, "a refused call has no entry in the ledger");
        }
    }

    async fn answer<S>(
        &self,
        method: &'static Method,
        seen: Option<Seen>,
        mut inner: S,
        request: Request<Body>,
        place: OwnedSemaphorePermit,
    ) -> Response<Body>
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    {
        let deadline = deadline(method);
        let answering = async {
            if let Some(seen) = seen {
                self.record(seen).await;
            }
            inner.call(request).await
        };
        let answered = tokio::time::timeout(deadline, answering).await;
        drop(place);
        match answered {
            Ok(Ok(response)) => response,
            Ok(Err(never)) => match never {},
            Err(_elapsed) => {
                let text = "the server did not finish in time, and may do so yet: ask again with the same request id";
                detailed(GrpcCode::DeadlineExceeded, "TOO_SLOW", text, None).into_http()
            }
        }
    }
}

/// A caller who may make the call.
struct Admitted {
    method: &'static Method,
    principal: Principal,
    seen: Option<Seen>,
    place: OwnedSemaphorePermit,
}

/// A renewed certificate that is shown for the first time.
struct Seen {
    endpoint: EndpointNo,
    digest: [u8; 32],
}

fn first_seen(principal: &Principal, world: &World) -> Option<Seen> {
    let Principal::Endpoint { no } = principal else { return None };
    let endpoint = world.endpoints().get(*no).filter(|known| known.superseded.is_some())?;
    let digest = endpoint.terminal.as_ref()?.certificate_digest;
    Some(Seen { endpoint: *no, digest })
}

const fn deadline(method: &Method) -> Duration {
    match method.work {
        Work::Reads | Work::Changes | Work::Streams => limits::CALL_DEADLINE,
        Work::Upkeep => limits::UPKEEP_DEADLINE,
    }
}

/// An error that is already there, with our details if it has none; none while the answer's end is
/// still to come.
fn explain(response: Response<Body>) -> (Response<Body>, Option<GrpcCode>) {
    let Some(status) = Status::from_header_map(response.headers()) else {
        return (response, None);
    };
    if status.code() == GrpcCode::Ok || !status.details().is_empty() {
        return (response, Some(status.code()));
    }
    let status = explained(&status);
    let code = status.code();
    (status.into_http(), Some(code))
}

/// What the library says, in our words. Its `INTERNAL` before any answer means that the request
/// could not be read, which is the caller's to mend; our own errors carry details and never come
/// here.
fn explained(status: &Status) -> Status {
    let text = status.message();
    match status.code() {
        GrpcCode::Internal => {
            detailed(GrpcCode::InvalidArgument, "REQUEST_MALFORMED", &own_words(text), None)
        }
        GrpcCode::OutOfRange => {
            detailed(GrpcCode::OutOfRange, "MESSAGE_TOO_LARGE", &own_words(text), None)
        }
        code => detailed(code, label(code), &own_words(text), None),
    }
}

fn own_words(text: &str) -> String {
    format!("the request was not taken: {text}")
}
