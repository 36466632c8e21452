//! An installation: the processes of Habeas on one control database, two stores, a mail server, and
//! what was seen of them from outside.
//!
//! One store is an SQLite file, the other is PostgreSQL behind a wire. On SQLite Habeas is one
//! process; on PostgreSQL it is a web process and two workers, with a wire to their database.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    process::Stdio,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use anyhow::Context as _;
use ed25519_dalek::{
    SigningKey,
    pkcs8::{EncodePrivateKey as _, EncodePublicKey as _, spki::der::pem::LineEnding},
};
use habeas_testkit::postgres::Database;
use habeas_tests::{Kind, Shop};
use tempfile::TempDir;
use tokio::{process::Command, task::spawn_blocking};

use super::{
    PATIENCE,
    control::Control,
    post::Post,
    process::{Log, Process, Signal},
    wire::Wire,
    within,
};
use crate::{check::Found, dice::Dice};

/// Where the control database of an installation lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Backend {
    Sqlite,
    Postgres,
}

impl Backend {
    pub const BOTH: [Backend; 2] = [Backend::Sqlite, Backend::Postgres];

    pub fn name(self) -> &'static str {
        match self {
            Backend::Sqlite => "sqlite",
            Backend::Postgres => "postgres",
        }
    }
}

/// What a scenario is given.
#[derive(Debug, Clone)]
pub struct Stage {
    pub backend: Backend,
    pub dice: Dice,
    /// The program that is tested.
    pub habeas: PathBuf,
    /// Mounts that are made here are seen by nobody else and end with this process.
    pub may_mount: bool,
}

/// A process of Habeas by what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Pages, and on SQLite the work as well.
    Web,
    Worker(u8),
}

/// The most calls to one store at a time, as the configuration says.
pub const MAX_RUNNING: u64 = 3;

/// A request that was answered with a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    /// The idempotency key that the client sent.
    pub key: String,
    pub reference: String,
    pub person: u32,
    pub right: &'static str,
}

/// What people and onlookers have seen so far.
#[derive(Debug, Default)]
pub struct Seen {
    pub acknowledged: Vec<Acknowledged>,
    /// Every idempotency key that was ever sent, acknowledged or not.
    pub keys: std::collections::BTreeSet<String>,
    /// Bodies of answers that were no success.
    pub problems: Vec<u8>,
    /// The most calls that were seen running at once, by store.
    pub running: BTreeMap<String, u64>,
    /// Processes that ended by themselves and were started again.
    pub exits: u32,
    /// What was wrong on sight.
    pub found: Vec<Found>,
}

#[derive(Debug)]
pub struct Installation {
    pub backend: Backend,
    pub folder: TempDir,
    /// Keys, sealed files, and on SQLite the control database.
    pub data: PathBuf,
    /// Host and port of the pages.
    pub host: String,
    pub control: Control,
    /// To the control database; there is none on SQLite.
    pub control_wire: Option<Wire>,
    pub shop: Shop,
    /// Reached by Habeas over its wire, and by us without.
    pub outlet: Shop,
    pub outlet_wire: Wire,
    pub post: Post,
    pub log: Arc<Log>,
    /// Officers let waiting steps run at once instead of leaving them to their time.
    pub impatient: AtomicBool,
    pub(super) officer_key: String,
    pub(super) officer_password: String,
    habeas: PathBuf,
    processes: tokio::sync::Mutex<BTreeMap<Role, Process>>,
    /// Held by whoever looks after the processes: nothing is started twice.
    supervisor: tokio::sync::Mutex<()>,
    seen: Mutex<Seen>,
    persons: u32,
    next_person: AtomicU32,
    faults: AtomicU32,
    _databases: Vec<Database>,
}

/// What an installation is opened with.
#[derive(Debug)]
pub struct Wants {
    pub persons: u32,
    /// A control database of the scenario's own, as a URL; only on PostgreSQL.
    pub control: Option<String>,
    /// The folder of the SQLite control database and of all keys and files, where it is not the
    /// usual one.
    pub data: Option<PathBuf>,
}

impl Wants {
    pub fn persons(persons: u32) -> Wants {
        Wants {
            persons,
            control: None,
            data: None,
        }
    }
}

pub const KEY_ID: &str = "torture";
pub const AUDIENCE: &str = "habeas-torture";

