//! What holders of accounts do themselves on a page: set a password by an invitation, and take up a second factor.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use serde::Deserialize;

use super::refusals::{self, Refused};
use super::sheet::{Field, Form, Sheet, tongue, word};
use super::sign_in::{led, on_own};
use crate::rules::Rules;
use crate::rules::messages::Tongue;
use crate::service::accounts::passwords::{self, NewPassword};
use crate::service::accounts::second_factor::{self, FirstCode, SecondFactorOffered};
use crate::service::kernel::permissions::Act;
use crate::web::answer::{Failure, Shared, flatten};
use crate::web::cookie;

/// A form as it was sent.
#[derive(Debug, Default, Deserialize)]
pub struct Sent {
    #[serde(default)]
    invitation: String,
    #[serde(default)]
    password: String,
    /// The first code of a second factor; missing where one is asked for.
    code: Option<String>,
    lang: Option<String>,
}

/// The page on which an invited person sets a password.
pub async fn password_form(shared: Shared, query: web::Query<Sent>) -> HttpResponse {
    password_page(&shared.now().office.rules, tongue(query.lang.as_deref()), "", None).respond(StatusCode::OK)
}

/// Sets the password.
pub async fn set_password(shared: Shared, request: HttpRequest, sent: web::Form<Sent>) -> HttpResponse {
    if let Err(problem) = cookie::same_origin(&request) {
        return Failure(problem).error_response();
    }
    let (registry, tongue) = (shared.now(), tongue(sent.lang.as_deref()));
    let rules = registry.office.rules.clone();
    let Sent { invitation, password, .. } = sent.into_inner();
    let typed = NewPassword { invitation: invitation.clone(), password };
    let done = web::block(move || passwords::accept(&registry.office, &registry.memory.sign_ins, &typed)).await;
    match flatten(done) {
        Ok(_) => led(tongue).finish(),
        Err(problem) => {
            let refused = refusals::said(&rules, tongue, &problem);
            password_page(&rules, tongue, &invitation, Some(refused)).respond(Failure(problem).status_code())
        }
    }
}

fn password_page(rules: &Rules, tongue: Tongue, invitation: &str, refused: Option<Refused>) -> Sheet {
    let word = |code| word(rules, tongue, code);
    let wrong =
        |field: &str| refused.as_ref().filter(|refused| refused.field == field).map(|refused| refused.said.clone());
    let fields = vec![
        Field {
            name: "invitation",
            label: word("invitation"),
            kind: "text",
            value: invitation.to_owned(),
            autocomplete: "off",
            needed: true,
            error: wrong("invitation"),
        },
        Field {
            name: "password",
            label: word("new_password"),
            kind: "password",
            value: String::new(),
            autocomplete: "new-password",
            needed: true,
            error: wrong("password"),
        },
    ];
    let (action, hidden) = ("/sign-in/password", vec![("lang", tongue.to_string())]);
    let form = Form { action, class: "password", fields, hidden, button: word("set_password") };
    let lines = refused.iter().filter(|refused| refused.field.is_empty()).map(|refused| refused.said.clone()).collect();
    Sheet { tongue, path: action, title: word("set_password"), lines, forms: vec![form], links: Vec::new() }
}

/// Offers a second factor, or confirms it by its first code.
pub async fn second_factor(shared: Shared, request: HttpRequest, sent: web::Form<Sent>) -> HttpResponse {
    let (tongue, rules) = (tongue(sent.lang.as_deref()), shared.now().office.rules.clone());
    let Some(code) = sent.into_inner().code else {
        let offered = on_own(shared, &request, Act::KeepOwnSignIn, |registry, who, session| {
            second_factor::offer(&registry.office, who, session)
        });
        return match offered.await {
            Ok(offered) => code_page(&rules, tongue, Some(&offered), None).respond(StatusCode::OK),
            Err(problem) => Failure(problem).error_response(),
        };
    };
    let confirmed = on_own(shared, &request, Act::KeepOwnSignIn, move |registry, who, session| {
        second_factor::confirm(&registry.office, who, session, &FirstCode { code })
    });
    match confirmed.await {
        Ok(_) => led(tongue).finish(),
        Err(problem) if problem.code == "wrong_second_factor" => {
            let refused = refusals::said(&rules, tongue, &problem);
            code_page(&rules, tongue, None, Some(refused)).respond(Failure(problem).status_code())
        }
        Err(problem) => Failure(problem).error_response(),
    }
}

/// The page with the secret, once, and the field for its first code.
fn code_page(rules: &Rules, tongue: Tongue, offered: Option<&SecondFactorOffered>, refused: Option<Refused>) -> Sheet {
    let word = |code| word(rules, tongue, code);
    let lines = offered.map(|offered| vec![word("take_up"), offered.secret.clone(), offered.otpauth.clone()]);
    let field = Field {
        name: "code",
        label: word("second_factor"),
        kind: "text",
        autocomplete: "one-time-code",
        needed: true,
        error: refused.map(|refused| refused.said),
        ..Field::default()
    };
    let (action, hidden) = ("/sign-in/second-factor", vec![("lang", tongue.to_string())]);
    let form = Form { action, class: "code", fields: vec![field], hidden, button: word("confirm") };
    let (path, title) = ("/sign-in", word("enrol"));
    Sheet { tongue, path, title, lines: lines.unwrap_or_default(), forms: vec![form], links: Vec::new() }
}
