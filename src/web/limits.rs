//! Limits on bodies and on public look-ups.

use actix_governor::governor::clock::QuantaInstant;
use actix_governor::governor::middleware::NoOpMiddleware;
use actix_governor::governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter};
use actix_governor::{GovernorConfig, KeyExtractor, SimpleKeyExtractionError};
use actix_web::dev::ServiceRequest;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use super::answer::problem_in;
use super::proxies::Proxies;
use crate::domain::iin::Iin;
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

    /// As [`ByAddress::of`]; all whose peers have no address are one.
    pub fn of_or_nobody(&self, request: &HttpRequest) -> IpAddr {
        self.of(request).unwrap_or(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED))
    }

    /// Whose request this is; none where the peer has no address.
    pub fn of(&self, request: &HttpRequest) -> Option<IpAddr> {
        let peer = request.peer_addr().map(|peer| peer.ip())?;
        let address = self.0.client(peer, |name| {
            let values = request.headers().get_all(name).filter_map(|value| value.to_str().ok());
            values.collect::<Vec<_>>().join(",")
        });
        Some(match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from(u128::from(v6) & (u128::MAX << 64))),
        })
    }
}

impl KeyExtractor for ByAddress {
    type Key = IpAddr;
    type KeyExtractionError = SimpleKeyExtractionError<&'static str>;

    fn extract(&self, request: &ServiceRequest) -> Result<IpAddr, Self::KeyExtractionError> {
        self.of(request.request()).ok_or_else(|| SimpleKeyExtractionError::new("the peer has no address"))
    }

    fn exceed_rate_limit_response(
        &self,
        _negative: &NotUntil<QuantaInstant>,
        mut response: HttpResponseBuilder,
    ) -> HttpResponse {
        // One more look-up is allowed every fraction of a second, and a header counts whole ones.
        let wait = 1;
        let message = format!("too many look-ups from this address; try again in {wait} s");
        let problem = Problem::new(Kind::Slow, "too_many_requests", message).with("retry_after", wait);
        problem_in(&mut response, StatusCode::TOO_MANY_REQUESTS, &problem)
    }
}

/// Look-ups that find nothing, of one address and of all together, and look-ups of one child. Whoever finds a child is not counted
/// against the neighbours: hundreds of families stand behind the address of a mobile operator.
pub struct LookUpLimit(Option<Counted>);

struct Counted {
    misses: DefaultKeyedRateLimiter<IpAddr>,
    all_misses: DefaultDirectRateLimiter,
    children: DefaultKeyedRateLimiter<Iin>,
    codes: DefaultKeyedRateLimiter<IpAddr>,
}

/// One-time codes that one address may ask for at once, and after how many seconds one more: hundreds of families stand behind one.
const CODES_AT_ONCE: NonZeroU32 = NonZeroU32::new(30).unwrap();
const CODE_EVERY: Duration = Duration::from_secs(10);

/// Look-ups that find nothing, a second, of all addresses together.
const MISSES_A_SECOND: NonZeroU32 = NonZeroU32::new(200).unwrap();
/// Look-ups of one child at once, and a minute after that.
const OF_A_CHILD: NonZeroU32 = NonZeroU32::new(30).unwrap();

impl LookUpLimit {
    /// Counts, or lets everything through.
    pub fn new(is_on: bool) -> Self {
        let at_once = NonZeroU32::new(LOOKUPS_AT_ONCE).unwrap_or(NonZeroU32::MIN);
        let every = Quota::with_period(Duration::from_millis(LOOKUP_EVERY_MS)).map(|quota| quota.allow_burst(at_once));
        let counted = || {
            Some(Counted {
                misses: RateLimiter::keyed(every?),
                all_misses: RateLimiter::direct(Quota::per_second(MISSES_A_SECOND)),
                children: RateLimiter::keyed(Quota::per_minute(OF_A_CHILD)),
                codes: RateLimiter::keyed(Quota::with_period(CODE_EVERY)?.allow_burst(CODES_AT_ONCE)),
            })
        };
        LookUpLimit(if is_on { counted() } else { None })
    }

    /// Whether this child may be looked up again now.
    ///
    /// # Errors
    /// 429.
    pub fn of_child(&self, iin: Iin) -> Result<(), Problem> {
        let Some(counted) = &self.0 else { return Ok(()) };
        counted.children.check_key(&iin).map_err(|_| slow("this child is looked up too often", 2))
    }

    /// Whether an address may ask for a one-time code now.
    ///
    /// # Errors
    /// 429.
    pub fn one_time_code(&self, address: IpAddr) -> Result<(), Problem> {
        let Some(counted) = &self.0 else { return Ok(()) };
        let often = |_| slow("too many one-time codes are asked for from this address", 10);
        counted.codes.check_key(&address).map_err(often)
    }

    /// Notes a look-up that found nothing.
    ///
    /// # Errors
    /// 429 where there were too many: then nobody learns that there is nothing.
    pub fn missed(&self, address: IpAddr) -> Result<(), Problem> {
        let Some(counted) = &self.0 else { return Ok(()) };
        counted.misses.check_key(&address).map_err(|_| slow("too many look-ups from this address find nothing", 1))?;
        counted.all_misses.check().map_err(|_| slow("too many look-ups find nothing now", 1))
    }
}

fn slow(why: &str, seconds: u32) -> Problem {
    let message = format!("{why}; try again in {seconds} s, or with the code of the family's paper");
    Problem::new(Kind::Slow, "too_many_requests", message).with("retry_after", seconds)
}
