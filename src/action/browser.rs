//! Opens a page in the user's browser: the way to file an issue without a token.

use super::Error;
use std::{process::Stdio, time::Duration};
use tokio::process::Command;

/// A starter that fails does so at once; one that is still there by then has become the browser.
const PATIENCE: Duration = Duration::from_secs(2);

/// Opens `url` with `$BROWSER`, else with the system's own starter; waits at most two seconds for each.
///
/// # Errors
/// [`Error::Refused`] with what to do when there is none, or the address is not `https://` or `http://`.
pub async fn open(url: &str) -> Result<(), Error> {
    let browser = std::env::var("BROWSER").ok();
    open_with(&starters(browser.as_deref()), url).await
}

async fn open_with(starters: &[Vec<String>], url: &str) -> Result<(), Error> {
    let is_page = url.starts_with("https://") || url.starts_with("http://");
    if !is_page || url.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(Error::Refused("this is no address of a page".into()));
    }
    for starter in starters {
        let Some((program, arguments)) = starter.split_first() else { continue };
        let has_place = arguments.iter().any(|a| a.contains("%s"));
        let mut command = Command::new(program);
        command.args(arguments.iter().map(|a| a.replace("%s", url)));
        if !has_place {
            command.arg(url);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let Ok(mut child) = command.spawn() else { continue };
        match tokio::time::timeout(PATIENCE, child.wait()).await {
            Err(_) => return Ok(()),
            Ok(Ok(status)) if status.success() => return Ok(()),
            Ok(_) => {}
        }
    }
    Err(Error::Refused("no browser could be started - set BROWSER, or copy the address".into()))
}

/// Commands to try: those of `$BROWSER`, separated by colons, then the system's.
fn starters(browser: Option<&str>) -> Vec<Vec<String>> {
    let own = browser.unwrap_or_default().split(':').filter_map(|c| shell_words::split(c).ok());
    let systems: &[&str] =
        if cfg!(target_os = "macos") { &["open"] } else { &["xdg-open", "wslview"] };
    own.filter(|c| !c.is_empty()).chain(systems.iter().map(|s| vec![(*s).to_owned()])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_own_browsers_come_first() {
        let all = starters(Some("firefox --new-tab %s:'my browser'"));
        assert_eq!(all[0], ["firefox", "--new-tab", "%s"]);
        assert_eq!(all[1], ["my browser"]);
        assert!(all.len() > 2 && starters(None).len() == all.len() - 2);
    }

    #[tokio::test]
    async fn tries_the_next_and_says_when_none_works() {
        let missing = vec!["/nonexistent/browser".to_owned()];
        let failing = vec!["false".to_owned()];
        let works = vec!["true".to_owned()];
        let page = "https://github.com/";
        assert!(open_with(&[missing.clone(), failing.clone(), works], page).await.is_ok());
        let error = open_with(&[missing, failing], page).await.unwrap_err();
        assert!(error.to_string().contains("BROWSER"), "{error}");
    }

    #[tokio::test]
    async fn opens_pages_only() {
        for url in ["file:///etc/passwd", "-h", "javascript:alert(1)", "https://a b"] {
            assert!(open_with(&[vec!["true".into()]], url).await.is_err(), "{url}");
        }
    }
}
