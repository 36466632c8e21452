//! Real processes, killed with SIGKILL and started again: the end is that of the calm run.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::Arc,
};

use habeas_domain::Right;
use habeas_engine::{Engine, NextAction, Rules, SystemTime};
use habeas_storage::Location;
use habeas_testkit::{
    postgres::Database,
    world::{engine_at, letters, officer, request},
};
use habeas_tests::{Kind, Shop};
use serde_json::{Value, json};
use tokio::sync::mpsc;

fn player(task: &Value) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_player"));
    command.arg(task.to_string()).stdin(Stdio::null());
    command
}

/// The two shops of a story in SQLite files.
async fn shops(dir: &Path, persons: u32) -> [Shop; 2] {
    let shop = |name: &'static str| Shop {
        name,
        kind: Kind::Sqlite,
        place: dir
            .join(name)
            .with_extension("sqlite")
            .display()
            .to_string(),
    };
    let shops = [shop("shop"), shop("outlet")];
    for shop in &shops {
        shop.open(persons).await.expect("a shop opens");
    }
    shops
}

fn described(shops: &[Shop]) -> Value {
    shops
        .iter()
        .map(|shop| {
            let kind = match shop.kind {
                Kind::Sqlite => "sqlite",
                Kind::Postgres => "postgres",
            };
            json!({ "name": shop.name, "kind": kind, "place": shop.place })
        })
        .collect()
}

/// One run of the story; what it ended in, as the engine and as the shops' own triggers saw it.
/// `None` when there was nothing left to die at.
async fn run(right: Right, die_at: Option<usize>) -> Option<(Value, Vec<Vec<(String, i32)>>)> {
    let dir = tempfile::tempdir().expect("a folder");
    let shops = shops(dir.path(), 4).await;
    let mut task = json!({
        "role": "play", "dir": dir.path(), "shops": described(&shops),
        "right": right.as_str(), "email": Shop::email(2).to_lowercase(),
    });
    if let Some(number) = die_at {
        let mut doomed = task.clone();
        doomed["die_at"] = json!(number);
        let died = player(&doomed)
            .stdout(Stdio::null())
            .status()
            .expect("a player runs");
        if died.success() {
            return None;
        }
        assert!(
            was_killed(died),
            "the player failed by itself at cut {number}: {died}"
        );
    }
    task["die_at"] = Value::Null;
    let output = player(&task)
        .stderr(Stdio::inherit())
        .output()
        .expect("a player runs");
    assert!(output.status.success(), "cut {die_at:?} was not survived");
    let told = serde_json::from_slice(&output.stdout).expect("the player tells how it ended");
    let mut ledgers = Vec::new();
    for shop in &shops {
        ledgers.push(shop.ledger().await.expect("a ledger"));
    }
    Some((told, ledgers))
}

fn was_killed(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    status.signal() == Some(9)
}

