//! Erase: what the plans say, for a batch of subjects in one transaction, all of it or nothing.
//!
//! The order of statements is fixed: keys first, so that edges upward survive; then everything that
//! could forbid an erasure; then pointers, columns and rows; the counts last. Nothing is decided
//! here that the plans did not show, but for rows that turn out to be shared: those stay. Whoever
//! shares rows with an earlier subject of the batch waits for the next one, so that a batch ends
//! as its orders would one after another.

mod change;
mod chunks;
mod turns;
mod words;

use habeas_connector::{EraseOrder, Erased, StoreError, Subject};
use habeas_domain::{
    outcome::{CollectionOutcome, Obstacle},
    plan::{Decision, PlannedStep, Verb},
};
use uuid::Uuid;

use crate::{
    Session,
    compile::Compiler,
    effect::{self, Known},
    locate,
    rewrite::Erasing,
    search,
    treat::PseudonymKey,
};
use change::{change, foresee};

pub(crate) use change::{ROWS_CHANGED, agree};

/// Whether a step may be carried out by this connector as it stands.
pub(crate) fn permit(plan: &PlannedStep, verb: Verb, digest: &str) -> Result<(), StoreError> {
    if plan.verb != verb {
        let message = format!("the step was planned as '{}'", plan.verb.as_str());
        return Err(StoreError::permanent("not_planned", message));
    }
    match &plan.decision {
        Decision::Act | Decision::Absent => {}
        Decision::Keep { .. } | Decision::Stop { .. } => {
            let message = "the plan decided that nothing may be done here";
            return Err(StoreError::permanent("not_planned", message));
        }
    }
    if plan.map != digest {
        let message = "the data map is not the one that the plan was made with; plan again";
        return Err(StoreError::permanent("map_changed", message));
    }
    Ok(())
}

/// What a batch did for one of its orders.
pub(crate) enum Answer {
    Done(Erased),
    Refused(StoreError),
    /// The order is to be carried out by itself, after the others: it shares rows with an earlier
    /// one of the batch, or is too long for a transaction of many.
    Later,
}

/// Carries out a batch in one transaction. Who is refused or comes later is left as it is; an
/// error is one of the whole batch. The caller has prepared the session, and rolls back on an
/// error.
pub(crate) fn erase<S: Session>(
    session: &mut S,
    compiler: Compiler,
    orders: &[&EraseOrder],
    settings: Settings,
) -> Result<Vec<Answer>, StoreError> {
    session.begin()?;
    let keys: Vec<Uuid> = orders.iter().map(|order| order.effect_key).collect();
    let mut known = if settings.remember {
        effect::claim(session, compiler, &keys, Verb::Erase)?
    } else {
        vec![None; orders.len()]
    };
    let fresh: Vec<bool> = known.iter().map(Option::is_none).collect();
    let mut answers: Vec<Option<Answer>> = known
        .iter_mut()
        .zip(orders)
        .map(
            |(known, order)| match known.take_if(|known| known.is_done()) {
                Some(known) => Some(Answer::Done(Erased {
                    collections: known.into_counts(),
                    replayed: true,
                })),
                None => fits(compiler, order).err().map(Answer::Refused),
            },
        )
        .collect();
    let mut outcomes = Vec::new();
    if answers.iter().any(Option::is_none) {
        find(session, compiler, orders, settings, &mut answers)?;
        let mut foreseen = foresee(session, compiler, orders.len())?;
        let erasing = Erasing {
            effect_keys: &keys,
            pseudonyms: settings.pseudonyms,
        };
        if let ([None], [known]) = (&answers[..], &mut known[..])
            && (known.is_some() || settings.is_long(foreseen.rows()))
        {
            let done = chunks::erase(
                session,
                compiler,
                &erasing,
                settings,
                foreseen,
                known.take(),
            )?;
            return Ok(vec![Answer::Done(done)]);
        }
        change(session, compiler, &erasing, &mut foreseen)?;
        outcomes = foreseen.outcomes;
    }
    let mut remembered: Vec<(Uuid, Option<Known>)> = Vec::new();
    for (n, answer) in answers.iter_mut().enumerate() {
        if answer.is_none() {
            let of_one = outcomes.iter().map(|of_place| of_place[n].clone());
            let collections: Vec<CollectionOutcome> = of_one.collect();
            remembered.push((keys[n], Some(Known::Done(collections.clone()))));
            *answer = Some(Answer::Done(Erased {
                collections,
                replayed: false,
            }));
        }
    }
    if settings.remember {
        for (n, answer) in answers.iter().enumerate() {
            let undone = matches!(answer, Some(Answer::Refused(_) | Answer::Later));
            let twice = remembered.iter().any(|(key, _)| *key == keys[n]);
            if undone && fresh[n] && !twice {
                remembered.push((keys[n], None));
            }
        }
        effect::remember(session, compiler, &remembered)?;
    }
    session.commit()?;
    Ok(answers.into_iter().flatten().collect())
}

