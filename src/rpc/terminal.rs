//! The door of the terminals' stream: shows who is there, hands the rest to a session.

use std::sync::Arc;

use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use crate::engine::Engine;
use crate::fanout::session::Broken;
use crate::fanout::{Hub, Session, Settings};
use crate::limits;
use crate::tasks::Tasks;
use crate::telemetry::metrics::Metrics;
use crate::wire::pb;
use crate::wire::pb::terminal_service_server::TerminalService;

/// Shows which endpoint is calling, by certificate and by the record.
pub trait Recognise: Send + Sync + 'static {
    /// The caller's endpoint and the key of its answers.
    ///
    /// # Errors
    /// A status that says what is missing.
    fn endpoint(
        &self,
        request: &Request<Streaming<pb::ExchangeRequest>>,
    ) -> Result<crate::domain::endpoint::Endpoint, Status>;
}

/// The terminals' door.
#[derive(Debug)]
pub struct TerminalDoor<R> {
    /// The engine.
    pub engine: Engine,
    /// Who is connected.
    pub hub: Hub,
    /// Where sessions run.
    pub tasks: Tasks,
    /// What an operator may set.
    pub settings: Settings,
    /// Counts what happens.
    pub metrics: Metrics,
    /// Shows who is calling.
    pub gate: Arc<R>,
}

#[tonic::async_trait]
impl<R: Recognise> TerminalService for TerminalDoor<R> {
    type ExchangeStream = futures_util::stream::Map<
        ReceiverStream<pb::ExchangeResponse>,
        fn(pb::ExchangeResponse) -> Result<pb::ExchangeResponse, Status>,
    >;

    async fn exchange(
        &self,
        request: Request<Streaming<pb::ExchangeRequest>>,
    ) -> Result<Response<Self::ExchangeStream>, Status> {
        let endpoint = self.gate.endpoint(&request)?;
        let Some(terminal) = endpoint.terminal else {
            return Err(Status::permission_denied("no terminal is enrolled at this endpoint"));
        };
        let session = Session {
            engine: self.engine.clone(),
            hub: self.hub.clone(),
            endpoint: endpoint.no,
            answer_key: terminal.answer_key,
            settings: self.settings,
            metrics: self.metrics.clone(),
        };
        let inbound = request.into_inner().map(|said| said.or(Err(Broken)));
        let (outbound, stream) = mpsc::channel(limits::OUTBOUND_LEN_MAX);
        self.tasks.spawn("fanout.session", async move {
            session.run(inbound, outbound).await;
        });
        let said: fn(_) -> _ = Ok;
        Ok(Response::new(ReceiverStream::new(stream).map(said)))
    }
}
