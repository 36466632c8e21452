//! `docs/data-map.md`: what it shows is true.

use habeas_domain::data_map::{Coarser, ColumnTreatment, DataMap};

use super::schema::complaint;

const GUIDE: &str = include_str!("../../../../docs/data-map.md");

/// Each block with what follows its fence: (`yaml`, text).
fn blocks() -> Vec<(&'static str, &'static str)> {
    let mut parts = GUIDE.split("```").skip(1);
    let mut blocks = Vec::new();
    while let Some(block) = parts.next() {
        blocks.push(block.split_once('\n').unwrap());
        parts.next();
    }
    blocks
}

/// A fragment stands beside the customer of the first example.
fn whole(block: &str, first: &str) -> String {
    if block.starts_with("habeas:") {
        return block.to_owned();
    }
    let indented: String = block.lines().map(|line| format!("  {line}\n")).collect();
    let mut text = first[..first.find("  orders:").unwrap()].to_owned();
    if block.starts_with("customer:") {
        text.truncate(text.find("  customer:").unwrap());
    }
    text + &indented
}

#[test]
fn every_map_in_the_guide_is_sound_and_satisfies_the_schema() {
    let blocks = blocks();
    let maps: Vec<&str> = blocks
        .iter()
        .filter(|(language, _)| *language == "yaml")
        .map(|(_, text)| *text)
        .collect();
    assert!(maps.len() >= 12, "{}", maps.len());
    for map in &maps {
        let text = whole(map, maps[0]);
        DataMap::parse("guide.yaml", &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(complaint(&text), None, "{text}");
    }
}

#[test]
fn the_faults_that_the_guide_shows_are_the_faults_that_are_told() {
    let blocks = blocks();
    let wrong = blocks.iter().position(|(kind, _)| *kind == "yaml wrong");
    let wrong = wrong.unwrap();
    let error = DataMap::parse("shop.yaml", blocks[wrong].1).unwrap_err();
    assert_eq!(error.to_string(), blocks[wrong + 1].1.trim_end());
}

#[test]
fn every_treatment_stands_in_the_guide_as_a_receipt_calls_it() {
    for treatment in [
        ColumnTreatment::Null,
        ColumnTreatment::Fixed(String::new()),
        ColumnTreatment::Random,
        ColumnTreatment::Pseudonymise,
        ColumnTreatment::Generalise(Coarser::Year),
        ColumnTreatment::Detach,
        ColumnTreatment::Keep,
    ] {
        let words = format!("| {} |\n", treatment.in_words());
        assert!(GUIDE.contains(&words), "{words}");
    }
}
