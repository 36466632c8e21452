//! Writes a package or a receipt as a stream. A receipt is a package without collections.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
    io::{self, Write},
};

use habeas_domain::Personal;

use crate::{
    CollectionInfo, Contents, PackageError, Receipt, Records, Signer,
    archive::{ArchiveWriter, MAX_ENTRIES},
    bag::{self, BagFile},
    digest::{Hashing, sha256},
    form::{
        Columns, UnknownField,
        csv::CsvForm,
        html::{HtmlForm, PAGE_RECORDS, PageHead},
        json::JsonForm,
        replay::Replay,
    },
    page::{self, Written},
    receipt::{Document, VERSION, note_text},
    summary::write_summary,
};

/// What the pages of a package say before anything was written.
#[derive(Debug, Clone)]
pub struct About {
    /// The reference of the request. It names the folder inside the package.
    pub reference: String,
    pub controller: String,
    /// Whom it is for, in words. Shown on the first page only.
    pub subject: Option<Personal<String>>,
    /// Where to ask, in words.
    pub contact: Option<String>,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Files in the package.
    pub files: usize,
    /// Length of the zip file.
    pub bytes: u64,
    /// Lower-case hex.
    pub manifest_sha256: String,
    /// Lower-case hex; the signed note names it.
    pub receipt_sha256: String,
}

/// A package in the making. One that is dropped before [`PackageWriter::finish`] is not a package:
/// nothing accepts it.
pub struct PackageWriter<W: Write> {
    archive: ArchiveWriter<W>,
    about: About,
    payload: Vec<BagFile>,
    written: Vec<Written>,
    folders: BTreeMap<String, String>,
    taken: HashSet<String>,
}

impl<W: Write> PackageWriter<W> {
    /// # Errors
    /// [`PackageError::BadReference`] for a reference that cannot name a folder.
    pub fn new(out: W, about: About) -> Result<Self, PackageError> {
        if !bag::is_reference(&about.reference) {
            return Err(PackageError::BadReference);
        }
        Ok(Self {
            archive: ArchiveWriter::new(out),
            about,
            payload: Vec::new(),
            written: Vec::new(),
            folders: BTreeMap::new(),
            taken: HashSet::new(),
        })
    }

