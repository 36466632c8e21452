//! Hints between the processes of one installation: steps have become ready. On SQLite there is one
//! process, which needs none. Correctness never rests on a hint: workers look by themselves too.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use diesel::RunQueryDsl;

use crate::{
    Db, DbResult, Location,
    conn::Conn,
    db::{self, OpenError},
};

/// A connection hears nothing by itself; it is asked so often.
const LISTEN_EVERY: Duration = Duration::from_millis(100);
/// After the connection broke.
const CONNECT_EVERY: Duration = Duration::from_secs(5);

/// Tells whoever listens, when the transaction commits.
pub(crate) fn tell(conn: &mut Conn) -> DbResult<()> {
    if let Conn::Postgres(conn) = conn {
        diesel::sql_query("NOTIFY habeas_steps").execute(conn)?;
    }
    Ok(())
}

/// Listens as long as it lives.
#[derive(Debug)]
pub struct Listener(Arc<AtomicBool>);

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Db {
    /// Calls `heard` whenever another process has made steps ready. Hints may be lost while the
    /// connection is down.
    pub fn listen(&self, heard: impl Fn() + Send + 'static) -> Listener {
        let ended = Arc::new(AtomicBool::new(false));
        let location = self.location().clone();
        if matches!(location, Location::Postgres(_)) {
            let ended = Arc::clone(&ended);
            thread::spawn(move || {
                while !ended.load(Ordering::Relaxed) {
                    if let Err(error) = hear(&location, &ended, &heard) {
                        tracing::debug!(code = %error, "nothing can be heard from other workers");
                        thread::sleep(CONNECT_EVERY);
                    }
                }
            });
        }
        Listener(ended)
    }
}

fn hear(location: &Location, ended: &AtomicBool, heard: &impl Fn()) -> Result<(), OpenError> {
    let broken = |source: diesel::result::Error| OpenError::Connect {
        code: "not heard".to_owned(),
        source: source.into(),
    };
    let Conn::Postgres(mut conn) = db::connect(location, false)? else {
        return Ok(());
    };
    diesel::sql_query("LISTEN habeas_steps")
        .execute(&mut conn)
        .map_err(broken)?;
    while !ended.load(Ordering::Relaxed) {
        let mut any = false;
        for notification in conn.notifications_iter() {
            notification.map_err(broken)?;
            any = true;
        }
        if any {
            heard();
        }
        thread::sleep(LISTEN_EVERY);
    }
    Ok(())
}
