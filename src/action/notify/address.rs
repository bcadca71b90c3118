//! Where a name leads, and whether messages may go there.

use std::net::{IpAddr, SocketAddr};
use tokio::net::lookup_host;

/// Looks a name up, once: what is checked here is what must be connected to.
///
/// # Errors
/// Where it leads nowhere, or into a private network though that is not allowed.
pub(super) async fn addresses(
    host: &str,
    port: u16,
    allow_private: bool,
) -> Result<Vec<SocketAddr>, String> {
    let found = lookup_host((host, port)).await.map_err(|error| error.to_string())?;
    let found: Vec<SocketAddr> = found.collect();
    let inside = found.iter().map(SocketAddr::ip).find(|ip| !is_public(*ip));
    match inside.filter(|_| !allow_private) {
        Some(ip) => Err(format!("{ip} is not public; allow_private = true where that is meant")),
        None => Ok(found),
    }
}

/// Whether an address is anybody's on the internet.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [first, second, ..] = ip.octets();
            let is_shared = first == 100 && (64..128).contains(&second);
            !(ip.is_loopback()
                || ip.is_private()
                || ip.is_link_local()
                || ip.is_unspecified()
                || ip.is_multicast()
                || ip.is_broadcast()
                || is_shared
                || first == 0)
        }
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => is_public(IpAddr::V4(ip)),
            None => {
                !(ip.is_loopback()
                    || ip.is_unspecified()
                    || ip.is_multicast()
                    || ip.is_unique_local()
                    || ip.is_unicast_link_local())
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_inside_is_told_from_what_is_public() {
        for (ip, want) in [
            ("8.8.8.8", true),
            ("10.1.2.3", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("0.0.0.0", false),
            ("::1", false),
            ("::ffff:192.168.0.1", false),
            ("fd00::1", false),
            ("fe80::1", false),
            ("2606:4700::1111", true),
        ] {
            assert_eq!(is_public(ip.parse().unwrap()), want, "{ip}");
        }
    }
}
