//! A page of one collection: what its fields mean, and its records as a table.

use std::io::{self, Write};

use askama::Template;
use serde_json::Value;

use crate::CollectionInfo;

/// A page with more records than this is slow to open and of no help. The page says so, and where
/// the rest is.
pub(crate) const PAGE_RECORDS: u64 = 1_000;

#[derive(Template)]
#[template(path = "collection_head.html")]
struct Head<'a> {
    controller: &'a str,
    reference: &'a str,
    info: &'a CollectionInfo,
    columns: &'a [String],
    file: &'a str,
    records: u64,
    shown: u64,
}

#[derive(Template)]
#[template(path = "collection_row.html")]
struct Row<'a> {
    cells: Vec<Cell<'a>>,
}

#[derive(Template)]
#[template(path = "collection_foot.html")]
struct Foot;

enum Cell<'a> {
    Empty,
    Text(&'a str),
    Number(String),
    YesNo(bool),
    Nested(String),
}

/// What every page repeats.
pub(crate) struct PageHead<'a> {
    pub controller: &'a str,
    pub reference: &'a str,
    /// Name of the file beside this page, without its ending.
    pub file: &'a str,
    pub records: u64,
}

pub(crate) struct HtmlForm<'a> {
    out: &'a mut dyn Write,
}

impl<'a> HtmlForm<'a> {
    pub fn begin(
        out: &'a mut dyn Write,
        page: &PageHead<'_>,
        info: &CollectionInfo,
        columns: &[String],
    ) -> io::Result<Self> {
        let PageHead {
            controller,
            reference,
            file,
            records,
        } = *page;
        let shown = records.min(PAGE_RECORDS);
        Head {
            controller,
            reference,
            info,
            columns,
            file,
            records,
            shown,
        }
        .write_into(out)?;
        Ok(Self { out })
    }

    pub fn row(&mut self, values: Vec<&Value>) -> io::Result<()> {
        let cells = values.into_iter().map(cell).collect();
        Row { cells }.write_into(self.out)
    }

    pub fn end(self) -> io::Result<()> {
        Foot.write_into(self.out)
    }
}

fn cell(value: &Value) -> Cell<'_> {
    match value {
        Value::Null => Cell::Empty,
        Value::String(text) if text.is_empty() => Cell::Empty,
        Value::String(text) => Cell::Text(text),
        Value::Number(number) => Cell::Number(number.to_string()),
        Value::Bool(yes) => Cell::YesNo(*yes),
        Value::Array(_) | Value::Object(_) => Cell::Nested(value.to_string()),
    }
}
