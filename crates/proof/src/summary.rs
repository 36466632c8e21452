//! `data/summary.csv`: the whole answer as one table. It is also what makes a bare receipt a bag, which
//! has to have some payload.

use std::io::Write;

use habeas_domain::outcome::EvidenceLevel;
use serde_json::Value;

use crate::{PackageError, Receipt, form::csv::CsvForm};

/// One line for each collection, and one for a store without any.
pub(crate) fn write_summary(out: &mut dyn Write, receipt: &Receipt) -> Result<(), PackageError> {
    let mut form = CsvForm::begin(
        out,
        [
            "store",
            "system",
            "outcome",
            "evidence",
            "collection",
            "found",
            "exported",
            "erased",
            "replaced",
            "kept",
            "detached",
            "method",
            "ground",
            "reason",
        ],
    )?;
    let text = |text: &Option<String>| text.as_deref().map_or(Value::Null, Value::from);
    for store in &receipt.stores {
        let level = store
            .level
            .map(|level| EvidenceLevel::in_words(level).to_owned());
        let head = [
            Value::from(&*store.store),
            Value::from(&*store.title),
            Value::from(store.outcome.as_str()),
            text(&level),
        ];
        for c in &store.collections {
            let counts = [
                c.located, c.exported, c.erased, c.replaced, c.kept, c.detached,
            ];
            let counts = counts.map(Value::from);
            let tail = [text(&c.method), text(&c.ground), text(&store.reason)];
            let name = Value::from(&*c.title);
            form.row(head.iter().chain([&name]).chain(&counts).chain(&tail))?;
        }
        if store.collections.is_empty() {
            let blank = [const { Value::Null }; 4];
            let (located, kept) = (Value::from(store.located), Value::from(store.kept));
            let tail = [text(&store.method), Value::Null, text(&store.reason)];
            form.row(
                head.iter()
                    .chain(&blank[..1])
                    .chain([&located])
                    .chain(&blank[..3])
                    .chain([&kept, &blank[0]])
                    .chain(&tail),
            )?;
        }
    }
    Ok(form.end()?)
}
