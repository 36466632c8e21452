//! The bucket as a place of blobs: finding, listing, deleting and sweeping objects.

use std::{
    io,
    sync::Arc,
    time::{Duration, SystemTime},
    vec,
};

use aws_sdk_s3::types::{Delete, MultipartUpload, ObjectIdentifier};
use habeas_vault::{BlobName, Draft, Names, Place, Trouble, VaultError};

use crate::{
    Settings,
    bucket::Bucket,
    draft::{S3Draft, abort},
    fault::Fault,
    read::Blocks,
};

#[derive(Debug)]
pub(crate) struct S3 {
    bucket: Arc<Bucket>,
}

impl S3 {
    pub fn open(settings: Settings) -> io::Result<Self> {
        let bucket = Bucket::open(settings)?;
        Ok(Self { bucket })
    }

    fn wait<T>(
        &self,
        doing: &'static str,
        name: &BlobName,
        call: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, VaultError> {
        self.bucket
            .background
            .wait(call)
            .map_err(|fault| fault.doing(doing, name))
    }
}

impl Place for S3 {
    fn draft(&self, name: &BlobName) -> Result<Box<dyn Draft>, VaultError> {
        Ok(Box::new(S3Draft::new(self.bucket.clone(), name)))
    }

    fn read(&self, name: &BlobName) -> Result<Box<dyn io::Read + Send>, VaultError> {
        match Blocks::open(self.bucket.clone(), self.bucket.key(name)) {
            Ok(blocks) => Ok(Box::new(blocks)),
            Err(fault) if fault.is_absent() => Err(VaultError::NoBlob { name: name.clone() }),
            Err(fault) => Err(fault.doing("read blob", name)),
        }
    }

    fn exists(&self, name: &BlobName) -> Result<bool, VaultError> {
        let key = self.bucket.key(name);
        let found = self.wait("look for blob", name, self.bucket.look(&key))?;
        Ok(found.is_some())
    }

    fn delete(&self, name: &BlobName) -> Result<(), VaultError> {
        let key = self.bucket.key(name);
        self.wait("delete blob", name, delete(&self.bucket, &key))
    }

    fn delete_prefix(&self, prefix: &BlobName) -> Result<(), VaultError> {
        let key = self.bucket.key(prefix);
        self.wait("delete blobs", prefix, async {
            delete(&self.bucket, &key).await?;
            let mut pages = Pages::below(format!("{key}/"));
            while let Some(keys) = pages.next(&self.bucket).await? {
                delete_all(&self.bucket, keys).await?;
            }
            Ok(())
        })
    }

    fn list(&self, prefix: &BlobName) -> Result<Names<'_>, VaultError> {
        let key = self.bucket.key(prefix);
        let own = self.wait("list blobs", prefix, self.bucket.look(&key))?;
        let names = Listing {
            place: self,
            prefix: prefix.clone(),
            pages: Pages::below(format!("{key}/")),
            page: Vec::new().into_iter(),
        };
        Ok(Box::new(
            own.map(|_| Ok(prefix.clone())).into_iter().chain(names),
        ))
    }

    fn sweep(&self, before: SystemTime) -> Result<Option<u64>, VaultError> {
        self.bucket
            .background
            .wait(sweep(&self.bucket, before))
            .map_err(|fault| VaultError::io("sweep bucket", &self.bucket.name)(fault.into()))
    }
}

