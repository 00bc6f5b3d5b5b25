//! Tokens of systems: OAuth 2.0 client credentials (RFC 6749, 4.4), with the errors of its section 5.2.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::service::accounts::{clients, official};
use crate::web::answer::{Body, Shared, whole};

/// What a system asks for, as a form.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct TokenAsked {
    /// `client_credentials`.
    #[serde(default)]
    grant_type: String,
    /// The id of the system's account, where it is not sent by HTTP Basic.
    client_id: Option<String>,
    /// Its secret.
    client_secret: Option<String>,
    /// The key of the mandate to act by; the oldest that holds where missing.
    scope: Option<String>,
}

/// A token of a system.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenGiven {
    /// To be sent as `Authorization: Bearer`.
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// For how many seconds it opens anything.
    expires_in: i64,
}

/// Why there is no token.
fn refused(status: StatusCode, error: &str, description: &str) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    if status == StatusCode::UNAUTHORIZED {
        response.insert_header((header::WWW_AUTHENTICATE, "Basic realm=\"kezek\""));
    }
    response
        .content_type("application/json")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(json!({"error": error, "error_description": description}).to_string())
}

/// The id and secret of HTTP Basic.
fn basic(request: &HttpRequest) -> Option<(String, String)> {
    let given = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, coded) = given.split_once(' ')?;
    let plain = String::from_utf8(STANDARD.decode(coded.trim()).ok()?).ok()?;
    let (id, secret) = plain.split_once(':')?;
    scheme.eq_ignore_ascii_case("basic").then(|| (id.to_owned(), secret.to_owned()))
}

/// Gives a system a token for an hour, for its id and its secret (`application/x-www-form-urlencoded`; id and secret by HTTP
/// Basic or in the form).
#[utoipa::path(post, path = "/api/v1/tokens", tag = "sessions",
    request_body(content = TokenAsked, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, body = TokenGiven), (status = 400, description = "`invalid_request` or `unsupported_grant_type`"),
        (status = 401, description = "`invalid_client`")))]
pub async fn ask(shared: Shared, request: HttpRequest, body: Body) -> HttpResponse {
    let bytes = match whole(body) {
        Ok(bytes) => bytes,
        Err(response) => return *response,
    };
    let Ok(web::Query(asked)) = std::str::from_utf8(&bytes)
        .map_err(drop)
        .and_then(|text| web::Query::<TokenAsked>::from_query(text.trim()).map_err(drop))
    else {
        return refused(StatusCode::BAD_REQUEST, "invalid_request", "send a form: grant_type=client_credentials");
    };
    match asked.grant_type.as_str() {
        "client_credentials" => {}
        "" => return refused(StatusCode::BAD_REQUEST, "invalid_request", "send grant_type=client_credentials"),
        _ => return refused(StatusCode::BAD_REQUEST, "unsupported_grant_type", "send grant_type=client_credentials"),
    }
    let named = basic(&request).or_else(|| asked.client_id.zip(asked.client_secret));
    let Some((id, secret)) = named else {
        return refused(StatusCode::UNAUTHORIZED, "invalid_client", "send client_id and client_secret");
    };
    let scope = asked.scope.filter(|scope| !scope.is_empty());
    let given = web::block(move || clients::sign_in(&shared.now().office, &id, &secret, scope.as_deref())).await;
    match given {
        Ok(Ok(Some(access_token))) => {
            let given = TokenGiven { access_token, token_type: "Bearer", expires_in: official::CLIENT_SECONDS };
            HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(given)
        }
        Ok(Ok(None)) => {
            let why = "id and secret do not belong together, or no mandate of the system holds today";
            refused(StatusCode::UNAUTHORIZED, "invalid_client", why)
        }
        Ok(Err(_)) | Err(_) => {
            refused(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "send the same request again later")
        }
    }
}
