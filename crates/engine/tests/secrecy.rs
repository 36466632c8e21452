//! Personal data never lies about in plain: not in the database, not in the vault, not in a log.

use std::{
    fs, io,
    path::Path,
    sync::{Arc, Mutex},
};

use habeas_connector::ErrorClass;
use habeas_domain::{Personal, Right};
use habeas_engine::NewRequest;
use habeas_testkit::world::{Backend, Fault, Scripted, World, officer, request};
use jiff::SignedDuration;
use tracing_subscriber::fmt::MakeWriter;

const ADDRESS: &str = "zenobia.marker@shop.example";
const NAME: &str = "Zenobia Q. Marker";

/// Everything that is logged, kept in memory.
#[derive(Clone, Default)]
struct Logs(Arc<Mutex<Vec<u8>>>);

impl io::Write for Logs {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Logs {
    type Writer = Logs;
    fn make_writer(&self) -> Logs {
        self.clone()
    }
}

fn assert_clean(bytes: &[u8], place: &str) {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    for marker in ["zenobia", "marker"] {
        assert!(!text.contains(marker), "{place} holds personal data");
    }
}

fn assert_folder_clean(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // The mail folder stands for the subject's own mailbox.
        if path.ends_with("mail") {
            continue;
        }
        if path.is_dir() {
            assert_folder_clean(&path);
        } else {
            assert_clean(&fs::read(&path).unwrap(), &path.display().to_string());
        }
    }
}

#[tokio::test]
async fn nothing_personal_lies_in_files_or_logs() {
    let logs = Logs::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(logs.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let shop = Scripted::new("shop");
    shop.holds(ADDRESS, 3);
    // Failures are where values leak most easily.
    shop.fails("locate", &[Fault::Before(ErrorClass::Transient)]);
    shop.fails("access", &[Fault::Before(ErrorClass::Permanent)]);
    let world = World::on(Backend::Sqlite).store(shop).build().await;
    let new = NewRequest {
        name: Some(Personal::from(NAME)),
        idempotency_key: Some(ADDRESS.to_owned()),
        ..request(Right::Access, ADDRESS)
    };
    let submitted = world.engine.submit(new).await.unwrap();
    world.work().await;
    let code = world.letter("code").code();
    world
        .engine
        .confirm(&submitted.reference, &code)
        .await
        .unwrap();
    world.work().await;
    world.time.advance(SignedDuration::from_mins(5));
    world.work().await;
    world.approve(submitted.id).await;
    world.work().await;
    let view = world.view(submitted.id).await;
    let parked = view
        .steps
        .iter()
        .find(|step| step.state == "parked")
        .unwrap()
        .id;
    world
        .engine
        .retry_step(&officer(), parked, "again")
        .await
        .unwrap();
    world.work().await;
    world
        .engine
        .release(&officer(), submitted.id)
        .await
        .unwrap();
    world.work().await;
    let package = world.fetch(&submitted.reference).await;
    assert!(!package.is_empty());

    assert_folder_clean(world.folder());
    let logged = logs.0.lock().unwrap().clone();
    assert!(!logged.is_empty(), "a check of nothing proves nothing");
    assert_clean(&logged, "the log");
    assert_clean(
        format!("{view:?}").as_bytes(),
        "what an officer's page is made of",
    );
}
