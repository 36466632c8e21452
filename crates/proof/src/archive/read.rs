//! Reads a zip file that anybody may have made. It accepts exactly what the writer writes: entries
//! one behind the other from the first byte, the directory, the ending, and nothing else.

use std::{
    collections::HashSet,
    io::{self, Read, Seek, SeekFrom, Write},
};

use flate2::{Crc, read::DeflateDecoder};

use super::{
    MAX_ENTRIES, MAX_NAME,
    bytes::In,
    layout::{ENDING_64_BYTES, Ending, Entry, Method},
};
use crate::digest::Hashing;

/// A file may unpack to this much, and to [`MAX_RATIO`] times its own length beyond that.
const FREE_BYTES: u64 = 1 << 30;
const MAX_RATIO: u64 = 200;

/// Why a file is not a package as it was written. Names are shown only once they are known to be
/// plain.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Flaw {
    #[error("the file cannot be read")]
    Io(#[from] io::Error),
    #[error("not a complete zip file, or bytes were cut off or added at its end")]
    NoEnding,
    #[error("more than {MAX_ENTRIES} files")]
    TooMany,
    #[error("unpacking it would give far more than its own size")]
    Bomb,
    #[error("the directory of the zip file is not as Habeas writes it (line {line})")]
    Directory { line: usize },
    #[error("a file has a name that no package has (line {line} of the directory)")]
    Name { line: usize },
    #[error("{name} is there twice")]
    Twice { name: String },
    #[error("before {name} there are bytes that belong to no file, or files that overlap")]
    Gap { name: String },
    #[error("the header of {name} was changed")]
    Header { name: String },
    #[error("{name} was changed")]
    Content { name: String },
}

pub(crate) struct Archive<R> {
    input: Hashing<R>,
    entries: Vec<Entry>,
}

