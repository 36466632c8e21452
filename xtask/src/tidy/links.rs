//! Links between our own pages lead somewhere. Addresses on the web are not visited.

use std::path::Path;

use super::{Finding, tree::Tree};

pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.with_ending(".md") {
        let folder = tree
            .root
            .join(Path::new(&file.path).parent().unwrap_or(Path::new("")));
        let mut code = false;
        for (number, line) in (1..).zip(file.text.lines()) {
            if line.trim_start().starts_with("```") {
                code = !code;
            }
            for target in targets(line).filter(|_| !code) {
                let page = target.split('#').next().unwrap_or(target);
                let elsewhere =
                    page.is_empty() || page.contains("://") || page.starts_with("mailto:");
                if !elsewhere && !folder.join(page).exists() {
                    findings.push(format!(
                        "{}:{number}: links to {page}, which is not there",
                        file.path
                    ));
                }
            }
        }
    }
    findings
}

/// What stands in the round brackets of `[text](target)`, outside of `code`.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    let outside_code = line.split('`').step_by(2);
    outside_code
        .flat_map(|text| text.split("](").skip(1))
        .filter_map(|rest| rest.split([')', ' ']).next())
}
