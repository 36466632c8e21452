//! What was taken over, and what a person has to decide because the two formats differ.

use habeas_domain::data_map::{Fault, Place, Places};
use serde::Serialize;

/// The whole account of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The `fides_key`.
    pub dataset: String,
    /// The file that was read.
    pub file: String,
    pub taken: Taken,
    /// What a person should look at; until then the map does what is said here.
    pub decisions: Vec<Remark>,
    /// What is said elsewhere, or not at all, and why that loses nothing.
    pub told: Vec<Remark>,
    /// Why the map does not pass yet, with places in the map's text. Empty when it does.
    pub faults: Vec<Fault>,
}

/// How much of the dataset stands in the map.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Taken {
    pub collections: usize,
    pub columns: usize,
    /// Parts of JSON columns.
    pub fields: usize,
    pub identities: usize,
    pub edges: usize,
}

/// Something about one place of the dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// Such as `orders.customer_id`.
    pub about: String,
    /// In the file that was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    pub message: String,
}

impl Report {
    /// For a terminal. `map` is what the written map is called.
    pub fn in_words(&self, map: &str) -> String {
        let Taken {
            collections,
            columns,
            fields,
            identities,
            edges,
        } = self.taken;
        let mut text = format!(
            "from the dataset '{}': collections {collections}, columns {columns}, parts of JSON \
             columns {fields}, identities {identities}, edges {edges}\n",
            self.dataset
        );
        let mut list = |title: &str, remarks: &[Remark]| {
            if !remarks.is_empty() {
                text += &format!("\n{title}\n");
            }
            for remark in remarks {
                let place = remark
                    .place
                    .map_or(String::new(), |place| format!(":{place}"));
                let Remark { about, message, .. } = remark;
                text += &format!("  {}{place}: {about}: {message}\n", self.file);
            }
        };
        list("to decide:", &self.decisions);
        list("for information:", &self.told);
        if self.faults.is_empty() {
            text += "\nthe map is sound; compare it with the store by `habeas store check`\n";
        } else {
            text += "\nthe map does not pass yet:\n";
        }
        for fault in &self.faults {
            let place = fault
                .place
                .map_or(String::new(), |place| format!(":{place}"));
            text += &format!("  {map}{place}: {fault}\n");
        }
        text
    }
}

/// Collects remarks while a dataset is read.
#[derive(Debug)]
pub(crate) struct Notes {
    places: Places,
    pub decisions: Vec<Remark>,
    pub told: Vec<Remark>,
}

impl Notes {
    pub(crate) fn of(text: &str) -> Self {
        Self {
            places: Places::of(text),
            decisions: Vec::new(),
            told: Vec::new(),
        }
    }

    /// `path` is the place inside the file, `about` what a person calls it.
    pub(crate) fn decide(&mut self, path: &str, about: &str, message: impl Into<String>) {
        let remark = self.remark(path, about, message.into());
        self.decisions.push(remark);
    }

    pub(crate) fn tell(&mut self, path: &str, about: &str, message: impl Into<String>) {
        let remark = self.remark(path, about, message.into());
        self.told.push(remark);
    }

    fn remark(&self, path: &str, about: &str, message: String) -> Remark {
        Remark {
            about: about.to_owned(),
            place: self.places.nearest(path),
            message,
        }
    }

    /// In the order of the file.
    pub(crate) fn sorted(mut self) -> (Vec<Remark>, Vec<Remark>) {
        self.decisions.sort_by_key(|remark| remark.place);
        self.told.sort_by_key(|remark| remark.place);
        (self.decisions, self.told)
    }
}
