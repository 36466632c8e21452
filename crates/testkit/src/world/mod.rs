//! A whole installation in a temporary folder: engine, database, vault, mail folder, a clock moved
//! by hand, and stores that do as they are told.

mod clock;
mod post;
mod scripted;

use std::{path::Path, sync::Arc};

use habeas_connector::Connector;
use habeas_domain::{Identifier, Personal, RequestId, Right, law::LawBook};
use habeas_engine::{
    Actor, Capability, Channel, Cut, Engine, NewRequest, Officer, Parts, Reference, RequestView,
    Rules, Site, Submitted,
};
use habeas_mail::{Mailer, Sender};
use habeas_proof::Signer;
use habeas_storage::{Db, Location};
use habeas_vault::{Keyring, RootKey, Vault};
use tempfile::TempDir;

use crate::postgres::Database;

pub use clock::HandClock;
pub use post::{Letter, letters};
pub use scripted::{Call, Fault, Scripted};

/// Where the control database of a world lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

impl Backend {
    pub const BOTH: [Backend; 2] = [Backend::Sqlite, Backend::Postgres];
}

/// What a world is made of, before it is.
#[allow(
    missing_debug_implementations,
    reason = "holds connectors and closures"
)]
pub struct Builder {
    backend: Backend,
    connectors: Vec<Arc<dyn Connector>>,
    rules: Rules,
    cut: Option<Cut>,
}

/// An installation. Gone with its folder and its database when it is dropped.
#[allow(missing_debug_implementations, reason = "holds an engine")]
pub struct World {
    pub engine: Engine,
    pub time: Arc<HandClock>,
    pub db: Db,
    dir: TempDir,
    // Dropped after the engine's own connections have ended.
    _database: Option<Database>,
}

impl Builder {
    #[must_use]
    pub fn store(mut self, connector: Arc<dyn Connector>) -> Self {
        self.connectors.push(connector);
        self
    }

    #[must_use]
    pub fn rules(mut self, change: impl FnOnce(&mut Rules)) -> Self {
        change(&mut self.rules);
        self
    }

    #[must_use]
    pub fn cut(mut self, cut: Cut) -> Self {
        self.cut = Some(cut);
        self
    }

    pub async fn build(self) -> World {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let database = (self.backend == Backend::Postgres).then(Database::fresh);
        let location = match &database {
            Some(database) => Location::Postgres(database.url().to_owned()),
            None => Location::Sqlite(dir.path().join("habeas.sqlite")),
        };
        let time = Arc::new(HandClock::default());
        let (engine, db) = engine_at(
            dir.path(),
            &location,
            self.connectors,
            self.rules,
            Arc::clone(&time) as _,
            self.cut,
        )
        .await;
        World {
            engine,
            time,
            db,
            dir,
            _database: database,
        }
    }
}

/// An engine on a folder and a database that may already hold the work of an earlier one.
pub async fn engine_at(
    dir: &Path,
    location: &Location,
    connectors: Vec<Arc<dyn Connector>>,
    rules: Rules,
    time: Arc<dyn habeas_engine::TimeSource>,
    cut: Option<Cut>,
) -> (Engine, Db) {
    let db = Db::open(location).expect("the database opens");
    let root = RootKey::load_or_create(&dir.join("root.key")).expect("a root key");
    let sender = Sender::new("Larch & Linen privacy", "privacy@shop.example").expect("an address");
    let parts = Parts {
        db: db.clone(),
        keyring: Keyring::open(dir.join("keys"), &root).expect("a keyring"),
        vault: Vault::folder(dir.join("vault")).expect("a vault"),
        mailer: Mailer::folder(dir.join("mail"), sender),
        signer: Signer::from_seed([7; 32], "shop.example/habeas").expect("a signer"),
        law: LawBook::builtin().expect("the built-in laws"),
        root,
        connectors,
        site: Site {
            controller: "Larch & Linen".to_owned(),
            base_url: "http://127.0.0.1:8080".to_owned(),
            contact: "privacy@shop.example".to_owned(),
            default_law: "eu".to_owned(),
            laws: vec![
                ("eu".to_owned(), "European Union (GDPR)".to_owned()),
                ("us-ca-ccpa".to_owned(), "California (CCPA)".to_owned()),
            ],
            timezone: "Europe/Berlin".to_owned(),
        },
        rules,
        time,
        cut,
    };
    (Engine::new(parts).await.expect("an engine"), db)
}

