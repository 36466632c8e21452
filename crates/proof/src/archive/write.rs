//! Writes a zip file to anything that takes bytes, and never looks back.

use std::io::{self, Write};

use flate2::{Compression, Crc, write::DeflateEncoder};

use super::layout::{Ending, Entry, Method};
use crate::digest::Hashing;

pub(crate) struct ArchiveWriter<W> {
    out: Hashing<W>,
    entries: Vec<Entry>,
}

impl<W: Write> ArchiveWriter<W> {
    pub fn new(out: W) -> Self {
        Self {
            out: Hashing::new(out),
            entries: Vec::new(),
        }
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Bytes and SHA-256 of the file until now.
    pub fn so_far(&self) -> (u64, String) {
        self.out.so_far()
    }

    /// A small file that is known whole.
    pub fn store(&mut self, name: String, content: &[u8]) -> io::Result<()> {
        let mut crc = Crc::new();
        crc.update(content);
        let size = content.len() as u64;
        let offset = self.out.count();
        let entry = Entry {
            name,
            method: Method::Stored,
            crc: crc.sum(),
            packed: size,
            size,
            offset,
        };
        self.out.write_all(&entry.local_header())?;
        self.out.write_all(content)?;
        self.entries.push(entry);
        Ok(())
    }

    /// A file of any length, written by `fill`. Gives back what `fill` gave.
    pub fn deflate<T, E: From<io::Error>>(
        &mut self,
        name: String,
        fill: impl FnOnce(&mut dyn Write) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut entry = Entry {
            name,
            method: Method::Deflated,
            crc: 0,
            packed: 0,
            size: 0,
            offset: self.out.count(),
        };
        self.out.write_all(&entry.local_header())?;
        let start = self.out.count();
        let filled = {
            let mut content = Content {
                encoder: DeflateEncoder::new(&mut self.out, Compression::default()),
                crc: Crc::new(),
                size: 0,
            };
            let filled = fill(&mut content)?;
            (entry.crc, entry.size) = (content.crc.sum(), content.size);
            content.encoder.finish()?;
            filled
        };
        entry.packed = self.out.count() - start;
        self.out.write_all(&entry.descriptor())?;
        self.entries.push(entry);
        Ok(filled)
    }

    /// Writes the directory; the file is whole then.
    pub fn finish(mut self) -> io::Result<(W, u64)> {
        let directory_at = self.out.count();
        for entry in &self.entries {
            self.out.write_all(&entry.central_header())?;
        }
        let directory_bytes = self.out.count() - directory_at;
        let entries = self.entries.len() as u64;
        self.out.write_all(
            &Ending {
                entries,
                directory_at,
                directory_bytes,
            }
            .to_bytes(),
        )?;
        self.out.flush()?;
        let bytes = self.out.count();
        Ok((self.out.into_inner(), bytes))
    }
}

struct Content<W: Write> {
    encoder: DeflateEncoder<W>,
    crc: Crc,
    size: u64,
}

impl<W: Write> Write for Content<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.encoder.write(bytes)?;
        self.crc.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    /// Does nothing: flushing in the middle would only make the file larger.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
