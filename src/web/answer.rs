//! From outside words to acts and back: credentials, bodies, answers, problem documents (RFC 9457).

use actix_web::http::{StatusCode, header};
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use super::asked::Asked;
use super::refusals::{Refusal, Unsaid, status};
use crate::service::kernel::permissions::Principal;
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::office::{Answer, Caller, Idempotency};
use crate::service::papers::scans::ScanFile;
use crate::service::registry::Registry;
use crate::service::running::Running;

/// What every handler shares.
pub type Shared = web::Data<Running>;

/// Longest Idempotency-Key, in ASCII characters.
const KEY_MAX: usize = 255;

/// The media type of a problem document.
pub const PROBLEM: &str = "application/problem+json";

/// The media type of a table.
pub const CSV: &str = "text/csv; charset=utf-8";

/// A problem on its way out.
#[derive(Debug)]
pub struct Failure(pub Problem);

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Failure(problem)
    }
}

/// The response of a problem, with a status that the kinds do not have (413, 429).
pub fn problem_response(status: StatusCode, problem: &Problem) -> HttpResponse {
    problem_in(&mut HttpResponse::build(status), status, problem)
}

/// The same in a response that is begun. Its document is written on the way out, in the reader's language.
pub fn problem_in(response: &mut HttpResponseBuilder, status: StatusCode, problem: &Problem) -> HttpResponse {
    match status {
        StatusCode::UNAUTHORIZED => {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        StatusCode::SERVICE_UNAVAILABLE => {
            response.insert_header((header::RETRY_AFTER, "2"));
        }
        StatusCode::TOO_MANY_REQUESTS => {
            let seconds = problem.more.get("retry_after").and_then(Value::as_i64).unwrap_or(1);
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        _ => {}
    }
    let mut response = response.content_type(PROBLEM).finish();
    response.extensions_mut().insert(Refusal { status, code: problem.code });
    response.extensions_mut().insert(Unsaid(problem.clone()));
    response
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        status(self.0.kind)
    }

    fn error_response(&self) -> HttpResponse {
        problem_response(self.status_code(), &self.0)
    }
}

/// A body that arrived whole, or why it did not.
pub type Body = Result<Bytes, actix_web::Error>;

/// Whether the client would rather have CSV than JSON: `text/csv` stands in its `Accept` and no JSON is worth more.
pub fn wants_csv(request: &HttpRequest) -> bool {
    let given = request.headers().get_all(header::ACCEPT).filter_map(|v| v.to_str().ok());
    let ranges: Vec<(String, f32)> = given.flat_map(|list| list.split(',')).map(weighed).collect();
    let worth = |media: &str| ranges.iter().filter(|(m, _)| m == media).map(|(_, q)| *q).fold(0.0, f32::max);
    let (csv, json) = (worth("text/csv"), worth("application/json"));
    let first = ranges.first().is_some_and(|(media, _)| media == "text/csv");
    csv > json || (first && csv > 0.0 && csv >= json)
}

/// A range of `Accept` or `Accept-Language` with its weight; 1 where none is given.
pub fn weighed(text: &str) -> (String, f32) {
    let mut parts = text.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default().to_ascii_lowercase();
    let weight = parts.find_map(|p| p.strip_prefix("q=").or_else(|| p.strip_prefix("Q=")));
    (media, weight.and_then(|q| q.parse().ok()).unwrap_or(1.0))
}

/// Most levels of lists and objects in a body.
const DEPTH_MAX: usize = 32;

/// Reads a JSON body, which must be an object; an empty one is `{}`.
pub fn read_body<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let malformed = |why: &dyn std::fmt::Display| {
        let message = format!("the body is not the JSON that this route takes: {why}; see /docs");
        Problem::new(Kind::Malformed, "malformed_body", message)
    };
    // What a route does not know is skipped, so what is wrong inside it must be seen here.
    let text = std::str::from_utf8(bytes).map_err(|e| malformed(&e))?;
    if depth(bytes) > DEPTH_MAX {
        return Err(malformed(&format!("it is nested deeper than {DEPTH_MAX} levels")));
    }
    let text = if text.trim_ascii().is_empty() { "{}" } else { text };
    // serde would take a list for the fields of an object in their order; nobody means that.
    let read = if text.trim_ascii_start().starts_with('{') {
        serde_json::from_str(text)
    } else {
        serde_json::from_str(text)
            .and_then(|_: IgnoredAny| Err(<serde_json::Error as serde::de::Error>::custom("it is not an object")))
    };
    read.map_err(|e: serde_json::Error| {
        if e.classify() != serde_json::error::Category::Data {
            return malformed(&e);
        }
        // A fault in what was read so far does not hide that the rest is no JSON.
        if let Err(e) = serde_json::from_str::<IgnoredAny>(text) {
            return malformed(&e);
        }
        match unknown_field(&e) {
            Some(field) => {
                Problem::invalid(&field, "unknown_field", format!("this route does not know it: {e}; see /docs"))
            }
            None => Problem { kind: Kind::Invalid, code: "wrong_body", ..malformed(&e) },
        }
    })
}

