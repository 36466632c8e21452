//! What goes wrong on the way to a bucket, and what it leaves.

mod common;

use std::{
    io::{Read, Write},
    sync::atomic::Ordering,
    time::{Duration, SystemTime},
};

use common::{
    LARGE, World,
    proxy::{Harm, Proxy, Way},
    settings,
};
use habeas_vault::{BlobName, Trouble, Vault, VaultError};
use habeas_vault_s3::Settings;

const MIB: usize = 1024 * 1024;

fn blob(name: &str) -> BlobName {
    name.parse().unwrap()
}

/// Writes a blob and says why that failed, and who acts next.
fn put(world: &World, vault: &Vault, name: &str, plain: &[u8]) -> Result<(), VaultError> {
    let mut writer = vault.create(&world.key, &blob(name), "test")?;
    writer
        .write_all(plain)
        .map_err(VaultError::io("write blob", name))?;
    writer.finish().map(|_| ())
}

fn get(world: &World, vault: &Vault, name: &str) -> Result<Vec<u8>, VaultError> {
    let mut reader = vault.open(&world.key, &blob(name), "test")?;
    let mut plain = Vec::new();
    reader
        .read_to_end(&mut plain)
        .map_err(VaultError::io("read blob", name))?;
    Ok(plain)
}

fn plain() -> Vec<u8> {
    (0..LARGE).map(|i| (i / 7) as u8).collect()
}

/// The error and all its sources, as a log would show them.
fn in_words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        words += &format!(": {error}");
        source = error.source();
    }
    words
}

/// What every call says when the bucket is opened like this.
fn refusal(world: &World, settings: Settings) -> String {
    let secret = settings.secret_access_key.clone();
    let vault = habeas_vault_s3::open(settings).unwrap();
    let errors = [
        put(world, &vault, "req/1/a", b"small").unwrap_err(),
        put(world, &vault, "req/1/a", &plain()).unwrap_err(),
        get(world, &vault, "req/1/a").unwrap_err(),
        vault.exists(&blob("req/1/a")).unwrap_err(),
        vault.delete(&blob("req/1/a")).unwrap_err(),
        vault.delete_prefix(&blob("req")).unwrap_err(),
        vault.list(&blob("req")).map(drop).unwrap_err(),
        vault.sweep(SystemTime::now()).unwrap_err(),
        vault.probe(&blob("check/1")).unwrap_err(),
    ];
    for error in &errors {
        assert_eq!(error.trouble(), Some(Trouble::Auth), "{error}");
        let shown = format!("{} {error:?}", in_words(error));
        assert!(!shown.contains(secret.as_str()), "{shown}");
    }
    in_words(&errors[0])
}

#[test]
fn a_wrong_secret_is_refused_and_never_shown() {
    let world = World::new();
    let mut wrong = settings(world.server.address);
    wrong.secret_access_key = "the-wrong-secret".to_owned().into();
    assert!(!format!("{wrong:?}").contains("the-wrong-secret"));
    assert_eq!(
        refusal(&world, wrong),
        "cannot write blob req/1/a: the object store refuses the access key (SignatureDoesNotMatch)"
    );
    assert_eq!(world.server.things(), 0);
}

#[test]
fn an_unknown_access_key_is_refused() {
    let world = World::new();
    let mut unknown = settings(world.server.address);
    unknown.access_key_id = "AKNOBODY".to_owned();
    let words = refusal(&world, unknown);
    assert!(
        words.contains("the object store refuses the access key"),
        "{words}"
    );
}

#[test]
fn a_server_that_is_not_there_may_come_back() {
    let world = World::new();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .unwrap();
    let vault = habeas_vault_s3::open(settings(nobody)).unwrap();
    let error = put(&world, &vault, "req/1/a", b"small").unwrap_err();
    assert_eq!(error.trouble(), Some(Trouble::Transient));
    let words = in_words(&error);
    assert!(words.contains("cannot be reached"), "{words}");
}

