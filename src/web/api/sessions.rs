//! Sessions: families sign in with a child's IIN and the code of their paper, officials with login and password.

use std::net::IpAddr;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::codes::Role;
use crate::domain::iin::Iin;
use crate::service::accounts::family::{self, Code, SignedIn, SignedOut};
use crate::service::accounts::official::{self, MandateChoice, OfficialSignIn, OfficialSignedIn};
use crate::service::accounts::one_time::{self, OneTimeCodeAsked};
use crate::service::accounts::passwords::{self, ChangedPassword, NewPassword, PasswordSet};
use crate::service::accounts::second_factor::{self, FirstCode, SecondFactorConfirmed, SecondFactorOffered};
use crate::service::accounts::view::MandateRead;
use crate::service::kernel::problem::Problem;
use crate::web::answer::{Body, Failure, Shared, keep, read_body, tell_anew, whole};
use crate::web::limits::{ByAddress, LookUpLimit};

/// What somebody signs in with: a family with `iin` and `code` or `one_time_code`, an official with `login` and `password`.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SigningIn {
    /// The IIN of the child.
    #[serde(default)]
    iin: Option<String>,
    /// The code of the family's paper. Small letters, Cyrillic look-alikes, blanks and dashes are read as what was meant.
    #[serde(default)]
    code: Option<String>,
    /// A one-time code that came to a contact (`POST /api/v1/one-time-codes`), in place of `code`. It is good once.
    #[serde(default)]
    one_time_code: Option<String>,
    /// The login of an official's account.
    #[serde(default)]
    login: Option<String>,
    /// Its password.
    #[serde(default)]
    password: Option<String>,
    /// The code that the app shows now, where the account has a second factor.
    #[serde(default)]
    second_factor: Option<String>,
    /// The mandate to act by; the oldest that holds where missing.
    #[serde(default)]
    mandate: Option<String>,
}

/// A session that was opened.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum SessionOpened {
    /// A family's.
    Family(SignedIn),
    /// An official's.
    Official(OfficialSignedIn),
}

/// Which sessions are to end.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SigningOut {
    /// Whether all sessions of an official's account end; otherwise this one alone. Those of a family always end together.
    #[serde(default)]
    everywhere: bool,
}

/// Opens a session: for a representative by the child's IIN and the code of the family's paper, for an official by login,
/// password and, where the account has one, the code of its second factor.
#[utoipa::path(post, path = "/api/v1/sessions", tag = "sessions", request_body = SigningIn,
    responses((status = 201, body = SessionOpened),
        (status = 401, description = "not the code of a paper for this child, or login, password and second factor do not belong together"),
        (status = 429, description = "too many wrong tries; `retry_after` says how many seconds to wait")))]
pub async fn open(shared: Shared, request: HttpRequest, addresses: web::Data<ByAddress>, body: Body) -> HttpResponse {
    let address = addresses.of_or_nobody(&request);
    tell_anew(shared, body, move |r, sent: SigningIn| match sent {
        SigningIn { login: None, password: None, second_factor: None, mandate: None, iin, code, one_time_code } => {
            let missing = |field: &str| Problem::invalid(field, "missing", "send iin and code, or login and password");
            let iin = iin.ok_or_else(|| missing("iin"))?;
            let code = one_time_code.map(Code::OneTime).or(code.map(Code::Typed)).ok_or_else(|| missing("code"))?;
            family::sign_in(&r.office, &r.memory.attempts, address, &iin, &code).map(SessionOpened::Family)
        }
        SigningIn {
            iin: None,
            code: None,
            one_time_code: None,
            login: Some(login),
            password: Some(password),
            second_factor,
            mandate,
        } => {
            let sent = OfficialSignIn { login, password, second_factor, mandate };
            official::sign_in(&r.office, &r.memory.sign_ins, address, &sent).map(SessionOpened::Official)
        }
        SigningIn { iin: None, code: None, one_time_code: None, login, .. } => {
            let field = if login.is_none() { "login" } else { "password" };
            Err(Problem::invalid(field, "missing", "send login and password, or iin and code"))
        }
        _ => Err(Problem::invalid("login", "two_ways", "send iin and code, or login and password, not both")),
    })
    .await
}

/// Somebody who has lost the code of the family's paper.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeLost {
    /// The IIN of the child.
    iin: String,
}

/// Asks for a one-time code, which goes to the contacts that the registry has of each of the child's representatives. The answer is the
/// same for every IIN, and is given before anything is looked up.
#[utoipa::path(post, path = "/api/v1/one-time-codes", tag = "sessions", request_body = CodeLost,
    responses((status = 202, body = OneTimeCodeAsked), (status = 422, description = "no IIN"),
        (status = 429, description = "too many from one address")))]
