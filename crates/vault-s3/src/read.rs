//! Reading an object block by block. Between two blocks no connection is held, however slowly the
//! reader takes them, and a block that broke off is fetched again.

use std::{io, sync::Arc};

use aws_sdk_s3::{operation::get_object::GetObjectOutput, primitives::AggregatedBytes};
use habeas_vault::Trouble;
use tokio::time::sleep;

use crate::{bucket::Bucket, fault::Fault};

/// Also the most that a reader holds in memory.
const BLOCK: u64 = 8 * 1024 * 1024;

pub(crate) struct Blocks {
    bucket: Arc<Bucket>,
    key: String,
    block: Vec<u8>,
    given: usize,
    /// Bytes of the object that were fetched.
    fetched: u64,
    object: Object,
}

/// What must not change between two blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Object {
    length: u64,
    etag: Option<String>,
}

impl Blocks {
    /// Fetches the first block.
    pub fn open(bucket: Arc<Bucket>, key: String) -> Result<Self, Fault> {
        let (object, block) = bucket.background.wait(fetch(&bucket, &key, 0))?;
        Ok(Self {
            fetched: block.len() as u64,
            block,
            given: 0,
            object,
            key,
            bucket,
        })
    }

    fn next_block(&mut self) -> io::Result<()> {
        // Before the next one comes, so that there is never more than one.
        self.block = Vec::new();
        self.given = 0;
        let fetching = fetch(&self.bucket, &self.key, self.fetched);
        let (object, block) = self.bucket.background.wait(fetching)?;
        if object != self.object {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the blob changed while it was read",
            ));
        }
        self.fetched += block.len() as u64;
        self.block = block;
        Ok(())
    }
}

impl io::Read for Blocks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.block.len() {
            if self.fetched == self.object.length {
                return Ok(0);
            }
            self.next_block()?;
        }
        let left = &self.block[self.given..];
        let count = left.len().min(buffer.len());
        buffer[..count].copy_from_slice(&left[..count]);
        self.given += count;
        Ok(count)
    }
}

/// One block. The client tries a call again until it is answered; an answer that breaks off is ours.
async fn fetch(bucket: &Bucket, key: &str, from: u64) -> Result<(Object, Vec<u8>), Fault> {
    let mut pause = bucket.patience.pause;
    for _ in 1..bucket.patience.tries {
        match try_fetch(bucket, key, from).await {
            Err(Broken::Off) => sleep(pause).await,
            Err(Broken::Down(fault)) => return Err(fault),
            Ok(block) => return Ok(block),
        }
        pause *= 2;
    }
    try_fetch(bucket, key, from)
        .await
        .map_err(|broken| match broken {
            Broken::Off => Fault::new(Trouble::Transient, "the object store's answer broke off"),
            Broken::Down(fault) => fault,
        })
}

enum Broken {
    Off,
    Down(Fault),
}

async fn try_fetch(bucket: &Bucket, key: &str, from: u64) -> Result<(Object, Vec<u8>), Broken> {
    let answer = match bucket.get(key, from, BLOCK).await {
        Ok(answer) => answer,
        // An empty object has no first byte. No blob is empty, so the sealed stream refuses it.
        Err(fault) if fault.code.as_deref() == Some("InvalidRange") && from == 0 => {
            let empty = Object {
                length: 0,
                etag: None,
            };
            return Ok((empty, Vec::new()));
        }
        Err(fault) => return Err(Broken::Down(fault)),
    };
    let object = Object {
        length: length(&answer, from).ok_or(Broken::Off)?,
        etag: answer.e_tag.clone(),
    };
    let expected = object.length.saturating_sub(from).min(BLOCK);
    if answer.content_length.and_then(|it| u64::try_from(it).ok()) != Some(expected) {
        let words = "the object store does not serve parts of an object";
        return Err(Broken::Down(Fault::new(Trouble::Permanent, words)));
    }
    let block = answer
        .body
        .collect()
        .await
        .map(AggregatedBytes::to_vec)
        .map_err(|_| Broken::Off)?;
    if block.len() as u64 != expected || block.is_empty() {
        return Err(Broken::Off);
    }
    Ok((object, block))
}

/// Of the whole object, from `bytes 0-99/1234`; a server may answer a range that takes in everything
/// without one.
fn length(answer: &GetObjectOutput, from: u64) -> Option<u64> {
    match &answer.content_range {
        Some(range) => range.rsplit_once('/')?.1.parse().ok(),
        None if from == 0 => answer.content_length?.try_into().ok(),
        None => None,
    }
}