#[test]
fn a_connection_that_breaks_in_a_part_is_made_again() {
    let world = World::new();
    let wire = Proxy::start(world.server.address, Harm::Cut, Way::ToServer, MIB, 2);
    let vault = habeas_vault_s3::open(settings(wire.address)).unwrap();
    put(&world, &vault, "req/1/a", &plain()).unwrap();
    assert_eq!(wire.left.load(Ordering::SeqCst), 0, "both cuts were made");
    assert!(get(&world, &world.vault, "req/1/a").unwrap() == plain());
    assert_eq!(world.server.things(), 1);
}

#[test]
fn a_part_that_never_gets_through_leaves_no_blob_and_no_parts() {
    let world = World::new();
    // After the first part, on whatever connection.
    let wire = Proxy::start(
        world.server.address,
        Harm::Cut,
        Way::ToServer,
        9 * MIB,
        usize::MAX,
    );
    let mut settings = settings(wire.address);
    settings.patience.tries = 1;
    let vault = habeas_vault_s3::open(settings).unwrap();
    let error = put(&world, &vault, "req/1/a", &plain()).unwrap_err();
    assert_eq!(error.trouble(), Some(Trouble::Transient), "{error}");
    assert!(!world.vault.exists(&blob("req/1/a")).unwrap());
    assert_eq!(world.server.things(), 0, "the upload was aborted");
}

#[test]
fn a_byte_that_changes_on_the_way_to_the_server_is_noticed_there() {
    let world = World::new();
    for plain in [vec![7; MIB], plain()] {
        let half = plain.len() / 2;
        let wire = Proxy::start(world.server.address, Harm::Garble, Way::ToServer, half, 1);
        let mut once = settings(wire.address);
        once.patience.tries = 1;
        let vault = habeas_vault_s3::open(once).unwrap();
        let error = put(&world, &vault, "req/1/a", &plain).unwrap_err();
        assert_eq!(wire.left.load(Ordering::SeqCst), 0, "a byte was changed");
        let words = in_words(&error);
        assert_eq!(error.trouble(), Some(Trouble::Transient), "{words}");
        assert_eq!(world.server.unfinished(), 0);
        // The wire is sound again, and so is the next try.
        put(&world, &vault, "req/1/a", &plain).unwrap();
        assert!(get(&world, &world.vault, "req/1/a").unwrap() == plain);
    }
}

#[test]
fn a_byte_that_changes_on_the_way_back_is_refused() {
    let world = World::new();
    put(&world, &world.vault, "req/1/a", &plain()).unwrap();
    let wire = Proxy::start(world.server.address, Harm::Garble, Way::ToClient, MIB, 1);
    let vault = habeas_vault_s3::open(settings(wire.address)).unwrap();
    let refused = get(&world, &vault, "req/1/a").unwrap_err();
    assert!(
        in_words(&refused).contains("sealed data does not open"),
        "{}",
        in_words(&refused)
    );
    assert!(get(&world, &vault, "req/1/a").unwrap() == plain());
}

#[test]
fn a_connection_that_breaks_while_reading_is_made_again() {
    let world = World::new();
    put(&world, &world.vault, "req/1/a", &plain()).unwrap();
    let wire = Proxy::start(world.server.address, Harm::Cut, Way::ToClient, MIB, 2);
    let vault = habeas_vault_s3::open(settings(wire.address)).unwrap();
    assert!(get(&world, &vault, "req/1/a").unwrap() == plain());
    assert_eq!(wire.left.load(Ordering::SeqCst), 0, "both cuts were made");
}

#[test]
fn a_connection_that_keeps_breaking_while_reading_is_an_error_and_no_end_of_file() {
    let world = World::new();
    put(&world, &world.vault, "req/1/a", &plain()).unwrap();
    let wire = Proxy::start(
        world.server.address,
        Harm::Cut,
        Way::ToClient,
        MIB,
        usize::MAX,
    );
    let vault = habeas_vault_s3::open(settings(wire.address)).unwrap();
    let error = get(&world, &vault, "req/1/a").unwrap_err();
    assert_eq!(error.trouble(), Some(Trouble::Transient), "{error}");
}

