//! What MariaDB says about its tables, as far as the database user may see them.

mod queries;

use habeas_connector::{StoreError, Value};
use habeas_connector_sql::{
    Action, Catalogue, Check, Event, ForeignKey, LiveColumn, Made, Session, Shape, Table,
    TableKind, TableName, Timing, Trigger, quote,
    row::{flag, length, name, optional, text, unreadable},
};

use crate::session::MysqlSession;

/// Temporary tables of the search. A table of the same name would be hidden behind one of them.
const OURS: [&str; 3] = ["habeas_subject", "habeas_key_", "habeas_value_"];

pub(crate) fn read(session: &mut MysqlSession) -> Result<Catalogue, StoreError> {
    let mut reader = Reader::new(session);
    let mut tables = tables(&mut reader)?;
    columns(&mut reader, &mut tables)?;
    keys(&mut reader, &mut tables)?;
    foreign_keys(&mut reader, &mut tables)?;
    checks(&mut reader, &mut tables)?;
    triggers(&mut reader, &mut tables)?;
    views(&mut reader, &mut tables)?;
    let default_schema = session.scope.database.clone();
    tables.retain(|table| {
        let hidden = OURS.iter().any(|name| table.name.name.starts_with(name));
        !(hidden && table.name.schema == default_schema)
    });
    Ok(Catalogue {
        default_schema,
        tables,
    })
}

struct Reader<'a> {
    session: &'a mut MysqlSession,
    wanted: Vec<String>,
}

impl<'a> Reader<'a> {
    fn new(session: &'a mut MysqlSession) -> Self {
        let mut wanted = vec![session.scope.database.clone()];
        wanted.extend(session.scope.others.iter().cloned());
        Self { session, wanted }
    }

