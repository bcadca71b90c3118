//! Which GitHub, which repository.

use crate::action::{Deed, issue::Form, remote::Repository};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, path::Path};

/// Where issues are filed; all of it is found out where nothing is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// `owner/name`; without it `GH_REPO`, then the remote `origin` of the project's folder.
    pub repository: Option<String>,
    /// Host of an enterprise's own GitHub; without it `GH_HOST`, then the repository's.
    pub host: Option<String>,
    /// Address of the REST API, where it is at neither of the usual places; `DOGWATCH_GITHUB_API` overrides it.
    pub api: Option<String>,
    /// Seconds until a list must show what was sent. So long a create without an answer is looked for before it is
    /// sent again.
    pub settle_seconds: u32,
    /// How issues are written.
    pub issue: Form,
    /// What may be done to an issue as its problem lives on; what is not here is only said.
    pub follow: BTreeSet<Deed>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            repository: None,
            host: None,
            api: None,
            settle_seconds: 90,
            issue: Form::default(),
            follow: BTreeSet::new(),
        }
    }
}

/// The settings with what the surroundings say, looked up once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) host: String,
    pub(super) repository: Option<Repository>,
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
        let named = settings.host.clone().or_else(|| env("GH_HOST"));
        let default_host = named.as_deref().unwrap_or("github.com");
        let repository = settings
            .repository
            .clone()
            .or_else(|| env("GH_REPO"))
            .and_then(|text| Repository::parse(&text, default_host))
            .or_else(|| Repository::of_folder(folder));
        let host = settings.host.clone().unwrap_or_else(|| {
            repository.as_ref().map_or_else(|| default_host.to_owned(), |r| r.host.clone())
        });
        let api = env("DOGWATCH_GITHUB_API").or_else(|| settings.api.clone()).unwrap_or_else(
            || match host.as_str() {
                "github.com" => "https://api.github.com".to_owned(),
                host if host.ends_with(".ghe.com") => format!("https://api.{host}"),
                host => format!("https://{host}/api/v3"),
            },
        );
        Self { host, repository, api: api.trim_end_matches('/').to_owned() }
    }
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
}