    /// Writes one collection as JSON, CSV and HTML, and gives back how many records it has. `records`
    /// is called once for each form and gives the same records each time.
    ///
    /// # Errors
    /// When records cannot be read, or differ between two readings.
    pub fn collection<'r>(
        &mut self,
        info: &CollectionInfo,
        records: &dyn Fn() -> io::Result<Records<'r>>,
    ) -> Result<u64, PackageError> {
        if self.archive.entries().len() + 3 + 1 + bag::TAG_FILES.len() > MAX_ENTRIES {
            return Err(PackageError::TooManyFiles { limit: MAX_ENTRIES });
        }
        let path = self.path_for(info);
        let replay = Replay { info, records };
        let mut columns = Columns::described(info);

        let count = self.payload_file(format!("{path}.json"), |out| {
            let mut form = JsonForm::begin(out, info)?;
            let count = replay.each(u64::MAX, |record| {
                columns
                    .learn(&record)
                    .map_err(|UnknownField| replay.too_many_fields())?;
                Ok(form.record(&record)?)
            })?;
            form.end()?;
            Ok(count)
        })?;

        let again = self.payload_file(format!("{path}.csv"), |out| {
            let mut form = CsvForm::begin(out, columns.names())?;
            let count = replay.each(u64::MAX, |record| {
                Ok(form.row(columns.row(&record).map_err(|_| replay.new_field())?)?)
            })?;
            form.end()?;
            Ok(count)
        })?;
        replay.same(count, again)?;

        let (controller, reference) = (self.about.controller.clone(), self.about.reference.clone());
        let file = path.rsplit('/').next().unwrap_or(&path).to_owned();
        let shown = self.payload_file(format!("{path}.html"), |out| {
            let page = PageHead {
                controller: &controller,
                reference: &reference,
                file: &file,
                records: count,
            };
            let mut form = HtmlForm::begin(out, &page, info, columns.names())?;
            let count = replay.each(PAGE_RECORDS, |record| {
                Ok(form.row(columns.row(&record).map_err(|_| replay.new_field())?)?)
            })?;
            form.end()?;
            Ok(count)
        })?;
        replay.same(count.min(PAGE_RECORDS), shown)?;

        self.written.push(Written {
            info: info.clone(),
            path,
            records: count,
        });
        Ok(count)
    }

    /// Writes the summary, the page, the receipt and its signature, and gives the output back.
    ///
    /// # Errors
    /// [`PackageError::ClaimDiffers`] unless the receipt's `exported` counts are exactly what the
    /// package holds.
    pub fn finish(
        mut self,
        receipt: Receipt,
        signer: &Signer,
    ) -> Result<(W, Summary), PackageError> {
        self.check_claims(&receipt)?;
        self.payload_file("data/summary.csv".to_owned(), |out| {
            write_summary(out, &receipt)
        })?;

        let mut tags = Vec::new();
        let manifest = bag::manifest(&self.payload);
        let date = receipt
            .completed_at
            .get(..10)
            .unwrap_or(&receipt.completed_at)
            .to_owned();
        let info = bag::bag_info(
            &self.about.reference,
            &self.about.controller,
            &date,
            &self.payload,
        );
        for (path, text) in [
            (bag::MANIFEST, &*manifest),
            (bag::BAGIT, bag::BAGIT_TEXT),
            (bag::BAG_INFO, &*info),
        ] {
            tags.push(self.tag_file(path, text.as_bytes())?);
        }
        let mut index = Vec::new();
        page::write_index(
            &mut index,
            &self.about,
            &receipt,
            &self.written,
            &signer.vkey(),
        )?;
        tags.push(
            self.file(bag::INDEX.to_owned(), |out| Ok(out.write_all(&index)?))?
                .1,
        );

        let (bytes, sha256_before) = self.archive.so_far();
        let document = Document {
            version: VERSION,
            statement: receipt,
            contents: Contents {
                bytes,
                sha256: sha256_before,
                files: tags
                    .iter()
                    .map(|tag| (tag.path.clone(), tag.sha256.clone()))
                    .collect(),
            },
        };
        let receipt_bytes = document.to_bytes().map_err(PackageError::Receipt)?;
        let receipt_sha256 = sha256(&receipt_bytes);
        let note = signer.sign(&note_text(&document.statement, &receipt_sha256));
        let keys = format!("{}\n", signer.vkey());
        for (path, content) in [
            (bag::RECEIPT, receipt_bytes.as_slice()),
            (bag::NOTE, note.as_bytes()),
            (bag::KEYS, keys.as_bytes()),
        ] {
            tags.push(self.tag_file(path, content)?);
        }
        self.tag_file(bag::TAG_MANIFEST, bag::manifest(&tags).as_bytes())?;

        let files = self.archive.entries().len();
        let (out, bytes) = self.archive.finish()?;
        let manifest_sha256 = sha256(manifest.as_bytes());
        Ok((
            out,
            Summary {
                files,
                bytes,
                manifest_sha256,
                receipt_sha256,
            },
        ))
    }

    /// The receipt says of every collection exactly what was written, and of no other that it was.
    fn check_claims(&self, receipt: &Receipt) -> Result<(), PackageError> {
        if receipt.reference != self.about.reference {
            return Err(PackageError::OtherRequest {
                expected: self.about.reference.clone(),
                found: receipt.reference.clone(),
            });
        }
        let mut claims: BTreeMap<(&str, &str), (u64, u64)> = BTreeMap::new();
        for store in &receipt.stores {
            for collection in &store.collections {
                claims
                    .entry((&store.store, &collection.name))
                    .or_default()
                    .0 += collection.exported;
            }
        }
        for written in &self.written {
            claims
                .entry((&written.info.store, &written.info.name))
                .or_default()
                .1 += written.records;
        }
        match claims
            .into_iter()
            .find(|(_, (claimed, written))| claimed != written)
        {
            None => Ok(()),
            Some(((store, collection), (claimed, written))) => Err(PackageError::ClaimDiffers {
                store: store.to_owned(),
                collection: collection.to_owned(),
                claimed,
                written,
            }),
        }
    }

    fn path_for(&mut self, info: &CollectionInfo) -> String {
        let taken = &mut self.taken;
        let folder = self.folders.entry(info.store.clone()).or_insert_with(|| {
            let folder = bag::file_name(&info.store, |name| taken.contains(name));
            taken.insert(folder.to_ascii_lowercase());
            folder
        });
        let below = |name: &str| format!("{folder}/{name}").to_ascii_lowercase();
        let name = bag::file_name(&info.name, |name| taken.contains(&below(name)));
        let path = format!("data/{folder}/{name}");
        taken.insert(below(&name));
        path
    }

    fn payload_file<T>(
        &mut self,
        path: String,
        fill: impl FnOnce(&mut dyn Write) -> Result<T, PackageError>,
    ) -> Result<T, PackageError> {
        let (filled, file) = self.file(path, fill)?;
        self.payload.push(file);
        Ok(filled)
    }

    fn file<T>(
        &mut self,
        path: String,
        fill: impl FnOnce(&mut dyn Write) -> Result<T, PackageError>,
    ) -> Result<(T, BagFile), PackageError> {
        let name = format!("{}/{path}", self.about.reference);
        self.archive.deflate(name, |out| {
            let mut hashing = Hashing::new(out);
            let filled = fill(&mut hashing)?;
            let (bytes, sha256) = hashing.so_far();
            Ok((
                filled,
                BagFile {
                    path,
                    sha256,
                    bytes,
                },
            ))
        })
    }

    fn tag_file(&mut self, path: &str, content: &[u8]) -> Result<BagFile, PackageError> {
        self.archive
            .store(format!("{}/{path}", self.about.reference), content)?;
        Ok(BagFile {
            path: path.to_owned(),
            sha256: sha256(content),
            bytes: content.len() as u64,
        })
    }
}

impl<W: Write> fmt::Debug for PackageWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PackageWriter")
            .field("about", &self.about)
            .finish_non_exhaustive()
    }
}