    fn each(
        &mut self,
        query: &str,
        read: &mut dyn FnMut(Vec<Value>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let params: Vec<&str> = self.wanted.iter().map(String::as_str).collect();
        let list: Vec<String> = (1..=params.len()).map(|n| format!("?{n}")).collect();
        let sql = query.replace("{wanted}", &list.join(", "));
        self.session.rows(&sql, &params, read)
    }

    /// Reads a query whose rows begin with the name of a table that is known.
    fn of_tables(
        &mut self,
        query: &str,
        tables: &mut [Table],
        mut read: impl FnMut(&mut Table, &[Value]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.each(query, &mut |row| {
            let name = name(&row, 0)?;
            match tables.iter_mut().find(|table| table.name == name) {
                Some(table) => read(table, &row),
                None => Ok(()),
            }
        })
    }
}

fn tables(reader: &mut Reader) -> Result<Vec<Table>, StoreError> {
    let mut more = Vec::new();
    reader.each(queries::POINTING, &mut |row| {
        more.push(text(&row, 0)?);
        Ok(())
    })?;
    reader.wanted.extend(more);
    let mut tables = Vec::new();
    reader.each(queries::TABLES, &mut |row| {
        let (kind, engine) = (text(&row, 2)?, text(&row, 3)?);
        let kind_of = match (kind.as_str(), engine.to_ascii_uppercase().as_str()) {
            ("VIEW", _) => TableKind::View,
            (_, "FEDERATED" | "CONNECT" | "SPIDER" | "S3") => TableKind::Foreign,
            _ if flag(&row, 5)? => TableKind::Partitioned,
            _ => TableKind::Table,
        };
        let mut table = Table {
            transactional: kind_of == TableKind::View || flag(&row, 4)?,
            row_estimate: length(&row, 6)?,
            comment: optional(&row, 7)?,
            ..Table::new(name(&row, 0)?, kind_of)
        };
        if kind == "SYSTEM VERSIONED" {
            // Nothing else in a catalogue says that something happens when a row is written.
            table.triggers.push(Trigger {
                name: "system versioning, which keeps the old rows".to_owned(),
                timing: Timing::After,
                events: vec![Event::Update, Event::Delete],
            });
        }
        tables.push(table);
        Ok(())
    })?;
    Ok(tables)
}

fn columns(reader: &mut Reader, tables: &mut [Table]) -> Result<(), StoreError> {
    reader.of_tables(queries::COLUMNS, tables, |table, row| {
        let (declared, extra) = (text(row, 3)?, text(row, 9)?);
        let made = if flag(row, 10)? || extra.to_ascii_uppercase().contains("GENERATED") {
            Made::Generated
        } else if extra.contains("auto_increment") {
            Made::Identity
        } else {
            Made::ByStatement
        };
        table.columns.push(LiveColumn {
            name: text(row, 2)?,
            shape: shape(&text(row, 4)?, &declared),
            declared,
            nullable: flag(row, 5)?,
            comment: optional(row, 6)?,
            max_length: length(row, 7)?,
            has_default: flag(row, 8)?,
            made,
        });
        Ok(())
    })
}

fn keys(reader: &mut Reader, tables: &mut [Table]) -> Result<(), StoreError> {
    let mut last = None;
    reader.of_tables(queries::KEYS, tables, |table, row| {
        let (index, column) = (text(row, 2)?, text(row, 3)?);
        let this = Some((table.name.clone(), index.clone()));
        let fresh = last != this;
        last = this;
        if index == "PRIMARY" {
            table.key.push(column);
        } else if fresh {
            table.unique.push(vec![column]);
        } else if let Some(unique) = table.unique.last_mut() {
            unique.push(column);
        }
        Ok(())
    })
}

fn foreign_keys(reader: &mut Reader, tables: &mut [Table]) -> Result<(), StoreError> {
    reader.of_tables(queries::FOREIGN_KEYS, tables, |table, row| {
        let constraint = text(row, 2)?;
        let pair = (text(row, 3)?, text(row, 6)?);
        match table.foreign_keys.last_mut() {
            Some(key) if key.name.as_deref() == Some(&*constraint) => key.on.push(pair),
            Some(_) | None => table.foreign_keys.push(ForeignKey {
                name: Some(constraint),
                on_delete: action(&text(row, 7)?)?,
                on_update: action(&text(row, 8)?)?,
                ..ForeignKey::new(name(row, 4)?, vec![pair])
            }),
        }
        Ok(())
    })
}

fn action(rule: &str) -> Result<Action, StoreError> {
    rule.parse().map_err(|()| unreadable())
}

fn checks(reader: &mut Reader, tables: &mut [Table]) -> Result<(), StoreError> {
    reader.of_tables(queries::CHECKS, tables, |table, row| {
        let condition = text(row, 3)?;
        let speaks_of = |column: &&LiveColumn| mentions(&condition, &quote(&column.name));
        let columns = table.columns.iter().filter(speaks_of);
        table.checks.push(Check {
            name: Some(text(row, 2)?),
            columns: columns.map(|column| column.name.clone()).collect(),
            text: condition,
        });
        Ok(())
    })
}

fn triggers(reader: &mut Reader, tables: &mut [Table]) -> Result<(), StoreError> {
    reader.of_tables(queries::TRIGGERS, tables, |table, row| {
        let timing = match text(row, 3)?.as_str() {
            "BEFORE" => Timing::Before,
            _ => Timing::After,
        };
        let event = match text(row, 4)?.as_str() {
            "INSERT" => Event::Insert,
            "UPDATE" => Event::Update,
            _ => Event::Delete,
        };
        table.triggers.push(Trigger {
            name: text(row, 2)?,
            timing,
            events: vec![event],
        });
        Ok(())
    })
}

/// A view's text, as the server keeps it, names every table in full.
fn views(reader: &mut Reader, tables: &mut [Table]) -> Result<(), StoreError> {
    let known: Vec<TableName> = tables.iter().map(|table| table.name.clone()).collect();
    reader.of_tables(queries::VIEWS, tables, |view, row| {
        let Some(definition) = optional(row, 2)? else {
            return Ok(());
        };
        let reads = |table: &&TableName| {
            let name = format!("{}.{}", quote(&table.schema), quote(&table.name));
            mentions(&definition, &name)
        };
        view.derives_from = known.iter().filter(reads).cloned().collect();
        Ok(())
    })
}

/// The server quotes names as it quotes them in this session, or as it did when they were made.
fn mentions(text: &str, quoted: &str) -> bool {
    text.contains(quoted) || text.contains(&quoted.replace('"', "`"))
}

fn shape(kind: &str, declared: &str) -> Shape {
    match kind.to_ascii_lowercase().as_str() {
        "tinyint" if declared.starts_with("tinyint(1)") => Shape::Bool,
        "bit" if declared == "bit(1)" => Shape::Bool,
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "bit" | "year" => Shape::Integer,
        "decimal" | "numeric" | "float" | "double" => Shape::Number,
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" => Shape::Text,
        "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => Shape::Bytes,
        "datetime" | "timestamp" => Shape::Time,
        _ => Shape::Other,
    }
}