#[test]
fn a_busy_server_is_asked_again() {
    let world = World::new();
    world.server.moods.busy.store(2, Ordering::SeqCst);
    put(&world, &world.vault, "req/1/a", b"small").unwrap();
    world.server.moods.busy.store(2, Ordering::SeqCst);
    assert_eq!(get(&world, &world.vault, "req/1/a").unwrap(), b"small");
    world.server.moods.busy.store(u32::MAX, Ordering::SeqCst);
    let error = put(&world, &world.vault, "req/1/b", b"small").unwrap_err();
    assert_eq!(error.trouble(), Some(Trouble::Transient));
    assert!(in_words(&error).ends_with("(SlowDown)"), "{error}");
}

#[test]
fn a_blob_is_there_when_only_the_answer_to_the_last_call_was_lost() {
    let world = World::new();
    let loses = &world.server.moods.loses_completed;
    loses.store(true, Ordering::SeqCst);
    put(&world, &world.vault, "req/1/a", &plain()).unwrap();
    loses.store(false, Ordering::SeqCst);
    assert!(get(&world, &world.vault, "req/1/a").unwrap() == plain());
    assert_eq!(world.server.unfinished(), 0);
}

#[test]
fn an_older_blob_is_not_taken_for_one_that_failed() {
    let world = World::new();
    put(&world, &world.vault, "req/1/a", &plain()).unwrap();
    let newer = vec![7; LARGE];
    let mut writer = world
        .vault
        .create(&world.key, &blob("req/1/a"), "test")
        .unwrap();
    writer.write_all(&newer).unwrap();
    // Somebody else gives the upload up before it is finished.
    let later = SystemTime::now() + Duration::from_secs(60);
    assert_eq!(world.vault.sweep(later).unwrap(), Some(1));
    assert!(writer.finish().is_err());
    assert!(get(&world, &world.vault, "req/1/a").unwrap() == plain());
}

#[test]
fn a_full_server_is_told_from_a_busy_one() {
    let world = World::new();
    *world.server.moods.refuses_parts.lock().unwrap() = Some("QuotaExceeded");
    let error = put(&world, &world.vault, "req/1/a", &plain()).unwrap_err();
    assert_eq!(error.trouble(), Some(Trouble::Capacity), "{error}");
    assert_eq!(world.server.things(), 0);
}

#[test]
fn a_server_that_lists_no_uploads_is_not_swept() {
    let world = World::new();
    let lists_none = &world.server.moods.lists_no_uploads;
    lists_none.store(true, Ordering::SeqCst);
    assert_eq!(world.vault.sweep(SystemTime::now()).unwrap(), None);
}

#[test]
fn what_others_upload_to_the_bucket_is_not_swept() {
    let world = World::new();
    let mut elsewhere = settings(world.server.address);
    elsewhere.prefix = Some(blob("production2"));
    let neighbour = habeas_vault_s3::open(elsewhere).unwrap();
    let mut writer = neighbour
        .create(&world.key, &blob("req/1/a"), "test")
        .unwrap();
    writer.write_all(&plain()).unwrap();
    let later = SystemTime::now() + Duration::from_secs(60);
    assert_eq!(world.vault.sweep(later).unwrap(), Some(0));
    writer.finish().unwrap();
    assert!(get(&world, &neighbour, "req/1/a").unwrap() == plain());
    assert!(!world.vault.exists(&blob("req/1/a")).unwrap());
}

#[test]
fn a_blob_that_is_replaced_while_it_is_read_is_refused() {
    let world = World::new();
    put(&world, &world.vault, "req/1/a", &plain()).unwrap();
    let mut reader = world
        .vault
        .open(&world.key, &blob("req/1/a"), "test")
        .unwrap();
    reader.read_exact(&mut [0; 1024]).unwrap();
    put(&world, &world.vault, "req/1/a", &vec![7; LARGE]).unwrap();
    assert!(reader.read_to_end(&mut Vec::new()).is_err());
}

#[tokio::test]
async fn a_draft_may_be_dropped_on_an_async_thread() {
    let world = tokio::task::spawn_blocking(World::new).await.unwrap();
    let (vault, key) = (world.vault.clone(), world.key.clone());
    let writer = tokio::task::spawn_blocking(move || {
        let mut writer = vault.create(&key, &blob("req/1/a"), "test").unwrap();
        writer.write_all(&plain()).unwrap();
        writer
    });
    drop(writer.await.unwrap());
    assert_eq!(world.server.things(), 0);
}
