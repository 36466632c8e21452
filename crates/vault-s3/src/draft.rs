//! Writing an object: in one call when it is small, in parts when it is not. It is seen when the last
//! call was answered, and not before.

use std::{collections::HashMap, io, mem, sync::Arc, time::Duration};

use aws_sdk_s3::{
    primitives::ByteStream,
    types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart},
};
use habeas_vault::{BlobName, Draft, Trouble, VaultError};
use uuid::Uuid;

use crate::{bucket::Bucket, fault::Fault};

/// Also the most that a writer holds in memory. S3 wants at least 5 MiB in every part but the last.
pub(crate) const PART: usize = 8 * 1024 * 1024;

/// The most that S3 puts together.
const MOST_PARTS: i32 = 10_000;

/// The client's own default, which more servers know than any other.
const CHECKSUM: ChecksumAlgorithm = ChecksumAlgorithm::Crc32;

/// Metadata that tells the object of one draft from any other of the same key.
const DRAFT: &str = "habeas-draft";

/// How long a draft that is given up may hold its caller.
const TIDY: Duration = Duration::from_secs(5);

pub(crate) struct S3Draft {
    bucket: Arc<Bucket>,
    name: BlobName,
    key: String,
    id: String,
    /// The part in the making. A full one waits here, since it may be the last.
    part: Vec<u8>,
    upload: Option<Upload>,
}

struct Upload {
    id: String,
    parts: Vec<CompletedPart>,
}

impl S3Draft {
    pub fn new(bucket: Arc<Bucket>, name: &BlobName) -> Self {
        Self {
            key: bucket.key(name),
            name: name.clone(),
            id: Uuid::new_v4().to_string(),
            bucket,
            part: Vec::new(),
            upload: None,
        }
    }

    fn put_part(&mut self) -> Result<(), Fault> {
        let bucket = self.bucket.clone();
        if self.upload.is_none() {
            let id = bucket
                .background
                .wait(begin(&bucket, &self.key, &self.id))?;
            self.upload = Some(Upload { id, parts: vec![] });
        }
        let upload = self.upload.as_mut().expect("an upload was begun above");
        let part = mem::take(&mut self.part);
        let stored = bucket
            .background
            .wait(put_part(&bucket, &self.key, upload, part))?;
        upload.parts.push(stored);
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Fault> {
        let bucket = self.bucket.clone();
        if self.upload.is_none() {
            let part = mem::take(&mut self.part);
            return bucket.background.wait(put(&bucket, &self.key, part));
        }
        self.put_part()?;
        let upload = self.upload.as_ref().expect("a part was put above");
        bucket
            .background
            .wait(complete(&bucket, &self.key, &self.id, upload))?;
        self.upload = None;
        Ok(())
    }
}

impl Draft for S3Draft {
    fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            if self.part.len() == PART {
                self.put_part()?;
            }
            let (taken, left) = bytes.split_at(bytes.len().min(PART - self.part.len()));
            if self.part.is_empty() && self.upload.is_some() {
                // It will be full, most likely; growing would copy it several times.
                self.part.reserve_exact(PART);
            }
            self.part.extend_from_slice(taken);
            bytes = left;
        }
        Ok(())
    }

    fn publish(mut self: Box<Self>) -> Result<(), VaultError> {
        self.finish()
            .map_err(|fault| fault.doing("write blob", &self.name))
    }
}

impl Drop for S3Draft {
    /// What cannot be taken back now is swept later.
    fn drop(&mut self) {
        if let Some(upload) = self.upload.take() {
            let (bucket, key) = (self.bucket.clone(), mem::take(&mut self.key));
            self.bucket.background.wait_at_most(TIDY, async move {
                let _ = abort(&bucket, &key, &upload.id).await;
            });
        }
    }
}

async fn put(bucket: &Bucket, key: &str, bytes: Vec<u8>) -> Result<(), Fault> {
    bucket
        .client
        .put_object()
        .bucket(&bucket.name)
        .key(key)
        .checksum_algorithm(CHECKSUM)
        .body(ByteStream::from(bytes))
        .send()
        .await
        .map_err(Fault::of)?;
    Ok(())
}

async fn begin(bucket: &Bucket, key: &str, draft: &str) -> Result<String, Fault> {
    bucket
        .client
        .create_multipart_upload()
        .bucket(&bucket.name)
        .key(key)
        .checksum_algorithm(CHECKSUM)
        .metadata(DRAFT, draft)
        .send()
        .await
        .map_err(Fault::of)?
        .upload_id
        .ok_or_else(|| Fault::new(Trouble::Transient, "the object store names no upload"))
}

async fn put_part(
    bucket: &Bucket,
    key: &str,
    upload: &Upload,
    bytes: Vec<u8>,
) -> Result<CompletedPart, Fault> {
    let number = i32::try_from(upload.parts.len() + 1).unwrap_or(i32::MAX);
    if number > MOST_PARTS {
        let words = "the blob is larger than 10000 parts of 8 MiB";
        return Err(Fault::new(Trouble::Capacity, words));
    }
    let stored = bucket
        .client
        .upload_part()
        .bucket(&bucket.name)
        .key(key)
        .upload_id(&upload.id)
        .part_number(number)
        .checksum_algorithm(CHECKSUM)
        .body(ByteStream::from(bytes))
        .send()
        .await
        .map_err(Fault::of)?;
    Ok(CompletedPart::builder()
        .part_number(number)
        .set_e_tag(stored.e_tag)
        .set_checksum_crc32(stored.checksum_crc32)
        .build())
}

async fn complete(bucket: &Bucket, key: &str, draft: &str, upload: &Upload) -> Result<(), Fault> {
    let parts = CompletedMultipartUpload::builder()
        .set_parts(Some(upload.parts.clone()))
        .build();
    let completed = bucket
        .client
        .complete_multipart_upload()
        .bucket(&bucket.name)
        .key(key)
        .upload_id(&upload.id)
        .multipart_upload(parts)
        .send()
        .await
        .map_err(Fault::of);
    match completed {
        Ok(_) => Ok(()),
        // When the answer of a call that worked was lost, trying again finds no upload any more.
        Err(fault) => match bucket.look(key).await {
            Ok(Some(found)) if is_of(draft, found.metadata()) => Ok(()),
            Ok(_) | Err(_) => Err(fault),
        },
    }
}

fn is_of(draft: &str, metadata: Option<&HashMap<String, String>>) -> bool {
    metadata.is_some_and(|it| it.get(DRAFT).is_some_and(|id| id == draft))
}

/// Forgets an upload and its parts; nothing happens where there is none.
pub(crate) async fn abort(bucket: &Bucket, key: &str, upload: &str) -> Result<(), Fault> {
    let aborted = bucket
        .client
        .abort_multipart_upload()
        .bucket(&bucket.name)
        .key(key)
        .upload_id(upload)
        .send()
        .await
        .map_err(Fault::of);
    match aborted {
        Err(fault) if fault.code.as_deref() != Some("NoSuchUpload") => Err(fault),
        Ok(_) | Err(_) => Ok(()),
    }
}
