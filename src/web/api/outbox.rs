//! The outbox.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::service::papers::outbox::{self, Messages, OutboxIn, TakeIn};
use crate::web::answer::{Body, CSV, Shared, act, ask, ask_text, wants_csv};

/// What heads and departments of a territory are to be told, the oldest first. As CSV with `Accept: text/csv`.
#[utoipa::path(get, path = "/api/v1/outbox", tag = "cases",
    params(("territory" = String, Query), ("state" = Option<String>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, content((Messages = "application/json"), (String = "text/csv")))))]
pub async fn read(shared: Shared, request: HttpRequest, query: web::Query<OutboxIn>) -> HttpResponse {
    if wants_csv(&request) {
        return ask_text(shared, request, CSV, move |r, who| outbox::messages_csv(&r.office, who, &query)).await;
    }
    ask(shared, request, move |r, who| outbox::messages(&r.office, who, &query)).await
}

/// Takes the oldest messages that nobody took yet, for whoever sends them; each is given out once. Send an
/// Idempotency-Key: the same request again gives the same messages.
#[utoipa::path(post, path = "/api/v1/outbox/take", tag = "cases", request_body = TakeIn,
    responses((status = 200, body = Messages), (status = 422, description = "no district or city, or a wrong limit")))]
pub async fn take(shared: Shared, request: HttpRequest, body: Body) -> HttpResponse {
    act(shared, request, body, |r, caller, sent: TakeIn| outbox::take_messages(&r.office, caller, &sent)).await
}
