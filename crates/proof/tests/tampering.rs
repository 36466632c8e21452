//! What is not as it was written is refused, whoever made it.

use std::{
    io::{Cursor, Write},
    thread,
};

use habeas_proof::Signer;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

mod common;
use common::*;

/// Changes every byte of a file in turn, in each of the given ways, and checks that it is noticed.
fn every_byte_counts(bytes: &[u8], masks: &[u8]) {
    let vkey = signer().vkey();
    assert!(check(bytes, Some(&vkey)).ok(), "untouched it verifies");
    let workers = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for worker in 0..workers {
            let vkey = &vkey;
            scope.spawn(move || {
                let mut changed = bytes.to_vec();
                for at in (worker..bytes.len()).step_by(workers) {
                    for mask in masks {
                        changed[at] ^= mask;
                        assert!(
                            !check(&changed, Some(vkey)).ok(),
                            "byte {at} ^ {mask:#x}, key given"
                        );
                        assert!(!check(&changed, None).ok(), "byte {at} ^ {mask:#x}, no key");
                        changed[at] ^= mask;
                    }
                }
            });
        }
    });
}

#[test]
fn a_flipped_byte_anywhere_in_a_package_is_noticed() {
    every_byte_counts(&package().0, &[0x01, 0x20, 0x80]);
}

#[test]
fn a_flipped_byte_anywhere_in_a_receipt_is_noticed() {
    every_byte_counts(&erasure(), &[0x01, 0x20, 0x80]);
}

#[test]
fn a_cut_anywhere_is_noticed() {
    let bytes = erasure();
    for length in 0..bytes.len() {
        assert!(!check(&bytes[..length], None).ok(), "{length} bytes left");
    }
}

#[test]
fn bytes_before_or_behind_are_noticed() {
    let bytes = erasure();
    for (before, behind) in [("x", ""), ("", "x"), ("PK", ""), ("", "\0")] {
        let changed = [before.as_bytes(), &bytes, behind.as_bytes()].concat();
        assert!(
            complaint(&changed).starts_with("file: "),
            "{before:?} {behind:?}"
        );
    }
}

#[test]
fn a_byte_removed_or_doubled_is_noticed() {
    let bytes = erasure();
    for at in (0..bytes.len()).step_by(7) {
        let (head, tail) = bytes.split_at(at);
        assert!(
            !check(&[head, &tail[1..]].concat(), None).ok(),
            "byte {at} removed"
        );
        assert!(
            !check(&[head, &tail[..1], tail].concat(), None).ok(),
            "byte {at} doubled"
        );
    }
}

#[test]
fn garbage_is_refused_and_never_panics() {
    for garbage in [
        &b""[..],
        b"PK",
        b"PK\x05\x06",
        &[0; 22],
        &[0xff; 200],
        &[b'P'; 5000],
    ] {
        assert!(complaint(garbage).starts_with("file: "));
    }
    // Random-looking bytes with a plausible ending: the numbers in it lie.
    let bytes = package().0;
    for round in 0..2_000_u64 {
        let mut changed = bytes.clone();
        let mut seed = round.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        for _ in 0..8 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let length = changed.len() as u64;
            // Mostly in the directory and the ending, where the numbers are.
            let at = if seed & 1 == 0 {
                seed % length
            } else {
                length - 1 - seed % 900
            };
            changed[at as usize] = (seed >> 32) as u8;
        }
        if changed != bytes {
            assert!(!check(&changed, None).ok());
        }
    }
}

#[test]
fn another_key_is_refused_and_named() {
    let (bytes, _) = package();
    let stranger = Signer::from_seed([8; 32], "shop.example/habeas").unwrap();
    let report = check(&bytes, Some(&stranger.vkey()));
    assert!(!report.ok());
    let key = report
        .checks
        .iter()
        .find(|check| check.name == "key")
        .unwrap();
    assert!(key.detail.contains(&signer().vkey()), "{}", key.detail);
    assert!(!check(&bytes, Some("not a key")).ok());
}

#[test]
fn without_a_key_the_report_asks_to_compare_the_one_inside() {
    let report = check(&package().0, None);
    assert!(report.ok());
    assert_eq!(report.vkey, Some(signer().vkey()));
    let key = report
        .checks
        .iter()
        .find(|check| check.name == "key")
        .unwrap();
    assert!(
        key.detail
            .contains("compare it with the one that the controller publishes")
    );
}

/// Writes a zip with a general library, as anybody could.
fn forge(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        zip.start_file(*name, options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_zip_of_another_make_is_refused() {
    assert!(complaint(&forge(&[("HB-1/data/a.json", b"{}")])).starts_with("file: "));
}

#[test]
fn a_zip_with_a_symlink_is_refused() {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.add_symlink(
        "HB-1/data/link",
        "/etc/passwd",
        SimpleFileOptions::default(),
    )
    .unwrap();
    let bytes = zip.finish().unwrap().into_inner();
    assert_eq!(
        complaint(&bytes),
        "file: the directory of the zip file is not as Habeas writes it (line 1)"
    );
}
