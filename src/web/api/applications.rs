//! Applications.

use actix_web::{HttpRequest, HttpResponse, web};

use super::documents::listed;
use crate::service::applications::entry::Stands;
use crate::service::applications::handed_in::HandedIn;
use crate::service::applications::proofs::{self, ProofIn};
use crate::service::applications::takings::{Outcome, Waiting};
use crate::service::cases::decide::{self, DecisionIn};
use crate::service::cases::settling::Decided;
use crate::service::counter::amending::{self, AmendIn};
use crate::service::counter::applications::{self, ApplicationView};
use crate::service::counter::correcting::{self, CorrectIn, Corrections};
use crate::service::counter::death::{self, DeathIn};
use crate::service::counter::erasure::{self, EraseIn, Erased};
use crate::service::counter::moving::{self, MoveIn, Moved};
use crate::service::counter::register::{self, Registered};
use crate::service::counter::undoing::{self, UndoIn, Undone};
use crate::service::counter::withdrawing::{self, WithdrawIn};
use crate::service::kernel::permissions::Act;
use crate::service::reads::recording::{Look, PURPOSE, recorded};
use crate::service::reads::view::{self, Reads, ReadsIn};
use crate::web::answer::{Body, Shared, act, ask};

/// Hands an application in through the channel of the credential.
#[utoipa::path(post, path = "/api/v1/applications", tag = "applications", request_body = HandedIn,
    responses((status = 201, body = Registered), (status = 409, description = "the child has an active application"),
        (status = 422, description = "wrong values, or an incomplete package at the State Corporation")))]
pub async fn register(shared: Shared, request: HttpRequest, body: Body) -> HttpResponse {
    act(shared, request, body, |r, caller, sent: HandedIn| register::register(&r.office, caller, &sent)).await
}

/// Reads an application with its claims, its papers, its referrals and where it stands.
#[utoipa::path(get, path = "/api/v1/applications/{number}", tag = "applications", params(("number" = String, Path)),
    responses((status = 200, body = ApplicationView)))]
pub async fn read(shared: Shared, request: HttpRequest, path: web::Path<String>) -> HttpResponse {
    let number = path.into_inner();
    ask(shared, request, move |r, who| applications::application(&r.office, who, &number)).await
}

/// The results of an application, oldest first.
#[utoipa::path(get, path = "/api/v1/applications/{number}/documents", tag = "applications",
    params(("number" = String, Path)), responses((status = 200, description = "the list of stored results")))]
pub async fn documents(shared: Shared, request: HttpRequest, path: web::Path<String>) -> HttpResponse {
    let number = path.into_inner();
    ask(shared, request, move |r, who| Ok(listed(applications::documents(&r.office, who, &number)?))).await
}

/// Who read an application, its papers, referrals and cases, the newest first. Its family sees day, office, post and purpose, the
/// department the account and the name too; both see what an investigator read when that mandate has ended, the auditor all.
#[utoipa::path(get, path = "/api/v1/applications/{number}/reads", tag = "applications",
    params(("number" = String, Path), ("cursor" = Option<String>, Query), ("limit" = Option<i64>, Query)),
    responses((status = 200, body = Reads)))]
pub async fn reads(
    shared: Shared,
    request: HttpRequest,
    path: web::Path<String>,
    query: web::Query<ReadsIn>,
) -> HttpResponse {
    let number = path.into_inner();
    ask(shared, request, move |r, who| view::of_application(&r.office, &r.memory.reads, who, &number, &query)).await
}

/// Decides a case: accepted, or refused with grounds of the act.
#[utoipa::path(post, path = "/api/v1/applications/{number}/decide", tag = "applications",
    params(("number" = String, Path)), request_body = DecisionIn, responses((status = 200, body = Decided)))]
pub async fn decide(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let number = path.into_inner();
    act(shared, request, body, move |r, caller, sent: DecisionIn| decide::decide(&r.office, caller, &number, &sent))
        .await
}

/// Changes contacts or preferences. A wish that an official drops without the family's paper waits for a second person.
#[utoipa::path(post, path = "/api/v1/applications/{number}/amend", tag = "applications",
    params(("number" = String, Path)), request_body = AmendIn, responses((status = 200, body = Outcome<Stands>),
        (status = 202, body = Waiting, description = "a wish is dropped only when a second person confirms")))]
pub async fn amend(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let number = path.into_inner();
    act(shared, request, body, move |r, caller, sent: AmendIn| amending::amend(&r.office, caller, &number, &sent)).await
}

/// Corrects a child's name, birth date or IIN by a document: a letter or two of the name at once, anything else by the family's signed
/// request, or when a second person confirms.
#[utoipa::path(post, path = "/api/v1/applications/{number}/correct", tag = "applications",
    params(("number" = String, Path)), request_body = CorrectIn, responses((status = 200, body = Outcome<Stands>),
        (status = 202, body = Waiting, description = "it is done only when a second person confirms"),
        (status = 409, description = "another child is known by this IIN")))]
