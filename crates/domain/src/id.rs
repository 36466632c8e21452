//! One id type per kind of thing, so that a plan cannot be passed where a request is meant.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text that is not an id of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {kind} id")]
pub struct BadId {
    pub kind: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $kind:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A fresh id (UUIDv7: sorts by the time it was made).
            pub fn fresh() -> Self {
                Self(Uuid::now_v7())
            }

            pub fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                Uuid::parse_str(text).map(Self).map_err(|_| BadId { kind: $kind })
            }
        }
    )*};
}

ids! {
    /// A privacy request.
    RequestId = "request";
    /// One durable piece of work, a row of the queue.
    StepId = "step";
    /// An immutable plan.
    PlanId = "plan";
    /// A privacy officer.
    OfficerId = "officer";
    /// One run of one worker process.
    WorkerId = "worker";
}

/// The name of a registered store, such as `shop`: 1 to 40 of `a-z`, `0-9`, `-` and `_`, beginning
/// with a letter. Names beginning with `habeas-` are the engine's own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct StoreId(String);

impl StoreId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for StoreId {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.len() <= 40
            && text.chars().all(legal)
        {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadId { kind: "store" })
        }
    }
}

impl<'de> Deserialize<'de> for StoreId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| {
            serde::de::Error::custom(format!(
                "'{text}' is not a store name: use 1 to 40 of a-z, 0-9, - and _, beginning with a letter"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_name_is_short_and_plain() {
        for good in ["shop", "crm-2", "a_b"] {
            assert!(good.parse::<StoreId>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "Shop",
            "2shop",
            "shop floor",
            "../shop",
            &"a".repeat(41),
        ] {
            assert!(bad.parse::<StoreId>().is_err(), "{bad}");
        }
    }
}
