//! Which repository issues go to: from the configuration, `GH_REPO`, or the remote of the folder.

use std::{fmt, path::Path, process::Command};

/// A repository and the machine it lives on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// `github.com`, or an enterprise's own.
    pub host: String,
    /// Of its server, where a remote over https names one.
    pub port: Option<u16>,
    /// Person or organisation; of GitLab a group with those it lies in, as a path.
    pub owner: String,
    /// Name.
    pub name: String,
}

impl Repository {
    /// Reads `owner/name`, `host/owner/name`, or any form in which git writes a remote: `https://`, `ssh://`,
    /// `git@host:owner/name.git`. User and password are left out. `default_host` is for the first form, which may also be a
    /// name with several groups; then the first part is a host where it has a dot.
    pub fn parse(text: &str, default_host: &str) -> Option<Self> {
        let text = text.trim();
        let mut port = None;
        let (host, path) = match text.split_once("://") {
            Some((scheme @ ("https" | "http" | "ssh" | "git" | "git+ssh"), rest)) => {
                let (authority, path) = rest.split_once('/')?;
                let host = authority.rsplit('@').next()?;
                let (host, number) = host.split_once(':').unwrap_or((host, ""));
                port = number.parse().ok().filter(|_| scheme == "https");
                (host, path)
            }
            Some(_) => return None,
            None => match text.split_once(':') {
                Some((authority, path)) if !authority.contains('/') => {
                    (authority.rsplit('@').next()?, path)
                }
                Some(_) => return None,
                // A folder of this machine.
                None if text.starts_with('/') => return None,
                None => match text.split_once('/') {
                    Some((host, rest)) if rest.contains('/') && host.contains('.') => (host, rest),
                    _ => (default_host, text),
                },
            },
        };
        let path = path.trim_matches('/');
        let (owner, name) = path.strip_suffix(".git").unwrap_or(path).rsplit_once('/')?;
        let is_name = |part: &str| {
            !part.is_empty()
                && part.len() <= 100
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
                && !part.bytes().all(|b| b == b'.')
        };
        let is_path = owner.split('/').count() <= 20 && owner.split('/').all(is_name);
        let host = known_host(host);
        (is_name(&host) && is_path && is_name(name)).then(|| Self {
            host,
            port,
            owner: owner.to_owned(),
            name: name.to_owned(),
        })
    }

    /// The remote `origin` of the repository that `folder` lies in, as git itself resolves it (`insteadOf` included).
    /// Runs git, which takes a few milliseconds.
    pub fn of_folder(folder: &Path) -> Option<Self> {
        let answer = Command::new("git")
            .args(["remote", "get-url", "origin"])
            .current_dir(folder)
            .env("GIT_TERMINAL_PROMPT", "0")
            .stdin(std::process::Stdio::null())
            .output()
            .ok()
            .filter(|answer| answer.status.success())?;
        Self::parse(&String::from_utf8_lossy(&answer.stdout), "github.com")
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

/// The commit that `folder` has checked out, as twelve digits. Runs git.
pub fn commit_of_folder(folder: &Path) -> Option<String> {
    let answer = Command::new("git")
        .args(["rev-parse", "--short=12", "HEAD"])
        .current_dir(folder)
        .stdin(std::process::Stdio::null())
        .output()
        .ok()
        .filter(|answer| answer.status.success())?;
    let commit = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
    commit.bytes().all(|b| b.is_ascii_hexdigit()).then_some(commit)
}

/// Folds GitHub's other names, and the aliases people give it in their ssh configuration, into one.
fn known_host(host: &str) -> String {
    let host = host.to_ascii_lowercase();
    let is_alias = host.starts_with("github.com-") || host.starts_with("github-");
    let is_other = matches!(host.as_str(), "ssh.github.com" | "www.github.com" | "github");
    if is_alias && !host.contains("github-enterprise") || is_other {
        return "github.com".to_owned();
    }
    host
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form_of_a_remote() {
        for text in [
            "https://github.com/netra/shop.git",
            "https://github.com/netra/shop",
            "https://github.com/netra/shop/",
            "https://jan:secret@github.com/netra/shop.git\n",
            "ssh://git@github.com/netra/shop.git",
            "ssh://git@ssh.github.com:443/netra/shop.git",
            "git@github.com:netra/shop.git",
            "git@github.com-work:netra/shop",
            "github.com:netra/shop",
            "git://github.com/netra/shop.git",
            "netra/shop",
            "github.com/netra/shop",
        ] {
            let repository =
                Repository::parse(text, "github.com").unwrap_or_else(|| panic!("{text}"));
            assert_eq!(
                (repository.host.as_str(), repository.to_string().as_str()),
                ("github.com", "netra/shop")
            );
        }
        let other = Repository::parse("git@git.example.com:team/app.git", "github.com").unwrap();
        assert_eq!(other.host, "git.example.com");
        for text in ["https://git.example.com:8443/a/b/c.git", "git.example.com/a/b/c", "a/b/c"] {
            let nested = Repository::parse(text, "git.example.com").unwrap();
            assert_eq!((nested.host.as_str(), nested.owner.as_str()), ("git.example.com", "a/b"));
            assert_eq!(nested.port.is_some(), text.contains("8443"));
        }
    }

    #[test]
    fn refuses_what_is_no_repository() {
        for text in [
            "",
            "shop",
            "/srv/git/shop.git",
            "file:///srv/git/shop",
            "../shop",
            "https://github.com/netra",
            "netra/shop?x=1",
            "netra/..",
            "a b/c",
            "git@host:/a//c",
        ] {
            assert_eq!(Repository::parse(text, "github.com"), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_answered(text in "[a-z:/@. ?#\u{e9}]{0,40}") {
            if let Some(r) = Repository::parse(&text, "github.com") {
                let whole = format!("{}/{r}", r.host);
                proptest::prop_assert!(whole.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b)));
            }
        }
    }
}
