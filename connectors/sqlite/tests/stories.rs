//! The stories of every SQL store.

mod shop;

#[path = "../../sql/worlds/shop/stories.rs"]
mod stories;
