//! Counts events per network in fixed windows, in this process only. It slows down guessing and
//! mail bombing; the limits that must hold, per login and per request, are the engine's.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use actix_web::HttpRequest;

/// More networks than this at once and the oldest windows are forgotten: memory stays bounded.
const MOST_NETWORKS: usize = 10_000;

#[derive(Debug)]
pub(crate) struct Limiter {
    most: u32,
    window: Duration,
    seen: Mutex<HashMap<IpAddr, Window>>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    began: Instant,
    count: u32,
}

impl Limiter {
    pub fn new(most: u32, window: Duration) -> Self {
        Self {
            most,
            window,
            seen: Mutex::new(HashMap::new()),
        }
    }

    /// Whether the network has used up its window.
    pub fn is_full(&self, peer: Option<IpAddr>, now: Instant) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(&network(peer))
            .is_some_and(|window| self.open(window, now) && window.count >= self.most)
    }

    /// Counts one event.
    pub fn count(&self, peer: Option<IpAddr>, now: Instant) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST_NETWORKS {
            seen.retain(|_, window| self.open(window, now));
        }
        if seen.len() >= MOST_NETWORKS {
            seen.clear();
        }
        let fresh = Window {
            began: now,
            count: 0,
        };
        let window = seen.entry(network(peer)).or_insert(fresh);
        if !self.open(window, now) {
            *window = fresh;
        }
        window.count += 1;
    }

    /// Counts one event unless the window is used up.
    pub fn take(&self, peer: Option<IpAddr>, now: Instant) -> bool {
        let free = !self.is_full(peer, now);
        if free {
            self.count(peer, now);
        }
        free
    }

    fn open(&self, window: &Window, now: Instant) -> bool {
        now.saturating_duration_since(window.began) < self.window
    }
}

/// Whose window a request counts in. A peer on loopback is the proxy in front of us: the address
/// that it added last to `X-Forwarded-For` is the one it saw. Everybody else's header is a claim.
pub(crate) fn peer(request: &HttpRequest) -> Option<IpAddr> {
    let direct = request.peer_addr()?.ip();
    let forwarded = || {
        let header = request.headers().get_all("x-forwarded-for").last()?;
        let last = header.to_str().ok()?.rsplit(',').next()?;
        last.trim().parse().ok()
    };
    let behind_proxy = direct.is_loopback().then(forwarded).flatten();
    Some(behind_proxy.unwrap_or(direct))
}

/// One household or host has a whole /64 of IPv6 addresses at its command.
fn network(peer: Option<IpAddr>) -> IpAddr {
    match peer {
        Some(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
            Some(address) => IpAddr::V4(address),
            None => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        },
        Some(address @ IpAddr::V4(_)) => address,
        None => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_proxy_on_this_machine_is_believed_about_addresses() {
        let seen = |direct: &str, forwarded: &str| {
            let request = actix_web::test::TestRequest::default()
                .peer_addr(format!("{direct}:1").parse().unwrap())
                .insert_header(("x-forwarded-for", forwarded))
                .to_http_request();
            super::peer(&request)
        };
        let check = |direct, forwarded, expected| {
            assert_eq!(
                seen(direct, forwarded),
                peer(expected),
                "{direct} {forwarded}"
            );
        };
        check("127.0.0.1", "192.0.2.9, 192.0.2.1", "192.0.2.1");
        check("127.0.0.1", "nonsense", "127.0.0.1");
        check("198.51.100.7", "192.0.2.1", "198.51.100.7");
    }

    fn limiter() -> Limiter {
        Limiter::new(2, Duration::from_secs(60))
    }

    fn peer(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn a_window_fills_and_opens_again() {
        let (limiter, now) = (limiter(), Instant::now());
        let taken = |at| limiter.take(peer("192.0.2.1"), at);
        assert_eq!([taken(now), taken(now), taken(now)], [true, true, false]);
        assert!(!taken(now + Duration::from_secs(59)));
        assert!(taken(now + Duration::from_secs(60)));
    }

    #[test]
    fn networks_do_not_share_a_window() {
        let (limiter, now) = (limiter(), Instant::now());
        for _ in 0..3 {
            limiter.take(peer("192.0.2.1"), now);
        }
        assert!(limiter.is_full(peer("192.0.2.1"), now));
        assert!(!limiter.is_full(peer("192.0.2.2"), now));
    }

    #[test]
    fn neighbours_in_one_ipv6_network_share_a_window() {
        let (limiter, now) = (limiter(), Instant::now());
        limiter.count(peer("2001:db8::1"), now);
        limiter.count(peer("2001:db8::2"), now);
        assert!(limiter.is_full(peer("2001:db8::ffff"), now));
        assert!(!limiter.is_full(peer("2001:db8:0:1::1"), now));
    }

    #[test]
    fn memory_is_bounded() {
        let (limiter, now) = (limiter(), Instant::now());
        for n in 0..=u32::try_from(MOST_NETWORKS).unwrap() {
            limiter.count(Some(IpAddr::V4(n.into())), now);
        }
        assert!(limiter.seen.lock().unwrap().len() <= MOST_NETWORKS);
    }
}
