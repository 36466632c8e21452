//! The operator's address of a process that stays, where one is configured. It answers for as long
//! as the process lives: a process that is ending says so there.

use std::net::TcpListener;

use anyhow::Context as _;
use habeas_config::Config;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::info;

/// The address that is being served.
pub struct Watched {
    served: JoinHandle<std::io::Result<()>>,
    ended: CancellationToken,
}

impl Watched {
    /// Begins to serve, when the configuration says where.
    pub fn start(config: &Config, process: habeas_web::Watched) -> anyhow::Result<Option<Self>> {
        let Some(listen) = config.operate.listen else {
            return Ok(None);
        };
        let listener =
            TcpListener::bind(listen).with_context(|| format!("cannot listen on {listen}"))?;
        info!(operate.address = %listener.local_addr()?, "metrics are served");
        let ended = CancellationToken::new();
        let until = ended.clone().cancelled_owned();
        let served = tokio::spawn(habeas_web::serve_operator(listener, process, until));
        Ok(Some(Self { served, ended }))
    }

    pub async fn end(self) -> anyhow::Result<()> {
        self.ended.cancel();
        Ok(self.served.await??)
    }
}
