//! The folder of `.eml` files: for trying things out, and for installations whose own tool sends.

use std::{io::Write, path::Path};

use uuid::Uuid;

/// Writes `<id>.eml` whole or not at all; a repeat replaces the file. Readable by the owner only.
pub(crate) fn write(folder: &Path, id: Uuid, message: &[u8]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new()
        .prefix(".letter-")
        .tempfile_in(folder)?;
    file.write_all(message)?;
    file.as_file().sync_all()?;
    file.persist(folder.join(format!("{id}.eml")))?;
    // The rename is only durable once the folder is: an acknowledged letter must outlive a crash.
    std::fs::File::open(folder)?.sync_all()
}
