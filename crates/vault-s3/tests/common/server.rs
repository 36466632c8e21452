//! `s3s-fs`: a real S3 server that checks signatures and keeps objects as files. What it lacks, the
//! list of unfinished uploads and the checksums of parts, is added here; what goes wrong in real ones
//! can be switched on.

use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::SystemTime,
};

use futures::StreamExt as _;
use hyper_util::rt::TokioIo;
use s3s::{
    Body, S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result, auth::SimpleAuth,
    checksum::ChecksumHasher, dto::*, service::S3ServiceBuilder,
};
use s3s_fs::FileSystem;
use tokio::{net::TcpListener, runtime::Runtime};

pub const BUCKET: &str = "habeas";
pub const KEY_ID: &str = "AKHABEASTEST";
pub const SECRET: &str = "a-secret-that-no-error-may-show";

pub struct Server {
    pub address: SocketAddr,
    pub moods: Arc<Moods>,
    root: PathBuf,
    temporary: Option<tempfile::TempDir>,
    runtime: Option<Runtime>,
}

/// What the server does wrong for now.
#[derive(Debug, Default)]
pub struct Moods {
    /// Completes uploads and answers that it failed.
    pub loses_completed: AtomicBool,
    /// Does not know how to list uploads.
    pub lists_no_uploads: AtomicBool,
    /// Calls from now on that are answered with `SlowDown`.
    pub busy: AtomicU32,
    /// Answers every part with this code.
    pub refuses_parts: Mutex<Option<&'static str>>,
}

impl Server {
    /// In a folder that goes with the value.
    pub fn start() -> Self {
        let root = tempfile::tempdir().unwrap();
        let mut server = Self::start_in(root.path(), "127.0.0.1:0");
        server.temporary = Some(root);
        server
    }

    /// In a folder that stays.
    pub fn start_in(root: &Path, listen: &str) -> Self {
        fs::create_dir_all(root.join(BUCKET)).unwrap();
        let moods = Arc::new(Moods::default());
        let mut service = S3ServiceBuilder::new(Store {
            files: FileSystem::new(root).unwrap(),
            root: root.to_owned(),
            uploads: Mutex::default(),
            moods: moods.clone(),
        });
        service.set_auth(SimpleAuth::from_single(KEY_ID, SECRET));
        let service = service.build();
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind(listen)).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let served = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(socket), service.clone());
                tokio::spawn(async move {
                    let _ = served.await;
                });
            }
        });
        Self {
            address,
            moods,
            root: root.to_owned(),
            temporary: None,
            runtime: Some(runtime),
        }
    }

    /// Where the bytes of an object are.
    pub fn file(&self, key: &str) -> PathBuf {
        self.root.join(BUCKET).join(key)
    }

    /// Objects, uploads and parts of uploads.
    pub fn things(&self) -> usize {
        files(&self.root.join(BUCKET)) + self.unfinished()
    }

    /// Uploads and parts of uploads.
    pub fn unfinished(&self) -> usize {
        fs::read_dir(&self.root)
            .unwrap()
            .filter(|entry| {
                let name = entry.as_ref().unwrap().file_name();
                name.to_str().unwrap().starts_with(".upload")
            })
            .count()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
        drop(self.temporary.take());
    }
}

fn files(folder: &Path) -> usize {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| match entry.file_type().unwrap().is_dir() {
            true => files(&entry.path()),
            false => 1,
        })
        .sum()
}

struct Store {
    files: FileSystem,
    root: PathBuf,
    /// Key and instant of the uploads that were begun, by their id.
    uploads: Mutex<BTreeMap<String, (String, SystemTime)>>,
    moods: Arc<Moods>,
}

impl Store {
    fn forget(&self, upload: &str) {
        self.uploads.lock().unwrap().remove(upload);
    }

    /// Folders of the server's files are no objects; it fails where it takes one for an object.
    fn is_folder(&self, bucket: &str, key: &str) -> bool {
        self.root.join(bucket).join(key).is_dir()
    }

    fn may_be_busy(&self) -> S3Result<()> {
        let left = |busy: u32| busy.checked_sub(1);
        let busy = &self.moods.busy;
        match busy.fetch_update(Ordering::SeqCst, Ordering::SeqCst, left) {
            Ok(_) => Err(S3Error::new(S3ErrorCode::SlowDown)),
            Err(_) => Ok(()),
        }
    }
}

/// A part whose checksum is there and right, as S3 itself asks for it.
async fn checked(
    mut req: S3Request<UploadPartInput>,
) -> S3Result<(S3Request<UploadPartInput>, String)> {
    let mut body = req.input.body.take().unwrap();
    let (mut bytes, mut hasher) = (Vec::with_capacity(9 << 20), ChecksumHasher::default());
    hasher.crc32 = Some(Default::default());
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|_| S3Error::new(S3ErrorCode::IncompleteBody))?;
        hasher.update(&piece);
        bytes.extend_from_slice(&piece);
    }
    let trailer = req.trailing_headers.as_ref().and_then(|it| it.take());
    let trailer = trailer.and_then(|it| {
        let sum = it.get("x-amz-checksum-crc32")?;
        Some(sum.to_str().unwrap().to_owned())
    });
    let sent = req.input.checksum_crc32.clone().or(trailer);
    let found = hasher.finalize().checksum_crc32;
    if sent != found {
        return Err(S3Error::new(S3ErrorCode::BadDigest));
    }
    req.input.body = Some(StreamingBlob::from(Body::from(bytes)));
    Ok((req, found.unwrap()))
}

