//! Checks a package or a receipt offline, whoever made it. It never panics on hostile input, holds
//! nothing but the small files in memory, and shows no name from the file before it is known to be
//! plain.

use std::{
    collections::BTreeMap,
    io::{self, Read, Seek},
};

use crate::{
    Receipt, VerifierKey,
    archive::{Archive, Flaw},
    bag::{self, BagFile},
    digest::{Hashing, sha256},
    receipt::{Contents, Document, VERSION, digest_in_note},
};

/// A small file larger than this is not one of ours.
const MAX_SMALL: u64 = 16 << 20;

/// What was checked, in the order in which one check rests on the one before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    pub checks: Vec<Check>,
    /// What the controller stated. It can be relied upon only if [`Report::ok`].
    pub receipt: Option<Receipt>,
    /// The key inside the file, as text. Says nothing about who made it.
    pub vkey: Option<String>,
}

/// One check, in words for the person who runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub name: &'static str,
    pub ok: bool,
    pub detail: String,
}

impl Report {
    /// Whether everything was checked and holds.
    pub fn ok(&self) -> bool {
        self.receipt.is_some() && self.checks.iter().all(|check| check.ok)
    }

    fn check<T>(&mut self, name: &'static str, result: Result<(T, String), String>) -> Option<T> {
        let (value, ok, detail) = match result {
            Ok((value, detail)) => (Some(value), true, detail),
            Err(detail) => (None, false, detail),
        };
        self.checks.push(Check { name, ok, detail });
        value
    }
}

/// Checks a whole file. With `trusted`, the key that the controller publishes, it must be signed by
/// that key; without, the key inside the file is used, and the report asks to compare it.
pub fn verify(reader: impl Read + Seek, trusted: Option<&str>) -> Report {
    let mut report = Report::default();
    let read = read_all(reader).map_err(|flaw| in_words(&flaw));
    let described = read.map(|files| {
        let detail = format!("{} files, and not a byte beside them", files.all.len());
        (files, detail)
    });
    if let Some(files) = report.check("file", described) {
        judge(&mut report, &files, trusted);
    }
    report
}

/// Everything that was read: digests of all files, and the text of the small ones.
struct Files {
    /// The one folder that everything is in.
    base: String,
    all: Vec<BagFile>,
    small: BTreeMap<&'static str, Vec<u8>>,
    /// Bytes and SHA-256 of the zip file up to the receipt.
    before_receipt: (u64, String),
}

impl Files {
    fn data(&self) -> &[BagFile] {
        &self.all[..self.all.len() - bag::TAG_FILES.len()]
    }

    /// The files that are not data, in order.
    fn tags(&self) -> &[BagFile] {
        &self.all[self.all.len() - bag::TAG_FILES.len()..]
    }

    fn text(&self, name: &str) -> Result<&str, String> {
        let bytes = self
            .small
            .get(name)
            .ok_or_else(|| format!("{name} is missing"))?;
        std::str::from_utf8(bytes).map_err(|_| format!("{name} is not text"))
    }
}

/// Reads the file from its first byte to its last.
fn read_all(reader: impl Read + Seek) -> Result<Files, ReadFlaw> {
    let mut archive = Archive::open(reader)?;
    let (base, paths) = bag_paths(&archive)?;
    let tags_at = paths.len() - bag::TAG_FILES.len();
    let mut files = Files {
        base,
        all: Vec::new(),
        small: BTreeMap::new(),
        before_receipt: (0, String::new()),
    };
    for (index, path) in paths.into_iter().enumerate() {
        if path == bag::RECEIPT {
            files.before_receipt = archive.so_far();
        }
        let tag = index.checked_sub(tags_at).map(|at| bag::TAG_FILES[at]);
        let (bytes, sha256) = match tag {
            // The page is not needed again; only its digest is.
            None | Some(bag::INDEX) => {
                let mut sink = Hashing::new(io::sink());
                archive.read(index, &mut sink)?;
                sink.so_far()
            }
            Some(name) => {
                if archive.entries()[index].size > MAX_SMALL {
                    return Err(ReadFlaw::Large { name });
                }
                let mut content = Vec::new();
                archive.read(index, &mut content)?;
                let digest = (content.len() as u64, sha256(&content));
                files.small.insert(name, content);
                digest
            }
        };
        files.all.push(BagFile {
            path,
            sha256,
            bytes,
        });
    }
    Ok(files)
}

