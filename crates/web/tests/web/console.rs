//! An officer's way through the console.

use actix_web::{test::TestRequest, web::ServiceConfig};
use habeas_connector::{Drift, DriftKind, ErrorClass};
use habeas_domain::{Personal, Right};
use habeas_engine::{Operator, Stores};
use habeas_testkit::world::{Fault, World};
use jiff::SignedDuration;

use crate::{
    browser::{ADA, Browser, browser, browser_with, settings, world, world_and_shop},
    html::{self, value},
};

const PASSWORD: &str = "a long enough password";

async fn officer(world: &World) {
    let password = Personal::from(PASSWORD);
    world
        .engine
        .add_officer("alice", "Alice", &password)
        .await
        .unwrap();
}

/// Signs in, keeps the cookie, and returns the session's token.
async fn sign_in<R>(world: &World, browser: &Browser<R>) -> String
where
    R: FnOnce(&mut ServiceConfig) + Clone,
{
    officer(world).await;
    let form = [("login", "alice"), ("password", PASSWORD)];
    let answer = browser.post("/console/sign-in", &form).await;
    assert_eq!(answer.leads_to(), "/console");
    let cookie = answer
        .header("set-cookie")
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    *browser.cookie.borrow_mut() = Some(cookie);
    value(browser.get("/console").await.page(200), "csrf")
}

/// A request whose plan waits for an officer, and its page.
async fn planned(world: &World, right: Right) -> (habeas_engine::Submitted, String) {
    let (submitted, _) = world.submit_and_confirm(right, ADA).await;
    world.work().await;
    let page = format!("/console/requests/{}", submitted.id);
    (submitted, page)
}

#[actix_web::test]
async fn a_store_that_has_grown_personal_data_is_named_until_it_is_mapped() {
    let (world, shop) = world_and_shop().await;
    let browser = browser(&world);
    sign_in(&world, &browser).await;
    let queue = || async { browser.get("/console").await.page(200).to_owned() };
    let look = || async { world.engine.watch_stores().await.unwrap() };
    assert!(!queue().await.contains("does not know"));
    let drift = |kind, column: &str| Drift {
        kind,
        table: "main.account".to_owned(),
        column: Some(column.to_owned()),
        message: "looks like <b>user.contact.phone_number</b>".to_owned(),
    };
    shop.drifts(&[
        drift(DriftKind::Personal, "phone"),
        drift(DriftKind::Column, "points"),
    ]);
    look().await;
    let page = queue().await;
    assert!(page.contains("holds data that its map does not know"));
    assert!(page.contains("<code>main.account.phone</code>"));
    assert!(!page.contains("points") && !page.contains("<b>user"));
    shop.drifts(&[drift(DriftKind::Column, "points")]);
    look().await;
    assert!(!queue().await.contains("does not know"));
}

#[actix_web::test]
async fn a_store_that_is_stopped_is_named_with_whoever_will_be_late() {
    let (world, shop) = world_and_shop().await;
    let browser = browser(&world);
    let queue = || async { browser.get("/console").await.page(200).to_owned() };
    let (submitted, _) = world.submit_and_confirm(Right::Access, ADA).await;
    let one = Stores::One("shop".to_owned());
    let ada = Operator::at_terminal("ada");
    let paused = world
        .engine
        .pause(&ada, one.clone(), "the <b>shop</b> moves");
    assert_eq!(paused.await.unwrap(), 1);
    world.work().await;
    // The search is still open when little time is left for it.
    world.time.advance(SignedDuration::from_hours(24 * 20));
    sign_in(&world, &browser).await;
    let page = queue().await;
    html::check(&page);
    assert!(
        page.contains("was paused by cli:ada: the &#60;b&#62;shop"),
        "{page}"
    );
    assert!(page.contains("1 request will be late"), "{page}");
    assert!(page.contains(">at risk<"), "{page}");
    assert_eq!(world.engine.watch_outlook().await.unwrap(), 1);
    assert_eq!(world.engine.watch_outlook().await.unwrap(), 0, "once");

    assert_eq!(world.engine.resume(&ada, one).await.unwrap(), 1);
    world.work().await;
    assert_eq!(world.phase(submitted.id).await, "planned");
    let page = queue().await;
    assert!(!page.contains("paused") && !page.contains("at risk"));
    assert!(shop.calls("locate") > 0);
}

