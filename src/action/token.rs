//! The token that lets us file issues: from the environment, or of GitHub from its own command line.

use super::forge::Kind;
use std::{fmt, path::PathBuf, time::Duration};

/// `gh` may ask a keyring; longer than this it is not waited for.
const GH_DEADLINE: Duration = Duration::from_secs(3);

/// A token; never printed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Token(String);

impl Token {
    /// The text, for the request alone.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

/// The variables that are looked at for a token of `host`, in this order.
pub(super) fn variables(kind: Kind, host: &str) -> &'static [&'static str] {
    match kind {
        Kind::GitHub if host == "github.com" || host.ends_with(".ghe.com") => {
            &["GH_TOKEN", "GITHUB_TOKEN"]
        }
        Kind::GitHub => &["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"],
        Kind::GitLab => &["GITLAB_TOKEN", "GITLAB_ACCESS_TOKEN", "OAUTH_TOKEN"],
        Kind::Gitea => &["GITEA_TOKEN", "FORGEJO_TOKEN", "GITEA_SERVER_TOKEN"],
    }
}

/// The token that the environment holds for `host`, in the order of that forge's own command line.
///
/// A token of github.com is never given to another host, and none to another host than the environment names.
pub(super) fn in_environment(
    kind: Kind,
    host: &str,
    env: impl Fn(&str) -> Option<String>,
) -> Option<Token> {
    if kind != Kind::GitHub && kind.host_in(&env).is_some_and(|named| named != host) {
        return None;
    }
    variables(kind, host).iter().filter_map(|name| env(name)).find_map(|value| token(&value))
}

/// The token that `gh auth token` gives for `host`; waits at most three seconds.
pub(super) async fn of_gh(host: &str) -> Option<Token> {
    let mut gh = tokio::process::Command::new("gh");
    gh.args(["auth", "token", "--hostname", host])
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true);
    let answer = tokio::time::timeout(GH_DEADLINE, gh.output()).await.ok()?.ok()?;
    answer.status.success().then(|| token(&String::from_utf8_lossy(&answer.stdout)))?
}

/// Whether gh has an account on `host`; reads one small file, asks no keyring.
pub(super) fn gh_knows(host: &str, env: impl Fn(&str) -> Option<String>) -> bool {
    let folder = env("GH_CONFIG_DIR")
        .map(PathBuf::from)
        .or_else(|| env("XDG_CONFIG_HOME").map(|f| PathBuf::from(f).join("gh")))
        .or_else(|| env("HOME").map(|f| PathBuf::from(f).join(".config/gh")));
    let text = folder.and_then(|f| std::fs::read_to_string(f.join("hosts.yml")).ok());
    text.is_some_and(|t| t.lines().any(|line| line.trim_end().strip_suffix(':') == Some(host)))
}

/// A text that can stand in a header; anything else is no token.
fn token(text: &str) -> Option<Token> {
    let text = text.trim();
    let is_token =
        !text.is_empty() && text.len() <= 1024 && text.bytes().all(|b| b.is_ascii_graphic());
    is_token.then(|| Token(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_has_its_own_variables() {
        let env = |name: &str| match name {
            "GH_TOKEN" => Some(" \n".to_owned()),
            "GITHUB_TOKEN" => Some("ours\n".to_owned()),
            "GH_ENTERPRISE_TOKEN" => Some("theirs".to_owned()),
            _ => None,
        };
        for (host, want) in
            [("github.com", "ours"), ("corp.ghe.com", "ours"), ("git.example.com", "theirs")]
        {
            assert_eq!(in_environment(Kind::GitHub, host, env).unwrap().expose(), want);
        }
        assert_eq!(in_environment(Kind::GitHub, "github.com", |_| Some("two words".into())), None);
        let env = |name: &str| match name {
            "GITLAB_TOKEN" => Some("ours".to_owned()),
            "GITLAB_HOST" => Some("https://git.example.com".to_owned()),
            _ => None,
        };
        assert!(in_environment(Kind::GitLab, "git.example.com", env).is_some());
        assert_eq!(in_environment(Kind::GitLab, "gitlab.com", env), None);
    }

    #[test]
    fn is_never_printed() {
        let text = format!("{:?}", token("ghp_secret"));
        assert!(!text.contains("ghp"), "{text}");
    }

    #[test]
    fn sees_whether_gh_has_an_account() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("hosts.yml"), "github.com:\n    user: jan\n").unwrap();
        let env = |name: &str| {
            (name == "GH_CONFIG_DIR").then(|| folder.path().to_string_lossy().into_owned())
        };
        assert!(gh_knows("github.com", env));
        assert!(!gh_knows("example.com", env));
        assert!(!gh_knows("github.com", |_| None));
    }
}
