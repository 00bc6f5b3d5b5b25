//! Stored results: the papers of an application or of a case.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use crate::documents::paper::Paper;
use crate::domain::instant::instant_text;
use crate::service::counter::applications;
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::papers::results::StoredResult;
use crate::web::answer::{Shared, ask_text};

/// Stored results as a list.
pub(super) fn listed(results: Vec<StoredResult>) -> Value {
    let list: Vec<Value> = results
        .into_iter()
        .map(|d| {
            json!({
                "id": d.id, "kind": d.kind, "form": "html", "issued_at": instant_text(d.issued_at),
                "signer": d.signer, "delivery": d.delivery, "handed_at": d.handed_at.map(instant_text),
                "html": format!("/api/v1/documents/{}", d.id),
                "content": serde_json::from_str::<Value>(&d.body).unwrap_or_default(),
            })
        })
        .collect();
    json!({ "documents": list })
}

/// One result as a printable page, Kazakh and Russian side by side.
#[utoipa::path(get, path = "/api/v1/documents/{id}", tag = "applications", params(("id" = String, Path)),
    responses((status = 200, content_type = "text/html", body = String)))]
pub async fn document(shared: Shared, request: HttpRequest, path: web::Path<String>) -> HttpResponse {
    let id = path.into_inner();
    ask_text(shared, request, "text/html; charset=utf-8", move |r, who| {
        let stored = applications::document(&r.office, who, &id)?;
        let internal = |e: String| Problem::new(Kind::Internal, "internal", e);
        let paper: Paper = serde_json::from_str(&stored.body).map_err(|e| internal(e.to_string()))?;
        paper.html().map_err(|e| internal(e.to_string()))
    })
    .await
}
