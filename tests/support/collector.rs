//! A collector inside the test: takes OTLP over gRPC and hands on what came, with whose it is.

use std::net::SocketAddr;

use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

/// Far more than a test makes.
const SENT_MAX: usize = 16_384;

/// A span as it came, and the `service.name` of who sent it.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) service: String,
    pub(crate) span: Span,
}

impl Sent {
    /// A text among the span's attributes.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        text(&self.span.attributes, name)
    }
}

fn text<'a>(attributes: &'a [KeyValue], name: &str) -> Option<&'a str> {
    let found = attributes.iter().find(|attribute| attribute.key == name)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _no_text => None,
    }
}

#[derive(Clone)]
struct Taker {
    spans: mpsc::Sender<Sent>,
    metrics: mpsc::Sender<String>,
}

#[tonic::async_trait]
impl TraceService for Taker {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        for sent in request.into_inner().resource_spans {
            let attributes = sent.resource.map(|resource| resource.attributes).unwrap_or_default();
            let service = text(&attributes, "service.name").unwrap_or_default();
            for span in sent.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                let sent = Sent { service: service.to_owned(), span };
                self.spans.send(sent).await.expect("the test listens");
            }
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Taker {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        for resource in request.into_inner().resource_metrics {
            for metric in resource.scope_metrics.into_iter().flat_map(|scope| scope.metrics) {
                self.metrics.send(metric.name).await.expect("the test listens");
            }
        }
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

/// A collector that serves until it is dropped.
pub(crate) struct Collector {
    pub(crate) address: SocketAddr,
    spans: mpsc::Receiver<Sent>,
    metrics: mpsc::Receiver<String>,
    _server: JoinSet<()>,
}

impl Collector {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("it is bound");
        let (spans, sent_spans) = mpsc::channel(SENT_MAX);
        let (metrics, sent_metrics) = mpsc::channel(SENT_MAX);
        let taker = Taker { spans, metrics };
        let mut server = JoinSet::new();
        server.spawn(async move {
            tonic::transport::Server::builder()
                .add_service(TraceServiceServer::new(taker.clone()))
                .add_service(MetricsServiceServer::new(taker))
                .serve_with_incoming(TcpListenerStream::new(listener))
                .await
                .expect("the collector serves");
        });
        Self { address, spans: sent_spans, metrics: sent_metrics, _server: server }
    }

    /// What has come since the last look: spans, and the names of metrics.
    pub(crate) fn taken(&mut self) -> (Vec<Sent>, Vec<String>) {
        let spans = std::iter::from_fn(|| self.spans.try_recv().ok()).collect();
        (spans, std::iter::from_fn(|| self.metrics.try_recv().ok()).collect())
    }
}
