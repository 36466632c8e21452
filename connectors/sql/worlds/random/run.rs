//! Many cases of one promise, the smallest that breaks it, and the seed to see it again.

use std::{env, future::Future};

use proptest::{
    strategy::Strategy,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};

use super::{
    Words, World,
    seed::{Seed, circles, seeds},
};

/// How many cases a run tries where nothing else is said.
const CASES: &str = "HABEAS_RANDOM_CASES";
/// The number that a failure named.
const SEED: &str = "HABEAS_RANDOM_SEED";

#[expect(
    clippy::disallowed_methods,
    reason = "how a test is run is no setting of the program"
)]
fn asked<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = env::var(name).ok()?;
    match text.parse() {
        Ok(number) => Some(number),
        Err(_) => panic!("{name} is a number"),
    }
}

/// The number of cases that the environment asks for, or this one.
pub fn cases(usual: u32) -> u32 {
    asked(CASES).unwrap_or(usual)
}

/// Tries a promise on so many random worlds; an error of the smallest failing one ends the test.
pub fn every<F: Future<Output = Result<(), String>>>(
    cases: u32,
    words: &Words,
    promise: impl Fn(Seed) -> F,
) {
    all(seeds(), cases, words, promise);
}

/// As `every`, on worlds with a circle of keys.
pub fn every_circle<F: Future<Output = Result<(), String>>>(
    cases: u32,
    words: &Words,
    promise: impl Fn(Seed) -> F,
) {
    all(circles(), cases, words, promise);
}

fn all<F: Future<Output = Result<(), String>>>(
    worlds: impl Strategy<Value = Seed>,
    cases: u32,
    words: &Words,
    promise: impl Fn(Seed) -> F,
) {
    let seed: u64 = asked(SEED).unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 2_000,
        max_shrink_time: 60_000,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be made");
    let tried = TestRunner::new_with_rng(config, rng).run(&worlds, |seed| {
        let kept = runtime.block_on(promise(seed));
        kept.map_err(TestCaseError::fail)
    });
    match tried {
        Ok(()) => {}
        Err(TestError::Fail(reason, smallest)) => {
            let world = World::of(&smallest, words);
            panic!(
                "{SEED}={seed} fails: {reason}\n{smallest:?}\nthe smallest world:\n{}\n{}",
                world.script(words),
                world.map()
            )
        }
        Err(TestError::Abort(reason)) => panic!("{SEED}={seed} was given up: {reason}"),
    }
}
