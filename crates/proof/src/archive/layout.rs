//! The headers of a zip file (PKWARE APPNOTE 6.3), reduced to what a package needs: deflated entries
//! of unknown length with a data descriptor behind them, stored entries of known length, 64-bit sizes
//! only where 32 bits do not suffice, no comments, no times, plain files (mode 0644).

use super::bytes::{In, Out};

const LOCAL: u32 = 0x0403_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const END64: u32 = 0x0606_4b50;
const END64_LOCATOR: u32 = 0x0706_4b50;

/// "See the 64-bit field".
const IN_64: u32 = u32::MAX;
const VERSION: u16 = 20;
const VERSION_64: u16 = 45;
/// Made on Unix, so that the mode is understood.
const MADE_BY: u16 = 3 << 8 | VERSION_64;
const SIZES_FOLLOW: u16 = 1 << 3;
/// Midnight, 1 January 1980: the first that the format can say. A package's time is in its receipt.
const TIME: u16 = 0;
const DATE: u16 = 1 << 5 | 1;
const PLAIN_FILE_0644: u32 = 0o100_644 << 16;

pub(crate) const END_BYTES: usize = 22;
pub(crate) const ENDING_64_BYTES: usize = 56 + 20 + END_BYTES;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// As it is, lengths in the header.
    Stored = 0,
    /// Compressed as a stream, lengths behind it.
    Deflated = 8,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub name: String,
    pub method: Method,
    /// CRC-32 of the content.
    pub crc: u32,
    /// Length in the file.
    pub packed: u64,
    /// Length of the content.
    pub size: u64,
    /// Where its header begins.
    pub offset: u64,
}

impl Entry {
    /// What comes before the content.
    pub fn local_header(&self) -> Vec<u8> {
        let mut out = Out::new(LOCAL);
        out.u16(VERSION);
        self.common(&mut out);
        match self.method {
            Method::Deflated => out.u32(0).u32(0).u32(0),
            Method::Stored => out.u32(self.crc).u32(low(self.packed)).u32(low(self.size)),
        };
        out.u16(self.name_length())
            .u16(0)
            .bytes(self.name.as_bytes());
        out.0
    }

    /// What comes after the content.
    pub fn descriptor(&self) -> Vec<u8> {
        match self.method {
            Method::Stored => Vec::new(),
            Method::Deflated => {
                let mut out = Out::new(DESCRIPTOR);
                out.u32(self.crc);
                if is_64(self.packed) || is_64(self.size) {
                    out.u64(self.packed).u64(self.size);
                } else {
                    out.u32(low(self.packed)).u32(low(self.size));
                }
                out.0
            }
        }
    }

    /// The line in the directory at the end.
    pub fn central_header(&self) -> Vec<u8> {
        let mut wide = Vec::new();
        for value in [self.size, self.packed, self.offset] {
            if is_64(value) {
                wide.extend(value.to_le_bytes());
            }
        }
        let extra = if wide.is_empty() {
            Vec::new()
        } else {
            let mut out = Out(Vec::new());
            // At most three fields of 8 bytes.
            out.u16(1).u16(wide.len() as u16).bytes(&wide);
            out.0
        };
        let mut out = Out::new(CENTRAL);
        out.u16(MADE_BY).u16(if extra.is_empty() {
            VERSION
        } else {
            VERSION_64
        });
        self.common(&mut out);
        out.u32(self.crc).u32(low(self.packed)).u32(low(self.size));
        out.u16(self.name_length()).u16(extra.len() as u16);
        // No comment, first disk, no internal attributes.
        out.u16(0)
            .u16(0)
            .u16(0)
            .u32(PLAIN_FILE_0644)
            .u32(low(self.offset));
        out.bytes(self.name.as_bytes()).bytes(&extra);
        out.0
    }

