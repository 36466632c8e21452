//! The crates are where the map says they are, and depend on what they may.

use super::{
    Finding,
    tree::{File, Tree},
};

const MAP: &str = "ARCHITECTURE.md";
const TESTKIT: &str = "habeas-testkit";

pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let map = tree.files.iter().find(|file| file.path == MAP);
    for manifest in tree.with_ending("/Cargo.toml") {
        let folder = manifest.path.trim_end_matches("/Cargo.toml");
        let Some((group, name)) = folder.rsplit_once('/') else {
            continue;
        };
        if map.is_some_and(|map| !is_named(map, group, name)) {
            findings.push(format!("{MAP}: does not name {folder}"));
        }
        if group == "crates" && depends_on_testkit(&manifest.text) {
            findings.push(format!(
                "{}: depends on {TESTKIT}, which is for tests only",
                manifest.path
            ));
        }
    }
    findings
}

fn is_named(map: &File, group: &str, name: &str) -> bool {
    map.text.contains(&format!("{group}/{name}")) || map.text.contains(&format!("`{name}`"))
}

fn depends_on_testkit(manifest: &str) -> bool {
    let mut section = "";
    manifest.lines().any(|line| {
        if line.starts_with('[') {
            section = line.trim();
        }
        let dependencies =
            section.ends_with("dependencies]") && !section.contains("dev-dependencies");
        dependencies && line.starts_with(TESTKIT)
    })
}
