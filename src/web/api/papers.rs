//! Scans of papers.

use actix_multipart::Multipart;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::StreamExt;
use serde::Deserialize;

use crate::service::kernel::problem::{Kind, Problem};
use crate::service::papers::scans::{self, SCAN_MAX, ScanView, Scans, Sent};
use crate::web::answer::{Shared, act_of_sent, ask, ask_file, too_large};

/// Whose paper it is.
#[derive(Debug, Default, Deserialize)]
pub struct OfApplication {
    /// The number of the application; without one the paper belongs to the first that it is shown for.
    pub application: Option<String>,
}

/// Uploads the scan of a paper: a PDF, a JPEG or a PNG of at most 10 MB, as the body or as a file of a form
/// (`multipart/form-data`, field `file`). What it is its content decides.
#[utoipa::path(post, path = "/api/v1/papers", tag = "applications", params(("application" = Option<String>, Query)),
    request_body(content((Vec<u8> = "application/pdf"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"),
        (Object = "multipart/form-data"))),
    responses((status = 201, body = ScanView), (status = 413, description = "it is larger than 10 MB"),
        (status = 422, description = "it is no scan, or another kind than it was sent as")))]
pub async fn keep(
    shared: Shared,
    request: HttpRequest,
    query: web::Query<OfApplication>,
    payload: web::Payload,
) -> HttpResponse {
    let application = query.into_inner().application;
    let headers = request.headers().clone();
    let read = async move {
        let sent = if said(&headers).is_some_and(|media| media.starts_with("multipart/form-data")) {
            of_form(&headers, payload).await?
        } else {
            let bytes = payload.to_bytes_limited(SCAN_MAX).await.map_err(|_| too_large())?;
            let bytes = bytes.map_err(|_| broken())?;
            Sent { bytes: bytes.to_vec(), media: said(&headers), application: None }
        };
        Ok(Sent { application, ..sent })
    };
    act_of_sent(shared, request, read, |r, caller, sent: Sent| scans::keep(&r.office, caller, &sent)).await
}

fn said(headers: &header::HeaderMap) -> Option<String> {
    headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).map(str::to_owned)
}

fn broken() -> Problem {
    Problem::new(Kind::Malformed, "malformed_body", "the body did not arrive whole; send it again")
}

/// The first file of a form.
async fn of_form(headers: &header::HeaderMap, payload: web::Payload) -> Result<Sent, Problem> {
    let mut form = Multipart::new(headers, payload);
    while let Some(field) = form.next().await {
        let mut field = field.map_err(|_| broken())?;
        if field.name() != Some("file") {
            while let Some(chunk) = field.next().await {
                chunk.map_err(|_| broken())?;
            }
            continue;
        }
        let media = field.content_type().map(ToString::to_string);
        let bytes = field.bytes(SCAN_MAX).await.map_err(|_| too_large())?.map_err(|_| broken())?;
        return Ok(Sent { bytes: bytes.to_vec(), media, application: None });
    }
    Err(Problem::invalid("file", "missing", "send the scan as the field `file`"))
}

/// A scan, to be saved and not shown inside a page.
#[utoipa::path(get, path = "/api/v1/papers/{id}", tag = "applications", params(("id" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 410, description = "it was erased with its child")))]
pub async fn file(shared: Shared, request: HttpRequest, path: web::Path<String>) -> HttpResponse {
    let id = path.into_inner();
    ask_file(shared, request, move |r, who| scans::file(&r.office, who, &id)).await
}

/// The scans of an application, the oldest first.
#[utoipa::path(get, path = "/api/v1/applications/{number}/papers", tag = "applications",
    params(("number" = String, Path)), responses((status = 200, body = Scans)))]
pub async fn list(shared: Shared, request: HttpRequest, path: web::Path<String>) -> HttpResponse {
    let number = path.into_inner();
    ask(shared, request, move |r, who| scans::of_application(&r.office, who, &number)).await
}
