//! What every SQL store promises of every world, compared with the model.

use std::{cell::Cell, collections::BTreeMap};

use habeas_connector::{
    Connector, EraseOrder, Erased, Record, StoreError, Subject, Value, conformance::script,
};
use habeas_connector_sql::{Options, PseudonymKey};
use habeas_domain::{Identifier, data_map::DataMap, outcome::CollectionOutcome, plan::Decision};

use super::{
    Late, Model, Words, World, every_circle,
    model::{self, Counts, Refused},
    orders,
    seed::Seed,
};

/// A database that random worlds are made in.
pub trait Home: Sized {
    const WORDS: Words;

    /// An empty place with this script run in it.
    fn built(script: &str) -> Self;

    fn connector(&self, map: DataMap, options: Options) -> Box<dyn Connector>;

    fn run(&self, sql: &str);

    /// The rows of a query whose columns are text.
    fn read(&self, sql: &str) -> Vec<Vec<Option<String>>>;

    /// What the database finds broken.
    fn broken(&self) -> Vec<String>;

    /// Lets the nth change of a row of these tables in one transaction fail.
    fn fail_at(&self, world: &World, nth: usize);

    fn fail_no_more(&self, world: &World);
}

type Kept = Result<(), String>;

/// Fails with what is said unless it holds.
macro_rules! ensure {
    ($holds:expr, $($said:tt)+) => {
        if !$holds {
            return Err(format!($($said)+));
        }
    };
}

struct Scene<H> {
    world: World,
    home: H,
    connector: Box<dyn Connector>,
}

fn options() -> Options {
    Options {
        pseudonym_key: PseudonymKey::new([7; 32]),
        ..Options::default()
    }
}

impl<H: Home> Scene<H> {
    fn of(world: &World, options: Options) -> Result<Self, String> {
        let home = H::built(&world.script(&H::WORDS));
        let map = DataMap::parse("random.yaml", &world.map())
            .map_err(|error| format!("the map is not sound: {error}\n{}", world.map()))?;
        Ok(Self {
            world: world.clone(),
            connector: home.connector(map, options),
            home,
        })
    }

    /// Every row of the database is as foreseen, and none is there besides.
    fn compare(&self, model: &Model, when: &str) -> Kept {
        let broken = self.home.broken();
        ensure!(broken.is_empty(), "{when}: broken constraints: {broken:?}");
        for (n, table) in self.world.tables.iter().enumerate() {
            let key = |row: &[Option<String>]| -> Vec<Option<String>> {
                table
                    .key
                    .iter()
                    .map(|column| row[*column].clone())
                    .collect()
            };
            let found = self.home.read(&self.world.select(n, H::WORDS.cast));
            let found: BTreeMap<_, _> = found.into_iter().map(|row| (key(&row), row)).collect();
            let foreseen: BTreeMap<_, _> = model.rows[n]
                .iter()
                .map(|row| {
                    let texts: Vec<Option<String>> = row
                        .iter()
                        .map(|cell| cell.known().map(str::to_owned))
                        .collect();
                    (key(&texts), row)
                })
                .collect();
            let name = &table.name;
            for (key, row) in &foreseen {
                let Some(found) = found.get(key) else {
                    return Err(format!("{when}: {name} {key:?} is gone"));
                };
                let same = row
                    .iter()
                    .zip(found)
                    .all(|(cell, found)| cell.is(found.as_deref()));
                ensure!(same, "{when}: {name} holds {found:?} and not {row:?}");
            }
            for key in found.keys() {
                ensure!(
                    foreseen.contains_key(key),
                    "{when}: {name} {key:?} is still there"
                );
            }
        }
        Ok(())
    }

    /// The subjects as searches widen them, and an order for each as the planner makes it.
    async fn orders(&self, model: &Model<'_>) -> Result<Vec<EraseOrder>, String> {
        let mut subjects = orders::persons(self.world.emails.iter().map(String::as_str));
        let located = orders::widen(&*self.connector, &mut subjects).await;
        let mut all = Vec::new();
        for ((subject, located), email) in subjects.iter().zip(located).zip(&self.world.emails) {
            let person = model.subject(email);
            let mut numbers: Vec<&str> = subject
                .further
                .iter()
                .map(|it| it.value.reveal().as_str())
                .collect();
            numbers.sort_unstable();
            ensure!(
                numbers.iter().eq(person.numbers.iter()),
                "{email} is known by {numbers:?} and not {:?}",
                person.numbers
            );
            let rows: Vec<u64> = located.rows.iter().map(|rows| rows.rows).collect();
            let foreseen = self.counted(model, &person);
            ensure!(
                rows == foreseen,
                "{email} has {rows:?} and not {foreseen:?}"
            );
            let stops = !located.obstacles.is_empty();
            let refused = model.clone().erase(&person) == Err(Refused::Depends);
            ensure!(
                stops == refused || model.has_circle(),
                "the search foresees {:?} for {email}; refused: {refused}",
                located.obstacles
            );
            let mut order = orders::order(&*self.connector, subject.clone(), located);
            // The transaction is to find the obstacles itself.
            order.plan.decision = Decision::Act;
            all.push(order);
        }
        Ok(all)
    }

