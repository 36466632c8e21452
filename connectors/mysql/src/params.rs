//! Numbered parameters, which MariaDB does not have.

/// The statement with a plain `?` for each `?n`, and which parameter stands at each of them, counted
/// from 0. Quoted names and literals are left as they are.
pub(crate) fn positional(sql: &str) -> (String, Vec<usize>) {
    let mut plain = String::with_capacity(sql.len());
    let mut order = Vec::new();
    let mut quote = None;
    let mut rest = sql.chars().peekable();
    while let Some(c) = rest.next() {
        plain.push(c);
        match (quote, c) {
            // A doubled quote ends the name and begins it again: nothing is lost.
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, '?') => {
                let mut number = String::new();
                while let Some(digit) = rest.next_if(char::is_ascii_digit) {
                    number.push(digit);
                }
                if let Ok(n) = number.parse::<usize>() {
                    order.push(n.saturating_sub(1));
                }
            }
            (Some(_) | None, _) => {}
        }
    }
    (plain, order)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_may_stand_anywhere_and_more_than_once() {
        let (sql, order) = positional("select ?2, ?1 from t where a = ?2 and b = ?11");
        assert_eq!(sql, "select ?, ? from t where a = ? and b = ?");
        assert_eq!(order, [1, 0, 1, 10]);
    }

    #[test]
    fn names_and_literals_are_left_alone() {
        let text = r#"select "a?1""?2", `b?3`, 'it''s ?4' from t where c = "#;
        let (sql, order) = positional(&format!("{text}?1"));
        assert_eq!(sql, format!("{text}?"));
        assert_eq!(order, [0]);
    }
}
