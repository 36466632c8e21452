//! Spans on their way to a collector: OTLP, protobuf over HTTP, by a connection that never holds up
//! the work. A collector that cannot be reached loses spans and nothing else.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use async_trait::async_trait;
use hyper_util::client::legacy::connect::HttpConnector;
use opentelemetry::KeyValue;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response, hyper::HyperClient};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tokio::runtime::Handle;

/// A collector that says nothing for this long is given up for this time.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sends what is left when it is dropped.
#[derive(Debug)]
pub struct Traces(SdkTracerProvider);

impl Traces {
    pub fn provider(&self) -> &SdkTracerProvider {
        &self.0
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        // The process ends whether the collector takes them or not.
        let _ = self.0.shutdown_with_timeout(Duration::from_secs(5));
    }
}

/// Begins to send spans. Connects when there is something to send.
pub fn start(to: &habeas_config::Traces, runtime: &Handle) -> anyhow::Result<Traces> {
    let client = OnRuntime {
        runtime: runtime.clone(),
        client: client(&to.endpoint).context("operate.traces.endpoint")?,
    };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{}/v1/traces", to.endpoint))
        .with_timeout(PATIENCE)
        .build()
        .context("operate.traces")?;
    let resource = Resource::builder()
        .with_service_name("habeas")
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let provider = SdkTracerProvider::builder()
        .with_resource(resource)
        .with_batch_exporter(exporter)
        .build();
    Ok(Traces(provider))
}

fn client(endpoint: &str) -> anyhow::Result<Arc<dyn HttpClient>> {
    if endpoint.starts_with("http://") {
        let plain = HttpConnector::new();
        return Ok(Arc::new(HyperClient::new(plain, PATIENCE, None)));
    }
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(provider)
        .context("the certificates of this machine cannot be read")?
        .https_only()
        .enable_http1()
        .build();
    Ok(Arc::new(HyperClient::new(connector, PATIENCE, None)))
}

/// Spans are sent from a thread of the exporter's own, which knows no runtime: the connection lives
/// on ours.
#[derive(Debug)]
struct OnRuntime {
    runtime: Handle,
    client: Arc<dyn HttpClient>,
}

#[async_trait]
impl HttpClient for OnRuntime {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = Arc::clone(&self.client);
        let sent = self
            .runtime
            .spawn(async move { client.send_bytes(request).await });
        sent.await?
    }
}
