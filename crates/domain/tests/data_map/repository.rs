//! Every data map of this repository is sound, survives printing, and satisfies the schema.

use std::{fs, path::Path};

use habeas_domain::data_map::DataMap;

use super::schema::complaint;

fn maps(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !matches!(name.as_str(), "target" | ".git") {
                maps(&path, found);
            }
        } else if name.ends_with(".yaml") {
            let text = fs::read_to_string(&path).unwrap();
            if text.lines().any(|line| line.starts_with("habeas: ")) {
                found.push((path.display().to_string(), text));
            }
        }
    }
}

#[test]
fn every_map_in_the_repository_is_sound_and_satisfies_the_schema() {
    let mut found = Vec::new();
    maps(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."),
        &mut found,
    );
    assert!(found.len() >= 6, "{}", found.len());
    for (file, text) in &found {
        let map = DataMap::parse(file, text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(complaint(text), None, "{file}");
        let printed = map.to_yaml().unwrap();
        assert_eq!(complaint(&printed), None, "{file}, printed");
        let again = DataMap::parse(file, &printed).unwrap();
        assert_eq!(again.digest(), map.digest(), "{file}");
    }
}
