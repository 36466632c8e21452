//! The stories of every SQL store.

mod shop;

#[path = "../../sql/worlds/shop/stories.rs"]
mod stories;

#[path = "../../sql/worlds/shop/schema_stories.rs"]
mod schema_stories;

#[path = "../../sql/worlds/clinic/stories.rs"]
mod clinic;

#[path = "../../sql/worlds/shop/batch_stories.rs"]
mod batch_stories;

#[path = "../../sql/worlds/shop/late_stories.rs"]
mod late_stories;

#[path = "../../sql/worlds/circle/stories.rs"]
mod circle;