/// How erasures are carried out, whoever's they are.
#[derive(Clone, Copy)]
pub(crate) struct Settings<'a> {
    pub remember: bool,
    pub share_cap: u8,
    pub pseudonyms: Option<&'a PseudonymKey>,
    /// The most rows that one transaction changes; without it, all of a batch.
    pub chunk_rows: Option<u64>,
}

impl Settings<'_> {
    /// Too many rows for one transaction.
    fn is_long(&self, rows: u64) -> bool {
        self.chunk_rows.is_some_and(|most| rows > most)
    }
}

/// The plan says for every collection what the map says.
fn fits(compiler: Compiler, order: &EraseOrder) -> Result<(), StoreError> {
    for place in &compiler.layout.places {
        let planned = order.plan.collections.iter();
        let fate = planned
            .filter(|planned| planned.name == *place.name)
            .map(|planned| planned.fate)
            .next();
        if fate != Some(place.spec.erase) {
            let message = format!("the plan says nothing that fits '{}'", place.name);
            return Err(StoreError::permanent("not_planned", message));
        }
    }
    Ok(())
}

/// Finds the rows again, and everything that has come in the way since the plans were made. Rows
/// of those who are answered already are taken out.
fn find<S: Session>(
    session: &mut S,
    compiler: Compiler,
    orders: &[&EraseOrder],
    settings: Settings,
    answers: &mut [Option<Answer>],
) -> Result<(), StoreError> {
    let subjects: Vec<&Subject> = orders.iter().map(|order| &order.subject).collect();
    let mut refuse = |subject: usize, error: StoreError| {
        answers[subject].get_or_insert(Answer::Refused(error));
    };
    for conflict in search::search(session, compiler, &subjects)? {
        let obstacle = Obstacle::Ambiguous {
            identifier_kind: conflict.kind,
            rows: conflict.rows + 1,
        };
        let error = StoreError::permanent("ambiguous", obstacle.to_string());
        refuse(conflict.subject, error);
    }
    let places = 0..compiler.layout.places.len();
    let mut found = vec![0; orders.len()];
    for n in places.clone() {
        let rows = search::counts(session, &compiler.count(n), &[], orders.len())?;
        for (subject, obstacle) in
            locate::oversized(session, compiler, n, &rows, settings.share_cap)?
        {
            refuse(
                subject,
                StoreError::permanent("share_cap", obstacle.to_string()),
            );
        }
        for (subject, rows) in rows.into_iter().enumerate() {
            found[subject] += rows;
            if let Err(error) = within_cap(compiler, n, rows, orders[subject].plan.row_cap) {
                refuse(subject, error);
            }
        }
        for (subject, obstacle) in locate::dependents(session, compiler, n, orders.len())? {
            let error = StoreError::permanent("others_depend", obstacle.to_string());
            refuse(subject, error);
        }
    }
    if orders.len() > 1 {
        let mut later = turns::after_others(session, compiler)?;
        let long =
            |subject: &usize| answers[*subject].is_none() && settings.is_long(found[*subject]);
        later.extend((0..orders.len()).filter(long));
        turns::and_behind(session, compiler, &mut later)?;
        for subject in later {
            // What refuses it may be gone when its turn comes.
            if !matches!(answers[subject], Some(Answer::Done(_))) {
                answers[subject] = Some(Answer::Later);
            }
        }
    }
    let aside: Vec<usize> = (0..orders.len())
        .filter(|n| answers[*n].is_some())
        .collect();
    if !aside.is_empty() {
        for n in places {
            session.run(&compiler.set_aside(n, &aside), &[])?;
        }
    }
    Ok(())
}

pub(crate) fn within_cap(
    compiler: Compiler,
    n: usize,
    rows: u64,
    cap: u64,
) -> Result<(), StoreError> {
    if rows <= cap {
        return Ok(());
    }
    let collection = compiler.layout.places[n].name.to_string();
    let obstacle = Obstacle::RowCap {
        collection,
        rows,
        cap,
    };
    Err(StoreError::permanent("row_cap", obstacle.to_string()))
}
