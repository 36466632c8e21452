//! What each letter says, against the files in `expected/`, and what a letter must never do.

mod common;

use common::{letters, link, to};
use habeas_domain::{Personal, Right};
use habeas_mail::{About, Acknowledge, Erased, Letter, MailError, Mailer, Refused};
use uuid::Uuid;

/// Compares with `expected/<name>.txt`; on a difference the test says which file to look at.
async fn check(name: &str, letter: &Letter) {
    let mail = common::delivered(letter).await;
    let said = format!("Subject: {}\n\n{}", mail.header("Subject"), mail.plain());
    let file = format!("{}/tests/expected/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        said == expected,
        "the letter differs from {file}; it says:\n{said}"
    );
}

#[tokio::test]
async fn every_letter_says_what_its_file_says() {
    for (name, letter) in letters() {
        check(name, &letter).await;
    }
}

#[tokio::test]
async fn nobody_who_has_to_type_a_code_reads_that_nothing_is_left_to_do() {
    for (right, code) in [(Right::Erasure, true), (Right::OptOut, false)] {
        let about = common::about();
        let mail = common::delivered(&Letter::Acknowledge(Acknowledge {
            about: About { right, ..about },
            due: jiff::civil::date(2026, 12, 7),
            status: link(),
        }))
        .await;
        let text = mail.plain();
        assert_eq!(text.contains("type the code"), code, "{text}");
        assert_eq!(text.contains("do not need to do anything"), !code, "{text}");
    }
}

#[tokio::test]
async fn an_erasure_is_never_called_more_complete_than_it_was() {
    let some = || vec!["The archive.".to_owned()];
    for (gaps, kept, subject) in [
        (vec![], vec![], "Your data is deleted (HB-7K2M-94QX)"),
        (
            vec![],
            some(),
            "Your data is deleted, with exceptions (HB-7K2M-94QX)",
        ),
        (
            some(),
            vec![],
            "Your data is deleted in part (HB-7K2M-94QX)",
        ),
        (
            some(),
            some(),
            "Your data is deleted in part (HB-7K2M-94QX)",
        ),
    ] {
        let lines = gaps.len() + kept.len();
        let mail = common::delivered(&Letter::Erased(Erased {
            about: common::about(),
            kept,
            gaps,
            status: link(),
            until: jiff::civil::date(2026, 12, 21),
        }))
        .await;
        assert_eq!(mail.header("Subject"), subject);
        assert_eq!(mail.plain().matches("- The archive.").count(), lines);
    }
}

#[tokio::test]
async fn an_opt_out_that_failed_somewhere_is_not_called_done() {
    let letter = |gaps| {
        Letter::OptedOut(habeas_mail::OptedOut {
            about: common::about(),
            gaps,
            status: link(),
        })
    };
    let whole = common::delivered(&letter(vec![])).await;
    assert!(whole.plain().contains("It is done."));
    let part = common::delivered(&letter(vec!["The newsletter did not answer.".into()])).await;
    assert!(
        part.header("Subject")
            .starts_with("Your choice is not in force everywhere")
    );
    assert!(!part.plain().contains("It is done. "));
    assert!(part.plain().contains("- The newsletter did not answer."));
}

#[tokio::test]
async fn text_and_html_say_the_same() {
    for (name, letter) in letters() {
        let mail = common::delivered(&letter).await;
        let words = |text: &str| {
            text.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        // List items carry a dash in plain text only.
        let plain = mail.plain().replace("\n- ", "\n");
        let (_, body) = mail
            .html()
            .split_once("<body")
            .map(|(_, body)| ((), format!("<body{body}")))
            .unwrap();
        assert_eq!(
            words(&plain),
            words(&common::without_markup(&body)),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_letter_survives_being_stored() {
    for (name, letter) in letters() {
        let stored = serde_json::to_string(&letter).unwrap();
        assert!(
            stored.contains(&format!("\"letter\":\"{name}\"")),
            "{stored}"
        );
        assert_eq!(serde_json::from_str::<Letter>(&stored).unwrap(), letter);
    }
}

#[test]
fn links_and_codes_never_print() {
    for (name, letter) in letters() {
        let printed = format!("{letter:?}");
        assert!(
            !printed.contains(link().reveal()) && !printed.contains("12345678"),
            "{name}: {printed}"
        );
    }
}

#[tokio::test]
async fn the_warning_to_officers_holds_nothing_about_the_person() {
    let due_soon = letters()
        .into_iter()
        .find(|(name, _)| *name == "due_soon")
        .unwrap()
        .1;
    let mail = common::delivered(&due_soon).await;
    assert!(!mail.plain().contains("http") && !mail.html().contains("http"));
}

#[tokio::test]
async fn a_letter_that_would_be_wrong_is_not_sent() {
    let folder = tempfile::tempdir().unwrap();
    let mailer = Mailer::folder(folder.path(), common::sender());
    let refused = |field: &'static str, letter: Letter| {
        let mailer = &mailer;
        async move {
            let answer = mailer.deliver(Uuid::nil(), &to(), &letter).await;
            assert!(
                matches!(answer, Err(MailError::BadLetter(f)) if f == field),
                "{field}: {answer:?}"
            );
        }
    };
    let about = common::about;
    let no_reasons = Refused {
        about: about(),
        reasons: vec![],
        remedies: vec!["Ask a court.".into()],
    };
    refused("reasons", Letter::Refused(no_reasons)).await;
    let no_remedies = Refused {
        about: about(),
        reasons: vec!["No.".into()],
        remedies: vec![],
    };
    refused("remedies", Letter::Refused(no_remedies)).await;
    for code in ["1234567", "123456789", "1234567a", "١٢٣٤"] {
        let letter = habeas_mail::Code {
            about: about(),
            code: Personal::from(code),
            minutes: 10,
        };
        refused("code", Letter::Code(letter)).await;
    }
    for status in [
        "javascript:alert(1)",
        "https://shop.example/a b",
        "https://shop.example/\r\nX: y",
    ] {
        let letter = habeas_mail::OptedOut {
            about: about(),
            gaps: vec![],
            status: Personal::from(status),
        };
        refused("link", Letter::OptedOut(letter)).await;
    }
    refused(
        "requests",
        Letter::DueSoon(habeas_mail::DueSoon { requests: vec![] }),
    )
    .await;
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
