//! A long erasure in chunks: many short transactions, where the operator declared that one would
//! hurt the store.
//!
//! Rows that hold a key go before the rows whose key it is, so that whatever is left after a crash
//! is still found by the person's identifiers, and the next attempt goes on from there. The effect
//! key remembers the counts in the transaction of each chunk. What goes only together, since its
//! keys run in a circle, is one chunk however many rows it has.

use habeas_connector::{Erased, StoreError};
use habeas_domain::{data_map::RowTreatment, outcome::CollectionOutcome};

use super::{
    Settings,
    change::{self, Foreseen},
};
use crate::{
    Session,
    compile::{Compiler, GOING, WAITING},
    effect::{self, Known},
    rewrite::Erasing,
};

/// Carries on in the transaction that found the rows, which it ends.
pub(super) fn erase<S: Session>(
    session: &mut S,
    compiler: Compiler,
    erasing: &Erasing,
    settings: Settings,
    mut foreseen: Foreseen,
    before: Option<Known>,
) -> Result<Erased, StoreError> {
    change::prepare(session, compiler, &mut foreseen.outcomes)?;
    let mut progress = Progress {
        outcomes: foreseen.outcomes.into_iter().flatten().collect(),
        settings,
    };
    progress.add(before.map(Known::into_counts).unwrap_or_default());
    for n in 0..compiler.layout.places.len() {
        session.run(&compiler.mark_all(n, GOING, WAITING), &[])?;
    }
    progress.save(session, compiler, erasing, false)?;
    session.commit()?;
    let fate = |n: usize| compiler.layout.places[n].spec.erase;
    let treated: Vec<[usize; 1]> = (0..compiler.layout.places.len())
        .filter(|n| fate(*n) == RowTreatment::Columns)
        .map(|n| [n])
        .collect();
    let deleted = compiler.layout.erasure.parts();
    let deleted = deleted
        .into_iter()
        .filter(|part| part.iter().any(|n| fate(*n) == RowTreatment::Delete));
    for part in treated.iter().map(<[usize; 1]>::as_slice).chain(deleted) {
        match part {
            [n] => {
                while progress
                    .chunk(session, compiler, erasing, *n)
                    .map_err(unfinished)?
                {}
            }
            part => progress
                .together(session, compiler, erasing, part)
                .map_err(unfinished)?,
        }
    }
    session.begin()?;
    progress.save(session, compiler, erasing, true)?;
    session.commit()?;
    Ok(Erased {
        collections: progress.outcomes,
        replayed: false,
    })
}

struct Progress<'a> {
    outcomes: Vec<CollectionOutcome>,
    settings: Settings<'a>,
}

impl Progress<'_> {
    /// What an earlier attempt did. Rows that it deleted are not found again, nor are those whose
    /// pointer to the person it emptied; what it treated otherwise is found and counted again.
    fn add(&mut self, before: Vec<CollectionOutcome>) {
        for was in before {
            let same = |now: &&mut CollectionOutcome| now.collection == was.collection;
            if let Some(now) = self.outcomes.iter_mut().find(same) {
                let lost = was.located.saturating_sub(was.erased + now.located);
                let treated = lost.min(was.replaced);
                now.located += was.erased + treated;
                now.erased += was.erased;
                now.detached += was.detached;
                now.replaced += treated;
                if treated > 0 {
                    now.ground = was.ground;
                    now.method = was.method;
                }
            }
        }
    }

    /// One transaction; `false` when no row of the collection waits any more.
    fn chunk<S: Session>(
        &mut self,
        session: &mut S,
        compiler: Compiler,
        erasing: &Erasing,
        n: usize,
    ) -> Result<bool, StoreError> {
        session.begin()?;
        let rows = change::take(session, compiler, n, self.settings.chunk_rows)?;
        if rows == 0 {
            session.rollback();
            return Ok(false);
        }
        let outcome = &mut self.outcomes[n];
        let mut now = outcome.clone();
        match compiler.layout.places[n].spec.erase {
            RowTreatment::Columns => {
                let one = std::slice::from_mut(&mut now);
                change::replace(session, compiler, n, erasing, &[rows], one)?;
                if outcome.replaced > 0 {
                    now.ground = outcome.ground.take();
                }
                now.replaced += outcome.replaced;
            }
            RowTreatment::Delete => {
                change::delete_at_once(session, compiler, n, rows)?;
                now.erased += rows;
            }
            RowTreatment::Keep | RowTreatment::Derived => {}
        }
        *outcome = now;
        session.run(&compiler.done(n), &[])?;
        self.save(session, compiler, erasing, false)?;
        session.commit()?;
        Ok(true)
    }

    /// Collections whose keys run in a circle, in one transaction.
    fn together<S: Session>(
        &mut self,
        session: &mut S,
        compiler: Compiler,
        erasing: &Erasing,
        part: &[usize],
    ) -> Result<(), StoreError> {
        session.begin()?;
        change::defer(session, compiler)?;
        let deleted = |n: &&usize| compiler.layout.places[**n].spec.erase == RowTreatment::Delete;
        for n in part.iter().filter(deleted) {
            let rows = session.run(&compiler.mark_all(*n, WAITING, GOING), &[])?;
            let before = self.outcomes[*n].erased;
            let one = std::slice::from_mut(&mut self.outcomes[*n]);
            change::delete(session, compiler, *n, &[rows], one)?;
            if rows > 0 {
                self.outcomes[*n].erased += before;
                session.run(&compiler.done(*n), &[])?;
            }
        }
        self.save(session, compiler, erasing, false)?;
        session.commit()
    }

    fn save<S: Session>(
        &self,
        session: &mut S,
        compiler: Compiler,
        erasing: &Erasing,
        done: bool,
    ) -> Result<(), StoreError> {
        if !self.settings.remember {
            return Ok(());
        }
        let counts = self.outcomes.clone();
        let known = if done {
            Known::Done(counts)
        } else {
            Known::Begun { unfinished: counts }
        };
        effect::remember(session, compiler, &[(erasing.effect_keys[0], Some(known))])
    }
}

fn unfinished(error: StoreError) -> StoreError {
    let message = format!(
        "{}; what earlier chunks of this erasure did stays done, and the next attempt goes on from \
         there",
        error.message.replace("; all was undone", "")
    );
    StoreError { message, ..error }
}