impl<R: Read + Seek> Archive<R> {
    /// Reads the directory and compares each of its bytes. No content is read yet.
    pub fn open(mut input: R) -> Result<Self, Flaw> {
        let length = input.seek(SeekFrom::End(0))?;
        let tail_bytes = length.min(ENDING_64_BYTES as u64);
        input.seek(SeekFrom::Start(length - tail_bytes))?;
        let mut tail = vec![0; tail_bytes as usize];
        input.read_exact(&mut tail)?;
        let ending = Ending::parse(&tail).ok_or(Flaw::NoEnding)?;
        let expected = ending.to_bytes();
        let end = ending.directory_at.checked_add(ending.directory_bytes);
        if !tail.ends_with(&expected) || end != length.checked_sub(expected.len() as u64) {
            return Err(Flaw::NoEnding);
        }
        let longest_line = (46 + 28 + MAX_NAME) as u64;
        if ending.entries > MAX_ENTRIES as u64
            || ending.directory_bytes > longest_line * ending.entries
        {
            return Err(Flaw::TooMany);
        }
        input.seek(SeekFrom::Start(ending.directory_at))?;
        let mut directory = vec![0; ending.directory_bytes as usize];
        input.read_exact(&mut directory)?;
        let entries = parse_directory(&directory, ending.entries as usize)?;
        check_entries(&entries, ending.directory_at, length)?;
        input.seek(SeekFrom::Start(0))?;
        Ok(Self {
            input: Hashing::new(input),
            entries,
        })
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Bytes and SHA-256 of what was read so far, from the first byte of the file.
    pub fn so_far(&self) -> (u64, String) {
        self.input.so_far()
    }

    /// Reads the content of the entry at `index` into `sink`. Entries are read in order.
    pub fn read(&mut self, index: usize, sink: &mut dyn Write) -> Result<(), Flaw> {
        let entry = &self.entries[index];
        debug_assert!(
            self.input.count() == entry.offset,
            "entries are read in order"
        );
        if !next_is(&mut self.input, &entry.local_header())? {
            return Err(Flaw::Header {
                name: entry.name.clone(),
            });
        }
        let changed = || Flaw::Content {
            name: entry.name.clone(),
        };
        let mut packed = self.input.by_ref().take(entry.packed);
        let mut counted = Counted {
            sink,
            crc: Crc::new(),
            size: 0,
        };
        // One byte more than promised is enough to know.
        let most = entry.size.saturating_add(1);
        match entry.method {
            Method::Stored => {
                io::copy(&mut packed.by_ref().take(most), &mut counted)?;
            }
            Method::Deflated => {
                let mut decoder = DeflateDecoder::new(packed.by_ref());
                let copied = io::copy(&mut decoder.by_ref().take(most), &mut counted);
                copied.map_err(|error| match error.kind() {
                    io::ErrorKind::InvalidInput
                    | io::ErrorKind::InvalidData
                    | io::ErrorKind::UnexpectedEof => changed(),
                    _ => Flaw::Io(error),
                })?;
                if decoder.total_in() != entry.packed {
                    return Err(changed());
                }
            }
        }
        if packed.limit() != 0 || counted.size != entry.size || counted.crc.sum() != entry.crc {
            return Err(changed());
        }
        if !next_is(&mut self.input, &entry.descriptor())? {
            return Err(Flaw::Header {
                name: entry.name.clone(),
            });
        }
        Ok(())
    }
}

fn parse_directory(directory: &[u8], count: usize) -> Result<Vec<Entry>, Flaw> {
    let mut input = In(directory);
    let mut entries = Vec::with_capacity(count);
    for line in 1..=count {
        let before = input.0;
        let entry = Entry::parse_central(&mut input).ok_or(Flaw::Directory { line })?;
        let bytes = &before[..before.len() - input.0.len()];
        if entry.central_header() != bytes {
            return Err(Flaw::Directory { line });
        }
        if !is_plain_path(&entry.name) {
            return Err(Flaw::Name { line });
        }
        entries.push(entry);
    }
    if input.0.is_empty() {
        Ok(entries)
    } else {
        Err(Flaw::Directory { line: count + 1 })
    }
}

fn check_entries(entries: &[Entry], directory_at: u64, length: u64) -> Result<(), Flaw> {
    let mut names = HashSet::new();
    let mut at = Some(0);
    let mut unpacked = 0_u64;
    for entry in entries {
        let name = || entry.name.clone();
        // Two names that differ in case only are one file on many disks.
        if !names.insert(entry.name.to_ascii_lowercase()) {
            return Err(Flaw::Twice { name: name() });
        }
        if at != Some(entry.offset) {
            return Err(Flaw::Gap { name: name() });
        }
        at = entry.end();
        unpacked = unpacked.saturating_add(entry.size);
    }
    if at != Some(directory_at) {
        return Err(Flaw::Gap {
            name: "the directory".to_owned(),
        });
    }
    if unpacked > FREE_BYTES.saturating_add(length.saturating_mul(MAX_RATIO)) {
        return Err(Flaw::Bomb);
    }
    Ok(())
}

/// Relative, without `..`, without anything that a shell, a disk or a terminal could misread.
fn is_plain_path(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    name.len() <= MAX_NAME
        && name.split('/').all(|segment| {
            !segment.is_empty() && !segment.starts_with(['.', '-']) && segment.bytes().all(plain)
        })
}

/// Reads as many bytes as `expected` has, and says whether they are the same.
fn next_is(input: &mut impl Read, expected: &[u8]) -> Result<bool, Flaw> {
    let mut found = vec![0; expected.len()];
    input.read_exact(&mut found)?;
    Ok(found == expected)
}

struct Counted<'a> {
    sink: &'a mut dyn Write,
    crc: Crc,
    size: u64,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.sink.write_all(bytes)?;
        self.crc.update(bytes);
        self.size += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::{
        super::{ArchiveWriter, layout::Method},
        *,
    };

    /// A well-formed file with these entries, as an attacker who knows the layout would make it.
    fn archive(names: &[&str]) -> Vec<u8> {
        let mut writer = ArchiveWriter::new(Vec::new());
        for name in names {
            writer.store((*name).to_owned(), b"content").unwrap();
        }
        writer.finish().unwrap().0
    }

    /// A file of one entry whose header promises `size` and `packed` bytes; it has `content`.
    fn lying(size: u64, content: &[u8]) -> Vec<u8> {
        let mut crc = Crc::new();
        crc.update(&vec![0; usize::try_from(size.min(1 << 20)).unwrap()]);
        let entry = Entry {
            name: "ref/data/zeros".to_owned(),
            method: Method::Deflated,
            crc: crc.sum(),
            packed: content.len() as u64,
            size,
            offset: 0,
        };
        let body = [&entry.local_header()[..], content, &entry.descriptor()].concat();
        let directory = entry.central_header();
        let ending = Ending {
            entries: 1,
            directory_at: body.len() as u64,
            directory_bytes: directory.len() as u64,
        };
        [body, directory, ending.to_bytes()].concat()
    }

