//! YAML to data map and back. Every fault is named with its line.

use super::{DataMap, MapError, fault::Faults, place::Places, read::read, validate};

pub(super) fn parse(file: &str, text: &str) -> Result<DataMap, MapError> {
    let mut map: DataMap = read(file, text)?;
    map.withhold_by_category();
    let mut faults = validate::faults(&map);
    if faults.is_empty() {
        return Ok(map);
    }
    let places = Places::of(text);
    // Written, and yet not there: YAML took a bare null for the absence of a value.
    faults.reword(validate::NO_TREATMENT, |path| {
        let written = places.exact(path).is_some();
        written.then_some("without quotes null says nothing at all; write \"null\"")
    });
    Err(MapError {
        file: file.to_owned(),
        faults: faults.placed(&places),
    })
}

pub(super) fn print(map: &DataMap) -> Result<String, MapError> {
    serde_saphyr::to_string(map).map_err(|error| {
        let mut faults = Faults::default();
        faults.add("", error.to_string());
        MapError {
            file: map.store.to_string(),
            faults: faults.unplaced(),
        }
    })
}
