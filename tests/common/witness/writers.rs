//! The writers' image: one static program, built here and imported, so that no registry is asked.

use crate::common::engine::Engine;
use std::{
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

/// The image. It goes with the value.
pub struct Image {
    engine: Engine,
    name: String,
}

impl Image {
    /// Builds and imports; says why not.
    pub fn build(engine: &Engine) -> Result<Arc<Self>, String> {
        if !engine.answers() {
            return Err("no Docker Engine answers".to_owned());
        }
        if engine.try_say(&["compose", "version"]).is_none() {
            return Err("there is no docker compose".to_owned());
        }
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/common/witness/writer.rs");
        let compiler = env::var_os("RUSTC").map_or_else(|| PathBuf::from("rustc"), PathBuf::from);
        let built = Command::new(compiler)
            .args(["--edition", "2024", "-O", "-C", "target-feature=+crt-static"])
            .args(["-C", "strip=symbols", "-o"])
            .arg(folder.path().join("writer"))
            .arg(&source)
            .output()
            .map_err(|error| format!("there is no rustc: {error}"))?;
        if !built.status.success() {
            let why = String::from_utf8_lossy(&built.stderr).into_owned();
            return Err(format!("the writer cannot be built: {why}"));
        }
        let name = format!("dogwatch-test-writer:{}", std::process::id());
        let mut tar = Command::new("tar")
            .arg("-cC")
            .arg(folder.path())
            .args(["-f", "-", "writer"])
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("there is no tar: {error}"))?;
        let imported = engine
            .docker()
            .args(["import", "--change", "ENTRYPOINT [\"/writer\"]", "-", &name])
            .stdin(tar.stdout.take().unwrap())
            .output()
            .map_err(|error| error.to_string())?;
        let _ = tar.wait();
        if !imported.status.success() {
            return Err(String::from_utf8_lossy(&imported.stderr).into_owned());
        }
        Ok(Arc::new(Self { engine: engine.clone(), name }))
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        let _ = self.engine.try_say(&["rmi", "-f", &self.name]);
    }
}

/// Writers with a ledger of their own, which goes with the value.
pub struct Writers {
    image: Arc<Image>,
    /// The ledger, `/ledger` inside.
    pub ledger: tempfile::TempDir,
}

impl Writers {
    /// With an empty ledger.
    pub fn new(image: &Arc<Image>) -> Self {
        Self { image: Arc::clone(image), ledger: tempfile::tempdir().unwrap() }
    }

    /// A service for a compose file: what it does, and lines of YAML of its own.
    pub fn service(&self, name: &str, arguments: &str, more: &[&str]) -> String {
        let (image, ledger) = (&self.image.name, self.ledger.path().display());
        let mut service = format!(
            "  {name}:\n    image: {image}\n    network_mode: none\n    stop_grace_period: 1s\n    \
             command: {name} {arguments}\n    volumes: ['{ledger}:/ledger']\n"
        );
        for line in more {
            let _ = writeln!(service, "    {line}");
        }
        service
    }

    /// Has a service write so many lines at once.
    pub fn burst(&self, service: &str, lines: u64) {
        let folder = self.ledger.path();
        fs::write(folder.join("burst"), lines.to_string()).unwrap();
        fs::rename(folder.join("burst"), folder.join(format!("{service}.burst"))).unwrap();
    }
}
