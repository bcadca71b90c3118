//! `dogwatch mcp`: what may be typed.

use clap::Args;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  dogwatch mcp                       the Compose project of this folder, for a client that starts this command
  dogwatch -p shop mcp               a project by name
  dogwatch -p shop mcp --allow-actions
  dogwatch mcp outage.ndjson.gz      a recorded log

In the client's configuration:
  {\"mcpServers\": {\"dogwatch\": {\"command\": \"dogwatch\", \"args\": [\"-p\", \"shop\", \"mcp\"]}}}

Exit codes:
  0  the client closed its end    2  wrong use    3  Docker or the project cannot be reached";

/// `dogwatch mcp`.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub struct McpArgs {
    /// A recorded log instead of Docker.
    #[arg(value_name = "FILE")]
    pub log: Option<PathBuf>,

    /// Folder where `dogwatch agent` keeps what was tried and learnt, instead of this one.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,

    /// Let the client restart services; each restart is written into the audit log.
    #[arg(long)]
    pub allow_actions: bool,
}
