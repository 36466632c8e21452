//! Memory stays flat however large a blob is. A test binary of its own: the peak is that of the
//! process, the server in it included.
#![cfg(target_os = "linux")]

mod common;

use std::{
    fs,
    io::{Read, Write},
};

use common::World;

const BLOB: usize = 128 * 1024 * 1024;
/// Part, block, their way through the client, and the server's own buffers.
const ENOUGH: usize = 80 * 1024 * 1024;

#[test]
fn a_large_blob_is_never_whole_in_memory() {
    let world = World::new();
    let name = "req/1/package/1".parse().unwrap();
    let piece = vec![7; 1024 * 1024];
    let before = peak();
    let mut writer = world.vault.create(&world.key, &name, "test").unwrap();
    for _ in 0..BLOB / piece.len() {
        writer.write_all(&piece).unwrap();
    }
    assert_eq!(writer.finish().unwrap().bytes, BLOB as u64);
    let written = peak();
    let mut reader = world.vault.open(&world.key, &name, "test").unwrap();
    let mut read = 0;
    let mut buffer = vec![0; piece.len()];
    loop {
        match reader.read(&mut buffer).unwrap() {
            0 => break,
            length => read += length,
        }
    }
    assert_eq!(read, BLOB);
    let (writing, reading) = (written - before, peak() - before);
    assert!(
        writing < ENOUGH && reading < ENOUGH,
        "{writing} bytes to write, {reading} to write and read"
    );
}

/// The most memory that this process has held so far.
fn peak() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line
        .and_then(|line| line.split_whitespace().nth(1))
        .unwrap();
    kib.parse::<usize>().unwrap() * 1024
}
