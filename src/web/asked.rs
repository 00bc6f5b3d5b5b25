//! What a request asks for and shows: the act that its route stands for, the credential, whose data it is about and what for.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use actix_web::http::{Method, header};
use actix_web::web::Query;
use actix_web::{HttpMessage, HttpRequest};

use super::cookie;
use crate::domain::codes::Role;
use crate::service::accounts::principal::{for_parent, holder};
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::reads::recording::{Look, PURPOSE, recorded};
use crate::service::registry::Registry;

/// What the routes of one path ask of a credential: the route table hands it to the handlers along with the request.
pub type Acts = Vec<(Method, Act)>;

/// The account and the role behind a request, once they are known: a refusal is logged with them.
#[derive(Clone, Debug, Default)]
pub struct Asker(Arc<OnceLock<(String, Role)>>);

impl Asker {
    /// The account, and its role.
    pub fn known(&self) -> Option<&(String, Role)> {
        self.0.get()
    }
}

/// By which the portal names the parent who has signed in to it.
const PARENT: &str = "kezek-parent";

/// A request, as far as it decides who may see what.
pub struct Asked {
    act: Result<Act, Problem>,
    token: Result<String, Problem>,
    parent: Option<String>,
    subject: Option<String>,
    purpose: Result<Option<String>, Problem>,
    asker: Asker,
}

impl Asked {
    /// Reads a request.
    pub fn of(request: &HttpRequest) -> Asked {
        let asker = Asker::default();
        request.extensions_mut().insert(asker.clone());
        Asked {
            act: act_of(request),
            token: credential(request),
            parent: request.headers().get(PARENT).map(|value| value.to_str().unwrap_or_default().to_owned()),
            subject: subject(request),
            purpose: purpose(request),
            asker,
        }
    }

    fn principal(&self, registry: &Registry) -> Result<Principal, Problem> {
        let office = &registry.office;
        let (token, act) = (self.token.as_ref().map_err(Clone::clone)?, *self.act.as_ref().map_err(Clone::clone)?);
        let found = holder(office, &registry.memory.sign_ins, token, act)?;
        let _ = self.asker.0.set((found.id.clone(), found.role));
        found.role_may(act)?;
        match &self.parent {
            Some(parent) if found.role == Role::Portal => for_parent(office, found, parent),
            _ => Ok(found),
        }
    }

    /// The same request, where the credential may ask for it at all: before its body is read.
    ///
    /// # Errors
    /// 401, 403.
    pub fn may(self, registry: &Registry) -> Result<Asked, Problem> {
        self.principal(registry)?;
        Ok(self)
    }

    /// The secret that was shown.
    ///
    /// # Errors
    /// 401 where none was.
    pub fn secret(&self) -> Result<String, Problem> {
        self.token.clone()
    }

    /// Runs what is asked for, if the credential may, and records what is seen.
    ///
    /// # Errors
    /// 401, 403; those of `run` and of recording.
    pub fn by<T>(
        self,
        registry: &Registry,
        run: impl FnOnce(&Registry, &Principal) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let office = &registry.office;
        let principal = self.principal(registry)?;
        let act = self.act?;
        let look = Look { act, subject: self.subject, purpose: self.purpose? };
        recorded(office, &registry.memory.reads, &principal, look, || run(registry, &principal))
    }
}

/// The bearer token of a request.
pub fn bearer(request: &HttpRequest) -> Result<String, Problem> {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    // The scheme's name may be written in any case (RFC 9110, 11.1).
    let token = given.and_then(|v| v.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    token.map(|(_, t)| t.trim().to_owned()).filter(|t| !t.is_empty()).ok_or_else(|| {
        let message = "send the header Authorization: Bearer TOKEN";
        Problem::new(Kind::Unauthorised, "token_missing", message)
    })
}

/// The credential of a request: the bearer token, or the session in the cookie of a browser.
pub fn credential(request: &HttpRequest) -> Result<String, Problem> {
    let missing = match bearer(request) {
        Ok(token) => return Ok(token),
        Err(missing) => missing,
    };
    let session = cookie::read(request, cookie::SESSION).ok_or(missing)?;
    if !request.method().is_safe() {
        cookie::same_origin(request)?;
    }
    Ok(session)
}

/// The act that the route of this request stands for in the table.
fn act_of(request: &HttpRequest) -> Result<Act, Problem> {
    let acts = request.app_data::<Acts>().map_or(&[][..], Vec::as_slice);
    acts.iter().find(|(method, _)| method == request.method()).map(|(_, act)| *act).ok_or_else(|| {
        // A handler that asks for a credential on a route for everyone: nobody is let in.
        let message = format!("the route table names no act for {} {}", request.method(), request.path());
        Problem::new(Kind::Internal, "internal", message)
    })
}

/// Whose data a request is about: the number in its path, else the territory that it names. An answer is given only where that is
/// right, so it can be written down as it stands.
fn subject(request: &HttpRequest) -> Option<String> {
    let path = request.match_info();
    let named = ["number", "id", "key"].iter().find_map(|name| path.get(name)).map(str::to_owned);
    named.or_else(|| {
        let query = Query::<HashMap<String, String>>::from_query(request.query_string()).ok()?;
        query.get("territory").map(|territory| territory.trim().to_owned())
    })
}

/// What a request says that it is for. A header may hold UTF-8, which not every client can send: it may be percent-encoded.
fn purpose(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let Some(value) = request.headers().get(PURPOSE) else { return Ok(None) };
    let said = String::from_utf8(percent_decoded(value.as_bytes()));
    said.map(Some).map_err(|_| Problem::invalid(PURPOSE, "wrong_purpose", "write the purpose in UTF-8"))
}

fn percent_decoded(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, behind)) = rest.split_first() {
        let byte = behind.split_first_chunk::<2>().filter(|_| *first == b'%').and_then(|(digits, behind)| {
            let digits = std::str::from_utf8(digits).ok().filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
            Some((u8::from_str_radix(digits, 16).ok()?, behind))
        });
        let (byte, behind) = byte.unwrap_or((*first, behind));
        decoded.push(byte);
        rest = behind;
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::percent_decoded;

    #[test]
    fn a_purpose_is_read_plain_and_percent_encoded() {
        for sent in ["50 % of тексеру", "50 % of %D1%82ексеру", "50 %25 of тексеру"] {
            assert_eq!(percent_decoded(sent.as_bytes()), "50 % of тексеру".as_bytes(), "{sent}");
        }
    }
}