/// The field that a body has and its route does not know: a typo would lose what was meant.
fn unknown_field(error: &serde_json::Error) -> Option<String> {
    let said = error.to_string();
    let (name, _) = said.strip_prefix("unknown field `")?.split_once('`')?;
    Some(name.to_owned())
}

/// How many lists and objects stand inside one another at most.
fn depth(json: &[u8]) -> usize {
    let (mut deepest, mut open) = (0usize, 0usize);
    let (mut quoted, mut escaped) = (false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => open += 1,
            b'}' | b']' if !quoted => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(open);
    }
    deepest
}

/// The body, or the response that says why it did not arrive.
pub fn whole(body: Body) -> Result<Bytes, Box<HttpResponse>> {
    body.map_err(|error| {
        let overflow = error.as_response_error().status_code() == StatusCode::PAYLOAD_TOO_LARGE;
        let (status, code, message) = if overflow {
            (StatusCode::PAYLOAD_TOO_LARGE, TOO_LARGE, "the body is larger than this route takes; send less")
        } else {
            (StatusCode::BAD_REQUEST, "malformed_body", "the body did not arrive whole; send it again")
        };
        Box::new(problem_response(status, &Problem::new(Kind::Malformed, code, message)))
    })
}

fn idempotency(request: &HttpRequest, bytes: &[u8]) -> Result<Option<Idempotency>, Problem> {
    let Some(value) = request.headers().get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().filter(|k| !k.is_empty() && k.len() <= KEY_MAX).ok_or_else(|| {
        let message = format!("an Idempotency-Key is 1 to {KEY_MAX} printable ASCII characters");
        Problem::new(Kind::Malformed, "wrong_idempotency_key", message)
    })?;
    Ok(Some(Idempotency::new(key, request.path(), bytes)))
}

/// Runs an act: credential, role, body, then the act itself on a thread that may block.
pub async fn act<T, F>(shared: Shared, request: HttpRequest, body: Body, run: F) -> HttpResponse
where
    T: DeserializeOwned + Send + 'static,
    F: FnOnce(&Registry, &Caller, T) -> Result<Answer, Problem> + Send + 'static,
{
    act_in(shared, request, body, "application/json", run).await
}

/// The same with an answer of another media type.
pub async fn act_in<T, F>(shared: Shared, request: HttpRequest, body: Body, media: &'static str, run: F) -> HttpResponse
where
    T: DeserializeOwned + Send + 'static,
    F: FnOnce(&Registry, &Caller, T) -> Result<Answer, Problem> + Send + 'static,
{
    let bytes = match whole(body) {
        Ok(bytes) => bytes,
        Err(response) => return *response,
    };
    let (asked, key) = (Asked::of(&request), idempotency(&request, &bytes));
    let done = web::block(move || {
        asked.by(&*shared.up_to_date()?, |registry, principal| {
            let caller = Caller { principal: principal.clone(), idempotency: key? };
            run(registry, &caller, read_body(&bytes)?)
        })
    })
    .await;
    match flatten(done) {
        Ok(answer) => {
            let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
            HttpResponse::build(status).content_type(media).body(answer.body)
        }
        Err(problem) => Failure(problem).error_response(),
    }
}

/// Runs an act on a body that is no JSON: the credential is looked at before the body is read.
pub async fn act_of_sent<T, R, F>(shared: Shared, request: HttpRequest, read: R, run: F) -> HttpResponse
where
    T: Send + 'static,
    R: Future<Output = Result<T, Problem>>,
    F: FnOnce(&Registry, &Caller, T) -> Result<Answer, Problem> + Send + 'static,
{
    let (asked, key) = (Asked::of(&request), idempotency(&request, &[]));
    let doors = shared.clone();
    let known = web::block(move || asked.may(&*doors.up_to_date()?)).await;
    let asked = match flatten(known) {
        Ok(asked) => asked,
        Err(problem) => return Failure(problem).error_response(),
    };
    let sent = match read.await {
        Ok(sent) => sent,
        Err(problem) if problem.code == TOO_LARGE => return problem_response(StatusCode::PAYLOAD_TOO_LARGE, &problem),
        Err(problem) => return Failure(problem).error_response(),
    };
    let done = web::block(move || {
        asked.by(&*shared.up_to_date()?, |registry, principal| {
            let caller = Caller { principal: principal.clone(), idempotency: key? };
            run(registry, &caller, sent)
        })
    })
    .await;
    match flatten(done) {
        Ok(answer) => {
            let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
            HttpResponse::build(status).content_type("application/json").body(answer.body)
        }
        Err(problem) => Failure(problem).error_response(),
    }
}

const TOO_LARGE: &str = "body_too_large";

/// The problem of a body that is larger than its route takes.
pub fn too_large() -> Problem {
    Problem::new(Kind::Malformed, TOO_LARGE, "the body is larger than this route takes; send less")
}

/// Answers with a file, to be saved and not shown inside a page.
pub async fn ask_file<F>(shared: Shared, request: HttpRequest, run: F) -> HttpResponse
where
    F: FnOnce(&Registry, &Principal) -> Result<ScanFile, Problem> + Send + 'static,
{
    let asked = Asked::of(&request);
    let done = web::block(move || asked.by(&shared.now(), run)).await;
    match flatten(done) {
        Ok(file) => HttpResponse::Ok()
            .content_type(file.media)
            .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", file.name)))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"))
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .body(file.bytes),
        Err(problem) => Failure(problem).error_response(),
    }
}

