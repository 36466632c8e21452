//! The OpenAPI 3.1 document, made from the handlers. `docs/openapi.json` is its checked-in copy; a
//! test compares them, so that a change of the interface shows in review.

use utoipa::{
    Modify, OpenApi,
    openapi::security::{Http, HttpAuthScheme, SecurityScheme},
};

use super::{bodies, officers, problem, requests};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Habeas",
        description = "Privacy requests: ask, prove an address, follow; and what officers do about them. Errors are RFC 9457 problem details, listed in docs/api.md.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    paths(
        requests::submit,
        requests::confirm,
        requests::show,
        officers::list,
        officers::plan,
        officers::steps,
        officers::approve,
        officers::refuse,
        officers::release,
        officers::search_again,
    ),
    components(schemas(problem::Problem, bodies::Status, bodies::OfficerView)),
    tags(
        (name = "requests", description = "For subjects and their agents"),
        (name = "officers", description = "With a JWT signed EdDSA; `aud`, `exp`, `sub` and `kid` required"),
    ),
    modifiers(&BearerScheme),
    security(("bearer" = [])),
)]
struct Document;

struct BearerScheme;

impl Modify for BearerScheme {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("bearer", scheme);
    }
}

/// The document as it is served at `/v1/openapi.json`, with a line end.
pub fn openapi_json() -> String {
    let mut json = Document::openapi()
        .to_pretty_json()
        .expect("the document is always JSON");
    json.push('\n');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checked_in_document_is_the_one_that_is_served() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            kept == openapi_json(),
            "docs/openapi.json is old; write it anew with `habeas openapi > docs/openapi.json`"
        );
    }

    #[test]
    fn it_is_openapi_3_1_and_every_operation_has_an_answer_for_failure() {
        let document: serde_json::Value = serde_json::from_str(&openapi_json()).unwrap();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
        for (path, operations) in document["paths"].as_object().unwrap() {
            for (method, operation) in operations.as_object().unwrap() {
                let answers = operation["responses"].as_object().unwrap();
                assert!(
                    answers.keys().any(|status| status.starts_with('4')),
                    "{method} {path}"
                );
            }
        }
    }
}