#[actix_web::test]
async fn nobody_sees_the_console_without_signing_in() {
    let world = world().await;
    let browser = browser(&world);
    let (_, page) = planned(&world, Right::Access).await;
    for path in [
        "/console",
        "/console/find?reference=x",
        &page,
        &format!("{page}/approve"),
    ] {
        assert_eq!(
            browser.get(path).await.leads_to(),
            "/console/sign-in",
            "{path}"
        );
    }
    *browser.cookie.borrow_mut() = Some("habeas=guessed".to_owned());
    assert_eq!(browser.get("/console").await.leads_to(), "/console/sign-in");
}

#[actix_web::test]
async fn a_session_begins_with_a_password_and_ends_on_the_server() {
    let world = world().await;
    let browser = browser(&world);
    html::check(browser.get("/console/sign-in").await.page(200));
    officer(&world).await;
    for (login, password) in [("alice", "wrong"), ("nobody", PASSWORD), ("", "")] {
        let form = [("login", login), ("password", password)];
        let wrong = browser.post("/console/sign-in", &form).await;
        assert!(
            wrong
                .page(400)
                .contains("The login or the password is wrong")
        );
        assert_eq!(wrong.header("set-cookie"), "");
        assert!(!wrong.text().contains(PASSWORD));
    }
    let form = [("login", "alice"), ("password", PASSWORD)];
    let answer = browser.post("/console/sign-in", &form).await;
    let cookie = answer.header("set-cookie").to_owned();
    assert!(cookie.starts_with("habeas="));
    for flag in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(flag), "{cookie}");
    }
    *browser.cookie.borrow_mut() = cookie.split(';').next().map(str::to_owned);
    let csrf = value(browser.get("/console").await.page(200), "csrf");
    let out = browser.post("/console/sign-out", &[("csrf", &csrf)]).await;
    assert_eq!(out.leads_to(), "/console/sign-in");
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    // The old cookie opens nothing any more.
    assert_eq!(browser.get("/console").await.leads_to(), "/console/sign-in");
}

#[actix_web::test]
async fn behind_https_the_cookie_is_bound_to_this_host() {
    let world = world().await;
    let mut settings = settings();
    settings.secure_cookies = true;
    let browser = browser_with(&world, settings);
    officer(&world).await;
    let form = [("login", "alice"), ("password", PASSWORD)];
    let answer = browser.post("/console/sign-in", &form).await;
    let cookie = answer.header("set-cookie");
    assert!(
        cookie.starts_with("__Host-habeas=") && cookie.contains("Secure"),
        "{cookie}"
    );
    assert!(!cookie.contains("Domain"), "{cookie}");
}

#[actix_web::test]
async fn a_network_that_keeps_failing_to_sign_in_is_slowed_down() {
    let world = world().await;
    let browser = browser(&world);
    // Another login each time, so that the limit per login does not come first.
    for n in 0..10 {
        let form = [("login", &*format!("officer{n}")), ("password", "wrong")];
        browser.post("/console/sign-in", &form).await.page(400);
    }
    officer(&world).await;
    let form = [("login", "alice"), ("password", PASSWORD)];
    browser.post("/console/sign-in", &form).await.page(429);
}

#[actix_web::test]
async fn no_form_acts_without_the_token_of_the_session_or_from_another_site() {
    let world = world().await;
    let browser = browser(&world);
    let csrf = sign_in(&world, &browser).await;
    let (submitted, page) = planned(&world, Right::Erasure).await;
    let step = "00000000-0000-0000-0000-000000000000";
    let forms = [
        "/console/sign-out".to_owned(),
        format!("{page}/approve"),
        format!("{page}/refuse"),
        format!("{page}/release"),
        format!("{page}/search-again"),
        format!("{page}/steps/{step}/retry"),
        format!("{page}/steps/{step}/give-up"),
    ];
    let hash = world
        .view(submitted.id)
        .await
        .plan
        .unwrap()
        .hash
        .to_string();
    let fields = |token: &str| {
        [
            ("csrf", token.to_owned()),
            ("hash", hash.clone()),
            ("typed", submitted.reference.to_string()),
            ("reason", "because".to_owned()),
        ]
    };
    let changed = format!("{}x", &csrf[..csrf.len() - 1]);
    for path in &forms {
        for token in ["", "guessed", &changed] {
            let request = TestRequest::post().uri(path).set_form(fields(token));
            let refused = browser.send(request).await;
            assert!(
                refused.page(403).contains("not sent from this site"),
                "{path} {token}"
            );
        }
        let form = TestRequest::post().uri(path).set_form(fields(&csrf));
        let cross = form.insert_header(("sec-fetch-site", "cross-site"));
        browser.send(cross).await.page(403);
        let reading = browser.get(path).await;
        assert!(
            [200, 404, 405, 409].contains(&reading.status.as_u16()),
            "{path}"
        );
    }
    assert_eq!(world.phase(submitted.id).await, "planned");
    browser.get("/console").await.page(200);
}

