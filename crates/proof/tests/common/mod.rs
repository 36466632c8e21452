//! One small request of a make-believe shop, answered: what the stories of the other files begin with.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::io::{self, Cursor};

use habeas_domain::{
    Right,
    outcome::{EvidenceLevel, Outcome},
};
use habeas_proof::{
    About, CollectionInfo, CollectionReceipt, FieldInfo, PackageWriter, Receipt, Record, Records,
    Report, Signer, StoreReceipt, Summary, verify,
};
use serde_json::json;

pub const REFERENCE: &str = "HB-2026-7K3M";

pub fn signer() -> Signer {
    Signer::from_seed([7; 32], "shop.example/habeas").unwrap()
}

pub fn about() -> About {
    About {
        reference: REFERENCE.to_owned(),
        controller: "Example Shop Ltd".to_owned(),
        subject: Some("ada@example.org".into()),
        contact: Some("privacy@shop.example".to_owned()),
    }
}

fn field(name: &str, category: &str, explanation: &str) -> FieldInfo {
    FieldInfo {
        name: name.into(),
        category: category.into(),
        explanation: explanation.into(),
    }
}

pub fn orders() -> CollectionInfo {
    CollectionInfo {
        store: "shop".to_owned(),
        store_title: "The web shop".to_owned(),
        name: "orders".to_owned(),
        title: "Orders".to_owned(),
        description: "What you bought from us.".to_owned(),
        fields: vec![
            field("id", "", "The number of the order"),
            field(
                "email",
                "user.contact.email",
                "Where we sent the confirmation",
            ),
            field("total", "user.financial", "What you paid, in euro"),
        ],
    }
}

pub fn order(id: i64, note: &str) -> Record {
    vec![
        ("id".to_owned(), json!(id)),
        ("email".to_owned(), json!("ada@example.org")),
        ("total".to_owned(), json!(-12.5)),
        ("note".to_owned(), json!(note)),
    ]
}

pub fn stream<'a>(records: &'a [Record]) -> impl Fn() -> io::Result<Records<'a>> {
    move || Ok(Box::new(records.iter().cloned().map(Ok)))
}

pub fn receipt(right: Right, stores: Vec<StoreReceipt>) -> Receipt {
    Receipt {
        receipt_id: "0193a1b2".to_owned(),
        reference: REFERENCE.to_owned(),
        controller: "Example Shop Ltd".to_owned(),
        right,
        law: "EU GDPR, Art. 15".to_owned(),
        received_at: "2026-11-02T08:00:00Z".to_owned(),
        identity: Some("code sent to an address on file".to_owned()),
        due: "2026-12-02".to_owned(),
        completed_at: "2026-11-19T09:12:44Z".to_owned(),
        decision: "granted".to_owned(),
        plan_sha256: None,
        stores,
        notes: vec!["Backups expire on 18 February 2027.".to_owned()],
    }
}

pub fn store(outcome: Outcome) -> StoreReceipt {
    StoreReceipt {
        store: "shop".to_owned(),
        title: "The web shop".to_owned(),
        connector: "postgres 0.1".to_owned(),
        verb: "access".to_owned(),
        outcome,
        located: 2,
        affected: 2,
        kept: 0,
        level: None,
        method: None,
        executed_at: Some("2026-11-18T09:00:00Z".to_owned()),
        verified_at: None,
        reason: None,
        collections: Vec::new(),
    }
}

pub fn exported(name: &str, records: u64) -> CollectionReceipt {
    CollectionReceipt {
        name: name.to_owned(),
        title: "Orders".to_owned(),
        located: records,
        exported: records,
        ..CollectionReceipt::default()
    }
}

/// An answer with two orders in it, as bytes.
pub fn package() -> (Vec<u8>, Summary) {
    let records = [order(1, "=1+1"), order(2, "<script>alert(1)</script>")];
    let mut writer = PackageWriter::new(Vec::new(), about()).unwrap();
    assert_eq!(writer.collection(&orders(), &stream(&records)).unwrap(), 2);
    let shop = StoreReceipt {
        collections: vec![exported("orders", 2)],
        ..store(Outcome::Exported)
    };
    let desk = StoreReceipt {
        store: "support".to_owned(),
        title: "The support desk".to_owned(),
        located: 0,
        affected: 0,
        reason: Some("It did not answer within three days.".to_owned()),
        ..store(Outcome::Failed)
    };
    writer
        .finish(receipt(Right::Access, vec![shop, desk]), &signer())
        .unwrap()
}

/// A receipt of an erasure, as bytes.
pub fn erasure() -> Vec<u8> {
    let orders = CollectionReceipt {
        name: "orders".to_owned(),
        title: "Orders".to_owned(),
        located: 12,
        erased: 9,
        kept: 3,
        detached: 1,
        ground: Some("invoices, 10 years (Art. 17(3)(b) GDPR)".to_owned()),
        ..CollectionReceipt::default()
    };
    let shop = StoreReceipt {
        verb: "erase".to_owned(),
        located: 12,
        affected: 9,
        kept: 3,
        level: Some(EvidenceLevel::ReadBackVerified),
        method: Some("rows deleted".to_owned()),
        verified_at: Some("2026-11-18T09:00:05Z".to_owned()),
        collections: vec![orders],
        ..store(Outcome::Erased)
    };
    let mail = StoreReceipt {
        store: "newsletter".to_owned(),
        title: "The newsletter".to_owned(),
        located: 0,
        affected: 0,
        level: Some(EvidenceLevel::VendorReported),
        ..store(Outcome::Absent)
    };
    let writer = PackageWriter::new(Vec::new(), about()).unwrap();
    writer
        .finish(receipt(Right::Erasure, vec![shop, mail]), &signer())
        .unwrap()
        .0
}

pub fn check(bytes: &[u8], trusted: Option<&str>) -> Report {
    verify(Cursor::new(bytes), trusted)
}

/// The first check that does not hold, as `name: detail`.
pub fn complaint(bytes: &[u8]) -> String {
    let report = check(bytes, Some(&signer().vkey()));
    assert!(!report.ok(), "nothing was found wrong");
    let check = report.checks.into_iter().find(|check| !check.ok).unwrap();
    format!("{}: {}", check.name, check.detail)
}
