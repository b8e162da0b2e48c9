//! The door of the terminals' stream: the gate has shown whose it is; a session does the rest.

use futures_util::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use crate::domain::code::Code;
use crate::domain::ids::EndpointNo;
use crate::engine::Engine;
use crate::fanout::session::{Broken, Said, outbound};
use crate::fanout::{Ending, Hub, Session, Settings, Sheets};
use crate::limits;
use crate::rpc::auth::{Principal, caller};
use crate::rpc::services::{Heard, Presence};
use crate::rpc::status::Reject;
use crate::tasks::Tasks;
use crate::telemetry::metrics::Metrics;
use crate::wire::pb;
use crate::wire::pb::terminal_service_server::{TerminalService, TerminalServiceServer};

/// The terminals' door.
#[derive(Debug, Clone)]
pub struct TerminalDoor {
    /// The engine.
    pub engine: Engine,
    /// The call-up lists of orders.
    pub sheets: Sheets,
    /// Who is connected.
    pub hub: Hub,
    /// Where sessions run.
    pub tasks: Tasks,
    /// What an operator may set.
    pub settings: Settings,
    /// Counts what happens.
    pub metrics: Metrics,
}

impl TerminalDoor {
    /// The service, with its bounds on messages.
    pub fn into_service(self) -> TerminalServiceServer<Self> {
        TerminalServiceServer::new(self)
            .max_decoding_message_size(limits::MESSAGE_LEN_MAX)
            .max_encoding_message_size(limits::MESSAGE_LEN_MAX)
    }

    fn session(&self, principal: &Principal) -> Result<Session, Reject> {
        let Principal::Endpoint { no } = principal else {
            return Err(Reject::new(Code::Denied, "NOT_A_TERMINAL", "only terminals exchange"));
        };
        let terminal = self.engine.world().endpoints().get(*no).and_then(|e| e.terminal.clone());
        let unknown = || {
            let text = "no terminal is enrolled at this endpoint: enrol again";
            Reject::new(Code::Denied, "ENDPOINT_UNKNOWN", text)
        };
        Ok(Session {
            engine: self.engine.clone(),
            sheets: self.sheets.clone(),
            hub: self.hub.clone(),
            endpoint: *no,
            answer_key: terminal.ok_or_else(unknown)?.answer_key,
            settings: self.settings,
            metrics: self.metrics.clone(),
        })
    }
}

type Unboxed = fn(Said) -> Result<pb::ExchangeResponse, Status>;

#[tonic::async_trait]
impl TerminalService for TerminalDoor {
    type ExchangeStream = futures_util::stream::Map<ReceiverStream<Said>, Unboxed>;

    async fn exchange(
        &self,
        request: Request<Streaming<pb::ExchangeRequest>>,
    ) -> Result<Response<Self::ExchangeStream>, Status> {
        let session = self.session(&caller(&request)?)?;
        let inbound = request.into_inner().map(|said| said.or(Err(Broken)));
        let (speaks, stream) = outbound();
        self.tasks.spawn("fanout.session", async move {
            session.run(inbound, speaks).await;
        });
        let unboxed: Unboxed = |said| Ok(*said);
        Ok(Response::new(ReceiverStream::new(stream).map(unboxed)))
    }
}

impl Presence for Hub {
    fn state(&self, endpoint: EndpointNo) -> Option<Heard> {
        let presence = self.presence(endpoint)?;
        Some(Heard { connected: presence.connected, last_heard_at: presence.heard_at })
    }

    fn revoke(&self, endpoint: EndpointNo) {
        self.end(endpoint, Ending::Revoked);
    }
}
