//! The kinds of forges, and how one is told by its host.

use super::{dialect::Dialect, gitea::Gitea, github::GitHub, gitlab::GitLab};
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
        let host = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
        host.split(['/', ':']).next().map(str::to_ascii_lowercase)
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

#[cfg(test)]
mod tests {
    use super::*;

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
