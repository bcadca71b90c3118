//! The labels by which Compose knows its containers.

use super::project::ProjectName;

/// The project.
pub(super) const PROJECT: &str = "com.docker.compose.project";
/// The service.
pub(super) const SERVICE: &str = "com.docker.compose.service";
/// Number of the replica, from 1.
pub(super) const NUMBER: &str = "com.docker.compose.container-number";
/// `db:service_healthy:true,cache:service_started:false`.
pub(super) const DEPENDS_ON: &str = "com.docker.compose.depends_on";
/// The folder where the project was brought up.
pub(super) const FOLDER: &str = "com.docker.compose.project.working_dir";
/// The compose files, with commas between.
pub(super) const FILES: &str = "com.docker.compose.project.config_files";

/// Labels that say how a container may be treated.
const CARE: [&str; 11] = [
    "com.docker.compose.oneoff",
    "com.docker.compose.hook",
    "com.docker.compose.replace",
    "com.docker.compose.config-hash",
    "com.docker.compose.depends_on",
    "com.centurylinklabs.watchtower.depends-on",
    "auto_repair",
    "autoheal",
    "dogwatch.",
    "autoheal.",
    "deunhealth.",
];

/// Whether a label says how a container may be treated; `own` is one that the user's settings name.
pub(super) fn is_about_care(name: &str, own: Option<&str>) -> bool {
    let is = |known: &str| name == known || (known.ends_with('.') && name.starts_with(known));
    CARE.iter().any(|known| is(known)) || own == Some(name)
}

/// The filter by which the Engine names only what belongs to a project.
pub(super) fn filter(project: &ProjectName) -> (String, Vec<String>) {
    ("label".to_owned(), vec![format!("{PROJECT}={project}")])
}
