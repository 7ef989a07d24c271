//! What the repository says of itself: the template as CloudFormation, the packages as Cargo sees them.

use std::process::Command;

use amb_local::Places;
use serde_json::Value;

type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The template after the SAM transform, as it is deployed.
pub(crate) fn template() -> Fallible<Value> {
    let places = Places::find()?;
    let mut expand = Command::new(&places.python);
    expand.arg(places.script("deploy.py")).arg("expand").current_dir(&places.root);
    Ok(serde_json::from_slice(&output(expand)?)?)
}

/// Our packages and what their manifests name.
pub(crate) fn packages() -> Fallible<Value> {
    Ok(serde_json::from_slice(&output(cargo(&[
        "metadata",
        "--format-version",
        "1",
        "--no-deps",
    ])?)?)?)
}

/// Names of everything that a package is built from on this machine, tests left out.
pub(crate) fn built_from(package: &str) -> Fallible<Vec<String>> {
    let tree = ["tree", "--package", package, "--edges", "normal", "--prefix", "none"];
    let lines = String::from_utf8(output(cargo(&tree)?)?)?;
    Ok(lines.lines().filter_map(|line| Some(line.split_once(' ')?.0.to_owned())).collect())
}

fn cargo(arguments: &[&str]) -> Fallible<Command> {
    let mut cargo = Command::new("cargo");
    cargo.args(arguments).current_dir(Places::find()?.root);
    Ok(cargo)
}

fn output(mut command: Command) -> Fallible<Vec<u8>> {
    let output = command.output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(output.stdout)
}
