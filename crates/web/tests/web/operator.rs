//! What a machine that watches Habeas reads, on the address that is not for the public.

use std::time::Duration;

use actix_web::web::ServiceConfig;
use habeas_domain::Right;
use habeas_engine::{Meter, Operator, StepVerb, Stores};
use habeas_testkit::world::World;
use habeas_web::{Vitals, Watched};
use jiff::SignedDuration;

use crate::browser::{ADA, Browser, browser, browser_with, operator, settings, world};

fn watched(world: &World) -> Watched {
    Watched {
        engine: world.engine.clone(),
        meter: Meter::default(),
        vitals: Vitals::default(),
        version: "1.2.3",
    }
}

async fn metrics<R: FnOnce(&mut ServiceConfig) + Clone>(browser: &Browser<R>) -> String {
    let answer = browser.get("/metrics").await;
    assert_eq!(answer.status, 200);
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(answer.header("content-type"), kind);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(answer.text().ends_with("# EOF\n"));
    answer.text().to_owned()
}

/// The value of one line, which is named with its labels.
#[track_caller]
fn value(text: &str, name: &str) -> String {
    let found = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    found
        .unwrap_or_else(|| panic!("no {name} in\n{text}"))
        .to_owned()
}

#[actix_web::test]
async fn the_queue_is_counted_by_store_and_state() {
    let world = world().await;
    world.submit(Right::Access, ADA).await;
    let text = metrics(&operator(watched(&world))).await;
    let mail = r#"habeas_steps{store="habeas-mail",state="ready"}"#;
    assert_eq!(
        value(&text, mail),
        "2",
        "the acknowledgement and the code wait"
    );
    assert_eq!(value(&text, "habeas_requests_open"), "1");
    assert_eq!(value(&text, "habeas_requests_overdue"), "0");
    assert_eq!(value(&text, "habeas_database_up"), "1");
    assert_eq!(value(&text, r#"habeas_build{version="1.2.3"}"#), "1");

    world.work().await;
    let text = metrics(&operator(watched(&world))).await;
    assert!(!text.contains(mail), "nothing waits any more: {text}");
}

#[actix_web::test]
async fn a_request_is_at_risk_before_it_is_late() {
    let world = world().await;
    // Due in a month.
    world.submit(Right::Access, ADA).await;
    for (more_days, at_risk, overdue) in [(20, "0", "0"), (7, "1", "0"), (5, "0", "1")] {
        world
            .time
            .advance(SignedDuration::from_hours(24 * more_days));
        let text = metrics(&operator(watched(&world))).await;
        assert_eq!(value(&text, "habeas_requests_at_risk"), at_risk);
        assert_eq!(value(&text, "habeas_requests_overdue"), overdue);
        let late: i64 = value(&text, "habeas_requests_lateness_seconds")
            .parse()
            .unwrap();
        assert_eq!(late > 0, overdue == "1", "{late} seconds late");
    }
}

#[actix_web::test]
async fn what_a_process_did_is_counted_where_it_was_told() {
    let world = world().await;
    let watched = watched(&world);
    watched.meter.claimed("shop", 3);
    watched.meter.outcome("shop", StepVerb::Erase, "transient");
    watched.meter.lease_lost();
    watched.meter.recovered(2);
    watched.meter.letter(false);
    watched.meter.package(4096);
    watched.meter.written(Duration::from_millis(3));
    let text = metrics(&operator(watched)).await;
    for (name, expected) in [
        (r#"habeas_claims_total{store="shop"}"#, "3"),
        (
            r#"habeas_outcomes_total{store="shop",verb="erase",class="transient"}"#,
            "1",
        ),
        ("habeas_leases_lost_total", "1"),
        ("habeas_steps_recovered_total", "2"),
        (r#"habeas_letters_total{sent="no"}"#, "1"),
        (r#"habeas_letters_total{sent="yes"}"#, "0"),
        ("habeas_package_bytes_total", "4096"),
        (r#"habeas_database_write_seconds_bucket{le="0.0025"}"#, "0"),
        (r#"habeas_database_write_seconds_bucket{le="0.005"}"#, "1"),
        (r#"habeas_database_write_seconds_bucket{le="+Inf"}"#, "1"),
        ("habeas_database_write_seconds_count", "1"),
        ("habeas_database_write_seconds_sum", "0.003"),
    ] {
        assert_eq!(value(&text, name), expected, "{name}");
    }
}

#[actix_web::test]
async fn answers_are_counted_by_the_pattern_of_their_route_and_never_by_their_path() {
    let world = world().await;
    let mut settings = settings();
    let vitals = Vitals::default();
    settings.vitals = vitals.clone();
    let public = browser_with(&world, settings);
    let submitted = world.submit(Right::Access, ADA).await;
    public.get("/healthz").await;
    public.get("/healthz").await;
    public
        .get(&format!("/r/{}/s/a-secret-capability", submitted.reference))
        .await;
    public.get("/no/such/page").await;
    public
        .get(&format!("/v1/requests/{}", submitted.reference))
        .await;

    let watched = Watched {
        vitals,
        ..watched(&world)
    };
    let text = metrics(&operator(watched)).await;
    let up = r#"habeas_http_requests_total{method="GET",route="/healthz",status="200"}"#;
    assert_eq!(value(&text, up), "2");
    let unmatched = r#"habeas_http_requests_total{method="GET",route="unmatched",status="404"}"#;
    assert_eq!(value(&text, unmatched), "1");
    for route in ["/r/{reference}/s/{capability}", "/v1/requests/{reference}"] {
        assert!(
            text.contains(&format!("route=\"{route}\"")),
            "{route} in\n{text}"
        );
    }
    for personal in [
        "a-secret-capability",
        "no/such",
        submitted.reference.as_str(),
        "ada",
    ] {
        assert!(
            !text.to_lowercase().contains(&personal.to_lowercase()),
            "{personal} in\n{text}"
        );
    }
}

#[actix_web::test]
async fn a_store_that_somebody_stopped_is_shown() {
    let world = world().await;
    let by = Operator::at_terminal("ada");
    let shop = r#"habeas_store_paused{store="shop"}"#;
    let text = metrics(&operator(watched(&world))).await;
    assert_eq!(value(&text, shop), "0");
    world
        .engine
        .pause(&by, Stores::All, "the shop moves house")
        .await
        .unwrap();
    let text = metrics(&operator(watched(&world))).await;
    assert_eq!(value(&text, shop), "1");
    assert_eq!(
        value(
            &text,
            r#"habeas_store_breaker{store="shop",breaker="closed"}"#
        ),
        "1"
    );
}

#[actix_web::test]
async fn the_database_is_not_asked_again_for_every_scrape() {
    let world = world().await;
    let browser = operator(watched(&world));
    let before = metrics(&browser).await;
    world.submit(Right::Access, ADA).await;
    assert_eq!(metrics(&browser).await, before);
}

#[actix_web::test]
async fn a_process_that_was_told_to_stop_lives_and_is_not_ready() {
    let world = world().await;
    let watched = watched(&world);
    let vitals = watched.vitals.clone();
    let browser = operator(watched);
    let ready = browser.get("/readyz").await;
    assert_eq!((ready.status.as_u16(), ready.text()), (200, "ready\n"));
    vitals.drain();
    let draining = browser.get("/readyz").await;
    assert_eq!(
        (draining.status.as_u16(), draining.text()),
        (503, "draining\n")
    );
    assert_eq!(browser.get("/healthz").await.status, 200);
}

#[actix_web::test]
async fn the_public_address_has_no_metrics_and_tells_readiness_in_one_word() {
    let world = world().await;
    browser(&world).get("/metrics").await.page(404);
    let mut settings = settings();
    settings.vitals = Vitals::default();
    settings.vitals.drain();
    let answer = browser_with(&world, settings).get("/readyz").await;
    assert_eq!((answer.status.as_u16(), answer.text()), (503, "draining\n"));
}