type Answer<T> = S3Result<S3Response<T>>;

#[async_trait::async_trait]
impl S3 for Store {
    async fn put_object(&self, req: S3Request<PutObjectInput>) -> Answer<PutObjectOutput> {
        self.may_be_busy()?;
        self.files.put_object(req).await
    }

    async fn get_object(&self, req: S3Request<GetObjectInput>) -> Answer<GetObjectOutput> {
        self.may_be_busy()?;
        // The files' folders are no objects; without this the server fails where it opens one.
        if self
            .root
            .join(&req.input.bucket)
            .join(&req.input.key)
            .is_dir()
        {
            return Err(S3Error::new(S3ErrorCode::NoSuchKey));
        }
        self.files.get_object(req).await
    }

    async fn delete_object(&self, req: S3Request<DeleteObjectInput>) -> Answer<DeleteObjectOutput> {
        if self.is_folder(&req.input.bucket, &req.input.key) {
            return Ok(S3Response::new(DeleteObjectOutput::default()));
        }
        self.files.delete_object(req).await
    }

    async fn delete_objects(
        &self,
        req: S3Request<DeleteObjectsInput>,
    ) -> Answer<DeleteObjectsOutput> {
        self.files.delete_objects(req).await
    }

    async fn list_objects_v2(
        &self,
        req: S3Request<ListObjectsV2Input>,
    ) -> Answer<ListObjectsV2Output> {
        self.files.list_objects_v2(req).await
    }

    async fn create_multipart_upload(
        &self,
        req: S3Request<CreateMultipartUploadInput>,
    ) -> Answer<CreateMultipartUploadOutput> {
        let key = req.input.key.clone();
        let answer = self.files.create_multipart_upload(req).await?;
        let id = answer.output.upload_id.clone().unwrap();
        let mut uploads = self.uploads.lock().unwrap();
        uploads.insert(id, (key, SystemTime::now()));
        drop(uploads);
        Ok(answer)
    }

    async fn upload_part(&self, req: S3Request<UploadPartInput>) -> Answer<UploadPartOutput> {
        self.may_be_busy()?;
        // The part is taken first: who answers and hangs up in the middle of it may not be heard.
        let (req, checksum) = checked(req).await?;
        if let Some(code) = *self.moods.refuses_parts.lock().unwrap() {
            return Err(S3Error::new(S3ErrorCode::Custom(code.into())));
        }
        let mut stored = self.files.upload_part(req).await?;
        stored.output.checksum_crc32 = Some(checksum);
        Ok(stored)
    }

    async fn complete_multipart_upload(
        &self,
        req: S3Request<CompleteMultipartUploadInput>,
    ) -> Answer<CompleteMultipartUploadOutput> {
        let id = req.input.upload_id.clone();
        if !self.uploads.lock().unwrap().contains_key(&id) {
            return Err(S3Error::new(S3ErrorCode::NoSuchUpload));
        }
        let answer = self.files.complete_multipart_upload(req).await?;
        self.forget(&id);
        if self.moods.loses_completed.load(Ordering::SeqCst) {
            return Err(S3Error::new(S3ErrorCode::InternalError));
        }
        Ok(answer)
    }

    async fn abort_multipart_upload(
        &self,
        req: S3Request<AbortMultipartUploadInput>,
    ) -> Answer<AbortMultipartUploadOutput> {
        self.forget(&req.input.upload_id);
        self.files.abort_multipart_upload(req).await
    }

    async fn list_multipart_uploads(
        &self,
        req: S3Request<ListMultipartUploadsInput>,
    ) -> Answer<ListMultipartUploadsOutput> {
        if self.moods.lists_no_uploads.load(Ordering::SeqCst) {
            return Err(S3Error::new(S3ErrorCode::NotImplemented));
        }
        let prefix = req.input.prefix.unwrap_or_default();
        let uploads = self.uploads.lock().unwrap();
        let uploads = uploads
            .iter()
            .filter(|(_, (key, _))| key.starts_with(&prefix))
            .map(|(id, (key, begun))| MultipartUpload {
                upload_id: Some(id.clone()),
                key: Some(key.clone()),
                initiated: Some((*begun).into()),
                ..MultipartUpload::default()
            })
            .collect();
        Ok(S3Response::new(ListMultipartUploadsOutput {
            uploads: Some(uploads),
            is_truncated: Some(false),
            ..ListMultipartUploadsOutput::default()
        }))
    }
}
