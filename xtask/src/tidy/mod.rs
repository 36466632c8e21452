//! `cargo xtask tidy`: checks that need no compiler. Each one is a function from the sources to
//! findings; none of them changes a file.

mod crates;
mod links;
mod sources;
mod tree;

use std::path::Path;

use tree::Tree;

/// One thing to put right: where, and what.
type Finding = String;

/// True when there is nothing to put right.
pub fn run(root: &Path) -> anyhow::Result<bool> {
    let tree = Tree::read(root)?;
    let findings = check(&tree);
    for finding in &findings {
        println!("{finding}");
    }
    println!(
        "tidy: {} files, {} findings",
        tree.files.len(),
        findings.len()
    );
    Ok(findings.is_empty())
}

fn check(tree: &Tree) -> Vec<Finding> {
    [
        sources::check(tree),
        links::check(tree),
        crates::check(tree),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_file(path: &str, text: &str, expected: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
        assert_eq!(check(&Tree::read(folder.path()).unwrap()), expected);
    }

    #[test]
    fn a_long_file_is_found() {
        check_file("src/a.rs", &"//\n".repeat(600), &[]);
        check_file(
            "src/a.rs",
            &"//\n".repeat(601),
            &["src/a.rs: 601 lines; a file of ours holds one idea and at most 600"],
        );
    }

    #[test]
    fn leftovers_of_work_in_progress_are_found() {
        let text = format!("fn a() {{}}\nfn b() {{ {}) }}\n", concat!("to", "do!("));
        check_file(
            "src/a.rs",
            &text,
            &[concat!(
                "src/a.rs:2: left over from work in progress: to",
                "do!("
            )],
        );
        check_file("src/a.md", &text, &[]);
    }

    #[test]
    fn paths_of_one_machine_are_found() {
        check_file(
            "a.md",
            concat!("see /ho", "me/ada/x\n"),
            &[concat!("a.md:1: a path of one machine: /ho", "me/")],
        );
        check_file("a.md", concat!("see https://a.example/ho", "me/ada\n"), &[]);
    }

    #[test]
    fn a_link_to_nothing_is_found() {
        check_file(
            "docs/a.md",
            "[a](a.md#top) [b](https://b.example) [c](#c) [d](../no.md)\n",
            &["docs/a.md:1: links to ../no.md, which is not there"],
        );
        check_file("docs/a.md", "```\n[d](no.md)\n```\n`[e](no.md)`\n", &[]);
    }

    #[test]
    fn production_that_depends_on_the_testkit_is_found() {
        let manifest = |section| format!("[{section}]\nhabeas-testkit = {{ workspace = true }}\n");
        check_file("crates/mail/Cargo.toml", &manifest("dev-dependencies"), &[]);
        check_file(
            "crates/mail/Cargo.toml",
            &manifest("dependencies"),
            &["crates/mail/Cargo.toml: depends on habeas-testkit, which is for tests only"],
        );
    }
}
