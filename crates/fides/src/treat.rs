//! Masking strategies to treatments.

use habeas_domain::data_map::ColumnTreatment;

use crate::format::{Field, Masking};

/// A treatment with what a person must know about it.
pub(crate) struct Treated {
    pub treatment: Option<ColumnTreatment>,
    pub decision: Option<String>,
}

/// A personal value of a row that stays. `None` as treatment leaves the map unsound, on purpose:
/// nobody but a person can name a ground.
pub(crate) fn value(field: &Field, is_key: bool, is_pointer: bool) -> Treated {
    let meta = field.meta();
    let open = |why: &str| Treated {
        treatment: None,
        decision: Some(format!(
            "{why}; say 'erase: keep' with the ground on which it stays, or let the row go"
        )),
    };
    if is_key {
        return open("a key cannot be masked");
    }
    if meta.and_then(|meta| meta.read_only) == Some(true) {
        return open("it is read-only");
    }
    match meta.and_then(|meta| meta.masking_strategy_override.as_ref()) {
        Some(masking) if masking.strategy == "preserve" => open("its masking preserves it"),
        Some(masking) => strategy(masking),
        None => Treated {
            treatment: Some(if is_pointer {
                ColumnTreatment::Detach
            } else {
                ColumnTreatment::Null
            }),
            decision: None,
        },
    }
}

/// The strategies that Fides 2 knows by name.
fn strategy(masking: &Masking) -> Treated {
    let plain = |treatment| Treated {
        treatment: Some(treatment),
        decision: None,
    };
    let but = |treatment, decision: &str| Treated {
        treatment: Some(treatment),
        decision: Some(decision.to_owned()),
    };
    let rewrite = masking.configuration.as_ref();
    let rewrite = rewrite.and_then(|it| it.rewrite_value.clone());
    match (masking.strategy.as_str(), rewrite) {
        ("null_rewrite", _) => plain(ColumnTreatment::Null),
        ("string_rewrite", Some(text)) => plain(ColumnTreatment::Fixed(text)),
        ("string_rewrite", None) => but(
            ColumnTreatment::Null,
            "'string_rewrite' names no value; taken as 'null'",
        ),
        ("random_string_rewrite", _) => but(
            ColumnTreatment::Random,
            "'random_string_rewrite' wrote any text; here letters and digits are replaced and the \
             shape stays",
        ),
        ("hash" | "hmac", _) => but(
            ColumnTreatment::Pseudonymise,
            "a hash is called pseudonymised and does not close an erasure under EU law; is 'null' \
             possible?",
        ),
        ("aes_encrypt", _) => but(
            ColumnTreatment::Pseudonymise,
            "encryption can be undone and does not erase; taken as 'pseudonymise'; is 'null' \
             possible?",
        ),
        ("ip_mask", _) => but(
            ColumnTreatment::Null,
            "a shortened address has no counterpart here; taken as 'null'",
        ),
        (other, _) => Treated {
            treatment: Some(ColumnTreatment::Null),
            decision: Some(format!(
                "the masking strategy '{other}' is not known; taken as 'null'"
            )),
        },
    }
}
