use std::io;
use std::path::{Path, PathBuf};

/// Cargo puts this file at the top of every target folder.
const TARGET_MARK: &str = "CACHEDIR.TAG";
const TEMPLATE: &str = "infra/template.yaml";

/// Where the parts of the repository are.
#[derive(Debug, Clone)]
pub struct Places {
    /// The repository.
    pub root: PathBuf,
    /// Cargo's target folder: where the functions were built.
    pub target: PathBuf,
    /// The Python that has the emulator.
    pub python: PathBuf,
}

/// Something is not where it should be.
#[derive(Debug, thiserror::Error)]
pub enum MissingPlace {
    /// Not inside a working copy.
    #[error("no {TEMPLATE} here or above; start this inside the repository")]
    Repository,
    /// The virtual environment was not made.
    #[error("{0} is missing; `make run` and `make test` make it")]
    Python(PathBuf),
    /// The operating system does not say where this process runs.
    #[error("the current folder cannot be read")]
    CurrentFolder(#[source] io::Error),
}

impl Places {
    /// Looks upwards from the current folder for the repository, and from this program for the
    /// target folder.
    pub fn find() -> Result<Self, MissingPlace> {
        let here = std::env::current_dir().map_err(MissingPlace::CurrentFolder)?;
        let root = above(&here, TEMPLATE).ok_or(MissingPlace::Repository)?;
        let built = std::env::current_exe().ok().and_then(|program| above(&program, TARGET_MARK));
        let target = built.unwrap_or_else(|| root.join("target"));
        let python = root.join(".venv/bin/python");
        if !python.is_file() {
            return Err(MissingPlace::Python(python));
        }
        Ok(Self { root, target, python })
    }

    /// A script beside this crate's manifest.
    pub fn script(&self, name: &str) -> PathBuf {
        self.root.join("infra/local").join(name)
    }

    /// The template as written.
    pub fn template(&self) -> PathBuf {
        self.root.join(TEMPLATE)
    }
}

/// The closest folder at or above `start` that holds `mark`.
fn above(start: &Path, mark: &str) -> Option<PathBuf> {
    start.ancestors().find(|folder| folder.join(mark).is_file()).map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_found_from_a_package_inside_it() {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = above(package, TEMPLATE).unwrap();
        assert!(root.join("infra/local/deploy.py").is_file());
    }

    #[test]
    fn nothing_is_found_where_there_is_nothing() {
        assert_eq!(above(Path::new("/"), TEMPLATE), None);
    }
}
