//! Who sits at the terminal, for the audit trail.

use std::fs;

use habeas_engine::Operator;

/// The account under which this process runs, as the machine names it. The environment is not
/// asked: anybody may set it.
pub fn operator() -> Operator {
    Operator::at_terminal(&name().unwrap_or_else(|| "unknown".to_owned()))
}

#[cfg(unix)]
fn name() -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let id = fs::metadata("/proc/self").ok()?.uid().to_string();
    let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
    // An account that is kept elsewhere, such as in a directory, is named by its number.
    Some(named(&accounts, &id).unwrap_or(id))
}

#[cfg(not(unix))]
fn name() -> Option<String> {
    None
}

/// The account with this number, in the format of `passwd`.
fn named(accounts: &str, id: &str) -> Option<String> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == id).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_number_and_nothing_else() {
        let accounts = "root:x:0:0:root:/root:/bin/sh\nada:x:1000:0:Ada:/srv/ada:/bin/sh\n";
        assert_eq!(named(accounts, "1000").as_deref(), Some("ada"));
        assert_eq!(named(accounts, "0").as_deref(), Some("root"));
        assert_eq!(named(accounts, "7"), None);
        assert_eq!(named("nonsense", "0"), None);
    }
}
