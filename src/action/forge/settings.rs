//! Which forge, which repository.

use super::kind::Kind;
use crate::action::{Deed, issue::Form, remote::Repository};
use reqwest::Url;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, path::Path};

/// Where issues are filed; all of it is found out where nothing is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// `github`, `gitlab` or `gitea`, which is Forgejo's, too; without it the host tells.
    pub kind: Option<Kind>,
    /// `owner/name`, of GitLab with all its groups; without it `GH_REPO`, then the remote `origin` of the project's
    /// folder.
    pub repository: Option<String>,
    /// Host of one's own server; without it that of `url`, `GH_HOST` or `GITLAB_HOST`, then the repository's.
    pub host: Option<String>,
    /// Where people see one's own server, with scheme and port: `http://git.local:3000`.
    pub url: Option<String>,
    /// Address of the REST API, where it is not at its usual place; `DOGWATCH_ISSUES_API` overrides it.
    pub api: Option<String>,
    /// Seconds until a list must show what was sent. So long a create without an answer is looked for before it is
    /// sent again.
    pub settle_seconds: u32,
    /// New issues of one repository within an hour, from this machine; the rest waits, and one more issue says so.
    pub max_per_hour: u32,
    /// Further authors whose issues count as ours; who may write to the repository counts without it.
    pub trusted: BTreeSet<String>,
    /// How issues are written; `issue` is its older name.
    #[serde(alias = "issue")]
    pub form: Form,
    /// What may be done to an issue as its problem lives on; what is not here is only said.
    pub follow: BTreeSet<Deed>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            kind: None,
            repository: None,
            host: None,
            url: None,
            api: None,
            settle_seconds: 90,
            max_per_hour: 10,
            trusted: BTreeSet::new(),
            form: Form::default(),
            follow: BTreeSet::new(),
        }
    }
}

/// The settings with what the surroundings say, looked up once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) kind: Kind,
    pub(super) host: String,
    pub(super) repository: Option<Repository>,
    /// Where people look, without a slash at its end.
    pub(super) web: String,
    /// Without a slash at its end.
    pub(super) api: String,
}

impl Place {
    pub(super) fn find(
        settings: &Settings,
        folder: &Path,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Self {
        let env = |name: &str| env(name).filter(|value| !value.is_empty());
        let url = settings.url.as_deref().and_then(web);
        let set_host = settings.host.clone().or_else(|| url.as_ref().map(|(host, _)| host.clone()));
        let is_named = |kind: Kind| settings.kind.is_none_or(|set| set == kind);
        let named = set_host.clone().or_else(|| settings.kind.unwrap_or_default().host_in(&env));
        let usual = settings.kind.unwrap_or_default().usual_host();
        let remote = || Repository::of_folder(folder);
        let parse = |text: String| {
            let host = named.clone().or_else(|| usual.map(str::to_owned));
            let host = host.or_else(|| remote().map(|remote| remote.host))?;
            Repository::parse(&text, &host)
        };
        let repository = settings
            .repository
            .clone()
            .or_else(|| env("GH_REPO").filter(|_| is_named(Kind::GitHub)))
            .and_then(parse)
            .or_else(remote);
        let host = set_host.unwrap_or_else(|| match &repository {
            Some(repository) => repository.host.clone(),
            None => named.or_else(|| usual.map(str::to_owned)).unwrap_or_default(),
        });
        let kind = settings.kind.unwrap_or_else(|| Kind::of_host(&host, &env));
        let port = repository.as_ref().filter(|r| r.host == host).and_then(|r| r.port);
        let web = match (url, port) {
            (Some((_, web)), _) => web,
            (None, Some(port)) => format!("https://{host}:{port}"),
            (None, None) => format!("https://{host}"),
        };
        let api = env("DOGWATCH_ISSUES_API")
            .or_else(|| env("DOGWATCH_GITHUB_API").filter(|_| kind == Kind::GitHub))
            .or_else(|| settings.api.clone())
            .unwrap_or_else(|| kind.api(&web, &host));
        // Only GitLab has groups within groups.
        let repository = repository.filter(|r| kind == Kind::GitLab || !r.owner.contains('/'));
        Self { kind, host, repository, web, api: api.trim_end_matches('/').to_owned() }
    }
}

/// The host of an address, and the address without a slash at its end.
fn web(text: &str) -> Option<(String, String)> {
    let url =
        Url::parse(text.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let (host, text) = (url.host_str()?.to_owned(), url.as_str().trim_end_matches('/').to_owned());
    Some((host, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_win_over_the_environment_and_that_over_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let none = |_: &str| None;
        let place = Place::find(&Settings::default(), folder.path(), &none);
        assert_eq!((place.repository, place.api.as_str()), (None, "https://api.github.com"));

        let env = |name: &str| (name == "GH_REPO").then(|| "git.example.com/team/app".to_owned());
        let place = Place::find(&Settings::default(), folder.path(), &env);
        assert_eq!(place.api, "https://git.example.com/api/v3");
        assert_eq!(place.repository.unwrap().to_string(), "team/app");

        let settings = Settings { repository: Some("netra/shop".into()), ..Settings::default() };
        let place = Place::find(&settings, folder.path(), &env);
        assert_eq!(
            (place.host.as_str(), place.api.as_str()),
            ("github.com", "https://api.github.com")
        );

        let env =
            |name: &str| (name == "DOGWATCH_GITHUB_API").then(|| "http://127.0.0.1:1/".to_owned());
        assert_eq!(Place::find(&settings, folder.path(), &env).api, "http://127.0.0.1:1");
    }

    #[test]
    fn other_forges_are_found_by_kind_address_and_host() {
        let folder = tempfile::tempdir().unwrap();
        let find = |text: &str| {
            let settings: Settings = toml::from_str(text).unwrap();
            let place = Place::find(&settings, folder.path(), &|_| None);
            (place.repository.map(|r| r.to_string()), place.api)
        };
        let at = |repository: &str, api: &str| (Some(repository.to_owned()), api.to_owned());
        for (text, want) in [
            (
                "kind = 'gitlab'\nrepository = 'team/web/app'",
                at("team/web/app", "https://gitlab.com/api/v4"),
            ),
            (
                "repository = 'https://gitlab.example.com:8443/team/app.git'",
                at("team/app", "https://gitlab.example.com:8443/api/v4"),
            ),
            (
                "kind = 'forgejo'\nurl = 'http://git.local:3000/'\nrepository = 'team/app'",
                at("team/app", "http://git.local:3000/api/v1"),
            ),
            (
                "repository = 'git@codeberg.org:team/app.git'",
                at("team/app", "https://codeberg.org/api/v1"),
            ),
        ] {
            assert_eq!(find(text), want, "{text}");
        }
        assert_eq!(find("repository = 'github.com/a/b/c'").0, None, "only GitLab has groups");
        assert_eq!(find("kind = 'gitea'\nrepository = 'a/b'").0, None, "nobody says where");
    }
}