pub async fn one_time_code(
    shared: Shared,
    request: HttpRequest,
    addresses: web::Data<ByAddress>,
    limit: web::Data<LookUpLimit>,
    body: Body,
) -> HttpResponse {
    let read = match whole(body) {
        Ok(bytes) => read_body::<CodeLost>(&bytes),
        Err(response) => return *response,
    };
    let asked = read.and_then(|sent| send_one_time_code(&shared, &limit, addresses.of_or_nobody(&request), &sent.iin));
    match asked {
        Ok(asked) => HttpResponse::Accepted().json(asked),
        Err(problem) => Failure(problem).error_response(),
    }
}

/// Answers whoever asks for a one-time code, and sends it after that: how long it takes tells nobody whether the child is known.
///
/// # Errors
/// 422 for what is no IIN, 429.
pub fn send_one_time_code(
    shared: &Shared,
    limit: &LookUpLimit,
    address: IpAddr,
    iin: &str,
) -> Result<OneTimeCodeAsked, Problem> {
    let iin = Iin::parse(iin.trim()).map_err(|e| Problem::invalid("iin", "wrong_iin", e.to_string()))?;
    limit.one_time_code(address)?;
    let registry = shared.now();
    let answer = one_time::answer(&registry.office);
    drop(web::block(move || {
        if let Err(problem) = one_time::send(&registry.office, iin) {
            tracing::warn!(%problem, "a one-time code that was asked for was not sent");
        }
    }));
    Ok(answer)
}

/// Signs out: a family on all its devices, an official from this session or, where it says so, from all.
#[utoipa::path(post, path = "/api/v1/sessions/end", tag = "sessions", request_body = SigningOut,
    responses((status = 200, body = SignedOut), (status = 409, description = "a token, which is revoked and not signed out")))]
pub async fn end(shared: Shared, request: HttpRequest, body: Body) -> HttpResponse {
    keep(shared, request, body, StatusCode::OK, |r, who, secret, sent: SigningOut| match who.role {
        Role::Family => family::sign_out(&r.office, who),
        _ => official::sign_out(&r.office, who, secret, sent.everywhere).map(|()| SignedOut { signed_out: true }),
    })
    .await
}

/// Sets the password that an invitation is for, once. Sessions of the account end.
#[utoipa::path(post, path = "/api/v1/passwords", tag = "sessions", request_body = NewPassword,
    responses((status = 201, body = PasswordSet), (status = 401, description = "an invitation that is unknown, used or over"),
        (status = 422, description = "a password that is too short or too easy")))]
pub async fn set_password(shared: Shared, body: Body) -> HttpResponse {
    tell_anew(shared, body, |r, sent: NewPassword| passwords::accept(&r.office, &r.memory.sign_ins, &sent)).await
}

/// Changes one's own password by the old one. All sessions of the account end, this one too.
#[utoipa::path(post, path = "/api/v1/me/password", tag = "sessions", request_body = ChangedPassword,
    responses((status = 200, body = PasswordSet), (status = 401, description = "not the old password"),
        (status = 422, description = "a password that is too short or too easy")))]
pub async fn change_password(
    shared: Shared,
    request: HttpRequest,
    addresses: web::Data<ByAddress>,
    body: Body,
) -> HttpResponse {
    let address = addresses.of_or_nobody(&request);
    keep(shared, request, body, StatusCode::OK, move |r, who, secret, sent: ChangedPassword| {
        passwords::change(&r.office, &r.memory.sign_ins, who, secret, address, &sent)
    })
    .await
}

/// Offers a second factor for one's own account: its secret, once. It is asked for from its first code on.
#[utoipa::path(post, path = "/api/v1/me/second-factor", tag = "sessions", responses((status = 201, body = SecondFactorOffered)))]
pub async fn offer_second_factor(shared: Shared, request: HttpRequest, body: Body) -> HttpResponse {
    keep(shared, request, body, StatusCode::CREATED, |r, who, secret, _: serde_json::Value| {
        second_factor::offer(&r.office, who, secret)
    })
    .await
}

/// Confirms the second factor of one's own account by its first code. Other sessions of the account end.
#[utoipa::path(post, path = "/api/v1/me/second-factor/confirm", tag = "sessions", request_body = FirstCode,
    responses((status = 200, body = SecondFactorConfirmed), (status = 401, description = "not the code that the app shows now")))]
pub async fn confirm_second_factor(shared: Shared, request: HttpRequest, body: Body) -> HttpResponse {
    keep(shared, request, body, StatusCode::OK, |r, who, secret, sent: FirstCode| {
        second_factor::confirm(&r.office, who, secret, &sent)
    })
    .await
}

/// Uses the session by another mandate of the account.
#[utoipa::path(post, path = "/api/v1/me/mandate", tag = "sessions", request_body = MandateChoice,
    responses((status = 200, body = MandateRead), (status = 404, description = "no mandate of the account that holds today")))]
pub async fn switch_mandate(shared: Shared, request: HttpRequest, body: Body) -> HttpResponse {
    keep(shared, request, body, StatusCode::OK, |r, who, secret, sent: MandateChoice| {
        official::switch(&r.office, who, secret, &sent)
    })
    .await
}