pub async fn correct(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let number = path.into_inner();
    act(shared, request, body, move |r, caller, sent: CorrectIn| correcting::correct(&r.office, caller, &number, &sent))
        .await
}

/// Who the child of an application was by its papers before they were corrected.
#[utoipa::path(get, path = "/api/v1/applications/{number}/corrections", tag = "applications",
    params(("number" = String, Path)), responses((status = 200, body = Corrections)))]
pub async fn corrections(shared: Shared, request: HttpRequest, path: web::Path<String>) -> HttpResponse {
    let number = path.into_inner();
    ask(shared, request, move |r, who| correcting::corrections(&r.office, who, &number)).await
}

/// Takes an application back: at once by the family or with its signed request; by an official alone it waits for a second person.
#[utoipa::path(post, path = "/api/v1/applications/{number}/withdraw", tag = "applications",
    params(("number" = String, Path)), request_body = WithdrawIn, responses((status = 200, body = Outcome<Stands>),
        (status = 202, body = Waiting, description = "it is done only when a second person confirms")))]
pub async fn withdraw(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let number = path.into_inner();
    act(shared, request, body, move |r, caller, sent: WithdrawIn| {
        withdrawing::withdraw(&r.office, caller, &number, &sent)
    })
    .await
}

/// Erases the child of an application that has ended, on a ground of the law: names, IINs, contacts, papers are never read
/// again; the seats stay, and nobody behind moves.
#[utoipa::path(post, path = "/api/v1/applications/{number}/erase", tag = "applications",
    params(("number" = String, Path)), request_body = EraseIn, responses((status = 200, body = Erased),
        (status = 409, description = "an application of the child has not ended"),
        (status = 410, description = "the child was erased before")))]
pub async fn erase(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let number = path.into_inner();
    act(shared, request, body, move |r, caller, sent: EraseIn| erasure::erase(&r.office, caller, &number, &sent)).await
}

/// Undoes what was taken last from the family, or says no to what waits for a second person: at its one word, for some days. The
/// application has its old instant and turn again.
#[utoipa::path(post, path = "/api/v1/applications/{number}/undo", tag = "applications",
    params(("number" = String, Path)), request_body = UndoIn, responses((status = 200, body = Undone),
        (status = 409, description = "nothing can be undone any more, or the child has another application meanwhile")))]
pub async fn undo(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let number = path.into_inner();
    act(shared, request, body, move |r, caller, sent: UndoIn| undoing::undo(&r.office, caller, &number, &sent)).await
}

/// Brings an application to another territory at its own instant: at once by the family or with its signed request; by an official
/// alone it waits for a second person.
#[utoipa::path(post, path = "/api/v1/applications/{number}/move", tag = "applications",
    params(("number" = String, Path)), request_body = MoveIn, responses((status = 200, body = Outcome<Moved>),
        (status = 202, body = Waiting, description = "it is done only when a second person confirms")))]
pub async fn move_to(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let number = path.into_inner();
    let purpose = request.headers().get(PURPOSE).and_then(|said| said.to_str().ok()).map(str::to_owned);
    act(shared, request, body, move |r, caller, sent: MoveIn| {
        let done = || moving::move_application(&r.office, caller, &number, &sent);
        if !sent.preview {
            return done();
        }
        // A preview leaves no record of the journal: it is a read, and a line of their log.
        let look = Look { act: Act::ReadApplication, subject: Some(number.clone()), purpose: purpose.clone() };
        recorded(&r.office, &r.memory.reads, &caller.principal, look, done)
    })
    .await
}

/// Confirms or rejects the proof of a claimed category.
#[utoipa::path(post, path = "/api/v1/applications/{number}/proofs", tag = "applications",
    params(("number" = String, Path)), request_body = ProofIn, responses((status = 200, body = Stands)))]
pub async fn judge_proof(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let number = path.into_inner();
    act(shared, request, body, move |r, caller, sent: ProofIn| proofs::judge_proof(&r.office, caller, &number, &sent))
        .await
}

/// Enters that the child has died: at once with the scan of the document; without it a second person confirms. The application is
/// closed, its place is free, and nothing more is told of the child.
#[utoipa::path(post, path = "/api/v1/applications/{number}/death", tag = "applications",
    params(("number" = String, Path)), request_body = DeathIn, responses((status = 200, body = Outcome<Stands>),
        (status = 202, body = Waiting, description = "it is done only when a second person confirms")))]
pub async fn death(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let number = path.into_inner();
    act(shared, request, body, move |r, caller, sent: DeathIn| death::enter(&r.office, caller, &number, &sent)).await
}
