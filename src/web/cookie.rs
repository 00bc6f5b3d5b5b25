//! The session of a browser: a cookie that no script reads, no other host gets, and that changes nothing when another site sends
//! it.

use actix_web::HttpRequest;
use actix_web::http::header;

use crate::service::kernel::problem::{Kind, Problem};

/// The cookie of the session. Its prefix binds it to this host and to TLS.
pub const SESSION: &str = "__Host-kezek";

/// The value of a cookie of the request.
pub fn read(request: &HttpRequest, name: &str) -> Option<String> {
    let given = request.headers().get_all(header::COOKIE).filter_map(|value| value.to_str().ok());
    let mut pairs = given.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, value)| *known == name && !value.is_empty()).map(|(_, value)| value.to_owned())
}

/// The header that sets a cookie for so many seconds; for none it is forgotten.
pub fn set(name: &str, value: &str, seconds: i64) -> (header::HeaderName, String) {
    let line = format!("{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax");
    (header::SET_COOKIE, line)
}

/// Whether a request comes from a page of this server: what a cookie opens would be open to every site that the browser visits.
///
/// # Errors
/// 403.
pub fn same_origin(request: &HttpRequest) -> Result<(), Problem> {
    let sent = |name: header::HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let own = match sent(header::HeaderName::from_static("sec-fetch-site")) {
        Some(site) => site == "same-origin" || site == "none",
        // Browsers of before say only where the page stood.
        None => sent(header::ORIGIN)
            .and_then(|origin| origin.split_once("://"))
            .zip(sent(header::HOST))
            .is_some_and(|((_, from), host)| from.eq_ignore_ascii_case(host)),
    };
    if own {
        return Ok(());
    }
    let message = "a session in a cookie changes something only from a page of this server; send the session as \
                   Authorization: Bearer instead";
    Err(Problem::new(Kind::Forbidden, "cross_site", message))
}
