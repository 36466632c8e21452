//! What every connector must do, as tests that any connector can run.
//!
//! A connector's tests implement [`World`]: a fresh store with two persons and their neighbours.
//! `habeas_connector::conformance_tests!(World::new)` then makes one test of each promise, so that
//! a broken one is named. The suite knows nothing of the system behind the connector; what only
//! one kind of store can get wrong is tested beside that store.

mod change;
mod hostile;
mod read;
mod refuse;
pub mod script;

use async_trait::async_trait;
use habeas_domain::{Identifier, outcome::CollectionRows};

pub use change::*;
pub use hostile::*;
pub use read::*;
pub use refuse::*;

use crate::{Connector, Subject};

/// A fresh store, alone in the world, that goes with the value.
#[async_trait]
pub trait World: Send + Sync {
    fn connector(&self) -> &dyn Connector;

    /// Two persons who share nothing that an erasure removes, and of whom nobody else depends.
    fn persons(&self) -> [Person; 2];

    /// A text that changes with anything in the store that is none of these persons' rows, the
    /// connector's own bookkeeping left out.
    async fn fingerprint_without(&self, persons: &[usize]) -> String;
}

/// A subject of the world by position.
fn person(world: &dyn World, n: usize) -> Subject {
    script::subject(&world.persons()[n].identifier)
}

/// A person of whom the world knows everything.
#[derive(Debug, Clone)]
pub struct Person {
    /// As the store spells it.
    pub identifier: Identifier,
    /// The same identifier in another spelling, where the map ignores case.
    pub other_spelling: Identifier,
    /// Rows in each collection of the map, in its order.
    pub rows: Vec<CollectionRows>,
}

/// Makes one `#[tokio::test]` of each promise. Takes an async function that makes a world, or
/// `None` when it cannot be made on this machine.
#[macro_export]
macro_rules! conformance_tests {
    ($fresh:path) => {
        $crate::conformance_tests!($fresh;
            the_store_can_be_used,
            locate_finds_the_subject_and_nobody_else,
            locate_ignores_case_where_the_map_says_so,
            an_unknown_person_has_no_rows,
            an_empty_batch_is_answered_by_an_empty_answer,
            a_batch_is_answered_in_its_order,
            access_streams_every_row_once_and_says_when_it_ends,
            a_stream_may_be_dropped_half_way,
            erasing_twice_says_the_same_and_acts_once,
            erasing_one_person_leaves_everybody_else_alone,
            verify_reports_what_is_left_before_and_nothing_after,
            suppressing_twice_says_the_same_and_acts_once,
            a_poisoned_order_does_not_hurt_its_neighbours,
            the_same_order_on_two_workers_acts_once,
            a_plan_made_with_another_map_is_refused,
            a_plan_that_decided_to_do_nothing_is_refused,
            more_rows_than_the_cap_change_nothing,
            hostile_identifiers_find_nobody_and_break_nothing,
        );
    };
    ($fresh:path; $($promise:ident,)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $promise() {
            if let Some(world) = $fresh().await {
                $crate::conformance::$promise(&world).await;
            }
        }
    )*};
}
