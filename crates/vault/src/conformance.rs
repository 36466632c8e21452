//! What every place of blobs must do, as tests that any place can run.
//!
//! A place's tests implement [`World`]: an empty place, and a way to look at it and to change it
//! behind the vault's back. `habeas_vault::conformance_tests!(World::new)` then makes one test of
//! each promise, so that a broken one is named. What only one kind of place can get wrong is tested
//! beside that place.

mod alter;
mod keep;
mod unfinished;

use std::io::{Read, Write};

pub use alter::*;
pub use keep::*;
pub use unfinished::*;

use crate::{BlobName, BlobRef, DataKey, SealedWriter, Vault};

/// An empty place, alone in the world, that goes with the value.
pub trait World {
    fn vault(&self) -> &Vault;

    /// The same key each time.
    fn key(&self) -> &DataKey;

    /// Bytes of plaintext that the place holds in at least three pieces, or a few chunks where it
    /// knows no pieces.
    fn large(&self) -> usize;

    /// The stored bytes of a blob, as somebody with access to the place sees them.
    fn sealed(&self, name: &BlobName) -> Vec<u8>;

    /// Puts these bytes in their place, behind the vault's back.
    fn replace(&self, name: &BlobName, sealed: &[u8]);

    /// How many things lie in the place: blobs, and what is hidden or unfinished.
    fn things(&self) -> usize;
}

const PURPOSE: &str = "conformance";
const CHUNK: usize = crate::stream::CHUNK;

/// The name of a blob.
fn blob(name: &str) -> BlobName {
    name.parse().expect("a blob name")
}

/// Bytes in which no two chunks are alike.
fn pattern(length: usize, seed: usize) -> Vec<u8> {
    (0..length)
        .map(|i| ((i + seed).wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect()
}

fn begin(world: &dyn World, name: &str) -> SealedWriter {
    world
        .vault()
        .create(world.key(), &blob(name), PURPOSE)
        .expect("a blob can be begun")
}

/// A blob that is written and not finished.
fn written(world: &dyn World, name: &str, plain: &[u8]) -> SealedWriter {
    let mut writer = begin(world, name);
    writer.write_all(plain).expect("the place takes bytes");
    writer
}

fn put(world: &dyn World, name: &str, plain: &[u8]) -> BlobRef {
    written(world, name, plain)
        .finish()
        .expect("the place takes the blob")
}

/// The plaintext, or why there is none.
fn get(world: &dyn World, name: &str) -> Result<Vec<u8>, String> {
    let mut reader = world
        .vault()
        .open(world.key(), &blob(name), PURPOSE)
        .map_err(|error| error.to_string())?;
    let mut plain = Vec::new();
    reader
        .read_to_end(&mut plain)
        .map_err(|error| error.to_string())?;
    Ok(plain)
}

/// Not `assert_eq`, which would print megabytes.
fn assert_same(found: Result<Vec<u8>, String>, expected: &[u8]) {
    let found = found.expect("the blob opens");
    assert_eq!(found.len(), expected.len());
    assert!(found == expected, "the bytes differ");
}

fn exists(world: &dyn World, name: &str) -> bool {
    world
        .vault()
        .exists(&blob(name))
        .expect("the place can tell")
}

/// What is listed, sorted.
fn listed(world: &dyn World, prefix: &str) -> Vec<String> {
    let prefix = blob(prefix);
    let mut names: Vec<String> = world
        .vault()
        .list(&prefix)
        .expect("the place can be listed")
        .map(|name| name.expect("the list goes on").to_string())
        .collect();
    names.sort();
    names
}

/// Makes one `#[test]` of each promise. Takes a function that makes a world.
#[macro_export]
macro_rules! conformance_tests {
    ($fresh:path) => {
        $crate::conformance_tests!($fresh;
            what_goes_in_comes_out_at_every_awkward_length,
            a_large_blob_goes_in_and_out_as_a_stream,
            an_absent_blob_is_said_to_be_absent,
            a_blob_of_the_same_name_replaces_the_older_one_whole,
            two_epochs_of_one_step_never_overwrite_each_other,
            deleting_is_repeatable_and_takes_only_what_it_names,
            a_list_names_what_is_below_and_nothing_else,
            a_list_and_a_deletion_go_past_the_first_thousand,
            the_place_can_be_probed,
            an_unfinished_blob_is_never_seen_and_leaves_nothing,
            an_unfinished_rewrite_keeps_the_older_blob,
            what_a_killed_writer_leaves_is_swept_when_it_is_old,
            bytes_that_were_altered_in_the_place_are_refused,
            a_blob_that_was_cut_or_grew_in_the_place_is_refused,
            a_blob_that_was_moved_to_another_name_is_refused,
        );
    };
    ($fresh:path; $($promise:ident,)*) => {$(
        #[test]
        fn $promise() {
            $crate::conformance::$promise(&$fresh());
        }
    )*};
}
