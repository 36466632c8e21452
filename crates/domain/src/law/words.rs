//! Dates as people read them, in letters, on pages and in derivations.

use jiff::civil::Date;

/// "Thursday 7 January 2027".
pub fn in_words(date: Date) -> String {
    date.strftime("%A %-d %B %Y").to_string()
}

/// Calendar days from `today` to `due`; negative when `due` has passed.
pub fn days_left(due: Date, today: Date) -> i64 {
    due.duration_since(today).as_hours() / 24
}

/// "3 days left", "tomorrow", "today", "1 day overdue". The due date itself is still on time.
pub fn days_left_in_words(due: Date, today: Date) -> String {
    match days_left(due, today) {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        -1 => "1 day overdue".to_owned(),
        n if n < 0 => format!("{} days overdue", n.unsigned_abs()),
        n => format!("{n} days left"),
    }
}
