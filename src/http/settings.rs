//! What a user may change about the server.

use serde::{Deserialize, Serialize};
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

/// Port that nobody else is known to use.
const PORT: u16 = 7717;

/// Settings of the server, the section `[http]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Address and port; anything but loopback needs a `token_file`.
    pub listen: SocketAddr,
    /// File with the word that readers must bring; none on loopback means that everybody on this machine may read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
    /// File with the word that those must bring who attach, detach, repair or send alerts; without it nobody can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act_token_file: Option<PathBuf>,
    /// Names by which the server may be called, beside `localhost` and addresses.
    pub hosts: Vec<String>,
    /// Pages of browsers that may ask, as `https://grafana.example.org`.
    pub origins: Vec<String>,
    /// Whether `POST /repair/SERVICE` repairs.
    pub repair: bool,
    /// Whether alerts of Alertmanager are taken.
    pub alerts: bool,
    /// Repairs and alerts that are taken in a minute, all together.
    pub acts_per_minute: u32,
    /// Connections at once.
    pub connections: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, PORT).into(),
            token_file: None,
            act_token_file: None,
            hosts: Vec::new(),
            origins: Vec::new(),
            repair: false,
            alerts: false,
            acts_per_minute: 30,
            connections: 32,
        }
    }
}
