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

/// The filter by which the Engine names only what belongs to a project.
pub(super) fn filter(project: &ProjectName) -> (String, Vec<String>) {
    ("label".to_owned(), vec![format!("{PROJECT}={project}")])
}
