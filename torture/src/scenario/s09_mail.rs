//! The mail server says "later", says "never", or takes a letter and breaks off before it says so.
//! Letters are never lost; one that went out in doubt may go out once more, under the same
//! Message-ID.

use std::collections::{BTreeMap, BTreeSet};

use super::{Played, open, swarm, verdict};
use crate::{
    check::{Found, Invariant},
    rig::{
        PATIENCE,
        installation::{Installation, Stage},
        post::Mood,
        wire::{Moment, Rule},
        within,
    },
};

pub async fn play(mut stage: Stage) -> anyhow::Result<Played> {
    let (house, _officer) = open(&stage, 12).await?;
    let dice = &mut stage.dice;
    let mut references = Vec::new();
    let mut in_doubt = 0;
    let rounds = 3;
    let mut kinds = [Kind::Later, Kind::Never, Kind::NoAnswer];
    let first = usize::try_from(dice.between(0, 2))?;
    kinds.rotate_left(first);
    for kind in kinds {
        match kind {
            Kind::Later => house.post.set(Mood::Later),
            Kind::Never => house.post.set(Mood::Never),
            Kind::NoAnswer => house.post.wire.set(Rule::LoseAnswer(Moment::EndOfLetter)),
        }
        let swarm = swarm(&house, dice, 2)?;
        if kind == Kind::NoAnswer {
            let rule = Rule::LoseAnswer(Moment::EndOfLetter);
            within(PATIENCE, "a letter", house.post.wire.leaves(rule)).await?;
            in_doubt += 1;
        } else {
            refused(&house).await?;
        }
        house.fault();
        super::calm(&house).await?;
        references.extend(swarm.all().await?);
    }
    let mut played = verdict(&house, &references, rounds).await?;
    played.found.extend(twice(&house, in_doubt));
    Ok(played)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Later,
    Never,
    NoAnswer,
}

/// A letter was turned away, and that is on record.
async fn refused(house: &Installation) -> anyhow::Result<()> {
    let sql = "select count(*) from step where verb = 'letter' and last_class is not null";
    let mut look = tokio::time::interval(crate::rig::PACE);
    let seen = async {
        while house.control.value(sql).await.ok().flatten().as_deref() == Some("0") {
            look.tick().await;
        }
    };
    within(PATIENCE, "a letter to be turned away", seen).await
}

/// Letters that read the same are the same letter, and there are no more of them than doubts.
fn twice(house: &Installation, in_doubt: usize) -> Vec<Found> {
    let mut same: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for letter in house.post.letters() {
        let reads = (letter.to, letter.subject, letter.text);
        same.entry(reads).or_default().push(letter.message_id);
    }
    let again: usize = same.values().map(|ids| ids.len() - 1).sum();
    let mut found = Vec::new();
    if again > in_doubt {
        let expected = format!("at most {in_doubt} letters sent again");
        found.push(Found::new(Invariant::Answers, expected, again.to_string()));
    }
    for ids in same.values() {
        let different: BTreeSet<_> = ids.iter().collect();
        if different.len() > 1 {
            let expected = "the same Message-ID for the same letter";
            found.push(Found::new(
                Invariant::Answers,
                expected,
                format!("{different:?}"),
            ));
        }
    }
    found
}
