//! A person's way through the portal.

use habeas_domain::Right;
use habeas_engine::QueueFilter;
use jiff::SignedDuration;

use crate::{
    browser::{ADA, Answer, Browser, browser, world},
    html::{self, value},
};

use actix_web::web::ServiceConfig;

/// Up to "check your answers"; returns that page.
async fn answered<R>(browser: &Browser<R>, right: &str, law: &str) -> String
where
    R: FnOnce(&mut ServiceConfig) + Clone,
{
    let details = browser
        .get(&format!("/ask/details?right={right}&law={law}"))
        .await;
    let draft = value(details.page(200), "draft");
    let form = [("draft", draft.as_str()), ("email", ADA), ("name", "Ada")];
    browser.post("/ask/check", &form).await.page(200).to_owned()
}

async fn sent<R>(browser: &Browser<R>, check: &str) -> Answer
where
    R: FnOnce(&mut ServiceConfig) + Clone,
{
    let draft = value(check, "draft");
    browser.post("/requests", &[("draft", &draft)]).await
}

fn headline(page: &str) -> String {
    let inside = page.split_once("<h1").unwrap().1.split_once('>').unwrap().1;
    inside.split_once("</h1>").unwrap().0.to_owned()
}

#[actix_web::test]
async fn a_person_asks_checks_proves_the_address_and_follows_the_request() {
    let world = world().await;
    let browser = browser(&world);
    assert!(
        browser
            .get("/")
            .await
            .page(200)
            .contains("You need no account")
    );
    assert!(
        browser
            .get("/ask/law?right=access")
            .await
            .page(200)
            .contains("California (CCPA)")
    );
    let check = answered(&browser, "access", "eu").await;
    for answer in ["Get a copy of my data", "European Union (GDPR)", ADA, "Ada"] {
        assert!(check.contains(answer), "{answer}");
    }
    let code_page = sent(&browser, &check).await.leads_to();
    assert!(
        browser
            .get(&code_page)
            .await
            .page(200)
            .contains("autocomplete=\"one-time-code\"")
    );

    world.work().await;
    let acknowledged = world.letter("We have your request (").link().unwrap();
    let waiting = browser
        .get(&acknowledged.replace("http://127.0.0.1:8080", ""))
        .await;
    let to_the_code = format!("href=\"{code_page}\">Type the code</a>");
    assert!(
        waiting.page(200).contains(&to_the_code),
        "{}",
        waiting.text()
    );
    let code = world.letter("Your code (").code();
    let spaced = format!("{} {}", &code[..4], &code[4..]);
    let confirmed = browser
        .post(&code_page, &[("code", &spaced)])
        .await
        .leads_to();
    let page = browser.get(&confirmed).await;
    assert!(
        page.page(200).contains("Thursday 24 December 2026"),
        "{}",
        page.text()
    );

    world.work().await;
    let status = confirmed.strip_suffix("/confirmed").unwrap();
    let page = browser.get(status).await;
    assert_eq!(headline(page.page(200)), "We are checking what we found");
    assert!(page.text().contains("30 days left"), "{}", page.text());
    assert!(!page.text().contains("Type the code"), "{}", page.text());
}

#[actix_web::test]
async fn answers_can_be_changed_without_losing_the_others() {
    let world = world().await;
    let browser = browser(&world);
    let check = answered(&browser, "access", "eu").await;
    let draft = value(&check, "draft");
    for (page, field, new, shows) in [
        ("right", "right", "erasure", "Delete my data"),
        ("law", "law", "us-ca-ccpa", "California (CCPA)"),
        ("details", "email", "ada@home.example", "ada@home.example"),
    ] {
        let form = [("draft", draft.as_str()), ("page", page)];
        let asked = browser.post("/ask/change", &form).await;
        let draft = value(asked.page(200), "draft");
        let check = browser
            .post("/ask/check", &[("draft", &draft), (field, new)])
            .await;
        assert!(check.page(200).contains(shows), "{page}");
        assert!(
            check.text().contains("<dd class=\"wraps\">Ada</dd>"),
            "{page}"
        );
    }
}

#[actix_web::test]
async fn a_double_click_makes_one_request() {
    let world = world().await;
    let browser = browser(&world);
    let check = answered(&browser, "access", "eu").await;
    let first = sent(&browser, &check).await.leads_to();
    assert_eq!(sent(&browser, &check).await.leads_to(), first);
    let rows = world.engine.queue(QueueFilter::default()).await.unwrap();
    assert_eq!(rows.len(), 1);
}

