//! Erasures in batches: as many subjects in one transaction as possible, and one that cannot be
//! served never in the way of the others.

use habeas_connector::{Answers, EraseOrder, Erased, ErrorClass, StoreError};

use super::Inner;
use crate::{
    Session as _, Store,
    compile::Compiler,
    erase::{self, Answer, Settings},
    search::unexpected,
};

/// Carries out the orders that are permitted. Once begun it is not interrupted: dropping the
/// future leaves the thread to finish.
pub(super) fn erase<S: Store>(inner: &Inner<S>, orders: &[EraseOrder]) -> Answers<Erased> {
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let mut answers: Vec<Option<Result<Erased, StoreError>>> = orders
        .iter()
        .map(|order| inner.permit(order).err().map(Err))
        .collect();
    let permitted: Vec<usize> = (0..orders.len())
        .filter(|n| answers[*n].is_none())
        .collect();
    // A stack: the next batch is the last one.
    let mut waiting: Vec<Vec<usize>> = permitted
        .chunks(inner.options.batch.max(1))
        .rev()
        .map(<[usize]>::to_vec)
        .collect();
    let mut open = Some(inner.open_writer()?);
    while let Some(batch) = waiting.pop() {
        let (mut session, layout) = match open.take() {
            Some(open) => open,
            None => match inner.open_writer() {
                Ok(open) => open,
                Err(error) => {
                    answer_all(&mut answers, &batch, &error);
                    continue;
                }
            },
        };
        let wanted: Vec<&EraseOrder> = batch.iter().map(|n| &orders[*n]).collect();
        let settings = Settings {
            remember: inner.options.effect_table,
            share_cap: inner.options.share_cap,
            chunk_rows: inner.options.chunk_rows.map(|most| most.max(1)),
            pseudonyms: inner.options.pseudonym_key.as_ref(),
        };
        let compiler = Compiler {
            layout: &layout,
            dialect: session.dialect(),
        };
        let done = inner.erasable(&layout).and_then(|()| {
            super::order::serialised(&mut session, |session| {
                erase::erase(session, compiler, &wanted, settings)
            })
        });
        match done {
            Ok(done) => {
                for (n, answer) in batch.iter().zip(done).rev() {
                    match answer {
                        Answer::Done(erased) => answers[*n] = Some(Ok(erased)),
                        Answer::Refused(error) => answers[*n] = Some(Err(error)),
                        Answer::Later => waiting.push(vec![*n]),
                    }
                }
                open = Some((session, layout));
            }
            // After a failure the next batch gets a fresh connection: this one may be gone.
            Err(error) if batch.len() > 1 && is_of_one(&error) => {
                let (first, second) = batch.split_at(batch.len() / 2);
                waiting.push(second.to_vec());
                waiting.push(first.to_vec());
            }
            Err(error) => answer_all(&mut answers, &batch, &error),
        }
    }
    let answers = answers.into_iter();
    Ok(answers
        .map(|answer| answer.unwrap_or_else(|| Err(unexpected())))
        .collect())
}

/// The failure may come from one member of the batch, and the others may go through without it.
fn is_of_one(error: &StoreError) -> bool {
    error.class == ErrorClass::Permanent || error.code == erase::ROWS_CHANGED
}

fn answer_all(
    answers: &mut [Option<Result<Erased, StoreError>>],
    batch: &[usize],
    error: &StoreError,
) {
    for n in batch {
        let own = StoreError::new(error.class, error.code.clone(), error.message.clone());
        answers[*n] = Some(Err(own));
    }
}
