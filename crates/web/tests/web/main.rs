//! The three faces as a browser and a program meet them: a real engine on SQLite in a temporary
//! folder, stores that do as they are told, no network.

mod api;
mod browser;
mod console;
mod html;
mod operator;
mod portal;
mod surroundings;
