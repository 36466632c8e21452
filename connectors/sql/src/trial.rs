//! Treatments tried on the live store before a person depends on them: what a CHECK constraint says
//! about the values that an erasure would write. Nothing is written here.

use habeas_connector::{Finding, StoreError};
use habeas_domain::data_map::{ColumnTreatment, RowTreatment};

use crate::{
    Check, Options, Session,
    compile::{Compiler, Trial},
    layout::{Layout, Place, fatal},
    search, treat,
};

/// Collections that need the key of `pseudonymise` where there is none.
pub(crate) fn keyless(layout: &Layout, options: &Options) -> Vec<Finding> {
    if options.pseudonym_key.is_some() {
        return Vec::new();
    }
    let places = layout.places.iter().filter(|place| place.pseudonymises());
    places
        .map(|place| {
            let message = "'pseudonymise' needs a key; give the store a 'pseudonym_key'";
            fatal(format!("{}.erase", place.path()), message.to_owned())
        })
        .collect()
}

/// Constraints that would forbid what the map wants to write.
pub(crate) fn constraints<S: Session>(
    session: &mut S,
    compiler: Compiler,
) -> Result<Vec<Finding>, StoreError> {
    let mut findings = Vec::new();
    for (n, place) in compiler.layout.places.iter().enumerate() {
        for check in &place.table.checks {
            match values(place, check) {
                Values::None => {}
                Values::Known(values) => {
                    findings.extend(tried(session, compiler, n, check, &values)?);
                }
                Values::Unknown => findings.push(untried(place, check)),
            }
        }
    }
    Ok(findings)
}

enum Values {
    None,
    Known(Vec<(String, Option<String>)>),
    /// What will stand there depends on the row.
    Unknown,
}

fn values(place: &Place, check: &Check) -> Values {
    let spoken_of = |column: &str| check.columns.iter().any(|spoken| spoken == column);
    let mut values = Vec::new();
    if place.spec.erase == RowTreatment::Columns {
        for (column, spec) in place
            .spec
            .columns
            .iter()
            .filter(|(name, _)| spoken_of(name))
        {
            match &spec.erase {
                Some(ColumnTreatment::Null | ColumnTreatment::Detach) => {
                    values.push((column.clone(), None));
                }
                Some(ColumnTreatment::Fixed(value)) => {
                    values.push((column.clone(), Some(value.clone())));
                }
                Some(ColumnTreatment::Pseudonymise) => {
                    values.push((column.clone(), Some(treat::specimen())));
                }
                Some(ColumnTreatment::Random | ColumnTreatment::Generalise(_)) => {
                    return Values::Unknown;
                }
                Some(ColumnTreatment::Keep) | None => {}
            }
        }
    }
    if values.is_empty() {
        Values::None
    } else {
        Values::Known(values)
    }
}

fn tried<S: Session>(
    session: &mut S,
    compiler: Compiler,
    n: usize,
    check: &Check,
    values: &[(String, Option<String>)],
) -> Result<Option<Finding>, StoreError> {
    let place = &compiler.layout.places[n];
    let statement = compiler.trial(&Trial {
        place: n,
        columns: &check.columns,
        condition: &check.text,
        values,
    });
    let mut broken = 0;
    let tried = session.rows(&statement.sql, &statement.params(), &mut |row| {
        broken = search::number(row.first().ok_or_else(search::unexpected)?)?;
        Ok(())
    });
    match tried {
        Ok(()) if broken == 0 => Ok(None),
        Ok(()) => {
            let columns: Vec<&str> = values.iter().map(|(column, _)| column.as_str()).collect();
            let message = format!(
                "the rule {} of the store forbids what 'erase' writes into {}",
                named(check),
                columns.join(", ")
            );
            Ok(Some(fatal(format!("{}.columns", place.path()), message)))
        }
        // A rule that cannot be asked about is no reason to refuse the map.
        Err(_) => Ok(Some(untried(place, check))),
    }
}

fn untried(place: &Place, check: &Check) -> Finding {
    Finding {
        fatal: false,
        path: format!("{}.columns", place.path()),
        message: format!(
            "whether the rule {} of the store allows what 'erase' writes could not be tried",
            named(check)
        ),
    }
}

fn named(check: &Check) -> String {
    match &check.name {
        Some(name) => format!("'{name}'"),
        None => format!("({})", check.text),
    }
}