/// Answers a question that needs a credential.
pub async fn ask<T, F>(shared: Shared, request: HttpRequest, run: F) -> HttpResponse
where
    T: Serialize,
    F: FnOnce(&Registry, &Principal) -> Result<T, Problem> + Send + 'static,
{
    let asked = Asked::of(&request);
    let done = web::block(move || -> Result<String, Problem> {
        let value = asked.by(&shared.now(), run)?;
        serde_json::to_string(&value).map_err(|e| Problem::new(Kind::Internal, "internal", e.to_string()))
    })
    .await;
    json_response(flatten(done))
}

/// Keeps something of whoever is signed in that no record tells; `run` is given the secret of the session too.
pub async fn keep<T, R, F>(shared: Shared, request: HttpRequest, body: Body, status: StatusCode, run: F) -> HttpResponse
where
    T: DeserializeOwned + Send + 'static,
    R: Serialize,
    F: FnOnce(&Registry, &Principal, &str, T) -> Result<R, Problem> + Send + 'static,
{
    let bytes = match whole(body) {
        Ok(bytes) => bytes,
        Err(response) => return *response,
    };
    let asked = Asked::of(&request);
    let done = web::block(move || -> Result<String, Problem> {
        let token = asked.secret()?;
        let value =
            asked.by(&shared.now(), |registry, principal| run(registry, principal, &token, read_body(&bytes)?))?;
        serde_json::to_string(&value).map_err(|e| Problem::new(Kind::Internal, "internal", e.to_string()))
    })
    .await;
    match flatten(done) {
        Ok(body) => HttpResponse::build(status)
            .content_type("application/json")
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .body(body),
        Err(problem) => Failure(problem).error_response(),
    }
}

/// Answers a question that everyone may ask.
pub async fn tell<T, F>(shared: Shared, run: F) -> HttpResponse
where
    T: Serialize,
    F: FnOnce(&Registry) -> Result<T, Problem> + Send + 'static,
{
    let done = web::block(move || -> Result<String, Problem> {
        let value = run(&shared.now())?;
        serde_json::to_string(&value).map_err(|e| Problem::new(Kind::Internal, "internal", e.to_string()))
    })
    .await;
    json_response(flatten(done))
}

/// Makes something for somebody who needs no credential.
pub async fn tell_anew<T, R, F>(shared: Shared, body: Body, run: F) -> HttpResponse
where
    T: DeserializeOwned + Send + 'static,
    R: Serialize,
    F: FnOnce(&Registry, T) -> Result<R, Problem> + Send + 'static,
{
    let bytes = match whole(body) {
        Ok(bytes) => bytes,
        Err(response) => return *response,
    };
    let done = web::block(move || -> Result<String, Problem> {
        let value = run(&shared.now(), read_body(&bytes)?)?;
        serde_json::to_string(&value).map_err(|e| Problem::new(Kind::Internal, "internal", e.to_string()))
    })
    .await;
    match flatten(done) {
        Ok(body) => HttpResponse::Created()
            .content_type("application/json")
            // It may hold a secret.
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .body(body),
        Err(problem) => Failure(problem).error_response(),
    }
}

/// Answers with a page or another text.
pub async fn ask_text<F>(shared: Shared, request: HttpRequest, media: &'static str, run: F) -> HttpResponse
where
    F: FnOnce(&Registry, &Principal) -> Result<String, Problem> + Send + 'static,
{
    let asked = Asked::of(&request);
    let done = web::block(move || asked.by(&shared.now(), run)).await;
    match flatten(done) {
        Ok(text) => HttpResponse::Ok()
            .content_type(media)
            // A paper names a child: no cache keeps it, and nothing in it runs.
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"))
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .body(text),
        Err(problem) => Failure(problem).error_response(),
    }
}

fn json_response(done: Result<String, Problem>) -> HttpResponse {
    match done {
        Ok(body) => HttpResponse::Ok().content_type("application/json").body(body),
        Err(problem) => Failure(problem).error_response(),
    }
}

/// What a thread that may block gave.
pub fn flatten<T>(done: Result<Result<T, Problem>, actix_web::error::BlockingError>) -> Result<T, Problem> {
    done.unwrap_or_else(|_| {
        Err(Problem::new(Kind::Busy, "unavailable", "the server is stopping; send the same request again later"))
    })
}
