//! A refusal in the reader's language. A handler only says what is wrong; on its way out, where the request and the registry's
//! words are at hand, the problem becomes a document in Kazakh, Russian and English, with the one that is asked for first.

use std::collections::BTreeSet;

use actix_web::HttpRequest;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::answer::weighed;
use super::refusals::Unsaid;
use crate::rules::messages::{Messages, Tongue};
use crate::service::kernel::problem::{FieldFault, Ground, Problem};
use crate::service::kernel::words::Said;
use crate::service::running::Running;

/// The labels by which a status is called, where the member `current_status` does not say of what it is.
const STATUSES: [&str; 3] = ["status", "referral_status", "place_status"];

/// Puts the problem of a response into words; a response without one stays as it is.
pub fn say(mut response: ServiceResponse<BoxBody>, running: &Running) -> ServiceResponse<BoxBody> {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let unsaid = response.response_mut().extensions_mut().remove::<Unsaid>();
    let Some(Unsaid(problem)) = unsaid else { return response };
    let tongue = wanted(response.request());
    let document = document(status, problem, &running.now().office.rules.messages, tongue);
    let document = serde_json::to_string(&document).unwrap_or_default();
    response = response.map_body(|_, _| BoxBody::new(document));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(tongue.code()));
    headers.append(header::VARY, HeaderValue::from_static("accept-language"));
    response
}

/// The language that a request asks for: by `lang` in its query, else by `Accept-Language`; English where it asks for none of ours.
fn wanted(request: &HttpRequest) -> Tongue {
    let named = request.query_string().split('&').find_map(|pair| pair.strip_prefix("lang="));
    if let Some(tongue) = named.and_then(Tongue::from_code) {
        return tongue;
    }
    let given = request.headers().get_all(header::ACCEPT_LANGUAGE).filter_map(|value| value.to_str().ok());
    let mut best = (Tongue::En, 0.0);
    for (range, weight) in given.flat_map(|list| list.split(',')).map(weighed) {
        let tongue = Tongue::from_code(range.split('-').next().unwrap_or_default());
        if let Some(tongue) = tongue.filter(|_| weight > best.1) {
            best = (tongue, weight);
        }
    }
    best.0
}

/// A refusal (RFC 9457): what is wrong and what to do next. Further members say more of the case.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemView {
    /// `urn:kezek:problem:` and the code.
    r#type: String,
    /// What the status means, in English.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// Why, as a stable code for programs.
    code: &'static str,
    /// What is wrong and what to do next, in the language that was asked for; in English where none was.
    detail: String,
    /// The same in all languages, `{"kk", "ru", "en"}`.
    #[schema(value_type = Object)]
    text: Said,
    /// The rules that said no.
    grounds: Vec<Ground>,
    /// The fields that are wrong, all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    faults: Option<Vec<FaultView>>,
    #[serde(flatten)]
    #[schema(ignore)]
    more: Map<String, Value>,
}

/// A field that is wrong.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldFault)]
pub struct FaultView {
    /// The path of the field, for instance `child.iin`.
    field: String,
    /// What is wrong, as a stable code for programs.
    code: &'static str,
    /// What is wrong and what would be right, in the language that was asked for.
    message: String,
    /// The same in all languages, `{"kk", "ru", "en"}`.
    #[schema(value_type = Object)]
    text: Said,
}

/// Members that are not taken from what a problem says besides.
const OWN: [&str; 8] = ["type", "title", "status", "code", "detail", "text", "grounds", "faults"];

/// The document of a problem.
fn document(status: StatusCode, problem: Problem, messages: &Messages, tongue: Tongue) -> ProblemView {
    let faults: Vec<FaultView> = problem.faults.into_iter().map(|fault| view(fault, messages, tongue)).collect();
    let mut more = problem.more;
    // What names a child or a place is put into words where it is known.
    let own = more.get("text").and_then(|text| Said::deserialize(text).ok());
    let text = own.unwrap_or_else(|| {
        in_each(&problem.message, |tongue| match faults.is_empty() {
            true => messages.problem(tongue, problem.code, |name| value(messages, tongue, name, &more)),
            false => Some(
                faults.iter().map(|f| format!("{}: {}", f.field, f.text.get(tongue))).collect::<Vec<_>>().join(" "),
            ),
        })
    });
    more.retain(|member, _| !OWN.contains(&member.as_str()));
    ProblemView {
        r#type: format!("urn:kezek:problem:{}", problem.code),
        title: status.canonical_reason().unwrap_or("Problem"),
        status: status.as_u16(),
        code: problem.code,
        detail: text.get(tongue).to_owned(),
        text,
        grounds: problem.grounds,
        faults: Some(faults).filter(|faults| !faults.is_empty()),
        more,
    }
}

fn view(fault: FieldFault, messages: &Messages, tongue: Tongue) -> FaultView {
    let text = in_each(&fault.message, |tongue| messages.problem(tongue, fault.code, |_| None));
    FaultView { field: fault.field, code: fault.code, message: text.get(tongue).to_owned(), text }
}

/// The English of the source, which knows the case best, and what `say` has for the other languages.
fn in_each(english: &str, say: impl Fn(Tongue) -> Option<String>) -> Said {
    Said::each(|tongue| match tongue {
        Tongue::En => english.to_owned(),
        Tongue::Kk | Tongue::Ru => say(tongue).unwrap_or_else(|| english.to_owned()),
    })
}

/// The value of a placeholder: a member of the document as words; `minutes` are those to wait, a group of labels is the status.
fn value(messages: &Messages, tongue: Tongue, name: &str, members: &Map<String, Value>) -> Option<String> {
    let status = || members.get("current_status").and_then(Value::as_str);
    match name {
        "minutes" => Some(members.get("retry_after")?.as_u64()?.div_ceil(60).max(1).to_string()),
        "current_status" => {
            // A code that means two things is not called by either name.
            let called = STATUSES.iter().filter_map(|group| messages.label(tongue, group, status()?));
            let called: BTreeSet<&str> = called.collect();
            called.first().filter(|_| called.len() == 1).map(|label| (*label).to_owned())
        }
        "place_status" => messages.label(tongue, name, status()?).map(str::to_owned),
        _ => match members.get(name)? {
            Value::String(text) => {
                let day = text.parse::<NaiveDate>();
                Some(day.map_or_else(|_| text.clone(), |on| messages.date(tongue, on)))
            }
            Value::Number(n) => Some(n.to_string()),
            _ => None,
        },
    }
}
