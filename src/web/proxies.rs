//! Whose address a request comes from, where proxies stand in front of the server.
//!
//! Anyone can write any header, so only a peer that the operator named is believed, and of what it hands on only what a
//! trusted proxy itself wrote: the list is read from its end, and the first address that is no trusted proxy's is the
//! client's. One header is read, the one that the proxies write: another one would come from the client unseen.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// The header in which proxies name the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Header {
    /// `X-Forwarded-For`: addresses, separated by commas.
    #[default]
    XForwardedFor,
    /// `Forwarded` of RFC 7239: elements with `for=`.
    Forwarded,
}

impl Header {
    /// The header of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Header::XForwardedFor, Header::Forwarded].into_iter().find(|header| header.name().eq_ignore_ascii_case(name))
    }

    /// Its name on the wire, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Header::XForwardedFor => "x-forwarded-for",
            Header::Forwarded => "forwarded",
        }
    }

    /// The address that one element of the list names; `None` for a hidden or an unknown one.
    fn address(self, element: &str) -> Option<IpAddr> {
        let named = match self {
            Header::XForwardedFor => element.trim(),
            Header::Forwarded => element.split(';').find_map(|pair| {
                let (name, value) = pair.split_once('=')?;
                name.trim().eq_ignore_ascii_case("for").then(|| value.trim().trim_matches('"'))
            })?,
        };
        let bare = named.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(named, |(inside, _)| inside);
        let alone = bare.parse::<IpAddr>().ok();
        alone.or_else(|| named.parse::<SocketAddr>().ok().map(|with_port| with_port.ip())).map(|ip| ip.to_canonical())
    }
}

/// The proxies that are believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    trusted: Arc<[IpAddr]>,
    header: Header,
}

impl Proxies {
    /// These proxies, which write this header.
    pub fn new(trusted: Vec<IpAddr>, header: Header) -> Self {
        Proxies { trusted: trusted.into_iter().map(|ip| ip.to_canonical()).collect(), header }
    }

    /// The client's address: the peer's own where it is no trusted proxy. `read` gives the values of a header, those of
    /// several lines joined by commas.
    pub fn client(&self, peer: IpAddr, read: impl FnOnce(&str) -> String) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.trusted.contains(&peer) {
            return peer;
        }
        let mut last = peer;
        for element in read(self.header.name()).rsplit(',') {
            // What cannot be read hides a client; the proxy that let it pass is all that is known.
            let Some(address) = self.header.address(element) else { return last };
            if !self.trusted.contains(&address) {
                return address;
            }
            last = address;
        }
        last
    }
}