#[actix_web::test]
async fn an_opt_out_takes_two_pages_and_no_code_under_either_law() {
    let world = world().await;
    let browser = browser(&world);
    for (law, right) in [("us-ca-ccpa", Right::OptOut), ("eu", Right::Objection)] {
        let start = browser.get("/ask/law?right=opt_out").await.leads_to();
        let page = browser.get(&start).await;
        let draft = value(page.page(200), "draft");
        let form = [("draft", draft.as_str()), ("email", ADA), ("law", law)];
        let sent = browser.post("/requests", &form).await.leads_to();
        let page = browser.get(&sent).await;
        assert_eq!(headline(page.page(200)), "We have your request");
        assert!(page.text().contains("do not check who you are"));
        let filter = QueueFilter {
            right: Some(right),
            ..QueueFilter::default()
        };
        let [row] = &world.engine.queue(filter).await.unwrap()[..] else {
            panic!("one request for {law}");
        };
        assert!(page.text().contains(row.reference.as_str()));
    }
    world.work().await;
    assert!(
        world
            .letters()
            .iter()
            .all(|letter| !letter.subject.contains("Your code"))
    );
}

#[actix_web::test]
async fn what_is_wrong_is_said_at_the_top_and_beside_the_field() {
    let world = world().await;
    let browser = browser(&world);
    let nothing = browser.get("/ask/law").await;
    assert!(html::title(nothing.page(400)).starts_with("Error: "));
    assert!(
        nothing
            .text()
            .contains("href=\"#right\">Choose what you want to do</a>")
    );

    let details = browser.get("/ask/details?right=access&law=eu").await;
    let draft = value(details.page(200), "draft");
    for (email, says) in [
        ("", "Type your e-mail address"),
        ("nonsense", "in the form name@example.org"),
        (
            "a@b.example\r\nBcc: all@b.example",
            "in the form name@example.org",
        ),
    ] {
        let wrong = browser
            .post("/ask/check", &[("draft", &draft), ("email", email)])
            .await;
        let page = wrong.page(400);
        assert!(html::title(page).starts_with("Error: "), "{email}");
        assert_eq!(page.matches(says).count(), 2, "{page}");
        assert!(page.contains("role=\"alert\" tabindex=\"-1\" autofocus"));
    }
    let form = [
        ("draft", draft.as_str()),
        ("email", ADA),
        ("law", "atlantis"),
    ];
    let wrong = browser.post("/ask/check", &form).await;
    assert!(wrong.page(400).contains("Choose where you live"));
}

#[actix_web::test]
async fn what_was_typed_comes_back_as_text_and_never_as_markup() {
    let world = world().await;
    let browser = browser(&world);
    let details = browser.get("/ask/details?right=access&law=eu").await;
    let draft = value(details.page(200), "draft");
    let evil = "\"><script>alert(1)</script>";
    let form = [("draft", draft.as_str()), ("email", evil), ("name", evil)];
    browser.post("/ask/check", &form).await.page(400);
    let form = [("draft", draft.as_str()), ("email", ADA), ("name", evil)];
    let check = browser.post("/ask/check", &form).await;
    assert!(check.page(200).contains("alert(1)"));
}

#[actix_web::test]
async fn answers_that_were_tampered_with_or_are_a_day_old_are_asked_again() {
    let world = world().await;
    let browser = browser(&world);
    let check = answered(&browser, "access", "eu").await;
    let draft = value(&check, "draft");
    for bad in ["", "AAAA", &draft[..draft.len() - 4]] {
        let answer = browser.post("/requests", &[("draft", bad)]).await;
        assert_eq!(headline(answer.page(400)), "Your answers have expired");
    }
    world.time.advance(SignedDuration::from_hours(25));
    let late = browser.post("/requests", &[("draft", &draft)]).await;
    assert_eq!(headline(late.page(400)), "Your answers have expired");
    let made_up = browser.get("/requests/sent?receipt=AAAA").await;
    made_up.page(400);
}

