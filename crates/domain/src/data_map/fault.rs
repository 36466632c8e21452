//! What is wrong with a map, where it stands and what to do about it.

use std::fmt;

use serde::Serialize;

use super::place::{Place, Places};

/// One thing that is wrong, or only worth a look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Inside the map, such as `collections.orders.belongs_to[0].collection`; empty for the whole.
    pub path: String,
    /// Where that stands in the text, when there is a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

/// Why a data map was not taken: every fault that could be found, in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", lines(file, faults))]
pub struct MapError {
    pub file: String,
    pub faults: Vec<Fault>,
}

/// `shop.yaml:41:7: collections.orders.key[0]: no column 'ID' in 'columns'`, one line for each.
fn lines(file: &str, faults: &[Fault]) -> String {
    let line = |fault: &Fault| match fault.place {
        Some(place) => format!("{file}:{place}: {fault}"),
        None => format!("{file}: {fault}"),
    };
    faults.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Faults as they are found: without a text there are only paths.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn add(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(Fault {
            path: path.into(),
            place: None,
            message: message.into(),
        });
    }

    /// Other words for a fault that was worded so, where `better` has them for its path.
    pub(super) fn reword(&mut self, message: &str, better: impl Fn(&str) -> Option<&'static str>) {
        for fault in self.0.iter_mut().filter(|fault| fault.message == message) {
            if let Some(words) = better(&fault.path) {
                words.clone_into(&mut fault.message);
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn unplaced(self) -> Vec<Fault> {
        self.0
    }

    /// In the order of the text.
    pub(super) fn placed(self, places: &Places) -> Vec<Fault> {
        let mut faults = self.0;
        for fault in &mut faults {
            fault.place = places.nearest(&fault.path);
        }
        faults.sort_by_key(|fault| fault.place);
        faults
    }
}
