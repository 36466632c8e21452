//! A browser of few words: follows no redirect by itself, keeps one cookie, checks every page.

use std::{cell::RefCell, sync::Arc};

use actix_web::{
    App,
    body::MessageBody,
    http::{Method, StatusCode, header::HeaderMap},
    test::{TestRequest, call_service, init_service},
    web::ServiceConfig,
};
use habeas_testkit::world::{Backend, Scripted, World};
use habeas_web::{Vitals, Watched, WebSettings, operator_routes, routes};

use crate::html;

pub const ADA: &str = "ada@shop.example";

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The page, after checking what every page must keep to.
    #[track_caller]
    pub fn page(&self, status: u16) -> &str {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(self.header("cache-control"), "no-store");
        html::check(self.text());
        self.text()
    }

    /// Where a form leads.
    #[track_caller]
    pub fn leads_to(&self) -> String {
        assert_eq!(self.status, 303, "{}", self.text());
        self.header("location").to_owned()
    }

    #[track_caller]
    pub fn json(&self, status: u16) -> serde_json::Value {
        assert_eq!(self.status, status, "{}", self.text());
        serde_json::from_slice(&self.body).unwrap()
    }

    /// `type`, without the part that all have in common, and `field`.
    #[track_caller]
    pub fn problem(&self, status: u16) -> (String, String) {
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json(status);
        assert_eq!(problem["status"], status);
        let text = |key: &str| problem[key].as_str().unwrap_or_default().to_owned();
        (text("type").replace("/problems/", ""), text("field"))
    }
}

pub struct Browser<R> {
    routes: R,
    pub cookie: RefCell<Option<String>>,
}

pub fn settings() -> WebSettings {
    WebSettings {
        jwt_keys: Vec::new(),
        jwt_audience: String::new(),
        secure_cookies: false,
        mail_page: None,
        vitals: Vitals::default(),
    }
}

pub fn browser(world: &World) -> Browser<impl FnOnce(&mut ServiceConfig) + Clone> {
    browser_with(world, settings())
}

pub fn browser_with(
    world: &World,
    settings: WebSettings,
) -> Browser<impl FnOnce(&mut ServiceConfig) + Clone> {
    Browser {
        routes: routes(world.engine.clone(), Arc::new(settings)),
        cookie: RefCell::new(None),
    }
}

/// What whoever runs the machines uses.
pub fn operator(watched: Watched) -> Browser<impl FnOnce(&mut ServiceConfig) + Clone> {
    Browser {
        routes: operator_routes(watched),
        cookie: RefCell::new(None),
    }
}

impl<R: FnOnce(&mut ServiceConfig) + Clone> Browser<R> {
    pub async fn send(&self, request: TestRequest) -> Answer {
        let app = init_service(App::new().configure(self.routes.clone())).await;
        let request = match &*self.cookie.borrow() {
            Some(cookie) => request.insert_header(("cookie", cookie.as_str())),
            None => request,
        };
        let answer = call_service(&app, request.to_request()).await;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = actix_web::body::to_bytes(answer.into_body().boxed())
            .await
            .unwrap();
        Answer {
            status,
            headers,
            body: body.to_vec(),
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(TestRequest::get().uri(path)).await
    }

    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(TestRequest::post().uri(path).set_form(form))
            .await
    }

    pub async fn json(&self, method: Method, path: &str, token: &str, body: &str) -> Answer {
        let mut request = TestRequest::default().method(method).uri(path);
        if !token.is_empty() {
            request = request.insert_header(("authorization", format!("Bearer {token}")));
        }
        if !body.is_empty() {
            request = request
                .insert_header(("content-type", "application/json"))
                .set_payload(body.to_owned());
        }
        self.send(request).await
    }
}

/// A world with one store in which Ada has three rows.
pub async fn world() -> World {
    world_and_shop().await.0
}

pub async fn world_and_shop() -> (World, Arc<Scripted>) {
    let shop = Scripted::new("shop");
    shop.holds(ADA, 3);
    let world = World::on(Backend::Sqlite).store(shop.clone()).build().await;
    (world, shop)
}
