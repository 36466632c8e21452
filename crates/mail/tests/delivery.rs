//! One delivery is one message, a repeat is the same message, and a refusal is told for what it is.

mod common;

use common::{Mail, about, letters, sender, to};
use habeas_domain::Personal;
use habeas_mail::*;
use habeas_testkit::smtp::{SmtpSink, Stage};
use uuid::Uuid;

fn settings(port: u16) -> SmtpSettings {
    SmtpSettings {
        host: "127.0.0.1".into(),
        port,
        tls: Tls::None,
        user: None,
        password: None,
    }
}

async fn deliver_to(sink: &SmtpSink) -> Result<Delivered, MailError> {
    let mailer = Mailer::smtp(settings(sink.port()), sender()).unwrap();
    mailer
        .deliver(Uuid::from_u128(7), &to(), &letters().remove(0).1)
        .await
}

#[tokio::test]
async fn one_delivery_is_one_message() {
    let sink = SmtpSink::start().await;
    let delivered = deliver_to(&sink).await.unwrap();
    let received = sink.received();
    assert_eq!(received.len(), 1);
    let mail = Mail::read(&received[0].message);
    assert_eq!(
        delivered.message_id,
        format!("<{}@shop.example>", Uuid::from_u128(7))
    );
    assert_eq!(mail.header("Message-ID"), delivered.message_id);
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    assert_eq!(
        mail.header("From"),
        "\"Example Shop\" <privacy@shop.example>"
    );
}

#[tokio::test]
async fn a_repeated_delivery_is_known_by_its_message_id() {
    let sink = SmtpSink::start().await;
    assert_eq!(
        deliver_to(&sink).await.unwrap(),
        deliver_to(&sink).await.unwrap()
    );
}

#[tokio::test]
async fn a_lasting_refusal_is_rejected_and_a_passing_one_is_transient() {
    for (stage, reply, expected) in [
        (
            Stage::Recipient,
            "550 5.1.1 <ada@example.com> unknown",
            "the mail server refused the letter with reply 550",
        ),
        (
            Stage::Message,
            "554 5.7.1 no",
            "the mail server refused the letter with reply 554",
        ),
        (
            Stage::Recipient,
            "451 4.7.1 <ada@example.com> greylisted",
            "mail is temporarily not delivered: the server replied 451",
        ),
        (
            Stage::Message,
            "452 4.3.1 full",
            "mail is temporarily not delivered: the server replied 452",
        ),
        (
            Stage::Recipient,
            "530 5.7.0 log in first",
            "mail is temporarily not delivered: the server refused the login with reply 530",
        ),
    ] {
        let sink = SmtpSink::refusing(stage, reply).await;
        let error = deliver_to(&sink).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert_eq!(
            matches!(error, MailError::Rejected { .. }),
            expected.contains("refused the letter")
        );
        // The server quoted the address; nobody who prints the error learns it.
        assert!(!format!("{error:?}").contains("ada"), "{error:?}");
        assert!(sink.received().is_empty());
    }
}

#[tokio::test]
async fn a_server_that_is_down_is_transient() {
    let sink = SmtpSink::start().await;
    let port = sink.port();
    drop(sink);
    let mailer = Mailer::smtp(settings(port), sender()).unwrap();
    let answer = mailer
        .deliver(Uuid::nil(), &to(), &letters().remove(0).1)
        .await;
    assert!(
        matches!(answer, Err(MailError::Transient(Trouble::Connection))),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_server_without_tls_gets_no_letter_when_tls_is_asked_for() {
    let sink = SmtpSink::start().await;
    for tls in [Tls::StartTls, Tls::Implicit] {
        let mailer = Mailer::smtp(
            SmtpSettings {
                tls,
                ..settings(sink.port())
            },
            sender(),
        )
        .unwrap();
        let answer = mailer
            .deliver(Uuid::nil(), &to(), &letters().remove(0).1)
            .await;
        assert!(matches!(answer, Err(MailError::Transient(_))), "{answer:?}");
    }
    assert!(sink.received().is_empty());
}

#[test]
fn settings_that_would_leak_are_refused() {
    let beyond = SmtpSettings {
        host: "mail.example.com".into(),
        ..settings(25)
    };
    assert!(matches!(
        Mailer::smtp(beyond, sender()),
        Err(SetupError::PlainBeyondLoopback)
    ));
    let half = SmtpSettings {
        user: Some("habeas".into()),
        ..settings(25)
    };
    assert!(matches!(
        Mailer::smtp(half, sender()),
        Err(SetupError::HalfALogin)
    ));
}

#[tokio::test]
async fn lines_that_begin_with_dots_arrive_as_they_were_written() {
    let sink = SmtpSink::start().await;
    let mailer = Mailer::smtp(settings(sink.port()), sender()).unwrap();
    let dots = ".\n..\n.hidden\nend.";
    let letter = Letter::Refused(Refused {
        about: about(),
        reasons: vec![dots.into()],
        remedies: vec!["Ask.".into()],
    });
    mailer.deliver(Uuid::nil(), &to(), &letter).await.unwrap();
    let mail = Mail::read(&sink.received()[0].message);
    assert!(
        mail.plain().contains(&format!("- {dots}\n")),
        "{}",
        mail.plain()
    );
}

#[tokio::test]
async fn a_folder_holds_one_file_for_each_letter_however_often_it_is_delivered() {
    let folder = tempfile::tempdir().unwrap();
    let mailer = Mailer::folder(folder.path().join("out"), sender());
    let letter = letters().remove(0).1;
    let (first, second) = (Uuid::from_u128(1), Uuid::from_u128(2));
    for id in [first, second, first] {
        mailer.deliver(id, &to(), &letter).await.unwrap();
    }
    let mut names: Vec<_> = std::fs::read_dir(folder.path().join("out"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, [format!("{first}.eml"), format!("{second}.eml")]);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_transient() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mailer = Mailer::folder(file.path(), sender());
    let answer = mailer
        .deliver(Uuid::nil(), &to(), &letters().remove(0).1)
        .await;
    assert!(
        matches!(answer, Err(MailError::Transient(Trouble::Folder(_)))),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_name_beyond_ascii_arrives() {
    let folder = tempfile::tempdir().unwrap();
    let sender = Sender::new("Bücher & Töne", "privacy@shop.example").unwrap();
    let mailer = Mailer::folder(folder.path(), sender);
    let mut about = about();
    about.controller = "Bücher & Töne".into();
    let letter = Letter::Withdrawn(Withdrawn { about });
    mailer
        .deliver(Uuid::nil(), &Personal::from("ada@example.com"), &letter)
        .await
        .unwrap();
    let file = folder.path().join(format!("{}.eml", Uuid::nil()));
    let mail = Mail::read(&std::fs::read(file).unwrap());
    assert!(
        mail.header("From").starts_with("=?utf-8?"),
        "{}",
        mail.header("From")
    );
    assert!(mail.plain().contains("You asked Bücher & Töne for"));
}
