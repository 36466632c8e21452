//! What the end-to-end stories share: a shop on each kind of database, whose own triggers keep a
//! ledger of every row that is deleted or changed. The ledger is the oracle: it cannot be talked
//! into anything.

mod shop;

pub use shop::{Kind, Shop};
