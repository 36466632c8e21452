//! What is written: the files, their forms, and what they promise.

use std::{
    collections::BTreeMap,
    io::{self, Cursor, Read, Write},
    process::Command,
};

use habeas_domain::{Right, outcome::Outcome};
use habeas_proof::{PackageError, PackageWriter, Records, StoreReceipt};
use serde_json::Value;

mod common;
use common::*;

/// The files of a package by their path below the base folder, as another zip reader sees them.
fn unzip(bytes: &[u8]) -> BTreeMap<String, String> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..zip.len())
        .map(|index| {
            let mut file = zip.by_index(index).unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            (
                file.name()
                    .unwrap()
                    .strip_prefix("HB-2026-7K3M/")
                    .unwrap()
                    .to_owned(),
                text,
            )
        })
        .collect()
}

#[test]
fn a_package_verifies_with_the_key_that_signed_it() {
    let (bytes, summary) = package();
    let report = check(&bytes, Some(&signer().vkey()));
    assert!(report.ok(), "{:#?}", report.checks);
    assert_eq!(report.receipt.unwrap().stores.len(), 2);
    assert_eq!((summary.files, summary.bytes), (12, bytes.len() as u64));
    let names: Vec<&str> = report.checks.iter().map(|check| check.name).collect();
    assert_eq!(
        names,
        [
            "file",
            "key",
            "signature",
            "receipt",
            "bytes",
            "page and labels",
            "data",
            "list of files"
        ]
    );
}

#[test]
fn a_receipt_of_an_erasure_verifies_and_says_what_was_kept_and_why() {
    let bytes = erasure();
    assert!(check(&bytes, Some(&signer().vkey())).ok());
    let index = &unzip(&bytes)["index.html"];
    for text in [
        "Receipt of erasure",
        "We found 12 records about you; 9 were erased or overwritten. 3 kept, for the reason given.",
        " 9 were erased or overwritten, 3 were kept.",
        "Kept: invoices, 10 years (Art. 17(3)(b) GDPR).",
        "1 record of others no longer points at you.",
        "<strong>read-back verified</strong>: afterwards the system was searched again",
        "It does not prove that the statement is complete or true.",
        "We searched this system and found nothing about you.",
        &signer().vkey(),
    ] {
        assert!(index.contains(text), "{text}");
    }
}

#[test]
fn the_bag_has_every_file_in_its_place() {
    let (bytes, _) = package();
    let files = unzip(&bytes);
    let paths: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        paths,
        [
            "bag-info.txt",
            "bagit.txt",
            "data/shop/orders.csv",
            "data/shop/orders.html",
            "data/shop/orders.json",
            "data/summary.csv",
            "index.html",
            "keys.txt",
            "manifest-sha256.txt",
            "receipt.json",
            "receipt.note",
            "tagmanifest-sha256.txt",
        ]
    );
    assert!(files["bag-info.txt"].contains("Bagging-Date: 2026-11-19\n"));
    assert_eq!(files["keys.txt"], format!("{}\n", signer().vkey()));
}

#[test]
fn the_same_answer_gives_the_same_bytes() {
    assert_eq!(package(), package());
}

