//! The text files of the project, read once.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Built, fetched or git's own: not sources.
const LEFT_OUT: [&str; 4] = ["target", ".git", ".cache", "node_modules"];

pub struct Tree {
    pub root: PathBuf,
    pub files: Vec<File>,
}

pub struct File {
    /// Below the root, with forward slashes.
    pub path: String,
    pub text: String,
}

impl Tree {
    pub fn read(root: &Path) -> std::io::Result<Tree> {
        let mut tree = Tree {
            root: root.to_owned(),
            files: Vec::new(),
        };
        tree.read_folder(root)?;
        tree.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(tree)
    }

    pub fn with_ending<'a>(&'a self, ending: &'a str) -> impl Iterator<Item = &'a File> {
        self.files
            .iter()
            .filter(move |file| file.path.ends_with(ending))
    }

    fn read_folder(&mut self, folder: &Path) -> std::io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            if kind.is_dir() && !LEFT_OUT.iter().any(|name| entry.file_name() == *name) {
                self.read_folder(&path)?;
            } else if kind.is_file()
                && let Ok(text) = fs::read_to_string(&path)
            {
                let below = path.strip_prefix(&self.root).unwrap_or(&path);
                self.files.push(File {
                    path: below.display().to_string(),
                    text,
                });
            }
        }
        Ok(())
    }
}
