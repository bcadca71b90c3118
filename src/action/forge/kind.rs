//! The kinds of forges, and how one is told by its host.

use super::{dialect::Dialect, gitea::Gitea, github::GitHub, gitlab::GitLab};
use crate::action::token;
use serde::{Deserialize, Serialize};

/// A kind of forge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// github.com, or an enterprise's own.
    #[default]
    GitHub,
    /// gitlab.com, or one's own.
    GitLab,
    /// Gitea or Forgejo, as at codeberg.org.
    #[serde(alias = "forgejo")]
    Gitea,
}

impl Kind {
    /// As its makers write it.
    pub fn name(self) -> &'static str {
        self.dialect().name()
    }

    pub(super) fn dialect(self) -> &'static dyn Dialect {
        match self {
            Self::GitHub => &GitHub,
            Self::GitLab => &GitLab,
            Self::Gitea => &Gitea,
        }
    }

    /// By what the environment says of the host, else by its name; GitHub where nothing speaks against it.
    pub(super) fn of_host(host: &str, env: &dyn Fn(&str) -> Option<String>) -> Self {
        let is_named = |kind: &Self| kind.host_in(env).is_some_and(|named| named == host);
        let has = |word: &str| host.contains(word);
        match [Self::GitLab, Self::Gitea].into_iter().find(is_named) {
            Some(kind) => kind,
            None if has("gitlab") => Self::GitLab,
            None if has("gitea") || has("forgejo") || host == "codeberg.org" => Self::Gitea,
            None => Self::GitHub,
        }
    }

    /// The host that the environment names for this kind, without scheme and port.
    pub(in crate::action) fn host_in(self, env: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        let names: &[&str] = match self {
            Self::GitHub => &["GH_HOST"],
            Self::GitLab => &["GITLAB_HOST", "CI_SERVER_HOST"],
            Self::Gitea => &["GITEA_SERVER_URL", "FORGEJO_SERVER_URL"],
        };
        let text = names.iter().find_map(|name| env(name).filter(|value| !value.is_empty()))?;
        Some(host_of(&text).to_ascii_lowercase())
    }

    /// The variables that people know for a token of what is at `web`: `GITEA_TOKEN or FORGEJO_TOKEN`.
    pub fn token_names(self, web: &str) -> String {
        let names = token::variables(self, host_of(web));
        let count = if self == Self::Gitea { 2 } else { 1 };
        names[..count].join(" or ")
    }

    /// The page where a token of what is at `web` is made.
    pub fn token_page(self, web: &str) -> String {
        let page = match self {
            Self::GitHub => "settings/tokens",
            Self::GitLab => "-/user_settings/personal_access_tokens",
            Self::Gitea => "user/settings/applications",
        };
        format!("{web}/{page}")
    }

    /// How to come by a token that is taken, as a sentence without its end.
    pub fn sign_in(self, web: &str) -> String {
        let (names, page) = (self.token_names(web), self.token_page(web));
        let scope = match self {
            Self::GitHub => "may write issues",
            Self::GitLab => "has the scope api",
            Self::Gitea => "has write:issue and read:repository",
        };
        let gh = match host_of(web) {
            _ if self != Self::GitHub => String::new(),
            "github.com" => ", or run `gh auth login`".to_owned(),
            host => format!(", or run `gh auth login --hostname {host}`"),
        };
        format!("set {names} to a token that {scope}, from {page}{gh}")
    }

    /// Where it is when nobody says where; everybody has a Gitea of his own.
    pub(super) const fn usual_host(self) -> Option<&'static str> {
        match self {
            Self::GitHub => Some("github.com"),
            Self::GitLab => Some("gitlab.com"),
            Self::Gitea => None,
        }
    }

    /// The REST API of what people see at `web`, on `host`.
    pub(super) fn api(self, web: &str, host: &str) -> String {
        match self {
            Self::GitHub if host == "github.com" => "https://api.github.com".to_owned(),
            Self::GitHub if host.ends_with(".ghe.com") => format!("https://api.{host}"),
            Self::GitHub => format!("{web}/api/v3"),
            Self::GitLab => format!("{web}/api/v4"),
            Self::Gitea => format!("{web}/api/v1"),
        }
    }
}

/// The host of an address, without scheme, port and path.
fn host_of(text: &str) -> &str {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    rest.split(['/', ':']).next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_says_how_to_come_by_a_token() {
        for (kind, web, parts) in [
            (
                Kind::GitHub,
                "https://github.com",
                ["set GH_TOKEN to", "https://github.com/settings/tokens", "`gh auth login`"],
            ),
            (
                Kind::GitHub,
                "https://git.example.com:8443",
                [
                    "set GH_ENTERPRISE_TOKEN to",
                    "8443/settings/tokens",
                    "--hostname git.example.com",
                ],
            ),
            (
                Kind::GitLab,
                "https://gitlab.com",
                ["set GITLAB_TOKEN to", "scope api", "/-/user_settings/personal_access_tokens"],
            ),
            (
                Kind::Gitea,
                "http://git.local:3000",
                ["GITEA_TOKEN or FORGEJO_TOKEN", "write:issue", ":3000/user/settings/applications"],
            ),
        ] {
            let told = kind.sign_in(web);
            assert!(parts.iter().all(|part| told.contains(part)), "{told}");
        }
    }

    #[test]
    fn is_told_by_the_host() {
        let none = |_: &str| None;
        for (host, kind) in [
            ("github.com", Kind::GitHub),
            ("git.example.com", Kind::GitHub),
            ("gitlab.com", Kind::GitLab),
            ("gitlab.example.com", Kind::GitLab),
            ("codeberg.org", Kind::Gitea),
            ("forgejo.example.com", Kind::Gitea),
        ] {
            assert_eq!(Kind::of_host(host, &none), kind, "{host}");
        }
        let env = |name: &str| {
            (name == "GITEA_SERVER_URL").then(|| "https://Git.Example.com:3000/".to_owned())
        };
        assert_eq!(Kind::of_host("git.example.com", &env), Kind::Gitea);
    }
}