#[actix_web::test]
async fn nothing_tells_whether_a_request_exists() {
    let world = world().await;
    let browser = browser(&world);
    let check = answered(&browser, "access", "eu").await;
    let real = sent(&browser, &check).await.leads_to();
    let made_up = "/r/HB-00000-00000/code";
    let reference = real.split('/').nth(2).unwrap();
    let masked = |answer: &Answer| answer.text().replace(reference, "HB-00000-00000");

    let (a, b) = (browser.get(&real).await, browser.get(made_up).await);
    assert_eq!(masked(&a), masked(&b));
    let wrong = [("code", "0000 0000")];
    let (a, b) = (
        browser.post(&real, &wrong).await,
        browser.post(made_up, &wrong).await,
    );
    assert_eq!(masked(&a), masked(&b));
    assert!(html::title(a.page(400)).starts_with("Error: "));
    let again = |path: &str| format!("{path}/again");
    let a = browser.post(&again(&real), &[]).await.leads_to();
    let b = browser.post(&again(made_up), &[]).await.leads_to();
    assert_eq!(a.replace(reference, "HB-00000-00000"), b);
    assert!(
        browser
            .get(&a)
            .await
            .page(200)
            .contains("A new code is on its way")
    );

    let lost = |path: String| {
        let browser = &browser;
        async move { browser.get(&path).await.page(404).to_owned() }
    };
    let nowhere = lost("/no/such/page".to_owned()).await;
    for path in [
        format!("/r/{reference}/s/wrong"),
        "/r/HB-00000-00000/s/wrong".to_owned(),
        "/r/nonsense/s/wrong".to_owned(),
        "/r/nonsense/code".to_owned(),
        format!("/r/{reference}/s/wrong/download"),
        format!("/r/{reference}/s/wrong/withdraw"),
    ] {
        assert_eq!(lost(path.clone()).await, nowhere, "{path}");
    }
}

#[actix_web::test]
async fn after_five_wrong_codes_only_a_new_one_helps() {
    let world = world().await;
    let browser = browser(&world);
    let check = answered(&browser, "erasure", "eu").await;
    let page = sent(&browser, &check).await.leads_to();
    world.work().await;
    let code = world.letter("Your code (").code();
    let wrong = if code == "00000000" {
        "1111 1111"
    } else {
        "0000 0000"
    };
    for _ in 0..5 {
        browser.post(&page, &[("code", wrong)]).await.page(400);
    }
    let answer = browser.post(&page, &[("code", &code)]).await;
    assert!(answer.page(400).contains("Too many wrong codes"));
    browser.post(&format!("{page}/again"), &[]).await.leads_to();
    world.work().await;
    let code = world.letter("Your code (").code();
    browser.post(&page, &[("code", &code)]).await.leads_to();
}

/// The status page of a request that was played to its end.
async fn status_of_played(world: &habeas_testkit::world::World, right: Right) -> String {
    world.play(right, ADA).await;
    let link = world
        .letters()
        .iter()
        .rev()
        .find_map(|letter| letter.link());
    link.expect("a letter has a link")
        .replace("http://127.0.0.1:8080", "")
}

#[actix_web::test]
async fn the_answer_is_fetched_with_a_fresh_code_only() {
    let world = world().await;
    let browser = browser(&world);
    let status = status_of_played(&world, Right::Access).await;
    let page = browser.get(&status).await;
    assert_eq!(headline(page.page(200)), "Your answer is ready");
    assert!(
        page.text().contains("3 records copied for you"),
        "{}",
        page.text()
    );

    let form = browser
        .post(&format!("{status}/download/code"), &[])
        .await
        .leads_to();
    browser.get(&form).await.page(200);
    let wrong = browser.post(&form, &[("code", "12")]).await;
    assert!(wrong.page(400).contains("Type the 8 digits"));
    world.work().await;
    let code = world.letter("Your code (").code();
    let wrong = if code == "00000000" {
        "11111111"
    } else {
        "00000000"
    };
    browser.post(&form, &[("code", wrong)]).await.page(400);

    let file = browser.post(&form, &[("code", &code)]).await;
    assert_eq!(file.status, 200);
    assert_eq!(file.header("content-type"), "application/zip");
    assert_eq!(file.header("cache-control"), "no-store");
    let name = file.header("content-disposition");
    assert!(
        name.starts_with("attachment; filename=\"HB-") && name.ends_with(".zip\""),
        "{name}"
    );
    assert!(file.body.starts_with(b"PK"));

    // The code counts once.
    browser.post(&form, &[("code", &code)]).await.page(400);
    assert!(
        browser
            .get(&status)
            .await
            .page(200)
            .contains("downloaded once")
    );
}

