//! What every HTTP client of dogwatch begins with.

use reqwest::{Client, ClientBuilder, redirect};

/// A client that says who it is and follows nobody elsewhere: a redirected POST would be sent again as something else,
/// and a redirected address was not checked.
pub(super) fn client() -> ClientBuilder {
    // An error means that a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .user_agent(concat!("dogwatch/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
}
