//! What SQLite keeps only as the text of a `create` statement: conditions and triggers.
//!
//! Reads words, names and brackets; it is no parser, and what it does not know it passes over.

use habeas_connector_sql::{Check, Event, Timing, Trigger};

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token<'a> {
    /// A keyword or a name; the quotes of a quoted name are gone.
    Word(&'a str),
    Text,
    Mark(char),
}

/// The conditions of a table, from its `create table`. Only columns that exist are named.
pub(super) fn checks(sql: &str, columns: &[&str]) -> Vec<Check> {
    let tokens = tokens(sql);
    let mut checks = Vec::new();
    let mut name = None;
    for (n, (_, token)) in tokens.iter().enumerate() {
        match token {
            Token::Word(word) if word.eq_ignore_ascii_case("constraint") => {
                name = word_at(&tokens, n + 1).map(str::to_owned);
            }
            Token::Word(word)
                if word.eq_ignore_ascii_case("check")
                    && tokens.get(n + 1).map(|(_, next)| next) == Some(&Token::Mark('(')) =>
            {
                let end = closing(&tokens, n + 1);
                let (from, to) = (tokens[n + 1].0, tokens.get(end).map_or(sql.len(), |t| t.0));
                let named = |column: &&&str| {
                    tokens[n + 1..end].iter().any(|(_, token)| {
                        matches!(token, Token::Word(word) if word.eq_ignore_ascii_case(column))
                    })
                };
                checks.push(Check {
                    name: name.take(),
                    columns: columns
                        .iter()
                        .filter(named)
                        .map(|c| (*c).to_owned())
                        .collect(),
                    text: sql[from + 1..to].trim().to_owned(),
                });
            }
            Token::Mark(',') => name = None,
            Token::Word(_) | Token::Text | Token::Mark(_) => {}
        }
    }
    checks
}

/// A trigger from its `create trigger`.
pub(super) fn trigger(name: &str, sql: &str) -> Trigger {
    let tokens = tokens(sql);
    let is = |n: usize, keyword: &str| {
        word_at(&tokens, n).is_some_and(|word| word.eq_ignore_ascii_case(keyword))
    };
    // The first event word after the name: what stands before can be quoted to look like one.
    let mut at = (0..tokens.len())
        .find(|n| is(*n, "trigger"))
        .map_or(0, |n| n + 1);
    if is(at, "if") {
        at += 3;
    }
    at += 1;
    if matches!(tokens.get(at), Some((_, Token::Mark('.')))) {
        at += 2;
    }
    let mut timing = Timing::Before;
    if is(at, "after") {
        timing = Timing::After;
    } else if is(at, "instead") {
        timing = Timing::Instead;
        at += 1;
    }
    let event = |n: usize| {
        [
            ("insert", Event::Insert),
            ("update", Event::Update),
            ("delete", Event::Delete),
        ]
        .into_iter()
        .find(|(word, _)| is(n, word))
        .map(|(_, event)| event)
    };
    Trigger {
        name: name.to_owned(),
        timing,
        events: event(at).or(event(at + 1)).into_iter().collect(),
    }
}

fn word_at<'a>(tokens: &[(usize, Token<'a>)], n: usize) -> Option<&'a str> {
    match tokens.get(n) {
        Some((_, Token::Word(word))) => Some(word),
        Some((_, Token::Text | Token::Mark(_))) | None => None,
    }
}

/// Where the bracket that opens at a token closes.
fn closing(tokens: &[(usize, Token<'_>)], open: usize) -> usize {
    let mut depth = 0usize;
    for (n, (_, token)) in tokens.iter().enumerate().skip(open) {
        match token {
            Token::Mark('(') => depth += 1,
            Token::Mark(')') => {
                depth -= 1;
                if depth == 0 {
                    return n;
                }
            }
            Token::Mark(_) | Token::Word(_) | Token::Text => {}
        }
    }
    tokens.len()
}

/// Tokens with the byte at which each begins.
fn tokens(sql: &str) -> Vec<(usize, Token<'_>)> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = sql[at..].chars().next() {
        let rest = &sql[at..];
        let length = match c {
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |n| n + 2),
            '\'' => {
                tokens.push((at, Token::Text));
                quoted(rest, '\'')
            }
            '"' | '`' | '[' => {
                let length = quoted(rest, if c == '[' { ']' } else { c });
                let inner = &rest[1..length.max(2) - 1];
                tokens.push((at, Token::Word(inner)));
                length
            }
            c if c.is_alphanumeric() || c == '_' => {
                let ends = |c: char| !(c.is_alphanumeric() || c == '_' || c == '$');
                let length = rest.find(ends).unwrap_or(rest.len());
                tokens.push((at, Token::Word(&rest[..length])));
                length
            }
            c if c.is_whitespace() => c.len_utf8(),
            c => {
                tokens.push((at, Token::Mark(c)));
                c.len_utf8()
            }
        };
        at += length;
    }
    tokens
}

/// Length of a quoted piece, both quotes included; a doubled quote does not end it.
fn quoted(rest: &str, end: char) -> usize {
    let mut at = 1;
    while let Some(found) = rest[at..].find(end) {
        at += found + end.len_utf8();
        if !rest[at..].starts_with(end) {
            return at;
        }
        at += end.len_utf8();
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_with_their_names_and_columns() {
        let sql = "create table t (
            a text constraint short check (length(a) < 10), -- check (no)
            \"b c\" int check(\"b c\" in (1, 2)),
            note text default 'check (x)', /* check (y) */
            check (a <> ')' or a is null)
        )";
        let found = checks(sql, &["a", "b c", "note"]);
        let said: Vec<(Option<&str>, &[String], &str)> = found
            .iter()
            .map(|check| {
                (
                    check.name.as_deref(),
                    &check.columns[..],
                    check.text.as_str(),
                )
            })
            .collect();
        assert_eq!(
            said,
            [
                (Some("short"), &["a".to_owned()][..], "length(a) < 10"),
                (None, &["b c".to_owned()][..], "\"b c\" in (1, 2)"),
                (None, &["a".to_owned()][..], "a <> ')' or a is null"),
            ]
        );
    }

    #[test]
    fn a_trigger_says_when_it_runs_and_for_what() {
        for (sql, timing, event) in [
            (
                "create trigger t delete on a begin select 1; end",
                Timing::Before,
                Event::Delete,
            ),
            (
                "CREATE TEMP TRIGGER IF NOT EXISTS t AFTER UPDATE OF x ON a BEGIN SELECT 1; END",
                Timing::After,
                Event::Update,
            ),
            (
                "create trigger main.\"after delete\" before insert on a begin select 1; end",
                Timing::Before,
                Event::Insert,
            ),
            (
                "create trigger t /* x */ instead of delete on v begin select 1; end",
                Timing::Instead,
                Event::Delete,
            ),
        ] {
            let found = trigger("t", sql);
            assert_eq!((found.timing, found.events), (timing, vec![event]), "{sql}");
        }
    }

    #[test]
    fn a_text_that_breaks_off_is_read_to_its_end() {
        for sql in [
            "create table t (a check (",
            "create table \"",
            "check('",
            "/*",
            "check (((",
            "[",
            "\"\"\"",
        ] {
            checks(sql, &["a"]);
            trigger("t", sql);
        }
    }
}
