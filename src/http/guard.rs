//! Who may ask: the name that was called, the page that asks, the token that it brings.

use super::{Error, Settings, answer::Refusal, token::Token};
use axum::http::{HeaderMap, HeaderName, StatusCode, header, uri::Authority};
use std::net::IpAddr;

/// What a caller wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Ask whether the server lives; tells nothing.
    Open,
    /// Read lines, problems, services, metrics.
    Read,
    /// Change something.
    Act,
}

/// The doors.
#[derive(Debug)]
pub(super) struct Guard {
    read: Option<Token>,
    act: Option<Token>,
    hosts: Vec<String>,
    origins: Vec<String>,
}

impl Guard {
    /// The doors that these settings mean.
    pub(super) fn new(settings: &Settings) -> Result<Self, Error> {
        let read = settings.token_file.as_deref().map(Token::read).transpose()?;
        let act = settings.act_token_file.as_deref().map(Token::read).transpose()?;
        if read.is_none() && !settings.listen.ip().to_canonical().is_loopback() {
            return Err(Error::Open(settings.listen));
        }
        if read.is_some() && read == act {
            return Err(Error::SameToken);
        }
        for (is_on, name) in [(settings.repair, "repair"), (settings.alerts, "alerts")] {
            if is_on && act.is_none() {
                return Err(Error::NoActToken(name));
            }
        }
        let (hosts, origins) = (settings.hosts.clone(), settings.origins.clone());
        Ok(Self { read, act, hosts, origins })
    }

    /// Whether the one with these headers may do this.
    pub(super) fn check(&self, headers: &HeaderMap, scope: Scope) -> Result<(), Refusal> {
        let host = self.host(headers)?;
        self.origin(headers, &host)?;
        let token = match scope {
            Scope::Open => return Ok(()),
            Scope::Read => match &self.read {
                None => return Ok(()),
                Some(token) => token,
            },
            Scope::Act => self.act.as_ref().ok_or_else(|| {
                let told = "this server only lets read: start it with --act-token-file FILE, and send the word in it as Authorization: Bearer WORD";
                Refusal::new(StatusCode::FORBIDDEN, "read_only", told)
            })?,
        };
        if one(headers, &header::AUTHORIZATION).and_then(bearer).is_some_and(|word| token.is(word))
        {
            return Ok(());
        }
        let told = match scope {
            Scope::Act => "the token for acting is missing or wrong: Authorization: Bearer TOKEN",
            _ => "the token for reading is missing or wrong: Authorization: Bearer TOKEN",
        };
        Err(Refusal::new(StatusCode::UNAUTHORIZED, "unauthorized", told).about("Authorization"))
    }

    /// The name that was called. A page that gave its own name our address must not read us: its name is not ours.
    fn host(&self, headers: &HeaderMap) -> Result<Authority, Refusal> {
        let refuse =
            |told: String| Refusal::new(StatusCode::FORBIDDEN, "unknown_host", told).about("Host");
        let authority: Authority =
            one(headers, &header::HOST)
                .and_then(|host| host.parse().ok())
                .ok_or_else(|| refuse("there must be one Host header".to_owned()))?;
        let name = authority.host();
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        let is_ours = bare.parse::<IpAddr>().is_ok()
            || name.eq_ignore_ascii_case("localhost")
            || self.hosts.iter().any(|host| host.eq_ignore_ascii_case(name));
        if is_ours {
            return Ok(authority);
        }
        Err(refuse(format!(
            "this server is not called {name}; if it is, add the name to hosts under [http]"
        )))
    }

    /// The page that asks, where a browser says so.
    fn origin(&self, headers: &HeaderMap, host: &Authority) -> Result<(), Refusal> {
        if !headers.contains_key(header::ORIGIN) {
            return Ok(());
        }
        let origin = one(headers, &header::ORIGIN).unwrap_or_default();
        let is_own = origin.strip_prefix("http://").is_some_and(|name| name == host.as_str());
        if is_own || self.origins.iter().any(|known| known == origin) {
            return Ok(());
        }
        let told = "pages of other sites may not ask; add the site to origins under [http]";
        Err(Refusal::new(StatusCode::FORBIDDEN, "unknown_origin", told).about("Origin"))
    }
}