    fn zeros(count: usize) -> Vec<u8> {
        let mut encoder =
            flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&vec![0; count]).unwrap();
        encoder.finish().unwrap()
    }

    fn open(bytes: &[u8]) -> Result<Archive<Cursor<&[u8]>>, Flaw> {
        Archive::open(Cursor::new(bytes))
    }

    #[test]
    fn what_the_writer_wrote_is_read() {
        let bytes = archive(&["ref/a", "ref/data/b"]);
        let mut archive = open(&bytes).unwrap();
        for index in 0..2 {
            let mut content = Vec::new();
            archive.read(index, &mut content).unwrap();
            assert_eq!(content, b"content");
        }
        assert!(
            open(&lying(1000, &zeros(1000)))
                .unwrap()
                .read(0, &mut io::sink())
                .is_ok()
        );
    }

    #[test]
    fn a_name_that_leaves_the_folder_is_refused_and_not_repeated() {
        for name in [
            "../../etc/passwd",
            "/etc/passwd",
            "ref/../../x",
            "ref//x",
            "ref/.",
            "ref/",
            "",
            "C:\\x",
            "ref/a\nb",
            "ref/\u{1b}[2J",
            "ref/-rf",
            "ref/.bashrc",
            &"x".repeat(400),
        ] {
            let refused = open(&archive(&[name])).err().unwrap();
            assert!(
                matches!(refused, Flaw::Name { line: 1 } | Flaw::TooMany),
                "{name:?}: {refused}"
            );
            assert!(
                name.len() < 3 || !refused.to_string().contains(name),
                "{name:?}"
            );
        }
    }

    #[test]
    fn two_files_of_one_name_are_refused() {
        for names in [["ref/a", "ref/a"], ["ref/a", "ref/A"]] {
            assert!(matches!(open(&archive(&names)), Err(Flaw::Twice { .. })));
        }
    }

    #[test]
    fn a_file_that_promises_to_unpack_to_far_too_much_is_refused_unread() {
        assert!(matches!(open(&lying(1 << 40, &zeros(10))), Err(Flaw::Bomb)));
    }

    #[test]
    fn a_file_that_unpacks_to_more_or_less_than_it_promises_is_stopped() {
        for (promised, real) in [(1_000, 50_000_000), (1_000, 1_001), (1_000, 999), (0, 1)] {
            let bytes = lying(promised, &zeros(real));
            let mut seen = Vec::new();
            let refused = open(&bytes).unwrap().read(0, &mut seen).unwrap_err();
            assert!(matches!(refused, Flaw::Content { .. }), "{refused}");
            assert!(
                seen.len() as u64 <= promised + 1,
                "no more is unpacked than needed to know"
            );
        }
    }

    #[test]
    fn bytes_behind_the_compressed_content_are_refused() {
        let padded = [zeros(1_000), b"hidden".to_vec()].concat();
        assert!(
            open(&lying(1_000, &padded))
                .unwrap()
                .read(0, &mut io::sink())
                .is_err()
        );
    }

    #[test]
    fn files_that_overlap_or_leave_a_gap_are_refused() {
        let bytes = archive(&["ref/a", "ref/b"]);
        let directory_at = bytes.len() - 22 - 2 * (46 + 5);
        let second_offset = directory_at + 51 + 42;
        for offset in [0_u32, 1, 41, 43] {
            let mut changed = bytes.clone();
            changed[second_offset..second_offset + 4].copy_from_slice(&offset.to_le_bytes());
            assert!(
                matches!(open(&changed), Err(Flaw::Gap { .. })),
                "offset {offset}"
            );
        }
        let gap = [&bytes[..directory_at], b"hidden", &bytes[directory_at..]].concat();
        assert!(open(&gap).is_err());
    }

    #[test]
    fn too_many_files_are_refused() {
        let names: Vec<String> = (0..=MAX_ENTRIES).map(|n| format!("ref/{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert!(matches!(open(&archive(&names)), Err(Flaw::TooMany)));
    }
}
