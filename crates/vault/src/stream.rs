//! How a blob is sealed: in chunks, so that memory stays flat, with each chunk bound to its place.
//!
//! ```text
//! blob  = magic (4) ‖ salt (32, random) ‖ chunk*
//! chunk = AES-256-GCM of up to 64 KiB ‖ tag (16)
//! key   = HKDF-SHA256(data key, salt, "habeas data key: blob")
//! nonce = 0x000000 ‖ position (u64, big endian) ‖ 0x01 for the last chunk, else 0x00
//! aad   = version, key id, purpose, blob name
//! ```
//!
//! This is the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár, CRYPTO 2015) with a key per
//! blob in place of a random nonce prefix. Every chunk but the last is full, there is always a last
//! one, and it is the only one that may be empty.

use std::{
    fmt,
    io::{self, BufRead, BufReader, Read, Write},
};

use aes_gcm::{Aes256Gcm, KeyInit, aead::AeadInOut};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{BlobName, BlobRef, DataKey, Draft, VaultError, aead};

pub(crate) const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;
const MAGIC: [u8; 4] = *b"HBV\x01";
const SALT: usize = 32;

/// Seals the chunks of one blob, or opens them.
struct Chunks {
    cipher: Aes256Gcm,
    context: Vec<u8>,
    position: u64,
}

impl Chunks {
    fn new(key: &DataKey, salt: &[u8; SALT], name: &BlobName, purpose: &str) -> Self {
        let key_bytes = key.derive(salt, b"habeas data key: blob");
        Self {
            cipher: Aes256Gcm::new((&*key_bytes).into()),
            context: aead::context(&[
                key.id().as_bytes(),
                purpose.as_bytes(),
                name.as_str().as_bytes(),
            ]),
            position: 0,
        }
    }

    fn nonce(&mut self, last: bool) -> [u8; 12] {
        let mut nonce = [0; 12];
        nonce[3..11].copy_from_slice(&self.position.to_be_bytes());
        nonce[11] = u8::from(last);
        self.position += 1;
        nonce
    }

    fn seal(&mut self, chunk: &mut Vec<u8>, last: bool) {
        let nonce = self.nonce(last);
        self.cipher
            .encrypt_in_place(&nonce.into(), &self.context, chunk)
            .expect("a chunk is shorter than the 64 GiB that AES-GCM takes");
    }

    fn open(&mut self, chunk: &mut Vec<u8>, last: bool) -> Result<(), VaultError> {
        let nonce = self.nonce(last);
        self.cipher
            .decrypt_in_place(&nonce.into(), &self.context, chunk)
            .map_err(|_| VaultError::Unopenable)
    }
}

/// Takes plaintext, stores ciphertext. Nothing is visible before [`SealedWriter::finish`].
pub struct SealedWriter {
    draft: Box<dyn Draft>,
    chunks: Chunks,
    name: BlobName,
    digest: Sha256,
    bytes: u64,
    /// Plaintext of the chunk in the making. A full one waits here, since it may be the last.
    chunk: Zeroizing<Vec<u8>>,
    /// After a failed write the blob has a hole, so it can never be finished.
    broken: bool,
}

impl SealedWriter {
    pub(crate) fn begin(
        mut draft: Box<dyn Draft>,
        key: &DataKey,
        name: &BlobName,
        purpose: &str,
    ) -> Result<Self, VaultError> {
        let salt = aead::random()?;
        draft
            .write_all(&MAGIC)
            .and_then(|()| draft.write_all(&salt))
            .map_err(VaultError::io("write blob", name.as_str()))?;
        Ok(Self {
            draft,
            chunks: Chunks::new(key, &salt, name, purpose),
            name: name.clone(),
            digest: Sha256::new(),
            bytes: 0,
            chunk: Zeroizing::new(Vec::with_capacity(CHUNK + TAG)),
            broken: false,
        })
    }

