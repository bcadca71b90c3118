//! Opens a page in the user's browser: the way to file an issue without a token.

use super::Error;
use std::{
    process::{Command, Stdio},
    thread,
};

/// Opens `url` with the first of `$BROWSER`'s commands that starts, else with the system's own starter where there is
/// a screen to show it. Does not wait for it.
///
/// # Errors
/// [`Error::Refused`] with what to do when none starts, or the address is not `https://` or `http://`.
pub fn open(url: &str) -> Result<(), Error> {
    open_with(&starters(|name| std::env::var(name).ok().filter(|value| !value.is_empty())), url)
}

fn open_with(starters: &[Vec<String>], url: &str) -> Result<(), Error> {
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
        if let Ok(mut child) = command.spawn() {
            // Somebody must take note of its end, or it stays as a zombie.
            thread::spawn(move || child.wait());
            return Ok(());
        }
    }
    Err(Error::Refused("no browser can be started here - set BROWSER, or copy the address".into()))
}

/// Commands to try: those of `$BROWSER`, separated by colons, then the system's. Over ssh only the user's own are
/// tried: the system's would open on the other machine.
fn starters(env: impl Fn(&str) -> Option<String>) -> Vec<Vec<String>> {
    let has = |names: &[&str]| names.iter().any(|name| env(name).is_some());
    let browser = env("BROWSER").unwrap_or_default();
    let own = browser.split(':').filter_map(|c| shell_words::split(c).ok());
    let system = if has(&["SSH_CONNECTION", "SSH_TTY"]) {
        None
    } else if cfg!(target_os = "macos") {
        Some("open")
    } else if has(&["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"]) {
        Some("xdg-open")
    } else {
        None
    };
    own.filter(|c| !c.is_empty()).chain(system.map(|s| vec![s.to_owned()])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starters_in(variables: &[(&str, &str)]) -> Vec<Vec<String>> {
        starters(|name| {
            variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_users_own_browsers_come_first() {
        let all =
            starters_in(&[("BROWSER", "firefox --new-tab %s:'my browser'"), ("DISPLAY", ":0")]);
        assert_eq!(all[0], ["firefox", "--new-tab", "%s"]);
        assert_eq!(all[1], ["my browser"]);
        assert_eq!(all.len(), 3);
    }

    #[test]
    fn over_ssh_the_system_opens_nothing() {
        assert!(starters_in(&[("DISPLAY", ":0"), ("SSH_TTY", "/dev/pts/1")]).is_empty());
        assert_eq!(starters_in(&[("SSH_TTY", "/dev/pts/1"), ("BROWSER", "code")]).len(), 1);
    }

    #[test]
    fn tries_the_next_and_says_when_none_works() {
        let missing = vec!["/nonexistent/browser".to_owned()];
        let works = vec!["true".to_owned()];
        let page = "https://github.com/";
        assert!(open_with(&[missing.clone(), works], page).is_ok());
        let error = open_with(&[missing], page).unwrap_err();
        assert!(error.to_string().contains("BROWSER"), "{error}");
    }

    #[test]
    fn opens_pages_only() {
        for url in ["file:///etc/passwd", "-h", "javascript:alert(1)", "https://a b"] {
            assert!(open_with(&[vec!["true".into()]], url).is_err(), "{url}");
        }
    }
}
