//! What everyone may ask: positions, health, metrics.

use std::net::IpAddr;

use actix_web::{HttpRequest, HttpResponse, ResponseError, web};

use super::about::OfChild;
use crate::domain::iin::Iin;
use crate::service::accounts::family::{self, Code, Proof};
use crate::service::counter::clock;
use crate::service::kernel::problem::Problem;
use crate::service::office::Office;
use crate::service::papers::outbox;
use crate::service::positions::shape::{LookedUp, Positions, PublicPositions};
use crate::service::positions::{ended, text, view};
use crate::web::answer::{Body, Failure, Shared, read_body, tell, whole};
use crate::web::asked::bearer;
use crate::web::limits::{ByAddress, LookUpLimit};

/// The position of a child. By the IIN alone what everybody may know; with the code of the family's paper, or in its session,
/// everything about the child. An unknown IIN gets the same shape, empty.
#[utoipa::path(post, path = "/api/v1/positions", tag = "public", request_body = OfChild,
    responses((status = 200, body = LookedUp), (status = 401, description = "not the code of a paper for this child"),
        (status = 429, description = "too many wrong codes, or too many look-ups from one address")))]
pub async fn positions(
    shared: Shared,
    request: HttpRequest,
    addresses: web::Data<ByAddress>,
    limit: web::Data<LookUpLimit>,
    body: Body,
) -> HttpResponse {
    // No thread pool and no SQL on the way of whoever has no code or the right one of a paper: everything is in memory.
    let bytes = match whole(body) {
        Ok(bytes) => bytes,
        Err(response) => return *response,
    };
    let asked: OfChild = match read_body(&bytes) {
        Ok(asked) => asked,
        Err(problem) => return Failure(problem).error_response(),
    };
    let Some(proof) = proof(&request, asked.code.as_deref()) else {
        return match answer(&shared, &limit, &asked.iin, || addresses.of_or_nobody(&request)) {
            Ok(Told::Text(body)) => HttpResponse::Ok().content_type("application/json").body(body),
            // The few who are not in memory: unknown, or ended.
            Ok(Told::Nothing(iin)) => {
                tell(shared, move |r| Ok(LookedUp::Public(ended::public(&r.office, iin, r.office.clock.now())?))).await
            }
            Err(problem) => Failure(problem).error_response(),
        };
    };
    let address = addresses.of_or_nobody(&request);
    if let Proof::Code(code) = &proof {
        match from_memory(&shared, address, &asked.iin, code) {
            Ok(Some(body)) => return HttpResponse::Ok().content_type("application/json").body(body),
            Ok(None) => {}
            Err(problem) => return Failure(problem).error_response(),
        }
    }
    tell(shared, move |r| {
        let of = family::proves(&r.office, &r.memory.attempts, address, &asked.iin, &proof)?;
        let own = if of.is_shielded { None } else { of_family(&r.office, of.child)? };
        match own {
            Some(own) => Ok(LookedUp::Family(own)),
            None => Ok(LookedUp::Public(known_to_all(&r.office, of.child)?)),
        }
    })
    .await
}

/// The proof that a request carries of being a family's: its session, or the code that was typed.
pub(super) fn proof(request: &HttpRequest, code: Option<&str>) -> Option<Proof> {
    let session = bearer(request).ok().filter(|secret| secret.starts_with(family::MARK)).map(Proof::Session);
    session.or_else(|| code.map(|code| Proof::Code(Code::Typed(code.to_owned()))))
}

/// All that a family may know of its child: where it stands, or what ended its application; nothing of its own where the child has
/// died.
///
/// # Errors
/// The database is not available.
pub fn of_family(office: &Office, iin: Iin) -> Result<Option<Positions>, Problem> {
    let now = office.clock.now();
    let found = view::positions(office, iin, now);
    if !found.entries.is_empty() {
        return Ok(Some(found));
    }
    if ended::has_died(office, iin)? {
        return Ok(None);
    }
    let said = |number: &str| outbox::told_to_family(office, number).ok()?.into_iter().next();
    ended::of_family(office, iin, now, said).map(Some)
}

/// What everybody may know of a child: where it stands, or that its application has ended.
///
/// # Errors
/// The database is not available.
pub fn known_to_all(office: &Office, child: Iin) -> Result<PublicPositions, Problem> {
    let now = office.clock.now();
    let found = view::public(office, child, now);
    if found.entries.is_empty() { ended::public(office, child, now) } else { Ok(found) }
}

/// What a family may know of its child that waits, by the code of its paper; nothing where the rows have to be asked.
fn from_memory(shared: &Shared, address: IpAddr, iin: &str, code: &Code) -> Result<Option<String>, Problem> {
    let registry = shared.now();
    let of = family::at_once(&registry.office, &registry.memory.attempts, address, iin, code)?;
    let Some(of) = of.filter(|of| !of.is_shielded) else { return Ok(None) };
    let told = text::family_text(&registry.office, &registry.memory.reasons, of.child, registry.office.clock.now());
    Ok((told.len() > text::NOTHING.len()).then_some(told))
}

/// What is told of a child from memory.
enum Told {
    Text(String),
    /// Nothing is in memory of the child of this IIN.
    Nothing(Iin),
}

fn answer(shared: &Shared, limit: &LookUpLimit, iin: &str, address: impl FnOnce() -> IpAddr) -> Result<Told, Problem> {
    let iin = Iin::parse(iin.trim()).map_err(|e| Problem::invalid("iin", "wrong_iin", e.to_string()))?;
    limit.of_child(iin)?;
    let registry = shared.now();
    let told = text::positions_text(&registry.office, &registry.memory.reasons, iin, registry.office.clock.now());
    if told.len() == text::NOTHING.len() {
        limit.missed(address())?;
        return Ok(Told::Nothing(iin));
    }
    Ok(Told::Text(told))
}

/// Whether the process answers.
#[utoipa::path(get, path = "/healthz", tag = "operation", responses((status = 200, description = "alive")))]
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(r#"{"status":"ok"}"#)
}

/// Whether the registry can be read, the index has followed it, and in every home the clock is believed and rows and journal agree. How the registers
/// outside stand is told, and makes nothing unready: what needs them waits.
#[utoipa::path(get, path = "/readyz", tag = "operation",
    responses((status = 200, description = "ready"), (status = 503, description = "not ready")))]
pub async fn readyz(shared: Shared) -> HttpResponse {
    tell(shared, |r| {
        r.office.follow_all()?;
        clock::believed(&r.office)?;
        r.office.whole()?;
        let states =
            r.office.registers.states(r.office.clock.now()).map(|(name, state)| (name.to_owned(), state.code().into()));
        let registers = serde_json::Map::from_iter(states);
        Ok(serde_json::json!({"status": "ready", "entries": r.office.index.read().len(), "registers": registers}))
    })
    .await
}
