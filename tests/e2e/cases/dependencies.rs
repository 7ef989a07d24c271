//! Arrows between packages point one way (design §2).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use amb_local::Places;
use serde_json::Value;

use crate::harness::Outcome;
use crate::repository::{built_from, packages};
use crate::scene::text_at;

/// From each part of the repository to the parts it may know. Tests may know everything, but for the
/// simulator: it judges the product, and shares Apple's limits with it alone.
const ARROWS: [(&str, &[&str]); 8] = [
    ("shared/protocol", &[]),
    ("shared/imaging", &["shared/protocol"]),
    ("shared/service", &["shared/imaging", "shared/protocol"]),
    ("shared/aws", &["shared/protocol", "shared/service"]),
    ("shared/egress", &["shared/protocol", "shared/service"]),
    ("shared/lambda", &["shared/protocol", "shared/service"]),
    (
        "functions",
        &["shared/protocol", "shared/service", "shared/aws", "shared/egress", "shared/lambda"],
    ),
    ("tests/simulator", &["shared/protocol"]),
];

/// What has no place in the pure parts.
const CLOUD_AND_SERVERS: [&str; 9] = [
    "aws-sdk-",
    "aws-config",
    "aws-smithy",
    "aws_lambda",
    "lambda_",
    "axum",
    "reqwest",
    "tokio",
    "hyper",
];

/// A package of this repository.
struct Package {
    /// Its folder, such as `shared/aws`.
    folder: String,
    /// Names of the packages it is built from; not those of its tests.
    built_from: BTreeSet<String>,
}

fn ours() -> Result<BTreeMap<String, Package>, Box<dyn std::error::Error + Send + Sync>> {
    let metadata = packages()?;
    let root = text_at(&metadata, "/workspace_root");
    let mut ours = BTreeMap::new();
    for package in list(&metadata, "/packages") {
        let manifest = text_at(package, "/manifest_path");
        let Some(inside) = manifest.strip_prefix(&root).filter(|_| no_source(package)) else {
            continue;
        };
        let built_from = list(package, "/dependencies")
            .into_iter()
            .filter(|dependency| dependency.pointer("/kind").is_none_or(Value::is_null))
            .map(|dependency| text_at(dependency, "/name"))
            .collect();
        let folder = inside.trim_start_matches('/').trim_end_matches("/Cargo.toml").to_owned();
        ours.insert(text_at(package, "/name"), Package { folder, built_from });
    }
    assert!(ours.len() > 10, "the repository has packages");
    Ok(ours)
}

pub(crate) fn arrows_point_one_way() -> Outcome {
    let ours = ours()?;
    for (name, package) in &ours {
        let Some((_, allowed)) = ARROWS.iter().find(|(part, _)| is_in(&package.folder, part))
        else {
            continue;
        };
        for dependency in package.built_from.iter().filter_map(|name| ours.get(name)) {
            let folder = &dependency.folder;
            let fine = allowed.iter().any(|part| is_in(folder, part));
            assert!(fine, "{name} may not depend on {folder}");
        }
    }
    Ok(())
}

pub(crate) fn no_function_depends_on_another() -> Outcome {
    let ours = ours()?;
    for (name, package) in ours.iter().filter(|(_, package)| is_in(&package.folder, "functions")) {
        let functions = package.built_from.iter().filter_map(|name| ours.get(name));
        let other = functions.map(|it| &it.folder).find(|folder| is_in(folder, "functions"));
        assert_eq!(other, None, "{name} depends on another function");
    }
    Ok(())
}

/// The client of S3 is two megabytes of a binary: only functions whose parts lists name the bucket
/// carry it, and those are the ones that the template gives it to.
pub(crate) fn only_some_functions_move_files() -> Outcome {
    let ours = ours()?;
    let root = Places::find()?.root;
    let mut movers = BTreeSet::new();
    for (name, package) in ours.iter().filter(|(_, package)| is_in(&package.folder, "functions")) {
        let parts = std::fs::read_to_string(root.join(&package.folder).join("src/main.rs"))?;
        assert!(!package.built_from.contains("aws-sdk-s3"), "{name} goes past the adapter");
        if parts.contains("Bucket") {
            movers.insert(name.as_str());
        }
    }
    let few = ["account-api", "finance-export", "outbound-relay", "outbound-send", "payload-fetch"];
    assert_eq!(movers, BTreeSet::from(few));
    Ok(())
}

pub(crate) fn protocol_and_service_know_no_cloud_and_no_server() -> Outcome {
    for pure in ["amb-protocol", "amb-service"] {
        let built_from = built_from(pure)?;
        assert!(built_from.len() > 5, "{pure} is built from something");
        for name in built_from {
            let stranger = CLOUD_AND_SERVERS.iter().find(|start| name.starts_with(**start));
            assert_eq!(stranger, None, "{pure} is built from {name}");
        }
    }
    Ok(())
}

pub(crate) fn only_the_edge_reads_the_environment() -> Outcome {
    let root = Places::find()?.root;
    let mut sources = Vec::new();
    for folder in ["shared", "functions"] {
        collect_sources(&root.join(folder), &mut sources)?;
    }
    let mut readers = BTreeSet::new();
    for source in sources {
        let inside = source.strip_prefix(&root)?.to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&source)?;
        let reads = text.lines().any(|line| {
            let code = line.split("//").next().unwrap_or_default();
            ["env::var", "env::vars"].iter().any(|call| code.contains(call))
        });
        if reads {
            readers.insert(inside);
        }
    }
    let strangers: Vec<_> =
        readers.iter().filter(|path| !path.starts_with("shared/lambda/")).collect();
    assert!(strangers.is_empty(), "{strangers:?}");
    assert!(!readers.is_empty(), "the edge reads it");
    Ok(())
}

/// Sources of the product itself; what only tests are built from is left out.
fn collect_sources(folder: &Path, into: &mut Vec<PathBuf>) -> std::io::Result<()> {
    const TESTS: [&str; 4] = ["tests", "tests.rs", "corpora.rs", "vectors.rs"];
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if TESTS.contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            collect_sources(&path, into)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
    Ok(())
}

fn is_in(folder: &str, part: &str) -> bool {
    folder == part || folder.strip_prefix(part).is_some_and(|rest| rest.starts_with('/'))
}

fn no_source(package: &Value) -> bool {
    package.pointer("/source").is_none_or(Value::is_null)
}

fn list<'v>(value: &'v Value, pointer: &str) -> Vec<&'v Value> {
    value.pointer(pointer).and_then(Value::as_array).map(Vec::from_iter).unwrap_or_default()
}
