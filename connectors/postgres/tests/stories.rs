//! The stories of every SQL store.

mod shop;

#[path = "../../sql/worlds/shop/stories.rs"]
mod stories;

#[path = "../../sql/worlds/shop/schema_stories.rs"]
mod schema_stories;
