//! Explain: how a person is looked for and what an erasure would run, step by step with counts.
//! Changes nothing, and shows no value: statements hold placeholders.

use habeas_connector::{Explained, Explanation, Run, StoreError, Subject, Value, Way};
use habeas_domain::data_map::{Compare, RowTreatment, WhenErased};

use crate::{
    Session,
    compile::{Compiler, Identified, Lead, replacements},
    layout::Place,
    rewrite,
    search::{self, number},
};

pub(crate) fn explain<S: Session>(
    session: &mut S,
    compiler: Compiler,
    subject: &Subject,
) -> Result<Explanation, StoreError> {
    search::prepare(session, compiler)?;
    session.begin()?;
    let conflicts = search::search(session, compiler, &[subject])?;
    let dropped: Vec<&str> = conflicts
        .iter()
        .map(|conflict| conflict.kind.as_str())
        .collect();
    let mut explanation = Explanation::default();
    for n in &compiler.layout.search_order {
        let explained = collection(session, compiler, *n, subject, &dropped)?;
        explanation.collections.push(explained);
    }
    explanation.erasure = erasure(session, compiler)?;
    session.rollback();
    Ok(explanation)
}

fn collection<S: Session>(
    session: &mut S,
    compiler: Compiler,
    n: usize,
    subject: &Subject,
    dropped: &[&str],
) -> Result<Explained, StoreError> {
    let place = &compiler.layout.places[n];
    let mut ways = Vec::new();
    for found in Identified::all(place) {
        let (before_filter, rows, statement) = led(session, compiler, n, Lead::By(&found))?;
        let kind = found.identity.kind.as_str();
        let given = subject.identifiers.iter().chain(&subject.further);
        let given = given
            .filter(|given| given.kind == found.identity.kind)
            .count();
        let why_empty = match (given, before_filter, rows) {
            (0, _, _) => Some(format!(
                "no identifier of the kind '{kind}' was given or found"
            )),
            (_, 0, _) if dropped.contains(&kind) => Some(format!(
                "the '{kind}' led to somebody else's row and was not used"
            )),
            (_, 0, _) => Some(no_match(session, compiler, n, &found)?),
            (_, _, 0) => Some("the 'where' of the map leaves all of them out".to_owned()),
            _ => None,
        };
        ways.push(Way {
            how: by_identifier(&found),
            statement,
            before_filter,
            rows,
            why_empty,
        });
    }
    for owner in &place.owners {
        let (before_filter, rows, statement) = led(session, compiler, n, Lead::From(owner))?;
        let there = &compiler.layout.places[owner.at];
        let owners = search::count(session, &compiler.count_held(owner.at))?;
        let why_empty = match (owners, before_filter, rows) {
            (0, _, _) => Some(format!("no row of '{}' was found", there.name)),
            (_, 0, _) => Some(format!(
                "{owners} rows of '{}' were found, and nothing here belongs to them",
                there.name
            )),
            (_, _, 0) => Some("the 'where' of the map leaves all of them out".to_owned()),
            _ => None,
        };
        let on: Vec<String> = owner.on.iter().map(|(a, b)| format!("{a} = {b}")).collect();
        ways.push(Way {
            how: format!("belongs to '{}' by {}", there.name, on.join(" and ")),
            statement,
            before_filter,
            rows,
            why_empty,
        });
    }
    let (mut rows, mut kept) = (0, 0);
    session.rows(&compiler.fates(n), &[], &mut |row| {
        let [_, mark, count] = &row[..] else {
            return Err(search::unexpected());
        };
        rows += number(count)?;
        if number(mark)? != 0 || place.spec.erase == RowTreatment::Keep {
            kept += number(count)?;
        }
        Ok(())
    })?;
    Ok(Explained {
        collection: place.name.to_string(),
        table_rows: search::count(session, &compiler.count_all(n))?,
        ways,
        rows,
        kept,
    })
}

