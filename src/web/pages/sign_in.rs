//! Signing in on a page: login, password and second factor in, a session in a cookie out, and a page that says who one is.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use serde::Deserialize;

use super::refusals::{self, Refused};
use super::sheet::{Field, Form, Sheet, tongue, word};
use crate::domain::codes::Role;
use crate::domain::kato::Kato;
use crate::rules::Rules;
use crate::rules::messages::Tongue;
use crate::service::accounts::official::{self, MandateChoice, OfficialSignIn, OfficialSignedIn};
use crate::service::accounts::principal::principal;
use crate::service::accounts::view::{self, Me};
use crate::service::counter::catalogue;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::Problem;
use crate::service::office::Office;
use crate::service::registry::Registry;
use crate::web::answer::{Failure, Shared, flatten};
use crate::web::cookie;
use crate::web::limits::ByAddress;

/// The path of the page.
pub const PATH: &str = "/sign-in";
/// A session lasts no longer than this, in seconds.
const LONGEST: i64 = 12 * 60 * 60;

/// In which language the page is wanted.
#[derive(Debug, Default, Deserialize)]
pub struct Wanted {
    lang: Option<String>,
}

/// The form as it was sent.
#[derive(Debug, Default, Deserialize)]
pub struct Typed {
    #[serde(default)]
    login: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    second_factor: String,
    #[serde(default)]
    mandate: String,
    lang: Option<String>,
}

/// Who is signed in by the cookie of a request, in the office of a registry.
pub fn signed_in(registry: &Registry, session: &str, act: Act) -> Result<Principal, Problem> {
    principal(&registry.office, &registry.memory.sign_ins, session, act)
}

/// The page with an empty form, or with who is signed in.
pub async fn form(shared: Shared, request: HttpRequest, query: web::Query<Wanted>) -> HttpResponse {
    let (registry, tongue) = (shared.now(), tongue(query.lang.as_deref()));
    let session = cookie::read(&request, cookie::SESSION);
    let rules = registry.office.rules.clone();
    let who = web::block(move || {
        let session = session?;
        let who = signed_in(&registry, &session, Act::ReadOwnAccount).ok()?;
        let needs =
            signed_in(&registry, &session, Act::ReadApplication).is_err_and(|p| p.code == "second_factor_needed");
        view::me(&registry.office, &who).ok().map(|me| who_page(&registry.office, tongue, &me, needs))
    })
    .await;
    match who {
        Ok(Some(page)) => page.respond(StatusCode::OK),
        Ok(None) => {
            form_page(&rules, tongue, "", None, shared.now().memory.sign_ins.has_provider()).respond(StatusCode::OK)
        }
        Err(_) => HttpResponse::ServiceUnavailable().finish(),
    }
}

/// Signs in by the form.
pub async fn sign_in(
    shared: Shared,
    request: HttpRequest,
    addresses: web::Data<ByAddress>,
    typed: web::Form<Typed>,
) -> HttpResponse {
    if let Err(problem) = cookie::same_origin(&request) {
        return Failure(problem).error_response();
    }
    let (typed, address) = (typed.into_inner(), addresses.of_or_nobody(&request));
    let (registry, tongue) = (shared.now(), tongue(typed.lang.as_deref()));
    let rules = registry.office.rules.clone();
    let has_provider = registry.memory.sign_ins.has_provider();
    let Typed { login, password, second_factor, .. } = typed;
    let sent = OfficialSignIn { login: login.clone(), password, second_factor: Some(second_factor), mandate: None };
    let done = web::block(move || official::sign_in(&registry.office, &registry.memory.sign_ins, address, &sent)).await;
    match flatten(done) {
        Ok(OfficialSignedIn { token, .. }) => see_other(tongue, &token),
        Err(problem) => {
            let refused = refusals::said(&rules, tongue, &problem);
            form_page(&rules, tongue, &login, Some(refused), has_provider).respond(Failure(problem).status_code())
        }
    }
}

/// Signs out.
pub async fn sign_out(shared: Shared, request: HttpRequest, typed: web::Form<Typed>) -> HttpResponse {
    let tongue = tongue(typed.lang.as_deref());
    let done = on_own(shared, &request, Act::EndSession, |registry, who, session| {
        official::sign_out(&registry.office, who, session, false)
    });
    match done.await {
        // Whoever is signed out already wanted nothing else.
        Ok(()) => signed_out(tongue),
        Err(problem) if problem.code == "session_ended" || problem.code == "token_missing" => signed_out(tongue),
        Err(problem) => Failure(problem).error_response(),
    }
}

/// Acts by another mandate from now on.
pub async fn switch(shared: Shared, request: HttpRequest, typed: web::Form<Typed>) -> HttpResponse {
    let (tongue, sent) = (tongue(typed.lang.as_deref()), MandateChoice { mandate: typed.mandate.clone() });
    let done = on_own(shared, &request, Act::KeepOwnSignIn, move |registry, who, session| {
        official::switch(&registry.office, who, session, &sent).map(drop)
    });
    match done.await {
        Ok(()) => led(tongue).finish(),
        Err(problem) => Failure(problem).error_response(),
    }
}

