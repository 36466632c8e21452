//! YAML to data map and back. Errors name the file and, where the reader knows it, the line.

use super::{DataMap, validate};

/// Why a data map was not taken. Every fault that could be found is listed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    #[error("{file}: {message}")]
    Syntax { file: String, message: String },
    #[error("{file}: {}", faults.join("; "))]
    Rules { file: String, faults: Vec<String> },
}

pub(super) fn parse(file: &str, text: &str) -> Result<DataMap, MapError> {
    let map: DataMap = serde_saphyr::from_str(text).map_err(|error| MapError::Syntax {
        file: file.to_owned(),
        message: error.to_string(),
    })?;
    let faults = validate::faults(&map);
    if faults.is_empty() {
        Ok(map)
    } else {
        Err(MapError::Rules {
            file: file.to_owned(),
            faults,
        })
    }
}

pub(super) fn print(map: &DataMap) -> Result<String, MapError> {
    serde_saphyr::to_string(map).map_err(|error| MapError::Syntax {
        file: map.store.to_string(),
        message: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP: &str = "
habeas: 1
store: shop
title: Web shop
collections:
  customer:
    title: Your account
    key: [id]
    columns:
      id: { category: user.unique_id }
      email:
        category: user.contact.email
        identity: { kind: email, match: ignore_case, names_one_person: true }
      rep_id: { category: system }
    refers_to:
      - { collection: staff, on: { rep_id: id }, when_erased: detach }
  staff:
    key: [id]
    columns:
      id: { category: system }
      email: { category: user.contact.email, identity: { kind: email } }
  orders:
    key: [id]
    columns:
      id: { category: system }
      customer_id: { category: user.unique_id }
    belongs_to:
      - { collection: customer, on: { customer_id: id } }
";

    #[test]
    fn a_map_survives_printing_and_reading() {
        let map = DataMap::parse("shop.yaml", SHOP).unwrap();
        let again = DataMap::parse("again.yaml", &map.to_yaml().unwrap()).unwrap();
        assert_eq!(again, map);
        assert_eq!(again.digest(), map.digest());
    }

    #[test]
    fn a_misspelt_key_is_named_with_its_file_and_line() {
        let text = SHOP.replace("    belongs_to:", "    belong_to:");
        let error = DataMap::parse("shop.yaml", &text).unwrap_err().to_string();
        assert!(error.contains("shop.yaml"), "{error}");
        assert!(error.contains("belong_to"), "{error}");
        assert!(error.contains("28") || error.contains("line"), "{error}");
    }

    fn fault_of(change: impl Fn(&str) -> String) -> String {
        DataMap::parse("shop.yaml", &change(SHOP))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn an_edge_to_nowhere_is_refused() {
        let fault = fault_of(|s| s.replace("collection: customer, on", "collection: client, on"));
        assert!(
            fault.contains("collections.orders.belongs_to: no collection named 'client'"),
            "{fault}"
        );
    }

    #[test]
    fn an_edge_by_an_unmapped_column_is_refused() {
        let fault = fault_of(|s| s.replace("customer_id: id", "client_id: id"));
        assert!(
            fault.contains("collections.orders.belongs_to: no column 'client_id' in 'orders'"),
            "{fault}"
        );
    }

    #[test]
    fn a_collection_that_no_person_leads_to_is_refused() {
        let fault = fault_of(|s| {
            s.replace(
                "    belongs_to:\n      - { collection: customer, on: { customer_id: id } }\n",
                "",
            )
        });
        assert!(
            fault.contains("collections.orders: no person leads to it"),
            "{fault}"
        );
    }

    #[test]
    fn rows_that_stay_must_say_what_happens_to_each_personal_column() {
        let fault = fault_of(|s| s.replace("    title: Your account", "    erase: columns"));
        assert!(
            fault.contains("collections.customer.columns.email: say what 'erase' does to it"),
            "{fault}"
        );
    }
}