async fn delete(bucket: &Bucket, key: &str) -> Result<(), Fault> {
    let deleted = bucket
        .client
        .delete_object()
        .bucket(&bucket.name)
        .key(key)
        .send()
        .await
        .map_err(Fault::of);
    match deleted {
        Err(fault) if !fault.is_absent() => Err(fault),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// A page of keys in one call.
async fn delete_all(bucket: &Bucket, keys: Vec<String>) -> Result<(), Fault> {
    if keys.is_empty() {
        return Ok(());
    }
    let invalid = |_| {
        Fault::new(
            Trouble::Permanent,
            "the object store lists what cannot be deleted",
        )
    };
    let objects = keys
        .into_iter()
        .map(|key| ObjectIdentifier::builder().key(key).build())
        .collect::<Result<Vec<_>, _>>()
        .map_err(invalid)?;
    let all = Delete::builder()
        .set_objects(Some(objects))
        .quiet(true)
        .build()
        .map_err(invalid)?;
    let deleted = bucket
        .client
        .delete_objects()
        .bucket(&bucket.name)
        .delete(all)
        .send()
        .await
        .map_err(Fault::of)?;
    // The call is answered with 200 even if none was deleted.
    match deleted.errors() {
        [] => Ok(()),
        [first, ..] => Err(Fault::answered(200, first.code())),
    }
}

/// The keys below a prefix, page by page.
struct Pages {
    prefix: String,
    token: Option<String>,
    ended: bool,
}

impl Pages {
    fn below(prefix: String) -> Self {
        Self {
            prefix,
            token: None,
            ended: false,
        }
    }

    async fn next(&mut self, bucket: &Bucket) -> Result<Option<Vec<String>>, Fault> {
        if self.ended {
            return Ok(None);
        }
        let page = bucket
            .client
            .list_objects_v2()
            .bucket(&bucket.name)
            .prefix(&self.prefix)
            .set_continuation_token(self.token.take())
            .send()
            .await
            .map_err(Fault::of)?;
        self.token = page.next_continuation_token;
        self.ended = self.token.is_none();
        let objects = page.contents.unwrap_or_default();
        Ok(Some(objects.into_iter().filter_map(|it| it.key).collect()))
    }
}

/// Pages as an iterator of names; an error ends it.
struct Listing<'a> {
    place: &'a S3,
    prefix: BlobName,
    pages: Pages,
    page: vec::IntoIter<String>,
}

impl Iterator for Listing<'_> {
    type Item = Result<BlobName, VaultError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let bucket = &self.place.bucket;
            if let Some(name) = self.page.find_map(|key| bucket.blob(&key)) {
                return Some(Ok(name));
            }
            let next = self.pages.next(bucket);
            match self.place.wait("list blobs", &self.prefix, next) {
                Ok(Some(page)) => self.page = page.into_iter(),
                Ok(None) => return None,
                Err(error) => {
                    self.pages.ended = true;
                    return Some(Err(error));
                }
            }
        }
    }
}

/// Aborts uploads that were begun before this instant; `None` when the server does not list them.
async fn sweep(bucket: &Bucket, before: SystemTime) -> Result<Option<u64>, Fault> {
    let before = before
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO)
        .as_secs();
    let is_old = |upload: &MultipartUpload| {
        let begun = upload.initiated().map(|at| at.secs());
        begun.is_some_and(|begun| u64::try_from(begun).unwrap_or(0) < before)
    };
    let mut removed = 0;
    let (mut key_marker, mut upload_marker) = (None, None);
    loop {
        let listed = bucket
            .client
            .list_multipart_uploads()
            .bucket(&bucket.name)
            .prefix(bucket.prefix())
            .set_key_marker(key_marker.take())
            .set_upload_id_marker(upload_marker.take())
            .send()
            .await
            .map_err(Fault::of);
        let page = match listed {
            Err(fault) if fault.is_unknown_call() => return Ok(None),
            listed => listed?,
        };
        for upload in page.uploads().iter().filter(|upload| is_old(upload)) {
            let (Some(key), Some(id)) = (upload.key(), upload.upload_id()) else {
                continue;
            };
            // In a bucket that we share, another's upload is not ours to abort.
            if bucket.blob(key).is_some() {
                abort(bucket, key, id).await?;
                removed += 1;
            }
        }
        if page.is_truncated != Some(true) || page.next_key_marker.is_none() {
            return Ok(Some(removed));
        }
        (key_marker, upload_marker) = (page.next_key_marker, page.next_upload_id_marker);
    }
}