    /// Reads the values of one directory line; `None` for anything that cannot be one. The caller
    /// compares the bytes, so that nothing beside the values is taken on trust.
    pub fn parse_central(input: &mut In<'_>) -> Option<Entry> {
        (input.u32()? == CENTRAL).then_some(())?;
        input.skip(6)?;
        let method = match input.u16()? {
            0 => Method::Stored,
            8 => Method::Deflated,
            _ => return None,
        };
        input.skip(4)?;
        let (crc, packed, size) = (input.u32()?, input.u32()?, input.u32()?);
        let (name_length, extra_length) = (input.u16()?, input.u16()?);
        input.skip(10)?;
        let offset = input.u32()?;
        let name = String::from_utf8(input.bytes(name_length.into())?.to_vec()).ok()?;
        let mut extra = In(input.bytes(extra_length.into())?);
        if !extra.0.is_empty() {
            extra.skip(4)?;
        }
        let mut wide = |value: u32| {
            if value == IN_64 {
                extra.u64()
            } else {
                Some(value.into())
            }
        };
        let (size, packed, offset) = (wide(size)?, wide(packed)?, wide(offset)?);
        Some(Entry {
            name,
            method,
            crc,
            packed,
            size,
            offset,
        })
    }

    /// Where the next entry begins; `None` if that is beyond all numbers.
    pub fn end(&self) -> Option<u64> {
        let headers = self.local_header().len() + self.descriptor().len();
        self.offset
            .checked_add(self.packed)?
            .checked_add(headers as u64)
    }

    fn common(&self, out: &mut Out) {
        let flags = match self.method {
            Method::Stored => 0,
            Method::Deflated => SIZES_FOLLOW,
        };
        out.u16(flags).u16(self.method as u16).u16(TIME).u16(DATE);
    }

    fn name_length(&self) -> u16 {
        u16::try_from(self.name.len()).expect("names are generated and short")
    }
}

/// What ends the file: where the directory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ending {
    pub entries: u64,
    pub directory_at: u64,
    pub directory_bytes: u64,
}

impl Ending {
    pub fn to_bytes(self) -> Vec<u8> {
        let Ending {
            entries,
            directory_at,
            directory_bytes,
        } = self;
        let mut out = Out(Vec::new());
        if self.is_64() {
            out.u32(END64)
                .u64(44)
                .u16(MADE_BY)
                .u16(VERSION_64)
                .u32(0)
                .u32(0);
            out.u64(entries)
                .u64(entries)
                .u64(directory_bytes)
                .u64(directory_at);
            out.u32(END64_LOCATOR)
                .u32(0)
                .u64(directory_at + directory_bytes)
                .u32(1);
        }
        let count = u16::try_from(entries).unwrap_or(u16::MAX);
        out.u32(END).u16(0).u16(0).u16(count).u16(count);
        out.u32(low(directory_bytes)).u32(low(directory_at)).u16(0);
        out.0
    }

    /// Reads the last bytes of a file ([`ENDING_64_BYTES`] of them, or all if there are fewer); the
    /// caller compares.
    pub fn parse(tail: &[u8]) -> Option<Ending> {
        let (before, end) = tail.split_at_checked(tail.len().checked_sub(END_BYTES)?)?;
        let mut input = In(end);
        (input.u32()? == END).then_some(())?;
        input.skip(6)?;
        let (entries, bytes, at) = (input.u16()?, input.u32()?, input.u32()?);
        if at != IN_64 && bytes != IN_64 {
            return Some(Ending {
                entries: entries.into(),
                directory_at: at.into(),
                directory_bytes: bytes.into(),
            });
        }
        let mut input = In(before);
        (input.u32()? == END64).then_some(())?;
        input.skip(28)?;
        let (entries, directory_bytes, directory_at) = (input.u64()?, input.u64()?, input.u64()?);
        directory_at.checked_add(directory_bytes)?;
        Some(Ending {
            entries,
            directory_at,
            directory_bytes,
        })
    }

    fn is_64(self) -> bool {
        is_64(self.directory_at) || is_64(self.directory_bytes)
    }
}

fn is_64(value: u64) -> bool {
    value >= IN_64.into()
}

