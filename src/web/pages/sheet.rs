//! A page of sentences and forms, without scripts and without anything of another host.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use crate::rules::Rules;
use crate::rules::messages::Tongue;

/// A page.
#[derive(Template)]
#[template(path = "sheet.html", config = "src/askama.toml")]
pub struct Sheet {
    /// The language of its words.
    pub tongue: Tongue,
    /// Its path, for the same page in another language.
    pub path: &'static str,
    /// What it is.
    pub title: String,
    /// What it says.
    pub lines: Vec<String>,
    /// What can be sent.
    pub forms: Vec<Form>,
    /// Where it leads: address and words.
    pub links: Vec<(String, String)>,
}

/// A form.
#[derive(Default)]
pub struct Form {
    /// Where it is sent.
    pub action: &'static str,
    /// By which it is told apart.
    pub class: &'static str,
    /// What is typed.
    pub fields: Vec<Field>,
    /// What is sent along: name and value.
    pub hidden: Vec<(&'static str, String)>,
    /// The words on its button.
    pub button: String,
}

/// A field of a form.
#[derive(Default)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What to type.
    pub label: String,
    /// `text` or `password`.
    pub kind: &'static str,
    /// What was typed before.
    pub value: String,
    /// What browsers and password managers may fill in.
    pub autocomplete: &'static str,
    /// Whether it must be typed.
    pub needed: bool,
    /// What is wrong with what was typed.
    pub error: Option<String>,
}

/// The words of a group that pages of signing in use.
pub fn word(rules: &Rules, tongue: Tongue, code: &str) -> String {
    rules.messages.label_or_code(tongue, "sign_in", code).to_owned()
}

/// The language that is wanted; Kazakh where that is missing or unknown.
pub fn tongue(code: Option<&str>) -> Tongue {
    code.and_then(Tongue::from_code).unwrap_or(Tongue::Kk)
}

impl Sheet {
    /// The page as a response.
    pub fn respond(&self, status: StatusCode) -> HttpResponse {
        let Ok(html) = self.render() else { return HttpResponse::InternalServerError().finish() };
        HttpResponse::build(status)
            .content_type("text/html; charset=utf-8")
            .insert_header(("cache-control", "no-store"))
            .insert_header((
                "content-security-policy",
                "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
            ))
            .insert_header(("x-content-type-options", "nosniff"))
            // Older browsers prove by the origin that a form is of this server; other servers hear nothing.
            .insert_header(("referrer-policy", "same-origin"))
            .body(html)
    }
}
