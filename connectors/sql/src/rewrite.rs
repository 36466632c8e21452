//! Values that depend on what stands in the row: read, treated here, and written back with one
//! statement for many rows.

use habeas_connector::{StoreError, Value};
use habeas_domain::data_map::{Column, ColumnTreatment};
use uuid::Uuid;

use crate::{
    Session,
    compile::Compiler,
    layout::Place,
    search::{self, number},
    treat::{self, PseudonymKey, Treating},
};

/// Rows whose old and new values are in memory at the same time.
const PAGE: usize = 2_000;

/// Parameters in one statement, well below what any database takes.
const PARAMETERS_AT_ONCE: usize = 900;

/// Whom a batch erases, in the order of the subjects' numbers, and the store's key.
pub(crate) struct Erasing<'a> {
    pub effect_keys: &'a [Uuid],
    pub pseudonyms: Option<&'a PseudonymKey>,
}

/// Columns of a collection whose new value depends on the old one.
pub(crate) fn computed(place: &Place) -> Vec<&str> {
    let depends = |column: &Column| match &column.erase {
        Some(
            ColumnTreatment::Random
            | ColumnTreatment::Pseudonymise
            | ColumnTreatment::Generalise(_),
        ) => true,
        Some(
            ColumnTreatment::Null
            | ColumnTreatment::Fixed(_)
            | ColumnTreatment::Detach
            | ColumnTreatment::Keep,
        )
        | None => column.fields.values().any(|field| field.erase.is_some()),
    };
    let columns = place.spec.columns.iter();
    columns
        .filter(|(_, column)| depends(column))
        .map(|(name, _)| name.as_str())
        .collect()
}

/// Treats every row that is going, and counts them. The transaction is the caller's.
pub(crate) fn rewrite<S: Session>(
    session: &mut S,
    compiler: Compiler,
    n: usize,
    erasing: &Erasing,
) -> Result<u64, StoreError> {
    let place = &compiler.layout.places[n];
    let columns = computed(place);
    if columns.is_empty() {
        return Ok(0);
    }
    for sql in compiler.create_values(n, &columns) {
        session.run(&sql, &[])?;
    }
    let mut rows = 0;
    loop {
        let page = read_page(session, compiler, n, &columns, erasing, rows)?;
        if page.is_empty() {
            break;
        }
        rows += page.len();
        let width = place.spec.key.len() + columns.len();
        for chunk in page.chunks((PARAMETERS_AT_ONCE / width).max(1)) {
            add(session, compiler, n, &columns, chunk)?;
        }
    }
    let changed = session.run(&compiler.write_values(n, &columns), &[])?;
    session.run(&compiler.drop_values(n), &[])?;
    Ok(changed)
}

/// A row's key and its new values; `None` is null.
type Treated = (Vec<String>, Vec<Option<String>>);

fn read_page<S: Session>(
    session: &mut S,
    compiler: Compiler,
    n: usize,
    columns: &[&str],
    erasing: &Erasing,
    skip: usize,
) -> Result<Vec<Treated>, StoreError> {
    let place = &compiler.layout.places[n];
    let mut page = Vec::new();
    let sql = compiler.read_values(n, columns, Some((PAGE, skip)));
    session.rows(&sql, &[], &mut |row| {
        let (_, key, values) = taken_apart(place, columns.len(), row)?;
        let treated = columns.iter().zip(values).map(|(column, value)| {
            let Some(held) = value else { return Ok(None) };
            treat_one(place, column, &held, &key.1, erasing, key.0)?
                .map(Some)
                .ok_or_else(|| cannot_treat(place, column))
        });
        let treated = treated.collect::<Result<_, StoreError>>()?;
        page.push((key.1, treated));
        Ok(())
    })?;
    Ok(page)
}

/// Rows that do not hold what their treatment makes of them, filed by subject.
pub(crate) fn untreated<S: Session>(
    session: &mut S,
    compiler: Compiler,
    n: usize,
    erasing: &Erasing,
    wrong: &mut [u64],
) -> Result<(), StoreError> {
    let place = &compiler.layout.places[n];
    let columns = computed(place);
    if columns.is_empty() {
        return Ok(());
    }
    let sql = compiler.read_values(n, &columns, None);
    session.rows(&sql, &[], &mut |row| {
        let (subject, key, values) = taken_apart(place, columns.len(), row)?;
        let mut differs = false;
        for (column, value) in columns.iter().zip(values) {
            if let Some(held) = value {
                let treated = treat_one(place, column, &held, &key.1, erasing, key.0)?;
                differs |= treated.as_ref() != Some(&held);
            }
        }
        wrong[subject] += u64::from(differs);
        Ok(())
    })
}

fn treat_one(
    place: &Place,
    column: &str,
    held: &str,
    row: &[String],
    erasing: &Erasing,
    subject: usize,
) -> Result<Option<String>, StoreError> {
    let spec = &place.spec.columns[column];
    let effect_key = *erasing
        .effect_keys
        .get(subject)
        .ok_or_else(search::unexpected)?;
    let by = Treating {
        effect_key,
        collection: &place.name,
        column,
        row,
        pseudonyms: erasing.pseudonyms,
    };
    Ok(match &spec.erase {
        Some(treatment) if treatment.replaces() => treat::text(treatment, held, &by),
        Some(_) | None => treat::json(spec.fields.iter(), held, &by),
    })
}

type Read = (usize, (usize, Vec<String>), Vec<Option<String>>);

/// Subject, key and values of a row that was read for treatment; all but the subject are text.
fn taken_apart(place: &Place, columns: usize, row: Vec<Value>) -> Result<Read, StoreError> {
    let mut cells = row.into_iter();
    let subject = number(&cells.next().ok_or_else(search::unexpected)?)? as usize;
    let mut texts = cells.map(|cell| match cell {
        Value::Null => Ok(None),
        Value::Text(text) | Value::Number(text) => Ok(Some(text)),
        Value::Integer(number) => Ok(Some(number.to_string())),
        Value::Bool(_) | Value::Bytes(_) | Value::Withheld => Err(search::unexpected()),
    });
    let mut key = Vec::new();
    for cell in texts.by_ref().take(place.spec.key.len()) {
        key.push(cell?.ok_or_else(search::unexpected)?);
    }
    let values = texts.collect::<Result<Vec<_>, _>>()?;
    if values.len() != columns {
        return Err(search::unexpected());
    }
    Ok((subject, (subject, key), values))
}

fn add<S: Session>(
    session: &mut S,
    compiler: Compiler,
    n: usize,
    columns: &[&str],
    rows: &[Treated],
) -> Result<(), StoreError> {
    // A parameter is never null: what is null has no parameter.
    let nulls: Vec<Vec<bool>> = rows
        .iter()
        .map(|(_, values)| values.iter().map(Option::is_none).collect())
        .collect();
    let params: Vec<&str> = rows
        .iter()
        .flat_map(|(key, values)| {
            let values = values.iter().flatten();
            key.iter().chain(values).map(String::as_str)
        })
        .collect();
    session.run(&compiler.add_values(n, columns, &nulls), &params)?;
    Ok(())
}

fn cannot_treat(place: &Place, column: &str) -> StoreError {
    let message = format!(
        "a value of '{}.{column}' does not have the form that its treatment needs; all was undone",
        place.name
    );
    StoreError::permanent("treatment", message)
}
