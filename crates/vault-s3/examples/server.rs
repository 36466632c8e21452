//! The S3 server of the tests, for trying the vault by hand: a bucket `habeas` in a folder.
//!
//! ```sh
//! cargo run -p habeas-vault-s3 --example server -- target/bucket 127.0.0.1:9000
//! ```
#![allow(clippy::print_stdout, reason = "it talks to the person who runs it")]
#![allow(dead_code, reason = "the tests use more of it")]

#[path = "../tests/common/server.rs"]
mod server;

use std::{env, io::Read, path::Path};

/// Ends with its standard input.
fn main() {
    let mut args = env::args().skip(1);
    let (Some(folder), Some(listen), None) = (args.next(), args.next(), args.next()) else {
        println!("usage: server FOLDER ADDRESS");
        std::process::exit(2);
    };
    let server = server::Server::start_in(Path::new(&folder), &listen);
    println!(
        "http://{} bucket={} access_key_id={} secret_access_key={}",
        server.address,
        server::BUCKET,
        server::KEY_ID,
        server::SECRET
    );
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}