/// Does something on the session of the cookie.
pub async fn on_own<T: Send + 'static>(
    shared: Shared,
    request: &HttpRequest,
    act: Act,
    run: impl FnOnce(&Registry, &Principal, &str) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    cookie::same_origin(request)?;
    let session = crate::web::asked::credential(request)?;
    let done = web::block(move || {
        let registry = shared.now();
        let who = signed_in(&registry, &session, act)?;
        run(&registry, &who, &session)
    })
    .await;
    flatten(done)
}

/// Leads to the page with who is signed in.
pub fn led(tongue: Tongue) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::SeeOther();
    response.insert_header((header::LOCATION, format!("{PATH}?lang={tongue}")));
    response
}

/// Leads there with a session.
pub fn see_other(tongue: Tongue, session: &str) -> HttpResponse {
    led(tongue).insert_header(cookie::set(cookie::SESSION, session, LONGEST)).finish()
}

/// Leads there without one.
fn signed_out(tongue: Tongue) -> HttpResponse {
    led(tongue).insert_header(cookie::set(cookie::SESSION, "", 0)).finish()
}

/// The page with the form, and what is wrong.
pub fn form_page(rules: &Rules, tongue: Tongue, login: &str, refused: Option<Refused>, has_provider: bool) -> Sheet {
    let word = |code| word(rules, tongue, code);
    let wrong =
        |field: &str| refused.as_ref().filter(|refused| refused.field == field).map(|refused| refused.said.clone());
    let field = |name: &'static str, kind, autocomplete, needed, value: &str| Field {
        name,
        label: word(name),
        kind,
        value: value.to_owned(),
        autocomplete,
        needed,
        error: wrong(name),
    };
    let fields = vec![
        field("login", "text", "username", true, login),
        field("password", "password", "current-password", true, ""),
        field("second_factor", "text", "one-time-code", false, ""),
    ];
    let hidden = vec![("lang", tongue.to_string())];
    let sign_in = Form { action: PATH, class: "sign-in", fields, hidden, button: word("sign_in") };
    let provider = (format!("/sign-in/oidc?lang={tongue}"), word("by_provider"));
    let invited = (format!("/sign-in/password?lang={tongue}"), word("by_invitation"));
    let lines = refused.iter().filter(|refused| refused.field.is_empty()).map(|refused| refused.said.clone()).collect();
    let links = Some(provider).filter(|_| has_provider).into_iter().chain([invited]).collect();
    Sheet { tongue, path: PATH, title: word("sign_in"), lines, forms: vec![sign_in], links }
}

/// The page with who is signed in.
fn who_page(office: &Office, tongue: Tongue, me: &Me, needs_second_factor: bool) -> Sheet {
    let rules = &office.rules;
    let word = |code| word(rules, tongue, code);
    let as_what = |role: Role, territory: Kato, kindergarten: Option<&str>| {
        let role = rules.messages.label_or_code(tongue, "actor", role.code()).to_owned();
        format!("{role}, {}", place(office, tongue, territory, kindergarten))
    };
    let now = as_what(me.role, me.territory, me.kindergarten.as_deref());
    let mut lines = vec![format!("{}: {}", word("who"), me.account.name.as_deref().unwrap_or(&me.account.account))];
    lines.push(format!("{}: {now}", word("as_what")));
    let hidden = || ("lang", tongue.to_string());
    let mut forms = Vec::new();
    if needs_second_factor {
        lines.push(word("second_factor_needed"));
    } else {
        for own in me.account.mandates.iter().filter(|own| own.holds) {
            let other = as_what(own.role, own.territory, own.kindergarten.as_deref());
            if other != now {
                let button = format!("{}: {other}", word("switch"));
                let hidden = vec![("mandate", own.mandate.clone()), hidden()];
                forms.push(Form { action: "/sign-in/mandate", class: "switch", hidden, button, ..Form::default() });
            }
        }
    }
    if me.account.login.is_some() && !me.has_second_factor {
        let (class, button) = ("second-factor", word("enrol"));
        forms.push(Form { action: "/sign-in/second-factor", class, hidden: vec![hidden()], button, ..Form::default() });
    }
    let button = word("sign_out");
    forms.push(Form { action: "/sign-out", class: "sign-out", hidden: vec![hidden()], button, ..Form::default() });
    Sheet { tongue, path: PATH, title: word("signed_in"), lines, forms, links: Vec::new() }
}

/// The kindergarten, or else the territory, by name; the code where the name cannot be read now.
fn place(office: &Office, tongue: Tongue, territory: Kato, kindergarten: Option<&str>) -> String {
    let named = match kindergarten {
        Some(id) => catalogue::kindergarten_name(office, id),
        None => catalogue::territory_name(office, territory),
    };
    let code = || kindergarten.map_or_else(|| territory.to_string(), str::to_owned);
    named.map_or_else(|_| code(), |named| named.get(tongue).to_owned())
}
