//! A process that is watched and may be killed at any time. What it says goes into the log of the
//! installation, where a check looks for what should never have been said.

use std::{
    path::Path,
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context as _;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    sync::watch,
};

/// Everything that any process of an installation wrote on its standard error.
#[derive(Debug, Default)]
pub struct Log(Mutex<Vec<u8>>);

impl Log {
    fn add(&self, line: &[u8]) {
        let mut text = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        text.extend_from_slice(line);
        text.push(b'\n');
    }

    pub fn bytes(&self) -> Vec<u8> {
        let text = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        text.clone()
    }
}

/// Ended with SIGKILL when it is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// Where it listens, once it has said so.
    address: watch::Receiver<Option<String>>,
}

/// What can be sent to a process, beside the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    Term,
    Stop,
    Continue,
}

impl Signal {
    fn name(self) -> &'static str {
        match self {
            Signal::Term => "-TERM",
            Signal::Stop => "-STOP",
            Signal::Continue => "-CONT",
        }
    }
}

impl Process {
    /// `command` is a program and its arguments; it is given `--json`, so that its log can be read.
    pub fn start(command: &[String], folder: &Path, log: &Arc<Log>) -> anyhow::Result<Process> {
        let (program, arguments) = command.split_first().context("a command names a program")?;
        let mut child = Command::new(program)
            .args(arguments)
            .arg("--json")
            .current_dir(folder)
            .env_remove("HABEAS_CONFIG")
            .env_remove("RUST_LOG")
            .env("TMPDIR", folder.join("tmp"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{program} does not start"))?;
        let said = child.stderr.take().context("stderr is piped")?;
        let (listens, address) = watch::channel(None);
        let log = Arc::clone(log);
        tokio::spawn(async move {
            let mut lines = BufReader::new(said).split(b'\n');
            while let Ok(Some(line)) = lines.next_segment().await {
                log.add(&line);
                if let Some(address) = address_in(&line) {
                    listens.send_replace(Some(address));
                }
            }
        });
        Ok(Process { child, address })
    }

    /// Ends when the process has said where it listens.
    pub async fn listens(&self) -> anyhow::Result<()> {
        let mut address = self.address.clone();
        let heard = address.wait_for(Option::is_some).await;
        heard.context("the process ended before it listened")?;
        Ok(())
    }

    pub async fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let pid = self.child.id().context("the process has ended")?;
        let sent = Command::new("kill")
            .args([signal.name(), &pid.to_string()])
            .status()
            .await?;
        anyhow::ensure!(sent.success(), "kill {} failed", signal.name());
        Ok(())
    }

    /// SIGKILL, and the end of it.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        // Gone already: it may have ended by itself.
        let _ = self.child.start_kill();
        self.child.wait().await?;
        Ok(())
    }

    pub async fn ends(&mut self) -> anyhow::Result<ExitStatus> {
        Ok(self.child.wait().await?)
    }

    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }
}

fn address_in(line: &[u8]) -> Option<String> {
    let said: serde_json::Value = serde_json::from_slice(line).ok()?;
    said["fields"]["address"].as_str().map(str::to_owned)
}