#[test]
fn sha256sum_accepts_the_manifests() {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in unzip(&package().0) {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let accepts = |manifest: &str| {
        Command::new("sha256sum")
            .args(["--check", "--strict", "--quiet", manifest])
            .current_dir(dir.path())
            .status()
            .unwrap()
            .success()
    };
    assert!(accepts("manifest-sha256.txt") && accepts("tagmanifest-sha256.txt"));
    std::fs::write(dir.path().join("data/shop/orders.csv"), "changed").unwrap();
    assert!(!accepts("manifest-sha256.txt"));
}

#[test]
fn json_keeps_values_and_order_as_the_store_gave_them() {
    let text = &unzip(&package().0)["data/shop/orders.json"];
    assert!(text.contains(r#"{"id":1,"email":"ada@example.org","total":-12.5,"note":"=1+1"}"#));
    let parsed: Value = serde_json::from_str(text).unwrap();
    assert_eq!(parsed["records"].as_array().unwrap().len(), 2);
    assert_eq!(parsed["fields"][1]["category"], "user.contact.email");
}

#[test]
fn csv_disarms_formulas_and_keeps_fields_that_nobody_described() {
    assert_eq!(
        unzip(&package().0)["data/shop/orders.csv"],
        "id,email,total,note\r\n\
         1,ada@example.org,-12.5,'=1+1\r\n\
         2,ada@example.org,-12.5,<script>alert(1)</script>\r\n"
    );
}

#[test]
fn pages_escape_whatever_people_wrote_and_contain_no_script() {
    for (path, text) in unzip(&package().0) {
        if path.ends_with(".html") {
            assert!(!text.contains("<script"), "{path}");
            assert!(text.contains("default-src 'none'"), "{path}");
        }
        if path == "data/shop/orders.html" {
            assert!(text.contains("&#60;script&#62;alert(1)"), "{text}");
        }
    }
}

#[test]
fn the_page_names_the_gaps() {
    let index = &unzip(&package().0)["index.html"];
    for text in [
        "This answer has gaps.",
        "This could not be completed.",
        "It did not answer within three days.",
        "We found 2 records about you; 2 are in this package.",
        "2 November 2026, 08:00 UTC",
        "2 December 2026",
        "Where we sent the confirmation",
        "ada@example.org",
    ] {
        assert!(index.contains(text), "{text}");
    }
}

#[test]
fn the_receipt_holds_integers_and_strings_only_and_its_keys_are_sorted() {
    fn walk(value: &Value) {
        match value {
            Value::String(_) => {}
            Value::Number(number) => assert!(number.is_u64(), "{number}"),
            Value::Array(items) => items.iter().for_each(walk),
            Value::Object(map) => map.values().for_each(walk),
            Value::Null | Value::Bool(_) => panic!("{value}"),
        }
    }
    for bytes in [package().0, erasure()] {
        let text = &unzip(&bytes)["receipt.json"];
        let value: Value = serde_json::from_str(text).unwrap();
        walk(&value);
        let mut sorted = value;
        sorted.sort_all_objects();
        assert_eq!(
            format!("{}\n", serde_json::to_string_pretty(&sorted).unwrap()),
            *text
        );
    }
}

#[test]
fn the_signed_note_can_be_read_by_a_person() {
    let note = &unzip(&erasure())["receipt.note"];
    for text in [
        "Habeas receipt, version 1\nReference: HB-2026-7K3M\nController: Example Shop Ltd\n",
        "\nStore shop: erased; 12 found, 9 affected, 3 kept; read-back verified\n",
        "\nSHA-256 of receipt.json: ",
        "\n\n\u{2014} shop.example/habeas ",
    ] {
        assert!(note.contains(text), "{text:?} in {note}");
    }
}

#[test]
fn a_line_break_in_a_name_cannot_forge_a_line_of_the_note() {
    let hostile = "Shop\nDecision: refused\r\u{2028}";
    let mut receipt = receipt(Right::OptOut, vec![store(Outcome::Suppressed)]);
    receipt.controller = hostile.to_owned();
    let writer = PackageWriter::new(Vec::new(), about()).unwrap();
    let (bytes, _) = writer.finish(receipt, &signer()).unwrap();
    assert!(unzip(&bytes)["receipt.note"].contains("\nController: Shop Decision: refused  \n"));
    assert!(check(&bytes, None).ok());
}

#[test]
fn a_receipt_claims_exactly_what_the_package_holds() {
    for (claimed, name) in [(1, "orders"), (3, "orders"), (2, "tickets")] {
        let records = [order(1, ""), order(2, "")];
        let mut writer = PackageWriter::new(Vec::new(), about()).unwrap();
        writer.collection(&orders(), &stream(&records)).unwrap();
        let shop = StoreReceipt {
            collections: vec![exported(name, claimed)],
            ..store(Outcome::Exported)
        };
        let refused = writer
            .finish(receipt(Right::Access, vec![shop]), &signer())
            .unwrap_err();
        assert!(
            matches!(refused, PackageError::ClaimDiffers { .. }),
            "{refused}"
        );
    }
}

#[test]
fn the_receipt_of_another_request_is_refused() {
    let mut other = receipt(Right::Access, Vec::new());
    other.reference = "HB-2026-0000".to_owned();
    let writer = PackageWriter::new(Vec::new(), about()).unwrap();
    let refused = writer.finish(other, &signer()).unwrap_err();
    assert!(matches!(refused, PackageError::OtherRequest { .. }));
}

#[test]
fn a_reference_that_is_no_folder_name_is_refused() {
    for reference in ["", "..", "a/b", "C:\\"] {
        let about = habeas_proof::About {
            reference: reference.to_owned(),
            ..about()
        };
        let refused = PackageWriter::new(Vec::new(), about).unwrap_err();
        assert!(matches!(refused, PackageError::BadReference), "{reference}");
    }
}

#[test]
fn records_that_change_between_two_readings_stop_the_package() {
    let reads = std::cell::Cell::new(0);
    let shrinking = || -> io::Result<Records<'_>> {
        reads.set(reads.get() + 1);
        Ok(Box::new((reads.get()..3).map(|id| Ok(order(id, "")))))
    };
    let mut writer = PackageWriter::new(Vec::new(), about()).unwrap();
    let refused = writer.collection(&orders(), &shrinking).unwrap_err();
    assert!(
        matches!(
            refused,
            PackageError::CountChanged {
                first: 2,
                second: 1,
                ..
            }
        ),
        "{refused}"
    );
}

#[test]
fn a_store_that_breaks_off_stops_the_package() {
    let broken = || -> io::Result<Records<'_>> {
        let records = [Ok(order(1, "")), Err(io::Error::other("connection lost"))];
        Ok(Box::new(records.into_iter()))
    };
    let mut writer = PackageWriter::new(Vec::new(), about()).unwrap();
    let refused = writer.collection(&orders(), &broken).unwrap_err();
    assert!(matches!(refused, PackageError::Records { .. }));
    assert!(
        !refused.to_string().contains("connection lost"),
        "the source says that itself"
    );
}

#[test]
fn collections_with_like_names_get_files_of_their_own() {
    let mut writer = PackageWriter::new(Vec::new(), about()).unwrap();
    let mut claims = Vec::new();
    for name in [
        "public.orders",
        "public-orders",
        "Public.Orders",
        "../../etc/passwd",
    ] {
        let info = habeas_proof::CollectionInfo {
            name: name.to_owned(),
            ..orders()
        };
        writer.collection(&info, &stream(&[order(1, "")])).unwrap();
        claims.push(exported(name, 1));
    }
    let shop = StoreReceipt {
        collections: claims,
        ..store(Outcome::Exported)
    };
    let (bytes, _) = writer
        .finish(receipt(Right::Access, vec![shop]), &signer())
        .unwrap();
    assert!(check(&bytes, None).ok());
    let files = unzip(&bytes);
    let json: Vec<&str> = files
        .keys()
        .filter(|path| {
            path.ends_with("s.json")
                || path.contains("passwd.json")
                || path.contains("-2.json")
                || path.contains("-3.json")
        })
        .map(String::as_str)
        .collect();
    assert_eq!(
        json,
        [
            "data/shop/Public-Orders-3.json",
            "data/shop/public-orders-2.json",
            "data/shop/public-orders.json",
            "data/shop/x-------etc-passwd.json",
        ]
    );
}

#[test]
fn a_large_collection_streams_and_its_page_says_where_the_rest_is() {
    /// Counts what passes, keeps the end only, and notes the largest piece that was handed over.
    #[derive(Default)]
    struct Meter {
        bytes: u64,
        largest: usize,
    }
    impl Write for Meter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.bytes += bytes.len() as u64;
            self.largest = self.largest.max(bytes.len());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    const RECORDS: i64 = 200_000;
    // Each reading makes its records as they are asked for: none are held anywhere.
    let alive = std::cell::Cell::new(0_i64);
    let records = || -> io::Result<Records<'_>> {
        alive.set(alive.get() + 1);
        Ok(Box::new(
            (0..RECORDS).map(|id| Ok(order(id, "ordered again"))),
        ))
    };
    let mut writer = PackageWriter::new(Meter::default(), about()).unwrap();
    assert_eq!(
        writer.collection(&orders(), &records).unwrap(),
        RECORDS as u64
    );
    assert_eq!(alive.get(), 3, "once for each form");
    let shop = StoreReceipt {
        collections: vec![exported("orders", RECORDS as u64)],
        ..store(Outcome::Exported)
    };
    let (meter, summary) = writer
        .finish(receipt(Right::Access, vec![shop]), &signer())
        .unwrap();
    assert_eq!(meter.bytes, summary.bytes);
    assert!(
        meter.largest <= 64 * 1024,
        "a piece of {} bytes was held",
        meter.largest
    );
}

#[test]
fn a_long_page_is_cut_and_says_so() {
    let records: Vec<_> = (0..1_200).map(|id| order(id, "")).collect();
    let mut writer = PackageWriter::new(Vec::new(), about()).unwrap();
    writer.collection(&orders(), &stream(&records)).unwrap();
    let shop = StoreReceipt {
        collections: vec![exported("orders", 1_200)],
        ..store(Outcome::Exported)
    };
    let (bytes, _) = writer
        .finish(receipt(Right::Access, vec![shop]), &signer())
        .unwrap();
    let files = unzip(&bytes);
    let page = &files["data/shop/orders.html"];
    assert!(page.contains("This page shows the first 1000 of 1200 records"));
    assert_eq!(page.matches("<tr><td").count(), 1_000);
    assert_eq!(files["data/shop/orders.csv"].lines().count(), 1_201);
}

#[test]
fn about_never_prints_the_subject() {
    assert!(!format!("{:?}", about()).contains("ada@example.org"));
    let writer = PackageWriter::new(Vec::new(), about()).unwrap();
    assert!(!format!("{writer:?}").contains("ada@example.org"));
}
