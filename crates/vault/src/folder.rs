//! Blobs as files below one folder, and the few durable file operations that keys need as well.
//!
//! A file appears under its name complete or not at all: it is written under a hidden name, flushed,
//! renamed, and the folder is flushed too. Hidden files that a killed process leaves are sealed like
//! all others, and go with the prefix that they are in or when they are swept.

use std::{
    fs,
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
    time::SystemTime,
};

use tempfile::NamedTempFile;

use crate::{BlobName, Draft, Names, Place, VaultError, walk::Walk};

#[derive(Debug)]
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub fn open(root: PathBuf) -> Result<Self, VaultError> {
        create_private_dir(&root)?;
        Ok(Self { root })
    }

    fn path(&self, name: &BlobName) -> PathBuf {
        name.segments()
            .fold(self.root.clone(), |path, segment| path.join(segment))
    }

    /// The blob that a file is; hidden files are none.
    fn name(&self, path: &Path) -> Option<BlobName> {
        let below = path.strip_prefix(&self.root).ok()?;
        let segments: Option<Vec<&str>> = below.iter().map(|segment| segment.to_str()).collect();
        segments?.join("/").parse().ok()
    }
}

impl Place for Folder {
    fn draft(&self, name: &BlobName) -> Result<Box<dyn Draft>, VaultError> {
        let path = self.path(name);
        let dir = parent(&path);
        create_private_dir(dir)?;
        let file = hidden_file(dir)?;
        Ok(Box::new(FileDraft { file, path }))
    }

    fn read(&self, name: &BlobName) -> Result<Box<dyn io::Read + Send>, VaultError> {
        let path = self.path(name);
        match fs::File::open(&path) {
            Ok(file) => Ok(Box::new(file)),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(VaultError::NoBlob { name: name.clone() })
            }
            Err(error) => Err(VaultError::io("read blob", path)(error)),
        }
    }

    fn exists(&self, name: &BlobName) -> Result<bool, VaultError> {
        let path = self.path(name);
        match fs::metadata(&path) {
            Ok(meta) => Ok(meta.is_file()),
            Err(error) if is_absent(&error) => Ok(false),
            Err(error) => Err(VaultError::io("look for blob", path)(error)),
        }
    }

    fn delete(&self, name: &BlobName) -> Result<(), VaultError> {
        self.remove(name, |path| fs::remove_file(path))
    }

    fn delete_prefix(&self, prefix: &BlobName) -> Result<(), VaultError> {
        self.remove(prefix, |path| {
            if fs::symlink_metadata(path)?.is_dir() {
                fs::remove_dir_all(path)
            } else {
                fs::remove_file(path)
            }
        })
    }

    fn list(&self, prefix: &BlobName) -> Result<Names<'_>, VaultError> {
        let names = Walk::below(&self.path(prefix)).filter_map(|found| match found {
            Ok(path) => self.name(&path).map(Ok),
            Err((path, error)) => Some(Err(VaultError::io("list blobs in", path)(error))),
        });
        Ok(Box::new(names))
    }

    fn sweep(&self, before: SystemTime) -> Result<Option<u64>, VaultError> {
        let mut removed = 0;
        for found in Walk::below(&self.root) {
            let path = found
                .map_err(|(path, error)| VaultError::io("look for left-overs in", path)(error))?;
            let hidden = path
                .file_name()
                .is_some_and(|name| name.as_encoded_bytes().starts_with(HIDDEN.as_bytes()));
            let is_old = || fs::metadata(&path)?.modified().map(|at| at < before);
            let swept = hidden && is_old().unwrap_or(false);
            if swept {
                match fs::remove_file(&path) {
                    Ok(()) => removed += 1,
                    Err(error) if is_absent(&error) => {}
                    Err(error) => return Err(VaultError::io("remove left-over", path)(error)),
                }
            }
        }
        Ok(Some(removed))
    }
}

impl Folder {
    fn remove(
        &self,
        name: &BlobName,
        remove: impl FnOnce(&Path) -> io::Result<()>,
    ) -> Result<(), VaultError> {
        let path = self.path(name);
        match remove(&path) {
            Ok(()) => sync_dir(parent(&path)),
            Err(error) if is_absent(&error) => Ok(()),
            Err(error) => Err(VaultError::io("delete blob", path)(error)),
        }
    }
}

/// A file under a hidden name. Dropping it removes it.
struct FileDraft {
    file: NamedTempFile,
    path: PathBuf,
}

impl Draft for FileDraft {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    fn publish(self: Box<Self>) -> Result<(), VaultError> {
        let doing = "write blob";
        self.file
            .as_file()
            .sync_all()
            .map_err(VaultError::io(doing, &self.path))?;
        self.file
            .persist(&self.path)
            .map_err(|error| VaultError::io(doing, &self.path)(error.error))?;
        sync_dir(parent(&self.path))
    }
}

/// Writes a small file durably, and fails with `AlreadyExists` rather than replace one.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), VaultError> {
    let doing = "write key file";
    let dir = parent(path);
    create_private_dir(dir)?;
    let mut file = hidden_file(dir)?;
    file.write_all(bytes)
        .and_then(|()| file.as_file().sync_all())
        .map_err(VaultError::io(doing, path))?;
    file.persist_noclobber(path)
        .map_err(|error| VaultError::io(doing, path)(error.error))?;
    sync_dir(dir)
}

/// Makes a folder, and those above it, readable by its owner only, and flushes each new name.
pub(crate) fn create_private_dir(dir: &Path) -> Result<(), VaultError> {
    if dir.is_dir() {
        return Ok(());
    }
    let above = parent(dir);
    create_private_dir(above)?;
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(dir) {
        Ok(()) => sync_dir(above),
        // Somebody else made it in the meantime.
        Err(_) if dir.is_dir() => Ok(()),
        Err(error) => Err(VaultError::io("make folder", dir)(error)),
    }
}

/// Makes what was renamed or removed in a folder survive a power cut.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), VaultError> {
    if cfg!(unix) {
        fs::File::open(dir)
            .and_then(|dir| dir.sync_all())
            .map_err(VaultError::io("flush folder", dir))?;
    }
    Ok(())
}

/// No blob name begins with a dot, so nothing can ask for it.
const HIDDEN: &str = ".part-";

fn hidden_file(dir: &Path) -> Result<NamedTempFile, VaultError> {
    // Mode 0600 by default.
    tempfile::Builder::new()
        .prefix(HIDDEN)
        .tempfile_in(dir)
        .map_err(VaultError::io("write in folder", dir))
}

/// A parent that is a file means that the name below it is absent, too.
pub(crate) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
