//! Where the company lives. A temporary folder goes at the end, all but the answers: what was
//! printed as a path is still there.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};

pub struct Folder {
    root: PathBuf,
    temporary: bool,
}

const ANSWERS: &str = "answers";

impl Folder {
    /// The named folder, or a temporary one.
    pub fn open(named: Option<PathBuf>) -> anyhow::Result<Self> {
        let temporary = named.is_none();
        let root = match named {
            Some(root) => {
                fs::create_dir_all(&root)
                    .with_context(|| format!("cannot make {}", root.display()))?;
                if fs::read_dir(&root)?.next().is_some() {
                    bail!("{} is not empty; name a new folder", root.display());
                }
                fs::canonicalize(root)?
            }
            None => tempfile::Builder::new()
                .prefix("habeas-demo-")
                .tempdir()
                .context("cannot make a temporary folder")?
                .keep(),
        };
        fs::create_dir(root.join(ANSWERS))?;
        Ok(Self { root, temporary })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn answers(&self) -> PathBuf {
        self.root.join(ANSWERS)
    }

    /// Takes everything temporary away; without answers the folder goes too.
    pub fn leave(&self) -> io::Result<()> {
        if !self.temporary {
            return Ok(());
        }
        for entry in fs::read_dir(&self.root)? {
            let path = entry?.path();
            if path.is_dir() && path != self.answers() {
                fs::remove_dir_all(path)?;
            } else if path.is_file() {
                fs::remove_file(path)?;
            }
        }
        // Refused as long as there are answers in it, and that is as it should be.
        let _ = fs::remove_dir(self.answers()).and_then(|()| fs::remove_dir(&self.root));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_temporary_goes_and_the_answers_stay() {
        let folder = Folder::open(None).unwrap();
        fs::write(folder.root().join("shop.db"), "x").unwrap();
        fs::create_dir(folder.root().join("letters")).unwrap();
        let answer = folder.answers().join("HB-1.zip");
        fs::write(&answer, "x").unwrap();
        folder.leave().unwrap();
        assert!(answer.exists());
        assert_eq!(fs::read_dir(folder.root()).unwrap().count(), 1);
        fs::remove_file(answer).unwrap();
        folder.leave().unwrap();
        assert!(!folder.root().exists());
    }

    #[test]
    fn a_folder_with_something_in_it_is_left_alone() {
        let named = tempfile::tempdir().unwrap();
        fs::write(named.path().join("thesis.tex"), "x").unwrap();
        assert!(Folder::open(Some(named.path().to_owned())).is_err());
        assert_eq!(fs::read_dir(named.path()).unwrap().count(), 1);
    }
}
