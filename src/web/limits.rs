//! Limits on bodies and on public look-ups.

use actix_governor::governor::NotUntil;
use actix_governor::governor::clock::QuantaInstant;
use actix_governor::governor::middleware::NoOpMiddleware;
use actix_governor::{GovernorConfig, KeyExtractor, SimpleKeyExtractionError};
use actix_web::dev::ServiceRequest;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, HttpResponseBuilder};
use std::net::{IpAddr, Ipv6Addr};

use super::answer::{PROBLEM, problem_document};
use super::proxies::Proxies;
use crate::service::kernel::problem::{Kind, Problem};

/// Largest body in bytes.
pub const BODY_MAX: usize = 256 * 1024;
/// Look-ups that one address may make at once.
pub const LOOKUPS_AT_ONCE: u32 = 60;
/// Milliseconds after which one more is allowed.
pub const LOOKUP_EVERY_MS: u64 = 200;

/// How many public look-ups each address may make: so many at once, then one after each interval.
pub type Limit = GovernorConfig<ByAddress, NoOpMiddleware<QuantaInstant>>;

/// Counts by the client's address; an IPv6 address by its network, which one household has whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ByAddress(Proxies);

impl ByAddress {
    /// Counts behind these proxies.
    pub fn behind(proxies: Proxies) -> Self {
        ByAddress(proxies)
    }
}

impl KeyExtractor for ByAddress {
    type Key = IpAddr;
    type KeyExtractionError = SimpleKeyExtractionError<&'static str>;

    fn extract(&self, request: &ServiceRequest) -> Result<IpAddr, Self::KeyExtractionError> {
        let peer = request
            .peer_addr()
            .map(|peer| peer.ip())
            .ok_or_else(|| SimpleKeyExtractionError::new("the peer has no address"))?;
        let address = self.0.client(peer, |name| {
            let values = request.headers().get_all(name).filter_map(|value| value.to_str().ok());
            values.collect::<Vec<_>>().join(",")
        });
        Ok(match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from(u128::from(v6) & (u128::MAX << 64))),
        })
    }

    fn exceed_rate_limit_response(
        &self,
        _negative: &NotUntil<QuantaInstant>,
        mut response: HttpResponseBuilder,
    ) -> HttpResponse {
        // One more look-up is allowed every fraction of a second, and a header counts whole ones.
        let wait = 1;
        let message = format!("too many look-ups from this address; try again in {wait} s");
        let problem = Problem::new(Kind::Busy, "too_many_requests", message);
        let document = problem_document(StatusCode::TOO_MANY_REQUESTS, &problem).to_string();
        response.insert_header(("retry-after", wait.to_string())).content_type(PROBLEM).body(document)
    }
}