    /// Rows of somebody by collection.
    fn counted(&self, model: &Model, person: &model::Subject) -> Vec<u64> {
        let found = model.find(person);
        let of = |c| {
            found
                .iter()
                .filter(|(collection, _)| *collection == c)
                .count()
        };
        (0..self.world.collections.len())
            .map(|c| of(c) as u64)
            .collect()
    }

    async fn erase(
        &self,
        orders: &[EraseOrder],
    ) -> Result<Vec<Result<Erased, StoreError>>, String> {
        self.connector.erase(orders).await.map_err(told)
    }

    async fn nothing_remains(&self, orders: &[EraseOrder]) -> Kept {
        for (n, answer) in self
            .connector
            .verify(orders)
            .await
            .map_err(told)?
            .into_iter()
            .enumerate()
        {
            let left = answer.map_err(told)?.rows;
            ensure!(left.is_empty(), "order {n} is read back with {left:?} left");
        }
        Ok(())
    }
}

fn told(error: StoreError) -> String {
    format!("{error}")
}

/// The answer to an order is what the model foresees; what is refused changes nothing.
fn answered(
    words: &Words,
    model: &mut Model,
    person: &model::Subject,
    answer: &Result<Erased, StoreError>,
) -> Kept {
    let email = &person.email;
    match (model.erase(person), answer) {
        (Ok(foreseen), Ok(erased)) => {
            let counts: Vec<Counts> = erased.collections.iter().map(counts).collect();
            ensure!(
                counts == foreseen,
                "{email} is answered {counts:#?} and not {foreseen:#?}"
            );
        }
        (Err(Refused::Circle), Err(error)) => {
            ensure!(
                error.code == "map_mismatch",
                "{email} meets a circle and {error}"
            );
        }
        (Err(Refused::Depends), Err(error)) => {
            ensure!(
                error.code == "others_depend",
                "rows depend on {email}'s and {error}"
            );
        }
        (Err(refused), Ok(_)) => return Err(format!("{email} is erased in spite of {refused:?}")),
        (Err(Refused::Ring), Err(error)) => {
            ensure!(
                Some(&*error.code) == words.refuses_rings,
                "{email} meets a ring and {error}"
            );
        }
        (Ok(_), Err(error)) => return Err(format!("{email} is refused: {error}")),
    }
    Ok(())
}

fn counts(outcome: &CollectionOutcome) -> Counts {
    Counts {
        located: outcome.located,
        erased: outcome.erased,
        replaced: outcome.replaced,
        kept: outcome.kept,
        detached: outcome.detached,
    }
}

/// Each person is found and exported whole, erased alone, and found to be gone; the others stay as
/// they are.
pub async fn everybody_one_by_one<H: Home>(seed: Seed) -> Kept {
    let world = World::of(&seed, &H::WORDS);
    let scene = Scene::<H>::of(&world, options())?;
    let mut model = Model::new(&world, &H::WORDS);
    scene.compare(&model, "at first")?;
    let report = scene.connector.check().await.map_err(told)?;
    ensure!(
        report.is_usable() != model.has_circle(),
        "check finds {:?}",
        report.findings
    );
    let orders = scene.orders(&model).await?;
    exported(&scene, &model, &orders).await?;
    scene.compare(&model, "after reading")?;
    for order in &orders {
        let person = known(order);
        let once = std::slice::from_ref(order);
        let answer = scene.erase(once).await?.remove(0);
        answered(&H::WORDS, &mut model, &person, &answer)?;
        scene.compare(&model, &format!("after erasing {}", person.email))?;
        let Ok(first) = answer else { continue };
        scene.nothing_remains(once).await?;
        let again = scene.erase(once).await?.remove(0).map_err(told)?;
        ensure!(
            again.replayed && again.collections == first.collections,
            "the second run of an order is no replay"
        );
        scene.compare(&model, "after a second run")?;
        let mut further = orders::orders(&*scene.connector, [person.email.as_str()]).await;
        further[0].plan.decision = Decision::Act;
        let person = known(&further[0]);
        let answer = scene.erase(&further).await?.remove(0);
        answered(&H::WORDS, &mut model, &person, &answer)?;
        let found = answer.map_err(told)?.collections;
        let deleted: u64 = found.iter().map(|outcome| outcome.erased).sum();
        ensure!(
            deleted == 0,
            "a further order finds {deleted} rows to delete"
        );
        scene.compare(&model, "after a further order")?;
    }
    Ok(())
}

fn known(order: &EraseOrder) -> model::Subject {
    let text = |it: &Identifier| it.value.reveal().clone();
    model::Subject {
        email: text(&order.subject.identifiers[0]),
        numbers: order.subject.further.iter().map(text).collect(),
    }
}