async fn a_kill_at_every_cut_changes_nothing(right: Right, deletions: usize) {
    let calm = run(right, None).await.expect("the calm run ends");
    assert_eq!(calm.0["phase"], "closed");
    assert!(
        calm.1.iter().all(|ledger| ledger.len() == deletions),
        "{:?}",
        calm.1
    );
    let mut kills = 0;
    while let Some(ended) = run(right, Some(kills)).await {
        assert_eq!(ended, calm, "killed at cut {kills}");
        kills += 1;
    }
    assert!(kills > 30, "only {kills} places to die");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_anywhere_in_an_access_ends_as_the_calm_run_does() {
    a_kill_at_every_cut_changes_nothing(Right::Access, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_anywhere_in_an_erasure_ends_as_the_calm_run_does() {
    let rows = usize::try_from(Shop::rows_of(2)).expect("a small number");
    a_kill_at_every_cut_changes_nothing(Right::Erasure, rows).await;
}

/// An installation on PostgreSQL with its shops, for several worker processes.
struct Firm {
    dir: tempfile::TempDir,
    shops: [Shop; 2],
    engine: Engine,
    url: String,
    _databases: [Database; 3],
}

impl Firm {
    async fn open(persons: u32) -> Firm {
        let dir = tempfile::tempdir().expect("a folder");
        let databases = [Database::fresh(), Database::fresh(), Database::fresh()];
        let shop = |name, database: &Database| Shop {
            name,
            kind: Kind::Postgres,
            place: database.url().to_owned(),
        };
        let shops = [shop("shop", &databases[1]), shop("outlet", &databases[2])];
        let mut connectors = Vec::new();
        for shop in &shops {
            shop.open(persons).await.expect("a shop opens");
            connectors.push(shop.connector().expect("a connector"));
        }
        let url = databases[0].url().to_owned();
        let location = Location::Postgres(url.clone());
        let time = Arc::new(SystemTime);
        let rules = Rules::default();
        let (engine, _) = engine_at(dir.path(), &location, connectors, rules, time, None).await;
        Firm {
            dir,
            shops,
            engine,
            url,
            _databases: databases,
        }
    }

    fn worker(&self, die_at: Option<usize>) -> Command {
        let task = json!({
            "role": "work", "dir": self.dir.path(), "database": self.url,
            "shops": described(&self.shops), "die_at": die_at,
        });
        player(&task)
    }

    /// So many workers.
    fn crew(&self, workers: usize) -> Crew {
        let (tell, told) = mpsc::unbounded_channel();
        let workers = (0..workers).map(|_| {
            let mut worker = self
                .worker(None)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("a worker starts");
            let lines = BufReader::new(worker.stdout.take().expect("stdout is piped")).lines();
            let tell = tell.clone();
            std::thread::spawn(move || {
                for _ in lines.map_while(Result::ok) {
                    let _ = tell.send(());
                }
            });
            worker
        });
        Crew {
            workers: workers.collect(),
            told,
        }
    }

    /// Asks for the erasure of persons 1 to `persons`, up to the officer's approval.
    async fn approve_all(&self, persons: u32) -> Vec<habeas_domain::RequestId> {
        let mut ids = Vec::new();
        for n in 1..=persons {
            let new = request(Right::Erasure, &Shop::email(n));
            let submitted = self.engine.submit(new).await.expect("taken");
            self.engine
                .work_until_idle()
                .await
                .expect("the letters go out");
            let reference = submitted.reference.as_str();
            let letters = letters(&self.dir.path().join("mail"));
            let mut mine = letters.iter().filter(|l| l.text.contains(reference));
            let code = mine
                .rfind(|l| l.subject.contains("code"))
                .expect("a code")
                .code();
            self.engine
                .confirm(&submitted.reference, &code)
                .await
                .expect("right code");
            self.engine
                .work_until_idle()
                .await
                .expect("the search ends");
            let view = self.engine.request(submitted.id).await.expect("there");
            let hash = view.plan.expect("a plan").hash;
            self.engine
                .approve(&officer(), submitted.id, &hash)
                .await
                .expect("approved");
            ids.push(submitted.id);
        }
        ids
    }

    /// Releases answers as they become ready, until all requests are closed.
    async fn see_through(&self, mut crew: Crew, ids: &[habeas_domain::RequestId]) {
        let mut open = ids.to_vec();
        loop {
            let mut waiting = Vec::new();
            for id in open {
                let row = async || self.engine.request(id).await.expect("there").row;
                if row().await.next == Some(NextAction::Release) {
                    let released = self.engine.release(&officer(), id).await;
                    released.expect("released");
                }
                if row().await.phase != "closed" {
                    waiting.push(id);
                }
            }
            if waiting.is_empty() {
                break;
            }
            open = waiting;
            crew.told.recv().await.expect("a worker is left");
        }
        crew.go_home();
    }

    /// Each row of each person is gone, and was deleted exactly once.
    async fn assert_erased_once(&self, persons: u32, of: u32) {
        let expected: u64 = (1..=persons).map(Shop::rows_of).sum();
        for shop in &self.shops {
            let ledger = shop.ledger().await.expect("a ledger");
            assert_eq!(ledger.len() as u64, expected, "deletions in {}", shop.name);
            let customers: Vec<_> = ledger
                .iter()
                .filter(|(what, _)| what == "customer")
                .collect();
            let distinct: BTreeSet<_> = customers.iter().collect();
            assert_eq!(distinct.len(), customers.len(), "a person was erased twice");
            let left = shop.counts().await.expect("counts");
            assert_eq!(left[0], i64::from(of - persons));
        }
    }
}

/// Worker processes, and what they say: a word for each step that one of them has done.
struct Crew {
    workers: Vec<Child>,
    told: mpsc::UnboundedReceiver<()>,
}

impl Crew {
    fn go_home(&mut self) {
        for worker in &mut self.workers {
            drop(worker.stdin.take());
            assert!(worker.wait().expect("a worker ends").success());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_worker_processes_never_apply_a_step_twice() {
    let firm = Firm::open(15).await;
    let ids = firm.approve_all(10).await;
    firm.see_through(firm.crew(2), &ids).await;
    firm.assert_erased_once(10, 15).await;
    let mut passes = 0;
    for id in ids {
        let view = firm.engine.request(id).await.expect("there");
        assert_eq!(view.row.phase, "closed");
        passes += view
            .steps
            .iter()
            .filter(|step| step.verb == "erase")
            .count();
    }
    assert_eq!(passes, 20, "one erasure for each person and shop");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_killed_is_missed_and_its_work_is_done_once() {
    let firm = Firm::open(6).await;
    let ids = firm.approve_all(4).await;
    // Far enough for an erasure to be under way, and for its answer to be lost.
    let mut doomed = firm.worker(Some(9));
    let doomed = doomed.stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
    let mut doomed = doomed.expect("a worker starts");
    // Holds on to its input: it is to be killed, not told to stop.
    let _input = doomed.stdin.take();
    assert!(was_killed(doomed.wait().expect("a worker ends")));
    firm.see_through(firm.crew(1), &ids).await;
    firm.assert_erased_once(4, 6).await;
}