/// The value of a header that stands there once.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut all = headers.get_all(name).iter();
    let first = all.next()?;
    if all.next().is_some() {
        return None;
    }
    first.to_str().ok()
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, word) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| word.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse as _;

    const READ: &str = "read-read-read-read-read";
    const ACT: &str = "act-act-act-act-act-act";

    fn guard(has_tokens: bool) -> Guard {
        Guard {
            read: has_tokens.then(|| Token::of(READ)),
            act: has_tokens.then(|| Token::of(ACT)),
            hosts: vec!["dogwatch.lan".to_owned()],
            origins: vec!["https://grafana.example.org".to_owned()],
        }
    }

    fn answer(guard: &Guard, scope: Scope, headers: &[(&'static str, &str)]) -> u16 {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        guard.check(&map, scope).map_or_else(|r| r.into_response().status().as_u16(), |()| 200)
    }

    #[test]
    fn only_our_own_names_are_answered() {
        for (host, want) in [
            ("localhost:7717", 200),
            ("127.0.0.1", 200),
            ("[::1]:7717", 200),
            ("192.168.1.4:80", 200),
            ("DOGWATCH.lan", 200),
            ("evil.example:7717", 403),
            ("localhost.evil.example", 403),
            ("127.0.0.1.evil.example", 403),
            ("", 403),
        ] {
            assert_eq!(answer(&guard(false), Scope::Read, &[("host", host)]), want, "{host}");
            assert_eq!(answer(&guard(false), Scope::Open, &[("host", host)]), want, "{host}");
        }
        assert_eq!(answer(&guard(false), Scope::Read, &[]), 403);
        let twice = [("host", "localhost"), ("host", "evil.example")];
        assert_eq!(answer(&guard(false), Scope::Read, &twice), 403);
    }

    #[test]
    fn pages_of_other_sites_may_not_ask() {
        for (origin, want) in [
            ("http://localhost:7717", 200),
            ("https://grafana.example.org", 200),
            ("http://localhost:3000", 403),
            ("https://evil.example", 403),
            ("null", 403),
        ] {
            let headers = [("host", "localhost:7717"), ("origin", origin)];
            assert_eq!(answer(&guard(false), Scope::Read, &headers), want, "{origin}");
        }
    }

    #[test]
    fn each_token_opens_its_own_door() {
        let bearer = |word: &str| format!("Bearer {word}");
        for (scope, authorization, want) in [
            (Scope::Open, None, 200),
            (Scope::Read, None, 401),
            (Scope::Read, Some(bearer(READ)), 200),
            (Scope::Read, Some(format!("bearer {READ}")), 200),
            (Scope::Read, Some(bearer(ACT)), 401),
            (Scope::Read, Some(READ.to_owned()), 401),
            (Scope::Read, Some(format!("Basic {READ}")), 401),
            (Scope::Act, Some(bearer(READ)), 401),
            (Scope::Act, Some(bearer(ACT)), 200),
            (Scope::Act, None, 401),
        ] {
            let mut headers = vec![("host", "localhost")];
            headers.extend(authorization.as_deref().map(|value| ("authorization", value)));
            assert_eq!(answer(&guard(true), scope, &headers), want, "{scope:?} {authorization:?}");
        }
        assert_eq!(answer(&guard(false), Scope::Act, &[("host", "localhost")]), 403);
    }

    #[test]
    fn what_others_reach_needs_a_token() {
        let open = |listen: &str| {
            let settings = Settings { listen: listen.parse().unwrap(), ..Settings::default() };
            Guard::new(&settings).map(drop).map_err(|error| error.to_string())
        };
        for listen in ["127.0.0.1:1", "[::1]:1", "127.9.9.9:1", "[::ffff:127.0.0.1]:1"] {
            assert_eq!(open(listen), Ok(()), "{listen}");
        }
        for listen in ["0.0.0.0:7717", "[::]:1", "192.168.1.4:1"] {
            let told = open(listen).unwrap_err();
            assert!(told.contains("--token-file") && told.contains("127.0.0.1:"), "{told}");
        }
        let repair = Settings { repair: true, ..Settings::default() };
        let told = Guard::new(&repair).unwrap_err().to_string();
        assert!(told.contains("--act-token-file"), "{told}");
    }
}