async fn exported<H: Home>(scene: &Scene<H>, model: &Model<'_>, orders: &[EraseOrder]) -> Kept {
    let subjects: Vec<Subject> = orders.iter().map(|order| order.subject.clone()).collect();
    let exports = script::export(&*scene.connector, subjects).await;
    for (order, export) in orders.iter().zip(exports) {
        let person = known(order);
        let mut foreseen: Vec<(String, Vec<Option<String>>)> = model
            .find(&person)
            .into_iter()
            .map(|(c, r)| {
                let collection = &scene.world.collections[c];
                let row = &model.rows[collection.table][r];
                let texts = row.iter().map(|cell| cell.known().map(str::to_owned));
                (collection.name.clone(), texts.collect())
            })
            .collect();
        let mut sent: Vec<_> = export
            .rows
            .iter()
            .map(|(collection, record)| (collection.clone(), texts(record)))
            .collect();
        foreseen.sort();
        sent.sort();
        ensure!(
            sent == foreseen,
            "{} is sent {sent:#?} and not {foreseen:#?}",
            person.email
        );
        let ended: Option<u64> = export.ended.map(|sent| script::total(&sent));
        ensure!(ended == Some(foreseen.len() as u64), "the stream was cut");
    }
    Ok(())
}

fn texts(record: &Record) -> Vec<Option<String>> {
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::Integer(number) => Some(number.to_string()),
        Value::Text(text) => Some(text.clone()),
        other => Some(other.to_json().to_string()),
    };
    record.iter().map(|(_, value)| text(value)).collect()
}

/// A batch ends as its orders would one after another, and so it does in chunks.
pub async fn everybody_at_once<H: Home>(seed: Seed) -> Kept {
    let world = World::of(&seed, &H::WORDS);
    together::<H>(&world, options()).await?;
    if rings::<H>(&world) {
        return Ok(());
    }
    let chunked = Options {
        chunk_rows: Some(1),
        ..options()
    };
    let kept = together::<H>(&world, chunked).await;
    kept.map_err(|reason| format!("in chunks: {reason}"))
}

/// Chunks are not taken back when a later one of the person's is refused.
fn rings<H: Home>(world: &World) -> bool {
    let mut model = Model::new(world, &H::WORDS);
    let refused = |email: &String| {
        let person = model.subject(email);
        model.erase(&person) == Err(Refused::Ring)
    };
    world.emails.iter().any(refused)
}

async fn together<H: Home>(world: &World, options: Options) -> Kept {
    let scene = Scene::<H>::of(world, options)?;
    let mut model = Model::new(world, &H::WORDS);
    let orders = scene.orders(&model).await?;
    let answers = scene.erase(&orders).await?;
    for (order, answer) in orders.iter().zip(&answers) {
        answered(&H::WORDS, &mut model, &known(order), answer)?;
    }
    scene.compare(&model, "after the batch")
}

/// Keys in a circle are refused where none of them can wait, and no hindrance where one can.
pub fn circles<H: Home>(cases: u32) {
    let erased = Cell::new(0);
    every_circle(cases, &H::WORDS, |seed| {
        erased.set(erased.get() + erased_from_circles::<H>(&World::of(&seed, &H::WORDS)));
        async {
            everybody_one_by_one::<H>(seed.clone()).await?;
            everybody_at_once::<H>(seed).await
        }
    });
    let can_wait = H::WORDS.late != Late::Never;
    assert_eq!(erased.get() > 0, can_wait, "worlds were drawn for it");
}

/// Persons whom a circle does not keep from being erased.
fn erased_from_circles<H: Home>(world: &World) -> usize {
    let model = Model::new(world, &H::WORDS);
    let erased = |email: &&String| model.clone().erase(&model.subject(email)).is_ok();
    match model.has_late_circle() {
        true => world.emails.iter().filter(erased).count(),
        false => 0,
    }
}

/// A change that fails leaves nothing of its order, and everything of the others; tried again
/// later, all of it is done.
pub async fn everybody_in_spite_of_a_failure<H: Home>(seed: Seed) -> Kept {
    let world = World::of(&seed, &H::WORDS);
    let scene = Scene::<H>::of(&world, options())?;
    let mut model = Model::new(&world, &H::WORDS);
    let orders = scene.orders(&model).await?;
    scene.home.fail_at(&world, seed.fails_at);
    let answers = scene.erase(&orders).await?;
    for (order, answer) in orders.iter().zip(&answers) {
        if answer.is_ok() {
            answered(&H::WORDS, &mut model, &known(order), answer)?;
        }
    }
    scene.compare(&model, "after the failure")?;
    scene.home.fail_no_more(&world);
    let answers: Vec<_> = answers.iter().map(Result::is_ok).collect();
    for (order, done) in orders.iter().zip(answers) {
        let answer = scene.erase(std::slice::from_ref(order)).await?.remove(0);
        if done {
            ensure!(
                answer.is_ok_and(|erased| erased.replayed),
                "it was done before"
            );
        } else {
            answered(&H::WORDS, &mut model, &known(order), &answer)?;
        }
    }
    scene.compare(&model, "after the second attempt")
}
