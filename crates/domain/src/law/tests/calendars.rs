//! The calendars: their feasts, and where their knowledge ends.

use jiff::ToSpan;

use super::*;

/// Easter Sunday by the anonymous Gregorian algorithm: a second opinion on the files.
fn easter(year: i16) -> Date {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let g = (b - (b + 8) / 25 + 1) / 3;
    let h = (19 * a + b - b / 4 - g + 15) % 30;
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    Date::new(year, (n / 31) as i8, (n % 31 + 1) as i8).unwrap()
}

fn label(calendar: &str, date: Date) -> Option<String> {
    let book = LawBook::builtin().unwrap();
    let found = book.calendar(calendar).unwrap().day_off(date);
    found.unwrap()
}

#[test]
fn feasts_that_move_follow_easter_in_every_year_and_place() {
    let feasts = [
        (-2, "Good Friday", ["DE", "DE-BY"].as_slice()),
        (1, "Easter Monday", &["DE", "DE-BY", "FR", "IE"]),
        (39, "Ascension Day", &["DE", "DE-BY", "FR"]),
        (50, "Whit Monday", &["DE", "DE-BY", "FR"]),
        (60, "Corpus Christi", &["DE-BY"]),
    ];
    for year in 2026..=2030 {
        for (days, feast, places) in feasts {
            let date = easter(year).checked_add(days.days()).unwrap();
            for calendar in ["DE", "DE-BY", "FR", "IE", "us-ca-min"] {
                // Another holiday may fall on the same day; only the feast itself is compared.
                let kept = label(calendar, date).as_deref() == Some(feast);
                assert_eq!(
                    kept,
                    places.contains(&calendar),
                    "{calendar} {date} {feast}"
                );
            }
        }
    }
}

#[test]
fn the_californian_calendar_moves_sundays_and_never_saturdays() {
    // (nth, weekday) feasts, each year, by jiff's own reckoning.
    use jiff::civil::Weekday::{Monday, Thursday};
    for year in 2026..=2030 {
        for (month, nth, weekday, feast) in [
            (1, 3, Monday, "Martin Luther King Jr. Day"),
            (2, 3, Monday, "Presidents' Day"),
            (5, -1, Monday, "Memorial Day"),
            (9, 1, Monday, "Labor Day"),
            (11, 4, Thursday, "Thanksgiving Day"),
        ] {
            let month = Date::new(year, month, 1).unwrap();
            let date = month.nth_weekday_of_month(nth, weekday).unwrap();
            assert_eq!(label("us-ca-min", date).as_deref(), Some(feast));
        }
    }
    let moved = label("us-ca-min", day("2029-11-12"));
    assert_eq!(moved.as_deref(), Some("Veterans Day, moved from Sunday"));
    assert_eq!(
        label("us-ca-min", day("2026-07-03")),
        None,
        "4 July is a Saturday"
    );
}

#[test]
fn each_year_has_as_many_holidays_as_its_law_lists() {
    let book = LawBook::builtin().unwrap();
    for (id, per_year) in [("DE", 9), ("DE-BY", 12), ("FR", 11), ("IE", 10)] {
        for year in 2026..=2030 {
            let holidays = book.calendar(id).unwrap().holidays();
            let count = holidays.filter(|(date, _)| date.year() == year).count();
            assert_eq!(count, per_year, "{id} {year}");
        }
    }
}

#[test]
fn every_calendar_covers_every_day_from_2026_to_2030() {
    let book = LawBook::builtin().unwrap();
    for calendar in book.calendars() {
        for date in ["2026-01-01", "2030-12-31"] {
            assert!(
                calendar.day_off(day(date)).is_ok(),
                "{} {date}",
                calendar.id
            );
        }
    }
}

#[test]
fn a_deadline_past_the_end_of_the_calendar_is_refused_and_not_guessed() {
    let book = LawBook::builtin().unwrap();
    let facts = facts("2030-12-15", &[]);
    let error = book.clock("eu", Right::Access, Some("DE"), None, &facts);
    assert_eq!(
        error.unwrap_err().to_string(),
        "calendar 'DE' covers 2026-01-01 to 2030-12-31 and says nothing about 2031-01-15"
    );
}

#[test]
fn an_extension_past_the_end_of_the_calendar_is_left_out_and_said_so() {
    let clock = eu(Right::Access, "DE", &facts("2030-11-15", &[]));
    assert_eq!((clock.due, clock.max), (on("2030-12-16"), None));
    assert_eq!(
        clock.derivation.last().unwrap(),
        "A later date is left out: calendar 'DE' covers 2026-01-01 to 2030-12-31 and says nothing \
         about 2031-02-15."
    );
}