    /// Seals the rest, and makes the blob visible and durable.
    ///
    /// # Errors
    /// When it could not be stored whole; then there is no blob (or still the older one).
    pub fn finish(mut self) -> Result<BlobRef, VaultError> {
        let stored = if self.broken {
            Err(io::Error::other("an earlier write failed"))
        } else {
            self.put_chunk(true)
        };
        stored.map_err(VaultError::io("write blob", self.name.as_str()))?;
        self.draft.publish()?;
        Ok(BlobRef {
            name: self.name,
            sha256: hex(&self.digest.finalize()),
            bytes: self.bytes,
        })
    }

    fn put_chunk(&mut self, last: bool) -> io::Result<()> {
        self.broken = true;
        self.chunks.seal(&mut self.chunk, last);
        self.draft.write_all(&self.chunk)?;
        self.chunk.clear();
        self.broken = false;
        Ok(())
    }
}

impl Write for SealedWriter {
    fn write(&mut self, plain: &[u8]) -> io::Result<usize> {
        if self.broken {
            return Err(io::Error::other("an earlier write failed"));
        }
        if plain.is_empty() {
            return Ok(0);
        }
        if self.chunk.len() == CHUNK {
            self.put_chunk(false)?;
        }
        let taken = &plain[..plain.len().min(CHUNK - self.chunk.len())];
        self.chunk.extend_from_slice(taken);
        self.digest.update(taken);
        self.bytes += taken.len() as u64;
        Ok(taken.len())
    }

    /// Does nothing: a chunk is sealed when it is full, and a blob is durable when it is finished.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Gives plaintext, chunk by chunk, each only after it was found to be genuine and in its place.
pub struct SealedReader {
    sealed: BufReader<Box<dyn Read + Send>>,
    chunks: Chunks,
    chunk: Zeroizing<Vec<u8>>,
    given: usize,
    state: State,
}

#[derive(Clone, Copy)]
enum State {
    More,
    Last,
    /// Once refused, always refused: a second try must not look like an end of file.
    Refused,
}

impl SealedReader {
    pub(crate) fn begin(
        sealed: Box<dyn Read + Send>,
        key: &DataKey,
        name: &BlobName,
        purpose: &str,
    ) -> Result<Self, VaultError> {
        let mut sealed = BufReader::with_capacity(CHUNK, sealed);
        let mut head = [0; MAGIC.len() + SALT];
        sealed
            .read_exact(&mut head)
            .map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => VaultError::Unopenable,
                _ => VaultError::io("read blob", name.as_str())(error),
            })?;
        let (magic, salt) = head.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(VaultError::Unopenable);
        }
        let salt: &[u8; SALT] = salt.try_into().expect("the head ends with the salt");
        Ok(Self {
            sealed,
            chunks: Chunks::new(key, salt, name, purpose),
            chunk: Zeroizing::new(Vec::with_capacity(CHUNK + TAG)),
            given: 0,
            state: State::More,
        })
    }

    fn next_chunk(&mut self) -> io::Result<()> {
        self.state = State::Refused;
        self.chunk.clear();
        self.given = 0;
        self.sealed
            .by_ref()
            .take((CHUNK + TAG) as u64)
            .read_to_end(&mut self.chunk)?;
        let last = self.sealed.fill_buf()?.is_empty();
        self.chunks
            .open(&mut self.chunk, last)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        self.state = if last { State::Last } else { State::More };
        Ok(())
    }
}

impl Read for SealedReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.chunk.len() || matches!(self.state, State::Refused) {
            match self.state {
                State::More => self.next_chunk()?,
                State::Last => return Ok(0),
                State::Refused => {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        VaultError::Unopenable,
                    ));
                }
            }
        }
        let left = &self.chunk[self.given..];
        let count = left.len().min(buffer.len());
        buffer[..count].copy_from_slice(&left[..count]);
        self.given += count;
        Ok(count)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl fmt::Debug for SealedWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedWriter")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SealedReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedReader").finish_non_exhaustive()
    }
}