#[actix_web::test]
async fn an_officer_reads_a_plan_approves_it_and_releases_the_answer() {
    let world = world().await;
    let browser = browser(&world);
    let csrf = sign_in(&world, &browser).await;
    let (submitted, page) = planned(&world, Right::Erasure).await;
    let queue = browser.get("/console").await;
    assert!(queue.page(200).contains("Approve the plan"));
    assert!(queue.text().contains("30 days left"), "{}", queue.text());

    let request = browser.get(&page).await;
    let text = request.page(200);
    for shows in [
        submitted.reference.as_str(),
        "Store shop",
        "Your account",
        "3 rows",
        "rows deleted",
        "user.contact.email",
        "Point of no return",
        "Thursday 24 December 2026",
        "How it was reckoned",
    ] {
        assert!(text.contains(shows), "{shows} in {text}");
    }
    assert!(!text.contains(ADA), "the address is masked");

    let ask = format!("{page}/approve");
    let confirm = browser.get(&ask).await;
    let hash = value(confirm.page(200), "hash");
    let typed = |typed: &str| {
        vec![
            ("csrf", csrf.clone()),
            ("hash", hash.clone()),
            ("typed", typed.to_owned()),
        ]
    };
    for wrong in ["", "yes", "HB-00000-00000"] {
        let request = TestRequest::post().uri(&ask).set_form(typed(wrong));
        let answer = browser.send(request).await;
        assert!(html::title(answer.page(400)).starts_with("Error: "));
    }
    assert_eq!(world.phase(submitted.id).await, "planned");
    let request = TestRequest::post()
        .uri(&ask)
        .set_form(typed(&submitted.reference.as_str().to_lowercase()));
    let done = browser.send(request).await.leads_to();
    assert!(
        browser
            .get(&done)
            .await
            .page(200)
            .contains("You approved the plan")
    );

    world.work().await;
    let after = browser.get(&page).await;
    assert!(
        after.page(200).contains("read-back verified"),
        "{}",
        after.text()
    );
    assert!(after.text().contains("3 found, 3 erased"));
    let release = format!("{page}/release");
    browser.get(&release).await.page(200);
    browser.post(&release, &[("csrf", &csrf)]).await.leads_to();
    world.work().await;
    assert_eq!(world.phase(submitted.id).await, "closed");
    assert!(browser.get(&page).await.page(200).contains("Downloads"));
    // What is over cannot be done again.
    browser.get(&release).await.page(409);
    browser.get(&ask).await.page(409);
    let open = browser.get("/console").await;
    assert!(open.page(200).contains("Nothing is open"));
    assert!(
        browser
            .get("/console?show=all")
            .await
            .page(200)
            .contains(submitted.reference.as_str())
    );
}

#[actix_web::test]
async fn a_plan_that_changed_since_it_was_read_is_not_approved() {
    let (world, shop) = world_and_shop().await;
    let browser = browser(&world);
    let csrf = sign_in(&world, &browser).await;
    let (submitted, page) = planned(&world, Right::Erasure).await;
    let hash = value(
        browser.get(&format!("{page}/approve")).await.page(200),
        "hash",
    );
    shop.holds(ADA, 7);
    let again = format!("{page}/search-again");
    browser.post(&again, &[("csrf", &csrf)]).await.leads_to();
    world.work().await;
    let form = [
        ("csrf", csrf.as_str()),
        ("hash", &hash),
        ("typed", submitted.reference.as_str()),
    ];
    let answer = browser.post(&format!("{page}/approve"), &form).await;
    assert!(answer.page(409).contains("The plan has changed"));
    let form = [
        ("csrf", csrf.as_str()),
        ("hash", "nonsense"),
        ("typed", submitted.reference.as_str()),
    ];
    browser
        .post(&format!("{page}/approve"), &form)
        .await
        .page(409);
    assert_eq!(world.phase(submitted.id).await, "planned");
}

