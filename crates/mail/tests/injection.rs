//! Nothing that anybody types can add a header, a recipient, a part or a second message
//! (RUSTSEC-2026-0561 and its kind).

mod common;

use common::{Mail, about, link, sender, to};
use habeas_domain::{Personal, Right};
use habeas_mail::*;
use habeas_testkit::smtp::SmtpSink;
use jiff::civil::date;
use uuid::Uuid;

const HEADERS: [&str; 8] = [
    "From",
    "To",
    "Subject",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Date",
    "Content-Type",
];

fn payloads() -> Vec<String> {
    let id = Uuid::from_u128(7).simple();
    let ends = [
        "\r\n", "\n", "\r", "\n\r", "\r\r\n", "\u{85}", "\u{2028}", "\0", "\u{b}", "\u{c}",
        "%0d%0a", "=0D=0A",
    ];
    let tails = [
        "Bcc: eve@example.com".to_owned(),
        "\tBcc: eve@example.com".to_owned(),
        "Content-Type: text/html".to_owned(),
        ".".to_owned(),
        format!("--=_{id}--"),
        format!("--=_{id}\r\nContent-Type: text/html\r\n\r\n<h1>eve</h1>"),
    ];
    let mut payloads = vec![
        "<script>alert(1)</script>".to_owned(),
        "=?utf-8?q?=0D=0ABcc:_eve?=".to_owned(),
    ];
    for end in ends {
        for tail in &tails {
            payloads.push(format!("a{end}{tail}"));
            payloads.push(format!("a{end}{end}{tail}{end}"));
            payloads.push(format!(
                "a{end}.{end}MAIL FROM:<eve@example.com>{end}{tail}"
            ));
        }
    }
    payloads
}

/// Every letter with `evil` in every field that is text.
fn letters(evil: &str) -> Vec<Letter> {
    let evil_about = || About {
        controller: evil.to_owned(),
        reference: "HB-1".to_owned(),
        right: Right::Access,
        contact: evil.to_owned(),
    };
    let evil_reference = About {
        reference: evil.to_owned(),
        ..about()
    };
    let evil_link = || Personal::from(format!("https://shop.example/{evil}"));
    let (due, until) = (date(2026, 12, 7), date(2026, 12, 21));
    vec![
        Letter::Acknowledge(Acknowledge {
            about: evil_about(),
            due,
            status: link(),
        }),
        Letter::Acknowledge(Acknowledge {
            about: about(),
            due,
            status: evil_link(),
        }),
        Letter::Code(Code {
            about: about(),
            code: Personal::from(evil),
            minutes: 10,
        }),
        Letter::Ready(Ready {
            about: evil_about(),
            status: evil_link(),
            until,
            gaps: vec![evil.to_owned()],
        }),
        Letter::Erased(Erased {
            about: evil_about(),
            kept: vec![evil.to_owned()],
            gaps: vec![evil.to_owned()],
            status: link(),
            until,
        }),
        Letter::OptedOut(OptedOut {
            about: evil_about(),
            gaps: vec![evil.to_owned()],
            status: evil_link(),
        }),
        Letter::Refused(Refused {
            about: evil_about(),
            reasons: vec![evil.to_owned()],
            remedies: vec![evil.to_owned(), evil.to_owned()],
        }),
        Letter::Withdrawn(Withdrawn {
            about: evil_reference,
        }),
        Letter::DueSoon(DueSoon {
            requests: vec![Due {
                reference: evil.to_owned(),
                right: Right::Access,
                due,
                days_left: 1,
            }],
        }),
    ]
}

fn assert_harmless(bytes: &[u8], evil: &str) {
    let mail = Mail::read(bytes);
    assert_eq!(mail.names(), HEADERS, "{evil:?}");
    assert_eq!(mail.header("To"), "ada@example.com", "{evil:?}");
    assert_eq!(mail.parts.len(), 2, "{evil:?}");
    assert!(
        !mail.html().contains("<script>") && !mail.html().contains("<h1>"),
        "{evil:?}"
    );
}

#[tokio::test]
async fn a_payload_in_any_field_is_refused_or_stays_text() {
    let folder = tempfile::tempdir().unwrap();
    let mailer = Mailer::folder(folder.path(), sender());
    let (mut sent, mut refused) = (0, 0);
    for evil in payloads() {
        for letter in letters(&evil) {
            match mailer.deliver(Uuid::from_u128(7), &to(), &letter).await {
                Ok(_) => {
                    let file = folder.path().join(format!("{}.eml", Uuid::from_u128(7)));
                    assert_harmless(&std::fs::read(file).unwrap(), &evil);
                    sent += 1;
                }
                Err(MailError::BadLetter(_)) => refused += 1,
                Err(error) => panic!("{evil:?}: {error}"),
            }
        }
    }
    // Neither way is empty, or the test would prove nothing.
    assert!(
        sent > 500 && refused > 500,
        "{sent} sent, {refused} refused"
    );
}

#[tokio::test]
async fn a_payload_in_the_address_is_a_bad_address() {
    let folder = tempfile::tempdir().unwrap();
    let mailer = Mailer::folder(folder.path(), sender());
    let letter = common::letters().remove(0).1;
    for evil in payloads() {
        for address in [
            format!("ada@example.com{evil}"),
            format!("{evil}@example.com"),
            format!("\"{evil}\"@example.com"),
        ] {
            let answer = mailer
                .deliver(Uuid::nil(), &Personal::from(address), &letter)
                .await;
            // Without a special character in it, `a%0d%0a.` is an odd but harmless local part.
            let harmless = answer.is_ok()
                && !evil.contains(char::is_control)
                && !evil.contains([' ', '\u{2028}']);
            assert!(
                harmless || matches!(answer, Err(MailError::BadAddress)),
                "{evil:?}: {answer:?}"
            );
        }
    }
}

#[test]
fn a_payload_in_the_sender_is_refused() {
    for evil in payloads()
        .into_iter()
        .filter(|evil| evil.contains(char::is_control))
    {
        assert!(
            Sender::new(&format!("Shop {evil}"), "privacy@shop.example").is_err(),
            "{evil:?}"
        );
        assert!(
            Sender::new("Shop", &format!("privacy@shop.example{evil}")).is_err(),
            "{evil:?}"
        );
    }
}

#[tokio::test]
async fn over_the_wire_payloads_are_one_message_to_one_person() {
    let sink = SmtpSink::start().await;
    let settings = SmtpSettings {
        host: "127.0.0.1".into(),
        port: sink.port(),
        tls: Tls::None,
        user: None,
        password: None,
    };
    let mailer = Mailer::smtp(settings, sender()).unwrap();
    for (sent, evil) in (1..).zip(payloads().chunks(20)) {
        let letter = Letter::Refused(Refused {
            about: about(),
            reasons: evil.to_vec(),
            remedies: evil.to_vec(),
        });
        mailer
            .deliver(Uuid::from_u128(7), &to(), &letter)
            .await
            .unwrap();
        let received = sink.received();
        assert_eq!(received.len(), sent, "{evil:?}");
        let last = received.last().unwrap();
        assert_eq!(last.from, "<privacy@shop.example>");
        assert_eq!(last.to, ["<ada@example.com>"]);
        assert_harmless(&last.message, &evil.join(" "));
    }
}