impl Installation {
    /// Sets everything up and starts every process.
    pub async fn open(stage: &Stage, wants: Wants) -> anyhow::Result<Arc<Installation>> {
        let folder = tempfile::Builder::new()
            .prefix("habeas-torture-")
            .tempdir()?;
        for below in ["tmp", "maps", "stores", "control"] {
            fs::create_dir(folder.path().join(below))?;
        }
        let mut databases = Vec::new();
        let fresh = || async { anyhow::Ok(spawn_blocking(Database::fresh).await?) };
        let database = fresh().await?;
        let shop = Shop {
            name: "shop",
            kind: Kind::Sqlite,
            place: folder
                .path()
                .join("stores/shop.sqlite")
                .display()
                .to_string(),
        };
        let outlet = Shop {
            name: "outlet",
            kind: Kind::Postgres,
            place: database.url().to_owned(),
        };
        databases.push(database);
        for store in [&shop, &outlet] {
            store.open(wants.persons).await?;
        }
        let data = match &wants.data {
            Some(data) => data.clone(),
            None => folder.path().join("control"),
        };
        let (control, control_wire) = match (stage.backend, wants.control) {
            (Backend::Sqlite, _) => (Control::Sqlite(data.join("habeas.db")), None),
            (Backend::Postgres, given) => {
                let url = match given {
                    Some(url) => url,
                    None => {
                        let database = fresh().await?;
                        let url = database.url().to_owned();
                        databases.push(database);
                        url
                    }
                };
                let wire = Wire::to(port_of(&url)?).await?;
                (Control::postgres(url), Some(wire))
            }
        };
        let outlet_wire = Wire::to(port_of(&outlet.place)?).await?;
        let free = std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&stage.dice.clone().fork("officer").roll().to_le_bytes());
        let signer = SigningKey::from_bytes(&seed);
        let pem = signer
            .to_pkcs8_pem(LineEnding::LF)
            .context("a key has a PEM")?;
        let mut house = Installation {
            backend: stage.backend,
            host: free.to_string(),
            control,
            control_wire,
            shop,
            outlet,
            outlet_wire,
            post: Post::open().await?,
            log: Arc::default(),
            impatient: AtomicBool::new(false),
            officer_key: pem.to_string(),
            officer_password: String::new(),
            habeas: stage.habeas.clone(),
            processes: tokio::sync::Mutex::default(),
            supervisor: tokio::sync::Mutex::default(),
            seen: Mutex::default(),
            persons: wants.persons,
            next_person: AtomicU32::new(1),
            faults: AtomicU32::new(0),
            _databases: databases,
            folder,
            data,
        };
        let public = signer.verifying_key().to_public_key_pem(LineEnding::LF);
        house.configure(&public.context("a key has a PEM")?)?;
        house.officer_password = house.add_officer().await?;
        let house = Arc::new(house);
        house.start_missing().await?;
        Ok(house)
    }

    pub fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    fn configure(&self, officer_key: &str) -> anyhow::Result<()> {
        let write = |name: &str, text: &str| {
            let path = self.path(name);
            fs::write(&path, text)?;
            fs::set_permissions(path, fs::Permissions::from_mode(0o600))
        };
        for store in [&self.shop, &self.outlet] {
            write(&format!("maps/{}.yaml", store.name), &store.map_text())?;
        }
        write("officer.pem", officer_key)?;
        let outlet = through(&self.outlet.place, &self.outlet_wire)?;
        write("outlet.url", &outlet)?;
        let database = match (&self.control, &self.control_wire) {
            (Control::Sqlite(path), _) => format!("sqlite = \"{}\"", path.display()),
            (Control::Postgres(url, _), wire) => {
                let wire = wire.as_ref().context("PostgreSQL is reached over a wire")?;
                write("control.url", &through(url, wire)?)?;
                "postgres = \"file:control.url\"".to_owned()
            }
        };
        let (host, mail) = (&self.host, self.post.wire.port());
        let text = format!(
            r#"
[site]
controller = "Larch & Linen"
base_url = "http://{host}"
contact = "privacy@larch.example"
timezone = "Europe/Berlin"
default_law = "eu"
laws = ["eu", "us-ca-ccpa"]
[database]
{database}
[data]
folder = "{data}"
[mail]
sender = "privacy@larch.example"
officers = "officers@larch.example"
[mail.smtp]
host = "127.0.0.1"
port = {mail}
tls = "none"
[web]
listen = "{host}"
api_audience = "{AUDIENCE}"
[[web.api_keys]]
kid = "{KEY_ID}"
public_pem = "officer.pem"
[rules]
max_running = {MAX_RUNNING}
patience_minutes = 1
[[stores]]
connector = "sqlite"
path = "stores/shop.sqlite"
map = "maps/shop.yaml"
share_cap = 100
[[stores]]
connector = "postgres"
url = "file:outlet.url"
map = "maps/outlet.yaml"
share_cap = 100
connect_timeout_seconds = 2
"#,
            data = self.data.display(),
        );
        write("habeas.toml", &text)?;
        Ok(())
    }

    /// The command line of Habeas, for what ends by itself.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.habeas);
        command
            .args(arguments)
            .arg("--json")
            .current_dir(self.folder.path())
            .env_remove("HABEAS_CONFIG")
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    async fn add_officer(&self) -> anyhow::Result<String> {
        let arguments = [
            "officer",
            "add",
            "olga",
            "--name",
            "Olga Officer",
            "--generate",
        ];
        let output = self.command(&arguments).output().await?;
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let password = said["password"].as_str().map(str::to_owned);
        let log = || String::from_utf8_lossy(&output.stderr).into_owned();
        password.with_context(|| format!("no officer could be made: {}", log()))
    }

    /// Every process that this backend runs.
    pub fn roles(&self) -> &'static [Role] {
        match self.backend {
            Backend::Sqlite => &[Role::Web],
            Backend::Postgres => &[Role::Web, Role::Worker(1), Role::Worker(2)],
        }
    }

    /// Those that carry out steps.
    pub fn workers(&self) -> &'static [Role] {
        match self.backend {
            Backend::Sqlite => &[Role::Web],
            Backend::Postgres => &[Role::Worker(1), Role::Worker(2)],
        }
    }

    /// Starts what does not run, as whoever supervises processes does.
    pub async fn start_missing(&self) -> anyhow::Result<()> {
        let _supervisor = self.supervisor.lock().await;
        for role in self.roles() {
            let ended = match self.processes.lock().await.get_mut(role) {
                Some(process) => {
                    let ended = process.has_ended().is_some();
                    self.note(|seen| seen.exits += u32::from(ended));
                    ended
                }
                None => true,
            };
            if ended {
                self.start(*role).await?;
            }
        }
        Ok(())
    }

    pub async fn start(&self, role: Role) -> anyhow::Result<()> {
        let mut command = vec![self.habeas.display().to_string()];
        command.extend(match (role, self.backend) {
            (Role::Web, Backend::Sqlite) => vec!["serve".to_owned()],
            (Role::Web, Backend::Postgres) => vec!["serve".to_owned(), "--no-worker".to_owned()],
            (Role::Worker(_), _) => vec!["work".to_owned()],
        });
        let process = Process::start(&command, self.folder.path(), &self.log)?;
        if role == Role::Web {
            within(PATIENCE, "the web process to listen", process.listens()).await??;
        }
        self.processes.lock().await.insert(role, process);
        Ok(())
    }

    /// SIGKILL. A process that has ended already is no fault of ours.
    pub async fn kill(&self, role: Role) -> anyhow::Result<()> {
        let process = self.processes.lock().await.remove(&role);
        if let Some(process) = process {
            process.kill().await?;
            self.fault();
        }
        Ok(())
    }

    pub async fn signal(&self, role: Role, signal: Signal) -> anyhow::Result<()> {
        let processes = self.processes.lock().await;
        let process = processes.get(&role).context("no such process runs")?;
        process.signal(signal).await?;
        if signal != Signal::Continue {
            self.fault();
        }
        Ok(())
    }

    /// Takes a process out of our hands, so that another may have its role.
    pub async fn hand_over(&self, role: Role) -> Option<Process> {
        self.processes.lock().await.remove(&role)
    }

    /// Counts a fault that was made.
    pub fn fault(&self) {
        self.faults.fetch_add(1, Ordering::SeqCst);
    }

    pub fn faults(&self) -> u32 {
        self.faults.load(Ordering::SeqCst)
    }

    /// A person nobody has asked for yet.
    pub fn somebody(&self) -> anyhow::Result<u32> {
        let person = self.next_person.fetch_add(1, Ordering::SeqCst);
        anyhow::ensure!(person <= self.persons, "the stores hold too few persons");
        Ok(person)
    }

    pub fn persons(&self) -> u32 {
        self.persons
    }

    pub fn note<T>(&self, what: impl FnOnce(&mut Seen) -> T) -> T {
        what(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The port in `postgres://user:password@host:port/name`.
pub fn port_of(url: &str) -> anyhow::Result<u16> {
    let (_, place) = url.rsplit_once('@').context("a URL names its host")?;
    let (_, port) = place.split_once(':').context("a URL names its port")?;
    let port = port.split('/').next().unwrap_or(port);
    port.parse().context("a port is a number")
}

/// The same database, over a wire.
fn through(url: &str, wire: &Wire) -> anyhow::Result<String> {
    let from = format!(":{}/", port_of(url)?);
    Ok(url.replace(&from, &format!(":{}/", wire.port())))
}
