//! One route: what its handler says of it (method, path and its part of the OpenAPI document, read from the
//! `#[utoipa::path]` that stands on the handler), and what the table adds (who may, and whether it is slowed).

use actix_web::http::Method;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{OpenApi, PathItem, RefOr, Required};

use crate::service::kernel::permissions::Act;
use crate::service::reads::recording::PURPOSE;
use crate::service::reads::sights::{Sight, sight};

/// A route of the server.
pub struct Route {
    /// The method that it takes.
    pub method: Method,
    /// Its path, variables in braces.
    pub path: String,
    /// What the credential must be allowed; none where everyone may ask.
    pub act: Option<Act>,
    /// The OpenAPI document of this one route, with the schemas that it names; none for a page.
    pub document: Option<OpenApi>,
    /// Whether whoever asks too often is slowed.
    pub limited: bool,
    /// The handler, made anew for every worker.
    pub handler: fn() -> actix_web::Route,
}

impl Route {
    /// A route of the API as its handler describes it. `document` names one path with one method, or utoipa had not
    /// written it; a test holds that every route has both.
    pub fn described(mut document: OpenApi, act: Option<Act>, handler: fn() -> actix_web::Route) -> Self {
        let (path, item) = document.paths.paths.iter_mut().next().unzip();
        let (method, operation) = item.and_then(operation).unzip();
        match (act, operation) {
            (None, Some(operation)) => operation.security = Some(vec![SecurityRequirement::default()]),
            (Some(act), Some(operation)) if matches!(sight(act), Sight::Person(_)) => {
                operation.parameters.get_or_insert_default().push(RefOr::T(purpose()));
            }
            _ => {}
        }
        let (method, path) = (method.unwrap_or_default(), path.cloned().unwrap_or_default());
        Route { method, path, act, document: Some(document), limited: false, handler }
    }

    /// A page: for everyone, and no part of the API.
    pub fn page(method: Method, path: &str, handler: fn() -> actix_web::Route) -> Self {
        Route { method, path: path.to_owned(), act: None, document: None, limited: false, handler }
    }

    /// The same, slowed for whoever asks too often.
    pub fn limited(self) -> Self {
        Route { limited: true, ..self }
    }
}

/// The header in which an official says what a read of a person is for.
fn purpose() -> Parameter {
    let description = "What the read is for, one line of at most 200 characters, plain UTF-8 or percent-encoded. An auditor always says \
         it, others beyond the budget of their role's day; the family sees it.";
    ParameterBuilder::new()
        .name(PURPOSE)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build()
}

/// The operation of a path that has one.
fn operation(item: &mut PathItem) -> Option<(Method, &mut Operation)> {
    let operations = [
        (Method::GET, &mut item.get),
        (Method::POST, &mut item.post),
        (Method::PUT, &mut item.put),
        (Method::PATCH, &mut item.patch),
        (Method::DELETE, &mut item.delete),
    ];
    operations.into_iter().find_map(|(method, operation)| Some((method, operation.as_mut()?)))
}
