//! The OpenAPI 3.1 document, put together from what the handlers of the route table say and kept as a file under
//! `fixtures/expected`, so that a change of the contract is a change that somebody reads.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, ResponseBuilder};
use utoipa::{Modify, OpenApi};

use super::answer::PROBLEM;
use super::wording::{FaultView, ProblemView};
use super::{cookie, routes};

/// The document without its routes: what is said of all of them.
#[derive(OpenApi)]
#[openapi(
    info(title = "Kezek", description = "The registry of kindergarten queues and referrals.", license(name = "Apache-2.0")),
    components(schemas(ProblemView, FaultView)),
    modifiers(&Credentials),
    security(("bearer" = []), ("session" = [])),
)]
struct Frame;

struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = document.components.get_or_insert_with(Default::default);
        components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
        // The session of a browser; what changes something with it must come from a page of this server.
        let session = ApiKey::Cookie(ApiKeyValue::new(cookie::SESSION));
        components.add_security_scheme("session", SecurityScheme::ApiKey(session));
    }
}

/// The document that `/openapi.json` serves.
pub fn document() -> utoipa::openapi::OpenApi {
    let routes = routes::of_the_api().filter_map(|route| route.document.clone());
    let mut document = routes.fold(Frame::openapi(), utoipa::openapi::OpenApi::merge_from);
    // Every route refuses in the same shape.
    let schema = Ref::from_schema_name("Problem");
    let refusal = ResponseBuilder::new()
        .description("A refusal, in the language of `Accept-Language` (kk, ru, en) or of `lang` in the query.")
        .content(PROBLEM, ContentBuilder::new().schema(Some(schema)).build())
        .build();
    document.components.get_or_insert_with(Default::default).responses.insert("Problem".to_owned(), refusal.into());
    for path in document.paths.paths.values_mut() {
        for operation in [&mut path.get, &mut path.post, &mut path.put, &mut path.delete].into_iter().flatten() {
            operation.responses.responses.insert("default".to_owned(), Ref::from_response_name("Problem").into());
        }
    }
    document
}
