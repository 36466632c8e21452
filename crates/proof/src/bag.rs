//! The files of a BagIt bag (RFC 8493) that every package has, and their names.

use std::fmt::Write;

pub(crate) const MANIFEST: &str = "manifest-sha256.txt";
pub(crate) const BAGIT: &str = "bagit.txt";
pub(crate) const BAG_INFO: &str = "bag-info.txt";
pub(crate) const INDEX: &str = "index.html";
pub(crate) const RECEIPT: &str = "receipt.json";
pub(crate) const NOTE: &str = "receipt.note";
pub(crate) const KEYS: &str = "keys.txt";
pub(crate) const TAG_MANIFEST: &str = "tagmanifest-sha256.txt";

/// The files that are not data, in the order in which they end every package.
pub(crate) const TAG_FILES: [&str; 8] = [
    MANIFEST,
    BAGIT,
    BAG_INFO,
    INDEX,
    RECEIPT,
    NOTE,
    KEYS,
    TAG_MANIFEST,
];
/// Those of them that come before the receipt, so that it can name their digests.
pub(crate) const IN_RECEIPT: [&str; 4] = [MANIFEST, BAGIT, BAG_INFO, INDEX];

pub(crate) const BAGIT_TEXT: &str = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";

/// One file of the bag: its path below the base folder, its digest (lower-case hex), its length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BagFile {
    pub path: String,
    pub sha256: String,
    pub bytes: u64,
}

/// The lines that `sha256sum -c` reads.
pub(crate) fn manifest<'a>(files: impl IntoIterator<Item = &'a BagFile>) -> String {
    let mut lines = String::new();
    for file in files {
        writeln!(lines, "{}  {}", file.sha256, file.path).expect("writing to a string cannot fail");
    }
    lines
}

/// The labels for people and tools that keep bags.
pub(crate) fn bag_info(
    reference: &str,
    controller: &str,
    date: &str,
    payload: &[BagFile],
) -> String {
    let bytes: u64 = payload.iter().map(|file| file.bytes).sum();
    let label = |text: &str| text.replace(char::is_control, " ");
    format!(
        "Bag-Software-Agent: Habeas {}\nBagging-Date: {}\nExternal-Identifier: {reference}\n\
         Payload-Oxum: {bytes}.{}\nSource-Organization: {}\n",
        env!("CARGO_PKG_VERSION"),
        label(date),
        payload.len(),
        label(controller),
    )
}

/// Whether a text can be the base folder.
pub(crate) fn is_reference(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

/// A file name for the name of a store or a collection. Names come from data maps, not from data,
/// but a table may be called anything: what is not plain becomes `-`, and `taken` keeps two
/// names apart (also on disks that ignore case).
pub(crate) fn file_name(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut plain: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '_' {
                c
            } else {
                '-'
            }
        })
        .take(60)
        .collect();
    let device = ["con", "prn", "aux", "nul"].contains(&plain.to_ascii_lowercase().as_str())
        || (plain.len() == 4
            && ["com", "lpt"]
                .iter()
                .any(|p| plain.to_ascii_lowercase().starts_with(p)));
    // Windows cannot unpack a file with the name of a device.
    if !plain.starts_with(|c: char| c.is_ascii_alphanumeric()) || device {
        plain.insert_str(0, "x-");
    }
    let mut candidate = plain.clone();
    let mut number = 2;
    while taken(&candidate.to_ascii_lowercase()) {
        candidate = format!("{plain}-{number}");
        number += 1;
    }
    candidate
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_plain_whatever_a_table_is_called() {
        let free = |_: &str| false;
        for (name, expected) in [
            ("orders", "orders"),
            ("public.customer", "public-customer"),
            ("../../etc/passwd", "x-------etc-passwd"),
            ("", "x-"),
            (".hidden", "x--hidden"),
            ("Übersicht", "x--bersicht"),
            ("aux", "x-aux"),
            ("COM1", "x-COM1"),
        ] {
            assert_eq!(file_name(name, free), expected, "{name}");
        }
        let taken = |name: &str| ["orders", "orders-2"].contains(&name);
        assert_eq!(file_name("Orders", taken), "Orders-3");
    }

    #[test]
    fn a_label_cannot_add_a_line() {
        let info = bag_info("HB-1", "Shop\nPayload-Oxum: 0.0", "2026-11-19", &[]);
        assert_eq!(info.lines().count(), 5, "{info}");
    }

    #[test]
    fn a_reference_is_a_plain_folder_name() {
        for good in ["HB-2026-7K3M", "rq_9Zk", "1"] {
            assert!(is_reference(good), "{good}");
        }
        for bad in ["", "..", "a/b", "-x", "a b", "é", &"x".repeat(65)] {
            assert!(!is_reference(bad), "{bad}");
        }
    }
}
