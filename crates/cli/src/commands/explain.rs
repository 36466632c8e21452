//! How a store would go about a person, in words. No value is shown: statements hold placeholders.

use std::fmt::Write as _;

use habeas_connector::Explanation;

/// Each collection of which nothing was found, with every way to it and why it leads nowhere.
pub fn why_empty(explained: &Explanation) -> String {
    let mut text = String::new();
    let empty = explained.collections.iter().filter(|of| of.rows == 0);
    for collection in empty {
        let _ = writeln!(
            text,
            "{}: nothing found among {} rows",
            collection.collection, collection.table_rows
        );
        for way in &collection.ways {
            let why = way.why_empty.as_deref().unwrap_or("leads to rows");
            let _ = writeln!(text, "  {}: {why}", way.how);
            if way.before_filter > way.rows {
                let _ = writeln!(
                    text,
                    "    {} rows before 'where', {} after it",
                    way.before_filter, way.rows
                );
            }
            let _ = writeln!(text, "    {}", way.statement);
        }
    }
    if text.is_empty() {
        text.push_str("something was found in every collection\n");
    }
    text
}

/// What an erasure would run.
pub fn statements(explained: &Explanation) -> String {
    let mut text = String::new();
    for collection in explained.collections.iter().filter(|of| of.kept > 0) {
        let _ = writeln!(
            text,
            "{} of {} rows of {} would stay",
            collection.kept, collection.rows, collection.collection
        );
    }
    if !explained.erasure.is_empty() {
        text.push_str("an erasure would run\n");
    }
    for run in &explained.erasure {
        let _ = writeln!(
            text,
            "  {}: {}, {} rows",
            run.collection, run.what, run.rows
        );
        let _ = writeln!(text, "    {}", run.statement);
    }
    text
}
