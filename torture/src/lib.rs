//! Breaks everything around Habeas while people use it, and looks at what is left.
//!
//! Real processes of the `habeas` binary serve a swarm of people while a nemesis kills them, stops
//! their databases and cuts their wires. When everything has come to rest, `check` decides from what
//! the stores' own ledgers, the control database, the mailbox and the answers say. Logs are looked
//! into for one thing only: whether they hold what they must not.
//!
//! It knows Habeas from outside: command line, HTTP, letters, and rows that it only reads.

pub mod check;
pub mod dice;
pub mod rig;
pub mod run;
pub mod scenario;
pub mod table;