#[actix_web::test]
async fn a_refusal_needs_a_reason_and_the_person_reads_it() {
    let world = world().await;
    let browser = browser(&world);
    let csrf = sign_in(&world, &browser).await;
    let (submitted, capability) = world.submit_and_confirm(Right::Erasure, ADA).await;
    world.work().await;
    let page = format!("/console/requests/{}/refuse", submitted.id);
    browser.get(&page).await.page(200);
    let long = "x".repeat(2001);
    for reason in ["", "   ", &long] {
        let form = [("csrf", csrf.as_str()), ("reason", reason)];
        browser.post(&page, &form).await.page(400);
    }
    let form = [
        ("csrf", csrf.as_str()),
        ("reason", "An order is <b>open</b>."),
    ];
    browser.post(&page, &form).await.leads_to();
    assert_eq!(world.phase(submitted.id).await, "refused");
    let status = format!("/r/{}/s/{}", submitted.reference, capability.0.reveal());
    let read = browser.get(&status).await;
    assert!(read.page(200).contains("We cannot do what you asked"));
    assert!(read.text().contains("order is") && !read.text().contains("<b>open"));
    assert!(read.text().contains("supervisory authority"));
}

#[actix_web::test]
async fn a_stopped_step_names_its_cause_and_goes_on_or_is_given_up() {
    let (world, shop) = world_and_shop().await;
    let browser = browser(&world);
    let csrf = sign_in(&world, &browser).await;
    let (submitted, page) = planned(&world, Right::Erasure).await;
    shop.fails(
        "erase",
        &[
            Fault::Before(ErrorClass::Permanent),
            Fault::Before(ErrorClass::Permanent),
        ],
    );
    world.approve(submitted.id).await;
    world.work().await;

    assert!(
        browser
            .get("/console")
            .await
            .page(200)
            .contains("Look at stopped steps")
    );
    let request = browser.get(&page).await;
    let text = request.page(200).to_owned();
    assert!(
        text.contains("waits for an officer") && text.contains("told to fail"),
        "{text}"
    );
    let retry = html::tags(&text)
        .into_iter()
        .map(|tag| tag.get("action").to_owned())
        .find(|action| action.ends_with("/retry"))
        .expect("a form to try again");
    let with = |reason: &'static str| [("csrf", csrf.clone()), ("reason", reason.to_owned())];
    let send = |path: String, reason| {
        let request = TestRequest::post().uri(&path).set_form(with(reason));
        browser.send(request)
    };
    assert!(
        send(retry.clone(), " ")
            .await
            .page(400)
            .contains("Give a reason")
    );
    send(retry.clone(), "new password").await.leads_to();
    world.work().await;
    // It fails once more, and the officer lets it go.
    let done = send(retry.replace("/retry", "/give-up"), "the shop is closed")
        .await
        .leads_to();
    assert!(browser.get(&done).await.page(200).contains("was given up"));
    world.work().await;
    assert_eq!(
        world
            .view(submitted.id)
            .await
            .steps
            .iter()
            .filter(|s| s.state == "failed")
            .count(),
        1
    );
}

#[actix_web::test]
async fn a_request_due_today_says_today_and_a_late_one_how_late() {
    let world = world().await;
    let browser = browser(&world);
    sign_in(&world, &browser).await;
    let (_, page) = planned(&world, Right::Access).await;
    for (days, shows) in [
        (24, "6 days left"),
        (5, "1 day left"),
        (1, "today"),
        (1, "1 day overdue"),
    ] {
        world.time.advance(SignedDuration::from_hours(24 * days));
        // The session is idle by now.
        let form = [("login", "alice"), ("password", PASSWORD)];
        let answer = browser.post("/console/sign-in", &form).await;
        let cookie = answer
            .header("set-cookie")
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        *browser.cookie.borrow_mut() = Some(cookie);
        for path in ["/console", &page] {
            assert!(
                browser.get(path).await.page(200).contains(shows),
                "{shows} on {path}"
            );
        }
    }
}

#[actix_web::test]
async fn a_request_is_found_by_its_reference() {
    let world = world().await;
    let browser = browser(&world);
    sign_in(&world, &browser).await;
    let (submitted, page) = planned(&world, Right::Access).await;
    let typed = submitted.reference.as_str().to_lowercase();
    let found = browser
        .get(&format!("/console/find?reference={typed}"))
        .await;
    assert_eq!(found.leads_to(), page);
    for unknown in ["HB-00000-00000", "nonsense", ""] {
        let answer = browser
            .get(&format!("/console/find?reference={unknown}"))
            .await;
        assert!(
            answer
                .page(400)
                .contains("There is no request with this reference")
        );
    }
    browser.get("/console/requests/nonsense").await.page(404);
    let other = "/console/requests/00000000-0000-0000-0000-000000000000";
    browser.get(other).await.page(404);
}
