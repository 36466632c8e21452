//! JSON: the form that loses nothing. `{"store", "collection", "title", "description", "fields",
//! "records": […]}`, one record on a line, fields in the order in which the store gave them.

use std::io::{self, Write};

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;

use crate::{CollectionInfo, Record};

pub(crate) struct JsonForm<'a> {
    out: &'a mut dyn Write,
    /// One record as text; used again for each.
    line: Vec<u8>,
    any: bool,
}

impl<'a> JsonForm<'a> {
    pub fn begin(out: &'a mut dyn Write, info: &CollectionInfo) -> io::Result<Self> {
        let text = |value: &str| Value::from(value).to_string();
        let fields = serde_json::to_string(&info.fields)?;
        write!(
            out,
            "{{\n\"store\": {},\n\"collection\": {},\n\"title\": {},\n\"description\": {},\n\
             \"fields\": {fields},\n\"records\": [",
            text(&info.store),
            text(&info.name),
            text(&info.title),
            text(&info.description),
        )?;
        Ok(Self {
            out,
            line: Vec::new(),
            any: false,
        })
    }

    pub fn record(&mut self, record: &Record) -> io::Result<()> {
        self.line.clear();
        self.line
            .extend_from_slice(if self.any { b",\n" } else { b"\n" });
        self.any = true;
        serde_json::to_writer(&mut self.line, &InOrder(record))?;
        self.out.write_all(&self.line)
    }

    pub fn end(self) -> io::Result<()> {
        self.out.write_all(b"\n]\n}\n")
    }
}

/// A record as an object whose keys keep their order.
struct InOrder<'a>(&'a Record);

impl Serialize for InOrder<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
