//! CSV (RFC 4180, UTF-8, CRLF) for spreadsheets, which run cells that look like formulas: such a
//! cell gets a `'` in front (OWASP, CSV injection). The JSON beside it has the value unchanged.

use std::io::{self, Write};

use csv::{Terminator, Writer, WriterBuilder};
use serde_json::Value;

pub(crate) struct CsvForm<'a> {
    out: Writer<&'a mut dyn Write>,
}

impl<'a> CsvForm<'a> {
    pub fn begin<T: AsRef<str>>(
        out: &'a mut dyn Write,
        columns: impl IntoIterator<Item = T>,
    ) -> io::Result<Self> {
        let mut out = WriterBuilder::new()
            .terminator(Terminator::CRLF)
            .from_writer(out);
        out.write_record(columns.into_iter().map(|name| guarded(name.as_ref())))?;
        Ok(Self { out })
    }

    pub fn row<'v>(&mut self, values: impl IntoIterator<Item = &'v Value>) -> io::Result<()> {
        self.out.write_record(values.into_iter().map(cell))?;
        Ok(())
    }

    pub fn end(mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => guarded(text),
        // A number stays a number, a negative one too; an array or object cannot begin like a formula.
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

fn guarded(text: &str) -> String {
    let risky = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\0']);
    if risky && !is_negative_number(text) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// `-12` and `-12.50`, as databases give decimals as text. Nothing else: `-1+cmd` is a formula.
fn is_negative_number(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    text.strip_prefix('-')
        .is_some_and(|number| match number.split_once('.') {
            None => digits(number),
            Some((whole, fraction)) => digits(whole) && digits(fraction),
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn csv(columns: &[&str], rows: &[Vec<Value>]) -> String {
        let mut out = Vec::new();
        let mut form = CsvForm::begin(&mut out, columns).unwrap();
        for row in rows {
            form.row(row).unwrap();
        }
        form.end().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn cells_are_quoted_as_rfc_4180_says() {
        let row = vec![
            json!("a,b"),
            json!("say \"hi\""),
            json!("two\nlines"),
            json!(null),
            json!(true),
        ];
        assert_eq!(
            csv(&["a", "b", "c", "d", "e"], &[row]),
            "a,b,c,d,e\r\n\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",,true\r\n"
        );
    }

    #[test]
    fn what_looks_like_a_formula_is_made_text() {
        for hostile in [
            "=1+1",
            "=cmd|' /C calc'!A0",
            "+44 20",
            "-1+1",
            "-",
            "-1.",
            "--1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            "\0=1",
            "-1e5",
        ] {
            assert_eq!(cell(&json!(hostile)), format!("'{hostile}"), "{hostile:?}");
        }
        assert!(
            csv(&["=evil()"], &[]).starts_with("'=evil()"),
            "a column name, too"
        );
    }

    #[test]
    fn numbers_stay_numbers() {
        for number in [
            json!(-12),
            json!(-0.5),
            json!("-12"),
            json!("-12.50"),
            json!("7"),
        ] {
            let text = number
                .as_str()
                .map_or_else(|| number.to_string(), str::to_owned);
            assert_eq!(cell(&number), text);
        }
    }
}
