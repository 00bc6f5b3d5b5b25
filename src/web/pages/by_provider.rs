//! Signing in at an identity provider: there and back.

use actix_web::http::{header, uri::Authority};
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use serde::Deserialize;

use super::refusals;
use super::sheet::tongue;
use super::sign_in::{form_page, see_other};
use crate::rules::messages::Tongue;
use crate::service::accounts::provider_sign_in::{self, CameBack, Finished, MINUTES};
use crate::service::kernel::problem::Problem;
use crate::service::registry::Registry;
use crate::web::answer::{Failure, Shared, flatten};
use crate::web::cookie;

/// Where the provider sends browsers back to.
const BACK: &str = "/sign-in/oidc/callback";
/// What binds a sign-in to the browser in which it was begun.
const BROWSER: &str = "__Host-kezek-oidc";

/// What the address says.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    lang: Option<String>,
    #[serde(default)]
    state: String,
    #[serde(default)]
    code: String,
}

/// The address to come back to: this server as the browser knows it. The provider believes none but those that it was told of.
fn back(request: &HttpRequest) -> String {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let name = host.parse::<Authority>().map(|authority| authority.host().to_owned()).unwrap_or_default();
    let ip = name.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    let here = name == "localhost" || ip.is_ok_and(|ip| ip.is_loopback());
    format!("{}://{host}{BACK}", if here { "http" } else { "https" })
}

/// Sends the browser to the provider.
pub async fn begin(shared: Shared, request: HttpRequest, asked: web::Query<Asked>) -> HttpResponse {
    let (registry, tongue, back) = (shared.now(), tongue(asked.lang.as_deref()), back(&request));
    let done = web::block(move || {
        provider_sign_in::begin(&registry.office, &registry.memory.sign_ins, &back, &tongue.to_string())
    });
    match flatten(done.await) {
        Ok(sent) => HttpResponse::SeeOther()
            .insert_header((header::LOCATION, sent.address))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header(cookie::set(BROWSER, &sent.browser, MINUTES * 60))
            .finish(),
        Err(problem) => told(&shared.now(), tongue, problem),
    }
}

/// Takes whoever comes back from the provider in.
pub async fn finish(shared: Shared, request: HttpRequest, asked: web::Query<Asked>) -> HttpResponse {
    let (registry, back) = (shared.now(), back(&request));
    let browser = cookie::read(&request, BROWSER).unwrap_or_default();
    let Asked { state, code, .. } = asked.into_inner();
    let came = CameBack { state, code, browser };
    let done =
        web::block(move || provider_sign_in::finish(&registry.office, &registry.memory.sign_ins, &back, &came)).await;
    let Ok(Finished { session, tongue: begun_in }) = done else { return HttpResponse::ServiceUnavailable().finish() };
    let tongue = tongue(begun_in.as_deref());
    match session {
        Ok(session) => see_other(tongue, &session),
        Err(problem) => told(&shared.now(), tongue, problem),
    }
}

/// The page of signing in with why it came to nothing; login and password still do.
fn told(registry: &Registry, tongue: Tongue, problem: Problem) -> HttpResponse {
    let rules = &registry.office.rules;
    let refused = refusals::said(rules, tongue, &problem);
    let has_provider = registry.memory.sign_ins.has_provider();
    form_page(rules, tongue, "", Some(refused), has_provider).respond(Failure(problem).status_code())
}