#[actix_web::test]
async fn a_finished_erasure_says_what_became_of_each_system() {
    let world = world().await;
    let status = status_of_played(&world, Right::Erasure).await;
    let page = browser(&world).get(&status).await;
    assert_eq!(headline(page.page(200)), "It is done");
    // Which of them had to stay is in the receipt only, so the page does not count deletions.
    for words in [
        "deletion done, 3 records found",
        "what we had to keep",
        "Your receipt",
    ] {
        assert!(page.text().contains(words), "{words}: {}", page.text());
    }
    assert!(page.text().contains("Send me a code"));
}

#[actix_web::test]
async fn a_request_is_taken_back_on_a_page_of_its_own() {
    let world = world().await;
    let browser = browser(&world);
    let (submitted, capability) = world.submit_and_confirm(Right::Erasure, ADA).await;
    let status = format!("/r/{}/s/{}", submitted.reference, capability.0.reveal());
    let ask = format!("{status}/withdraw");
    assert!(browser.get(&status).await.page(200).contains(&ask));
    assert_eq!(
        headline(browser.get(&ask).await.page(200)),
        "Take the request back?"
    );
    assert_eq!(world.phase(submitted.id).await, "verified");
    assert_eq!(browser.post(&ask, &[]).await.leads_to(), status);
    let page = browser.get(&status).await;
    assert_eq!(headline(page.page(200)), "You have taken your request back");
    assert_eq!(
        headline(browser.get(&ask).await.page(200)),
        "It can no longer be taken back"
    );
    browser.post(&ask, &[]).await.page(409);
}

#[actix_web::test]
async fn a_network_that_makes_us_write_too_often_is_slowed_down() {
    let world = world().await;
    let browser = browser(&world);
    let mut answers = Vec::new();
    for _ in 0..31 {
        answers.push(browser.post("/r/HB-00000-00000/code/again", &[]).await);
    }
    let last = answers.pop().unwrap();
    assert!(answers.iter().all(|answer| answer.status == 303));
    assert_eq!(
        headline(last.page(429)),
        "Too many requests from your network"
    );
    assert_eq!(last.header("retry-after"), "60");
}

#[actix_web::test]
async fn help_is_the_same_on_every_page() {
    let world = world().await;
    let browser = browser(&world);
    let footer = |page: &str| page.split_once("<footer").unwrap().1.to_owned();
    let first = footer(browser.get("/").await.page(200));
    assert!(first.contains("mailto:privacy@shop.example"));
    for path in [
        "/status",
        "/ask/law?right=access",
        "/ask/details?right=opt_out",
        "/r/HB-00000-00000/code",
    ] {
        assert_eq!(footer(browser.get(path).await.page(200)), first, "{path}");
    }
}

#[actix_web::test]
async fn what_a_browser_does_by_itself_is_answered_in_words_for_people() {
    let world = world().await;
    let browser = browser(&world);
    // A telephone that opens its last page again asks for it without the form.
    for path in ["/ask/check", "/ask/change", "/requests"] {
        let page = browser.get(path).await;
        assert_eq!(
            headline(page.page(405)),
            "This page cannot be opened by itself",
            "{path}"
        );
    }
    let page = browser.post("/ask/check", &[("email", ADA)]).await;
    assert_eq!(headline(page.page(400)), "We could not read what was sent");
}

#[actix_web::test]
async fn a_right_that_a_law_does_not_grant_is_named_as_the_person_named_it() {
    let world = world().await;
    let browser = browser(&world);
    let details = browser.get("/ask/details?right=limit&law=eu").await;
    let draft = value(details.page(200), "draft");
    let form = [("draft", draft.as_str()), ("email", ADA), ("law", "eu")];
    let answer = browser.post("/requests", &form).await;
    let says = "“Limit the use of my sensitive data” cannot be asked for here under this law";
    assert!(answer.page(400).contains(says), "{}", answer.text());
}

#[actix_web::test]
async fn whoever_is_not_known_reads_that_nothing_was_found() {
    let world = world().await;
    world.play(Right::OptOut, "nobody@shop.example").await;
    let link = world.letter("Your choice is in force (").link().unwrap();
    let page = browser(&world)
        .get(&link.replace("http://127.0.0.1:8080", ""))
        .await;
    assert_eq!(headline(page.page(200)), "We found nothing about you");
}

#[actix_web::test]
async fn the_key_of_the_signatures_is_published() {
    let world = world().await;
    let page = browser(&world).get("/status").await;
    let key = world.engine.verifier_key();
    assert!(page.page(200).contains(&key), "{key}");
}
