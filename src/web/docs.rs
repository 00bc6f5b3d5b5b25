//! The page that shows the OpenAPI document, with its scripts, at `/docs/`.
//!
//! The scripts are kept packed, a quarter of their size, as every browser takes them; whoever does not say that it takes
//! gzip gets them unpacked.

use std::io::Read;
use std::sync::Arc;

use actix_web::http::header::{self, AcceptEncoding, ContentEncoding, Encoding};
use actix_web::{HttpResponse, web};
use flate2::read::GzDecoder;
use utoipa_swagger_ui::{Config, SwaggerFile, serve};

use super::openapi::document;

/// Where the document is.
const DOCUMENT: &str = "/openapi.json";

/// Mounts the document and its page.
pub(super) fn mount(config: &mut web::ServiceConfig) {
    let text = web::Bytes::from(serde_json::to_vec(&document()).unwrap_or_default());
    let shown = web::Data::new(Config::from(DOCUMENT));
    config
        .route(DOCUMENT, web::get().to(move || answer("application/json", text.clone())))
        .service(web::resource("/docs/{path:.*}").app_data(shown).route(web::get().to(file)))
        .service(web::redirect("/docs", "/docs/"));
}

async fn answer(media: &'static str, body: web::Bytes) -> HttpResponse {
    HttpResponse::Ok().content_type(media).body(body)
}

async fn file(
    path: web::Path<String>,
    shown: web::Data<Config<'static>>,
    accepted: Option<web::Header<AcceptEncoding>>,
) -> HttpResponse {
    let found = serve(&path, Arc::clone(&shown.into_inner())).ok().flatten();
    let Some(SwaggerFile { bytes, content_type, gzpipped: packed, .. }) = found else {
        return HttpResponse::NotFound().finish();
    };
    let mut response = HttpResponse::Ok();
    response.content_type(content_type).insert_header((header::VARY, header::ACCEPT_ENCODING.as_str()));
    if !packed {
        return response.body(bytes.into_owned());
    }
    let offered = [Encoding::identity(), Encoding::gzip()];
    let takes_gzip = accepted.is_some_and(|a| a.0.negotiate(offered.iter()) == Some(Encoding::gzip()));
    if takes_gzip {
        return response.insert_header(ContentEncoding::Gzip).body(bytes.into_owned());
    }
    let mut plain = Vec::new();
    match GzDecoder::new(bytes.as_ref()).read_to_end(&mut plain) {
        Ok(_) => response.body(plain),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}
