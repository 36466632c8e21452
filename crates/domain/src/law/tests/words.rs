//! Dates as people read them.

use super::*;

#[test]
fn a_date_reads_as_in_a_letter() {
    assert_eq!(in_words(day("2027-01-07")), "Thursday 7 January 2027");
}

#[test]
fn the_due_date_itself_reads_as_today_and_not_as_late() {
    let due = day("2027-03-30");
    for (today, words, left) in [
        ("2027-02-26", "32 days left", 32),
        ("2027-03-27", "3 days left", 3),
        ("2027-03-29", "tomorrow", 1),
        ("2027-03-30", "today", 0),
        ("2027-03-31", "1 day overdue", -1),
        ("2027-04-01", "2 days overdue", -2),
    ] {
        assert_eq!(days_left_in_words(due, day(today)), words);
        assert_eq!(days_left(due, day(today)), left);
    }
}

#[test]
fn a_date_is_that_of_the_zone() {
    let at = "2027-03-28T07:30:00Z".parse().unwrap();
    assert_eq!(local_date(at, "America/Los_Angeles"), Ok(day("2027-03-28")));
    assert_eq!(local_date(at, "Pacific/Honolulu"), Ok(day("2027-03-27")));
    let unknown = local_date(at, "Europe/Atlantis").unwrap_err();
    assert_eq!(unknown.to_string(), "unknown time zone 'Europe/Atlantis'");
}