#[derive(Debug, thiserror::Error)]
enum ReadFlaw {
    #[error(transparent)]
    Archive(#[from] Flaw),
    #[error("not a Habeas package: the files that every package ends with are not there")]
    NoBag,
    #[error("{name} is not data, and not one of the files that every package has")]
    Stray { name: String },
    #[error("{name} has an absurd size")]
    Large { name: &'static str },
}

/// The one base folder, and the paths below it: data, then the files that every package ends with.
fn bag_paths<R: Read + Seek>(archive: &Archive<R>) -> Result<(String, Vec<String>), ReadFlaw> {
    let names = archive.entries().iter().map(|entry| entry.name.as_str());
    let (base, _) = names
        .clone()
        .next()
        .and_then(|name| name.split_once('/'))
        .ok_or(ReadFlaw::NoBag)?;
    let paths: Option<Vec<String>> = names
        .map(|name| {
            name.strip_prefix(base)?
                .strip_prefix('/')
                .map(str::to_owned)
        })
        .collect();
    let paths = paths.ok_or(ReadFlaw::NoBag)?;
    let data = paths
        .len()
        .checked_sub(bag::TAG_FILES.len())
        .filter(|at| paths[*at..] == bag::TAG_FILES)
        .ok_or(ReadFlaw::NoBag)?;
    match paths[..data].iter().find(|path| !path.starts_with("data/")) {
        Some(stray) => Err(ReadFlaw::Stray {
            name: stray.clone(),
        }),
        None => Ok((base.to_owned(), paths)),
    }
}

/// From the key to the last data file: each check rests on the one before.
fn judge(report: &mut Report, files: &Files, trusted: Option<&str>) {
    let found = files.text(bag::KEYS).and_then(parse_keys);
    report.vkey = found.as_ref().ok().map(ToString::to_string);
    let key = report.check("key", found.and_then(|found| choose_key(found, trusted)));
    let Some(key) = key else { return };

    let note = files.text(bag::NOTE).and_then(|note| {
        key.open(note)
            .map_err(|error| format!("{}: {error}", bag::NOTE))
    });
    let signed = note.map(|text| (text, format!("{} is signed by this key", bag::NOTE)));
    let Some(text) = report.check("signature", signed) else {
        return;
    };

    let Some(document) = report.check("receipt", open_receipt(files, text)) else {
        return;
    };
    let Document {
        version: _,
        statement,
        contents,
    } = document;
    report.check("bytes", check_bytes(files, &contents));
    report.check("page and labels", check_labels(files, &contents));
    report.check("data", check_data(files));
    report.check("list of files", check_tag_manifest(files));
    report.receipt = Some(statement);
}

/// An error and what caused it, in one line.
fn in_words(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

fn parse_keys(keys: &str) -> Result<VerifierKey, String> {
    let line = keys
        .strip_suffix('\n')
        .ok_or_else(|| format!("{} is not one line", bag::KEYS))?;
    line.parse()
        .map_err(|error| format!("{}: {error}", bag::KEYS))
}

fn choose_key(found: VerifierKey, trusted: Option<&str>) -> Result<(VerifierKey, String), String> {
    let Some(trusted) = trusted else {
        let detail = format!(
            "no key was given, so the one inside the file is used; compare it with the one that the \
             controller publishes: {found}"
        );
        return Ok((found, detail));
    };
    let trusted: VerifierKey = trusted
        .trim()
        .parse()
        .map_err(|error| format!("the key that was given: {error}"))?;
    if trusted == found {
        Ok((trusted, "the file names the key that you trust".to_owned()))
    } else {
        Err(format!(
            "the file names another key than the one that you trust: {found}"
        ))
    }
}

fn open_receipt(files: &Files, note: &str) -> Result<(Document, String), String> {
    let bytes = files
        .small
        .get(bag::RECEIPT)
        .ok_or_else(|| format!("{} is missing", bag::RECEIPT))?;
    if digest_in_note(note) != Some(sha256(bytes).as_str()) {
        return Err(format!("{} is not the one that was signed", bag::RECEIPT));
    }
    let document: Document = serde_json::from_slice(bytes).map_err(|_| {
        format!(
            "{} is signed, but not in a form that is known here",
            bag::RECEIPT
        )
    })?;
    if document.version != VERSION {
        return Err(format!(
            "{} has version {}, which is not known here",
            bag::RECEIPT,
            document.version
        ));
    }
    if document.statement.reference != files.base {
        return Err(format!(
            "{} is about another reference than the folder",
            bag::RECEIPT
        ));
    }
    let detail = format!("{} is the one that was signed", bag::RECEIPT);
    Ok((document, detail))
}

fn check_bytes(files: &Files, contents: &Contents) -> Result<((), String), String> {
    let (bytes, sha256) = &files.before_receipt;
    if *bytes == contents.bytes && *sha256 == contents.sha256 {
        Ok((
            (),
            format!("the {bytes} bytes before the receipt are those that were signed"),
        ))
    } else {
        Err("the bytes before the receipt are not those that were signed".to_owned())
    }
}

fn check_labels(files: &Files, contents: &Contents) -> Result<((), String), String> {
    let found: BTreeMap<String, String> = files
        .tags()
        .iter()
        .filter(|tag| bag::IN_RECEIPT.contains(&tag.path.as_str()))
        .map(|tag| (tag.path.clone(), tag.sha256.clone()))
        .collect();
    if found == contents.files {
        Ok((
            (),
            format!("{} are those that were signed", bag::IN_RECEIPT.join(", ")),
        ))
    } else {
        let differs = found
            .iter()
            .find(|(path, sha256)| contents.files.get(*path) != Some(sha256));
        Err(match differs {
            Some((path, _)) => format!("{path} is not the one that was signed"),
            None => "the receipt names a file that is not here".to_owned(),
        })
    }
}

fn check_data(files: &Files) -> Result<((), String), String> {
    let manifest = files.text(bag::MANIFEST)?;
    if manifest == bag::manifest(files.data()) {
        return Ok((
            (),
            format!("{} files are those of the list", files.data().len()),
        ));
    }
    let listed: BTreeMap<&str, &str> = manifest
        .lines()
        .filter_map(|line| line.split_once("  ").map(|(sum, path)| (path, sum)))
        .collect();
    let wrong = files
        .data()
        .iter()
        .find(|file| listed.get(&*file.path) != Some(&&*file.sha256));
    match wrong {
        Some(file) if listed.contains_key(&*file.path) => Err(format!("{} was changed", file.path)),
        Some(file) => Err(format!("{} is in no list", file.path)),
        None => Err(format!(
            "{} lists files that are not here, or in another order",
            bag::MANIFEST
        )),
    }
}

fn check_tag_manifest(files: &Files) -> Result<((), String), String> {
    let (_, tags) = files.tags().split_last().ok_or("no files")?;
    if files.text(bag::TAG_MANIFEST)? == bag::manifest(tags) {
        Ok(((), format!("{} is complete", bag::TAG_MANIFEST)))
    } else {
        Err(format!(
            "{} does not list the files as they are",
            bag::TAG_MANIFEST
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use habeas_domain::Right;

    use super::*;
    use crate::{Signer, archive::ArchiveWriter, receipt::note_text};

    type File = (&'static str, Vec<u8>);

    /// A package that is signed properly by somebody who put in whatever they liked: `before` changes
    /// the files up to the receipt, `document` the receipt.
    fn signed(before: impl Fn(&mut Vec<File>), document: impl Fn(&mut Document)) -> Report {
        let list = |files: &[File]| {
            let lines = files.iter().map(|(path, content)| BagFile {
                path: (*path).to_owned(),
                sha256: sha256(content),
                bytes: content.len() as u64,
            });
            bag::manifest(&lines.collect::<Vec<_>>()).into_bytes()
        };
        let data = [
            ("data/a.csv", b"a\r\n".to_vec()),
            ("data/b.csv", b"b\r\n".to_vec()),
        ];
        let mut files = data.to_vec();
        files.push((bag::MANIFEST, list(&data)));
        files.push((bag::BAGIT, bag::BAGIT_TEXT.into()));
        files.push((bag::BAG_INFO, Vec::new()));
        files.push((bag::INDEX, Vec::new()));
        before(&mut files);
        let mut archive = ArchiveWriter::new(Vec::new());
        for (path, content) in &files {
            archive.store(format!("HB-1/{path}"), content).unwrap();
        }
        let (bytes, sha256_before) = archive.so_far();
        let mut tags: Vec<File> = files
            .iter()
            .filter(|(path, _)| !path.starts_with("data/"))
            .cloned()
            .collect();
        let mut written = Document {
            version: VERSION,
            statement: statement(),
            contents: Contents {
                bytes,
                sha256: sha256_before,
                files: tags
                    .iter()
                    .map(|(path, c)| ((*path).to_owned(), sha256(c)))
                    .collect(),
            },
        };
        document(&mut written);
        let signer = Signer::from_seed([1; 32], "shop.example").unwrap();
        let receipt = written.to_bytes().unwrap();
        let note = signer.sign(&note_text(&written.statement, &sha256(&receipt)));
        tags.push((bag::RECEIPT, receipt));
        tags.push((bag::NOTE, note.into()));
        tags.push((bag::KEYS, format!("{}\n", signer.vkey()).into()));
        tags.push((bag::TAG_MANIFEST, list(&tags)));
        for (path, content) in &tags[tags.len() - 4..] {
            archive.store(format!("HB-1/{path}"), content).unwrap();
        }
        verify(
            Cursor::new(archive.finish().unwrap().0),
            Some(&signer.vkey()),
        )
    }

    fn statement() -> Receipt {
        let text = String::new;
        Receipt {
            receipt_id: text(),
            reference: "HB-1".to_owned(),
            controller: text(),
            right: Right::Access,
            law: text(),
            received_at: text(),
            identity: None,
            due: text(),
            completed_at: text(),
            decision: text(),
            plan_sha256: None,
            stores: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn complaint(report: &Report) -> String {
        assert!(!report.ok(), "nothing was found wrong");
        let check = report.checks.iter().find(|check| !check.ok).unwrap();
        format!("{}: {}", check.name, check.detail)
    }

    #[test]
    fn the_plain_case_holds() {
        let report = signed(|_| {}, |_| {});
        assert!(report.ok(), "{:#?}", report.checks);
    }

    #[test]
    fn a_signature_does_not_excuse_files_that_are_not_as_listed() {
        type Change = fn(&mut Vec<File>);
        let cases: [(Change, &str); 6] = [
            (
                |files| files[1].1 = b"c\r\n".to_vec(),
                "data: data/b.csv was changed",
            ),
            (
                |files| files[1].0 = "data/c.csv",
                "data: data/c.csv is in no list",
            ),
            (
                |files| drop(files.remove(1)),
                "data: manifest-sha256.txt lists files that are not here, or in another order",
            ),
            (
                |files| files.swap(0, 1),
                "data: manifest-sha256.txt lists files that are not here, or in another order",
            ),
            (
                |files| files[1].0 = "setup.exe",
                "file: setup.exe is not data, and not one of the files that every package has",
            ),
            (
                |files| drop(files.pop()),
                "file: not a Habeas package: the files that every package ends with are not there",
            ),
        ];
        for (change, expected) in cases {
            assert_eq!(complaint(&signed(change, |_| {})), expected);
        }
    }

    #[test]
    fn a_signature_does_not_excuse_a_receipt_about_something_else() {
        type Change = fn(&mut Document);
        let cases: [(Change, &str); 5] = [
            (
                |document| document.statement.reference = "HB-2".to_owned(),
                "receipt: receipt.json is about another reference than the folder",
            ),
            (
                |document| document.version = 2,
                "receipt: receipt.json has version 2, which is not known here",
            ),
            (
                |document| document.contents.bytes += 1,
                "bytes: the bytes before the receipt are not those that were signed",
            ),
            (
                |document| document.contents.files.clear(),
                "page and labels: bag-info.txt is not the one that was signed",
            ),
            (
                |document| {
                    drop(
                        document
                            .contents
                            .files
                            .insert("x".to_owned(), String::new()),
                    )
                },
                "page and labels: the receipt names a file that is not here",
            ),
        ];
        for (change, expected) in cases {
            assert_eq!(complaint(&signed(|_| {}, change)), expected);
        }
    }
}
