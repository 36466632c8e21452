//! The data map language from outside: what is refused and in which words, the schema for editors,
//! the guide.

mod faults;
mod guide;
mod repository;
mod schema;
mod treatments;
