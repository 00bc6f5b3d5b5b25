//! The OpenAPI 3.1 document, put together from what the handlers of the route table say and kept as a file under
//! `fixtures/expected`, so that a change of the contract is a change that somebody reads.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{cookie, routes};

/// The document without its routes: what is said of all of them.
#[derive(OpenApi)]
#[openapi(
    info(title = "Kezek", description = "The registry of kindergarten queues and referrals.", license(name = "Apache-2.0")),
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
    routes.fold(Frame::openapi(), utoipa::openapi::OpenApi::merge_from)
}
