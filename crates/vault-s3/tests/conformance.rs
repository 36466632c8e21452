//! The bucket keeps the promises of every place of blobs.

mod common;

use common::World;

habeas_vault::conformance_tests!(World::new);
