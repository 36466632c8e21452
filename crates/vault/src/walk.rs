//! The files below a folder, found as they are asked for.

use std::{
    fs, io,
    path::{Path, PathBuf},
    vec,
};

use crate::folder::is_absent;

/// Files only, in no order. What vanishes on the way was deleted by somebody else and is left out.
pub(crate) struct Walk {
    folders: Vec<PathBuf>,
    files: vec::IntoIter<PathBuf>,
}

impl Walk {
    /// Below a folder; a file is its own and only one.
    pub fn below(start: &Path) -> Self {
        let (folders, files) = if start.is_file() {
            (vec![], vec![start.to_owned()])
        } else {
            (vec![start.to_owned()], vec![])
        };
        Self {
            folders,
            files: files.into_iter(),
        }
    }

    fn read(&mut self, folder: &Path) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                self.folders.push(entry.path());
            } else {
                files.push(entry.path());
            }
        }
        self.files = files.into_iter();
        Ok(())
    }
}

impl Iterator for Walk {
    type Item = Result<PathBuf, (PathBuf, io::Error)>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(file) = self.files.next() {
                return Some(Ok(file));
            }
            let folder = self.folders.pop()?;
            match self.read(&folder) {
                Err(error) if !is_absent(&error) => {
                    return Some(Err((folder, error)));
                }
                Ok(()) | Err(_) => {}
            }
        }
    }
}