impl World {
    /// A world with officers who get mail and no stores yet.
    pub fn on(backend: Backend) -> Builder {
        Builder {
            backend,
            connectors: Vec::new(),
            rules: Rules {
                officers_mail: Some(Personal::from("officers@shop.example")),
                ..Rules::default()
            },
            cut: None,
        }
    }

    pub fn folder(&self) -> &Path {
        self.dir.path()
    }

    /// Every letter that was sent, oldest first.
    pub fn letters(&self) -> Vec<Letter> {
        letters(&self.dir.path().join("mail"))
    }

    /// The last letter whose subject or text has these words.
    pub fn letter(&self, words: &str) -> Letter {
        self.letters()
            .into_iter()
            .rfind(|letter| letter.subject.contains(words) || letter.text.contains(words))
            .unwrap_or_else(|| panic!("no letter says '{words}'"))
    }

    pub async fn work(&self) {
        self.engine
            .work_until_idle()
            .await
            .expect("the work goes on");
    }

    pub async fn submit(&self, right: Right, email: &str) -> Submitted {
        let new = request(right, email);
        self.engine.submit(new).await.expect("the request is taken")
    }

    /// Submits, and returns the code that was mailed.
    pub async fn submit_and_confirm(&self, right: Right, email: &str) -> (Submitted, Capability) {
        let submitted = self.submit(right, email).await;
        self.work().await;
        let code = self.letter(submitted.reference.as_str()).code();
        let confirmed = self.engine.confirm(&submitted.reference, &code).await;
        (submitted, confirmed.expect("the code is right"))
    }

    /// Approves the plan that lies there.
    pub async fn approve(&self, id: RequestId) {
        let plan = self.view(id).await.plan.expect("there is a plan");
        let approved = self.engine.approve(&officer(), id, &plan.hash).await;
        approved.expect("the plan is approved");
    }

    /// The whole way from form to release.
    pub async fn play(&self, right: Right, email: &str) -> RequestId {
        let id = if right.lane() == habeas_domain::right::Lane::Open {
            let id = self.submit(right, email).await.id;
            self.work().await;
            id
        } else {
            let (submitted, _) = self.submit_and_confirm(right, email).await;
            self.work().await;
            self.approve(submitted.id).await;
            self.work().await;
            let released = self.engine.release(&officer(), submitted.id).await;
            released.expect("the answer is released");
            submitted.id
        };
        self.work().await;
        id
    }

    pub async fn view(&self, id: RequestId) -> RequestView {
        self.engine.request(id).await.expect("the request is there")
    }

    pub async fn phase(&self, id: RequestId) -> &'static str {
        self.view(id).await.row.phase
    }

    /// Fetches the answer as the subject does: link from the letter, fresh code, download.
    pub async fn fetch(&self, reference: &Reference) -> Vec<u8> {
        let link = self.letter_with_link(reference);
        let capability = link.rsplit('/').next().expect("a link has a last part");
        let engine = &self.engine;
        let asked = engine.send_download_code(reference, capability).await;
        asked.expect("a code is sent");
        self.work().await;
        let code = self.letter(reference.as_str()).code();
        let download = engine.download(reference, capability, &code).await;
        let mut chunks = download.expect("the answer is there").chunks;
        let mut file = Vec::new();
        while let Some(chunk) = chunks.recv().await {
            file.extend(chunk.expect("the answer can be read"));
        }
        file
    }

    fn letter_with_link(&self, reference: &Reference) -> String {
        self.letters()
            .iter()
            .rev()
            .filter(|letter| letter.text.contains(reference.as_str()))
            .find_map(Letter::link)
            .expect("a letter has a link")
    }
}

/// A request as the portal makes it.
pub fn request(right: Right, email: &str) -> NewRequest {
    NewRequest {
        right,
        // Opting out of a sale is a right that European law does not know.
        law: (right == Right::OptOut).then(|| "us-ca-ccpa".to_owned()),
        identifiers: vec![Identifier::email(email).expect("an address")],
        name: None,
        channel: Channel::Portal,
        idempotency_key: None,
    }
}

/// Somebody who may approve.
pub fn officer() -> Actor {
    Actor::Officer(Officer {
        id: habeas_domain::OfficerId::from(uuid::Uuid::from_u128(7)),
        login: "olga".to_owned(),
        name: "Olga Officer".to_owned(),
    })
}
