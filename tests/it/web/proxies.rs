//! Whose address counts where proxies stand in front of the server.

use std::net::IpAddr;

use kezek::web::limits::LOOKUPS_AT_ONCE;
use kezek::web::proxies::{Header, Proxies};

use crate::desk::{Db, Desk, Setup};

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// The client's address by this header, as the peer hands it on behind the proxies 10.0.0.1 and 10.0.0.2.
fn client(header: Header, peer: &str, value: &str) -> String {
    let proxies = Proxies::new(vec![ip("10.0.0.1"), ip("10.0.0.2")], header);
    let read = |name: &str| if name == header.name() { value.to_owned() } else { "6.6.6.6, for=6.6.6.6".to_owned() };
    proxies.client(ip(peer), read).to_string()
}

#[test]
fn a_stranger_cannot_choose_an_address() {
    let x = Header::XForwardedFor;
    assert_eq!(client(x, "203.0.113.7", "1.2.3.4"), "203.0.113.7", "the peer is no proxy of ours");
    assert_eq!(client(x, "10.0.0.1", "1.2.3.4, 203.0.113.7"), "203.0.113.7", "the client wrote the first itself");
    assert_eq!(client(x, "10.0.0.1", "1.2.3.4, 10.0.0.2, 203.0.113.7, 10.0.0.2"), "203.0.113.7");
    assert_eq!(Proxies::default().client(ip("10.0.0.1"), |_| "1.2.3.4".to_owned()).to_string(), "10.0.0.1");
}

#[test]
fn what_a_proxy_hides_counts_as_the_proxy() {
    let x = Header::XForwardedFor;
    for value in ["", "unknown", "203.0.113.7, ", "203.0.113.7, 300.1.1.1", "203.0.113.7 10.0.0.9"] {
        assert_eq!(client(x, "10.0.0.1", value), "10.0.0.1", "{value:?}");
    }
    assert_eq!(client(x, "10.0.0.1", "unknown, 10.0.0.2"), "10.0.0.2", "the last that is known");
    assert_eq!(client(Header::Forwarded, "10.0.0.1", "for=_hidden;proto=https"), "10.0.0.1");
    assert_eq!(client(Header::Forwarded, "10.0.0.1", "proto=https"), "10.0.0.1");
}

#[test]
fn addresses_are_read_in_every_shape_that_proxies_write() {
    let x = Header::XForwardedFor;
    assert_eq!(client(x, "10.0.0.1", "203.0.113.7:4711"), "203.0.113.7");
    assert_eq!(client(x, "10.0.0.1", "2001:db8::7"), "2001:db8::7");
    assert_eq!(client(x, "10.0.0.1", "[2001:db8::7]:4711"), "2001:db8::7");
    assert_eq!(client(x, "::ffff:10.0.0.1", "::ffff:203.0.113.7"), "203.0.113.7", "an IPv4 address in IPv6 clothes");
    let f = Header::Forwarded;
    assert_eq!(client(f, "10.0.0.1", "for=1.2.3.4, For=\"[2001:db8::7]:4711\";by=10.0.0.1;proto=http"), "2001:db8::7");
    assert_eq!(client(f, "10.0.0.1", "proto=https; for=203.0.113.7"), "203.0.113.7");
    assert_eq!((Header::named("X-Forwarded-For"), Header::named("FORWARDED")), (Some(x), Some(f)));
    assert_eq!(Header::named("x-real-ip"), None);
}

/// How many of a client's questions in a row are answered before one is refused.
fn answered(desk: &Desk, from: &str) -> u32 {
    let path = "/api/v1/bulletins/latest?territory=391000000";
    let send = || desk.send("GET", path, None, &[("x-forwarded-for", from)], None);
    (0..LOOKUPS_AT_ONCE * 4).take_while(|_| send().status == 200).count().try_into().unwrap()
}

#[test]
fn clients_behind_a_trusted_proxy_are_counted_apart_and_without_one_together() {
    let proxies = Proxies::new(vec![ip("127.0.0.1")], Header::XForwardedFor);
    let desk = Desk::with(Db::Sqlite, Setup { rate_limit: true, proxies, ..Setup::default() });
    for client in ["203.0.113.7", "203.0.113.8", "1.2.3.4, 203.0.113.9"] {
        assert!(answered(&desk, client) >= LOOKUPS_AT_ONCE, "{client} has looked nothing up yet");
    }
    let desk = Desk::with(Db::Sqlite, Setup { rate_limit: true, ..Setup::default() });
    assert!(answered(&desk, "203.0.113.7") >= LOOKUPS_AT_ONCE);
    assert!(answered(&desk, "203.0.113.8") < LOOKUPS_AT_ONCE, "the header of a stranger is no other address");
}