/// Rows that one way leads to, before and after the collection's filter, and the statement.
fn led<S: Session>(
    session: &mut S,
    compiler: Compiler,
    n: usize,
    lead: Lead,
) -> Result<(u64, u64, String), StoreError> {
    let mut counted = |filtered: bool| -> Result<(u64, String), StoreError> {
        let statement = compiler.led(n, &lead, filtered);
        let mut rows = 0;
        session.rows(&statement.sql, &statement.params(), &mut |row| {
            rows = number(row.first().unwrap_or(&Value::Null))?;
            Ok(())
        })?;
        Ok((rows, statement.sql))
    };
    let (before, _) = counted(false)?;
    let (after, sql) = counted(true)?;
    Ok((before, after, sql))
}

fn by_identifier(found: &Identified) -> String {
    let compared = match found.identity.compare {
        Compare::Exact => "exactly as written",
        Compare::IgnoreCase => "ignoring upper and lower case",
    };
    let inside = if found.path.is_empty() {
        String::new()
    } else {
        format!(" at '{}'", found.path.join("."))
    };
    format!(
        "by {}, {compared}, in the column '{}'{inside}",
        found.identity.kind, found.column
    )
}

fn no_match<S: Session>(
    session: &mut S,
    compiler: Compiler,
    n: usize,
    found: &Identified,
) -> Result<String, StoreError> {
    let filled = search::count(session, &compiler.count_filled(n, found))?;
    if filled == 0 {
        return Ok(format!(
            "the column '{}' is empty in every row",
            found.column
        ));
    }
    let mut why = format!("none of the {filled} filled values is equal");
    let near = match found.identity.compare {
        Compare::IgnoreCase => 0,
        Compare::Exact => {
            let statement = compiler.led_whatever_case(n, found);
            let mut rows = 0;
            session.rows(&statement.sql, &statement.params(), &mut |row| {
                rows = number(row.first().unwrap_or(&Value::Null))?;
                Ok(())
            })?;
            rows
        }
    };
    if near > 0 {
        why.push_str(&format!(
            "; {near} would be if case were ignored: set 'match: ignore_case' if that is meant"
        ));
    }
    Ok(why)
}

fn erasure<S: Session>(session: &mut S, compiler: Compiler) -> Result<Vec<Run>, StoreError> {
    let mut runs = Vec::new();
    let mut run = |place: &Place, what: &str, statement: String, rows: u64| {
        if rows > 0 {
            runs.push(Run {
                collection: place.name.to_string(),
                what: what.to_owned(),
                statement,
                rows,
            });
        }
    };
    let layout = compiler.layout;
    for (n, place) in layout.places.iter().enumerate() {
        for pointing in &place.pointing {
            if let (WhenErased::Detach, Some(statement), Some(from)) = (
                pointing.when_erased,
                compiler.detach(n, pointing),
                pointing.declared,
            ) {
                let found = compiler.dependents(n, pointing);
                let rows = search::counts(session, &found.sql, &found.params(), 1)?[0];
                run(
                    &layout.places[from],
                    "detach rows of others",
                    statement.sql,
                    rows,
                );
            }
        }
    }
    for (n, columns) in &layout.erasure.loosen {
        let rows = search::count(session, &compiler.count_going(*n))?;
        let what = "empty pointers that would be in the way";
        run(&layout.places[*n], what, compiler.loosen(*n, columns), rows);
    }
    for (n, place) in layout.places.iter().enumerate() {
        if place.spec.erase == RowTreatment::Columns {
            let rows = search::count(session, &compiler.count_going(n))?;
            let values = replacements(place);
            if !values.is_empty() {
                run(
                    place,
                    "write the same values",
                    compiler.write(n, &values).sql,
                    rows,
                );
            }
            let computed = rewrite::computed(place);
            if !computed.is_empty() {
                let what = "write values made from those that stand there";
                run(place, what, compiler.write_values(n, &computed), rows);
            }
        }
    }
    for link in &layout.erasure.late {
        let rows = search::count(session, &compiler.count_going(link.from))?;
        let what = format!(
            "the key on '{}' by {} is checked when the transaction ends",
            layout.places[link.to].name,
            link.by.join(", ")
        );
        let statement = compiler.dialect.defer().unwrap_or_default();
        run(&layout.places[link.from], &what, statement.to_owned(), rows);
    }
    for n in &layout.erasure.order {
        let place = &layout.places[*n];
        if place.spec.erase == RowTreatment::Delete {
            let rows = search::count(session, &compiler.count_going(*n))?;
            run(place, "delete", compiler.delete(*n), rows);
        }
    }
    Ok(runs)
}