/// The value where 32 bits suffice, else the mark that it is elsewhere.
fn low(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(IN_64)
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read, Seek, SeekFrom};

    use super::*;

    fn entry(method: Method, packed: u64, size: u64, offset: u64) -> Entry {
        Entry {
            name: "ref/data/shop/orders.json".to_owned(),
            method,
            crc: 7,
            packed,
            size,
            offset,
        }
    }

    #[test]
    fn a_directory_line_reads_back_at_every_width() {
        let big = 5 << 30;
        for (packed, size, offset) in [
            (1, 2, 3),
            (1, big, 3),
            (big, big, 3),
            (1, 2, big),
            (big, big, big),
            (u32::MAX.into(), u32::MAX.into(), u32::MAX.into()),
        ] {
            let line = entry(Method::Deflated, packed, size, offset).central_header();
            let mut input = In(&line);
            let read = Entry::parse_central(&mut input).unwrap();
            assert_eq!(read, entry(Method::Deflated, packed, size, offset));
            assert!(input.0.is_empty());
        }
    }

    #[test]
    fn an_ending_reads_back_at_every_width() {
        for directory_at in [0, 1 << 20, u32::MAX.into(), 5 << 30] {
            let ending = Ending {
                entries: 9,
                directory_at,
                directory_bytes: 700,
            };
            assert_eq!(Ending::parse(&ending.to_bytes()), Some(ending));
        }
    }

    /// A file of zeros with some pieces in it: 5 GiB without the disk.
    struct Sparse {
        pieces: Vec<(u64, Vec<u8>)>,
        length: u64,
        at: u64,
    }

    impl Read for Sparse {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = buffer
                .len()
                .min((self.length - self.at.min(self.length)) as usize);
            for (i, byte) in buffer[..count].iter_mut().enumerate() {
                let at = self.at + i as u64;
                let piece = self
                    .pieces
                    .iter()
                    .find(|(start, bytes)| (*start..start + bytes.len() as u64).contains(&at));
                *byte = piece.map_or(0, |(start, bytes)| bytes[(at - start) as usize]);
            }
            self.at += count as u64;
            Ok(count)
        }
    }

    impl Seek for Sparse {
        fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
            self.at = match to {
                SeekFrom::Start(at) => at,
                SeekFrom::End(by) => self.length.saturating_add_signed(by),
                SeekFrom::Current(by) => self.at.saturating_add_signed(by),
            };
            Ok(self.at)
        }
    }

    #[test]
    fn another_zip_reader_finds_a_file_behind_four_gibibytes() {
        let huge = entry(Method::Deflated, 5 << 30, 6 << 30, 0);
        let mut behind = entry(Method::Stored, 5, 5, huge.end().unwrap());
        behind.name = "ref/receipt.json".to_owned();
        behind.crc = {
            let mut crc = flate2::Crc::new();
            crc.update(b"hello");
            crc.sum()
        };
        let directory_at = behind.end().unwrap();
        let directory = [huge.central_header(), behind.central_header()].concat();
        let ending = Ending {
            entries: 2,
            directory_at,
            directory_bytes: directory.len() as u64,
        }
        .to_bytes();
        let tail = [behind.local_header(), b"hello".to_vec(), directory, ending].concat();
        let length = behind.offset + tail.len() as u64;
        let pieces = vec![(0, huge.local_header()), (behind.offset, tail)];
        let mut other = zip::ZipArchive::new(Sparse {
            pieces,
            length,
            at: 0,
        })
        .unwrap();
        let found = other.by_index_raw(0).unwrap();
        assert_eq!((found.compressed_size(), found.size()), (5 << 30, 6 << 30));
        drop(found);
        let mut text = String::new();
        other
            .by_name("ref/receipt.json")
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, "hello");
    }

    #[test]
    fn garbage_is_no_header() {
        assert!(Entry::parse_central(&mut In(b"PK\x01\x02")).is_none());
        assert!(Ending::parse(b"").is_none());
        assert!(Ending::parse(&[0xff; ENDING_64_BYTES]).is_none());
        assert!(zip::ZipArchive::new(Cursor::new([0; 4])).is_err());
    }
}
