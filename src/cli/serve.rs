//! `dogwatch serve`: what may be typed.

use clap::Args;
use std::{net::SocketAddr, path::PathBuf};

const EXAMPLES: &str = "\
Examples:
  dogwatch serve                                       on this machine alone, for everybody on it
  curl 'http://127.0.0.1:7717/api/v1/logs?serviceName=web&level=error&limit=50'
  curl -N http://127.0.0.1:7717/api/v1/logs/stream     lines as they come
  curl http://127.0.0.1:7717/api/v1/problems           what is wrong, the worst first
  dogwatch serve --listen 0.0.0.0:7717 --token-file reader.token
  curl -H \"Authorization: Bearer $(cat reader.token)\" http://host:7717/metrics

It speaks plain HTTP: put a proxy with TLS in front of it where others listen on the wire.

Exit codes:
  0  ended by Ctrl-C    2  wrong use, or the address or a token cannot be used    3  Docker or the project cannot be reached";

/// `dogwatch serve`.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub struct ServeArgs {
    /// A recorded log instead of Docker; `-` is standard input.
    #[arg(value_name = "FILE|-")]
    pub log: Option<PathBuf>,

    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would show it as help")]
    pub doors: Doors,
}

/// Where the server listens, and who may come in.
#[derive(Debug, Clone, Default, Args)]
pub struct Doors {
    /// Address and port; anything but this machine alone needs a token.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,

    /// File with the word that readers must bring.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,

    /// File with another word, for those who attach, detach, repair or send alerts; without it nobody can.
    #[arg(long, value_name = "FILE")]
    pub act_token_file: Option<PathBuf>,

    /// Let `POST /repair/SERVICE` repair.
    #[arg(long)]
    pub repair: bool,

    /// Take alerts of Alertmanager.
    #[arg(long)]
    pub alerts: bool,
}
