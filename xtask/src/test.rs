//! `cargo xtask test`: one private PostgreSQL and one private MariaDB for all tests, every test, one line of counts.

use std::{
    env,
    ffi::OsString,
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Command, Stdio},
    thread,
};

use anyhow::Context;
use habeas_testkit::{mariadb, postgres};

use crate::{counts::Counts, needs};

/// True when every test passed. The servers end with this process, however it ends.
pub fn run(root: &Path, args: &[String]) -> anyhow::Result<bool> {
    let mut servers = Servers::default();
    if env::var_os(postgres::ENV).is_none() {
        needs::provide_postgres()?;
        servers.postgres = Some(postgres::Server::start()?);
    }
    if env::var_os(mariadb::ENV).is_none() {
        needs::provide_mariadb()?;
        servers.mariadb = Some(mariadb::Server::start()?);
    }
    let mut counts = Counts::default();
    let mut passed = true;
    for arguments in runs(args) {
        let mut command = Command::new(cargo());
        command
            .args(&arguments)
            .current_dir(root)
            .envs(servers.urls());
        passed &= count(command, &mut counts)
            .with_context(|| format!("cargo {}", arguments.join(" ")))?;
    }
    drop(servers);
    if !passed && counts.failed == 0 {
        println!("the tests could not all be built or run; see above");
    }
    println!("{counts}");
    Ok(passed && counts.failed == 0)
}

/// The servers that this run started; what the environment names already is left as it is.
#[derive(Default)]
struct Servers {
    postgres: Option<postgres::Server>,
    mariadb: Option<mariadb::Server>,
}

impl Servers {
    fn urls(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let postgres = self
            .postgres
            .iter()
            .map(|server| (postgres::ENV, server.url()));
        let mariadb = self
            .mariadb
            .iter()
            .map(|server| (mariadb::ENV, server.url()));
        postgres.chain(mariadb)
    }
}

/// Parts of the project that can be tested by name: what goes to the test runner, run by run.
const PARTS: &[(&str, &[&[&str]])] = &[(
    "sql",
    &[
        &[
            "-p=habeas-connector-sql",
            "-p=habeas-connector-sqlite",
            "-p=habeas-connector-postgres",
            "-p=habeas-connector-mysql",
        ],
        &["-p=habeas-cli", "--test=guide", "--test=store"],
    ],
)];

/// Parts that are not built unless asked for; they are tested all the same.
const OPTIONAL: &str = "habeas-cli/s3";

/// The calls of cargo that make up a test run.
fn runs(args: &[String]) -> Vec<Vec<String>> {
    let named = args.split_first().and_then(|(name, rest)| {
        let (_, part) = PARTS.iter().find(|(part, _)| part == name)?;
        Some((*part, rest))
    });
    let Some((part, rest)) = named else {
        return all_or_chosen(args);
    };
    let chosen = |arguments: &&[&str]| {
        let arguments = arguments.iter().copied().map(str::to_owned);
        all_or_chosen(&arguments.chain(rest.iter().cloned()).collect::<Vec<_>>())
    };
    part.iter().flat_map(chosen).collect()
}

fn all_or_chosen(args: &[String]) -> Vec<Vec<String>> {
    let mut tests: Vec<&str> = if has_nextest() {
        vec!["nextest", "run", "--no-fail-fast", "--no-tests=pass"]
    } else {
        vec!["test", "--no-fail-fast", "--lib", "--bins", "--tests"]
    };
    let chosen = args
        .iter()
        .any(|arg| arg.starts_with("-p") || arg.starts_with("--package"));
    if !chosen {
        tests.extend(["--workspace", "--features", OPTIONAL]);
    }
    let mut runs = vec![
        tests
            .into_iter()
            .map(str::to_owned)
            .chain(args.iter().cloned())
            .collect(),
    ];
    // nextest does not run doc tests, and its arguments mean nothing to those.
    if args.is_empty() {
        runs.push(
            [
                "test",
                "--doc",
                "--workspace",
                "--features",
                OPTIONAL,
                "--no-fail-fast",
            ]
            .map(str::to_owned)
            .to_vec(),
        );
    }
    runs
}

fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn has_nextest() -> bool {
    Command::new(cargo())
        .args(["nextest", "--version"])
        .output()
        .is_ok_and(|output| output.status.success())
}

/// Runs a command, passes its output on line by line, and adds up the summaries in it.
fn count(mut command: Command, counts: &mut Counts) -> anyhow::Result<bool> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let out = child.stdout.take().expect("stdout is piped");
    let err = child.stderr.take().expect("stderr is piped");
    let (out, err) = thread::scope(|scope| {
        let err = scope.spawn(|| pass_on(err, std::io::stderr()));
        (
            pass_on(out, std::io::stdout()),
            err.join().expect("passing on does not panic"),
        )
    });
    *counts += out?;
    *counts += err?;
    Ok(child.wait()?.success())
}

fn pass_on(from: impl Read, mut to: impl Write) -> std::io::Result<Counts> {
    let mut counts = Counts::default();
    for line in BufReader::new(from).split(b'\n') {
        let line = line?;
        to.write_all(&line)?;
        to.write_all(b"\n")?;
        counts += Counts::of_line(&String::from_utf8_lossy(&line));
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_package_is_the_only_one_tested() {
        let runs = runs(&["-p".to_owned(), "habeas-mail".to_owned()]);
        assert_eq!(runs.len(), 1);
        assert!(!runs[0].contains(&"--workspace".to_owned()));
        assert!(runs[0].ends_with(&["-p".to_owned(), "habeas-mail".to_owned()]));
    }

    #[test]
    fn a_part_is_tested_by_its_name() {
        let runs = runs(&["sql".to_owned(), "pagila".to_owned()]);
        assert!(runs.len() > 1);
        for run in runs {
            assert!(
                run.iter().any(|arg| arg.starts_with("-p=habeas-")),
                "{run:?}"
            );
            assert!(!run.contains(&"--workspace".to_owned()), "{run:?}");
            assert_eq!(run.last().map(String::as_str), Some("pagila"));
        }
    }

    #[test]
    fn without_arguments_everything_is_tested_doc_tests_too() {
        let runs = runs(&[]);
        assert!(runs[0].contains(&"--workspace".to_owned()));
        assert!(runs[1].contains(&"--doc".to_owned()));
        for run in runs {
            assert!(run.contains(&OPTIONAL.to_owned()), "optional parts too");
        }
    }

    #[test]
    fn output_is_passed_on_whole_and_counted() {
        let output = b"test result: ok. 2 passed; 0 failed; 0 ignored\n\xff\nlast\n".as_slice();
        let mut passed_on = Vec::new();
        let counts = pass_on(output, &mut passed_on).unwrap();
        assert_eq!(passed_on, output);
        assert_eq!(counts.to_string(), "2 passed, 0 failed, 0 skipped");
    }

    #[test]
    fn a_command_that_fails_is_told_from_one_that_passes() {
        let run = |exit| {
            let mut command = Command::new("/bin/sh");
            command.args(["-c", exit]);
            count(command, &mut Counts::default()).unwrap()
        };
        assert!(run("exit 0"));
        assert!(!run("exit 3"));
    }
}
