//! The threads that run closures on a database, and the watch over those that hear nothing more.
//!
//! A connection whose other end has gone without a word holds its thread for ever: no limit of the
//! server reaches a client that the server cannot reach. Such a thread is left to itself, and
//! another one takes its place with a connection of its own.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

use crate::{
    Location,
    conn::Conn,
    db::{Job, Lost, connect, transaction},
};

/// Longer than transactions take. One that takes longer all the same still ends and answers; it
/// only had a thread hired for it in vain.
const DEAF_AFTER: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Threads that were left to themselves and have not come back. With so many the database is not
/// there, and more of them would not find it.
const MOST_LEFT: usize = 32;

/// Shared by the lanes of one database.
pub(crate) type Age = Arc<AtomicUsize>;

pub(crate) struct Crew {
    location: Location,
    queue: Mutex<mpsc::Receiver<Job>>,
    /// The most closures that share a transaction.
    group: usize,
    writes: bool,
    turns: Mutex<Vec<Arc<Turn>>>,
    left: AtomicUsize,
    /// Rises when a connection is found deaf: those that were made before are not trusted, by no
    /// lane.
    age: Age,
}

/// What one thread is at.
#[derive(Default)]
struct Turn {
    work: Mutex<Option<Work>>,
    left: AtomicBool,
}

/// A transaction under way, and how its callers learn that it may never end.
struct Work {
    began: Instant,
    callers: Vec<oneshot::Sender<Lost>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing under these locks panics; what they hold is whole in any case.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Crew {
    pub(crate) fn new(
        location: &Location,
        queue: mpsc::Receiver<Job>,
        group: usize,
        writes: bool,
        age: Age,
    ) -> Arc<Crew> {
        Arc::new(Crew {
            location: location.clone(),
            queue: Mutex::new(queue),
            group,
            writes,
            turns: Mutex::default(),
            left: AtomicUsize::new(0),
            age,
        })
    }

    /// One more thread, which ends when nobody can ask it any more.
    pub(crate) fn hire(self: &Arc<Self>, conn: Option<Conn>) {
        let turn = Arc::new(Turn::default());
        lock(&self.turns).push(Arc::clone(&turn));
        let crew = Arc::clone(self);
        thread::spawn(move || crew.serve(&turn, conn));
    }

    fn serve(&self, turn: &Turn, mut conn: Option<Conn>) {
        let mut age = self.age.load(Ordering::Relaxed);
        loop {
            let mut jobs: Vec<Job> = {
                let queue = lock(&self.queue);
                let Ok(job) = queue.recv() else { return };
                std::iter::once(job)
                    .chain(queue.try_iter().take(self.group - 1))
                    .collect()
            };
            if !jobs.iter().any(Job::may_take_long) {
                *lock(&turn.work) = Some(Work {
                    began: Instant::now(),
                    callers: jobs.iter_mut().filter_map(Job::caller).collect(),
                });
            }
            let today = self.age.load(Ordering::Relaxed);
            if age != today {
                (age, conn) = (today, None);
            }
            conn = self.carry_out(conn, jobs);
            *lock(&turn.work) = None;
            if turn.left.load(Ordering::Relaxed) {
                self.left.fetch_sub(1, Ordering::Relaxed);
                return;
            }
        }
    }

    /// Gives the connection back when it can be used again.
    fn carry_out(&self, conn: Option<Conn>, jobs: Vec<Job>) -> Option<Conn> {
        let mut live = match conn {
            Some(live) => live,
            None => match connect(&self.location, self.writes) {
                Ok(live) => live,
                Err(error) => {
                    tracing::error!(code = %error, "the control database cannot be reached");
                    // Dropping the jobs tells each caller that the database is unavailable.
                    return None;
                }
            },
        };
        transaction(&mut live, self.writes, jobs).then_some(live)
    }

    /// Looks after the threads as long as there are any.
    pub(crate) fn watch(self: &Arc<Self>) {
        let crew = Arc::downgrade(self);
        thread::spawn(move || {
            loop {
                thread::sleep(LOOK_EVERY);
                let Some(crew) = crew.upgrade() else { return };
                crew.replace_deaf();
            }
        });
    }

    fn replace_deaf(self: &Arc<Self>) {
        let deaf = |turn: &Arc<Turn>| {
            let work = lock(&turn.work);
            work.as_ref()
                .is_some_and(|work| work.began.elapsed() > DEAF_AFTER)
        };
        let mut gone = 0;
        lock(&self.turns).retain(|turn| {
            let leave = deaf(turn) && self.left.load(Ordering::Relaxed) < MOST_LEFT;
            if leave {
                turn.left.store(true, Ordering::Relaxed);
                let callers = lock(&turn.work).take().map(|work| work.callers);
                for caller in callers.into_iter().flatten() {
                    // It may have gone away.
                    let _ = caller.send(Lost);
                }
                self.left.fetch_add(1, Ordering::Relaxed);
                gone += 1;
            }
            !leave
        });
        if gone > 0 {
            self.age.fetch_add(1, Ordering::Relaxed);
        }
        for _ in 0..gone {
            tracing::error!("a connection to the control database hears nothing; it is replaced");
            self.hire(None);
        }
    }
}
