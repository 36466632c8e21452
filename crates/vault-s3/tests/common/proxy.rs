//! A bad wire: passes bytes between a client and the server, until it breaks or garbles one.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

pub struct Proxy {
    pub address: SocketAddr,
    /// Connections that will still be harmed.
    pub left: Arc<AtomicUsize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    Cut,
    /// One byte is another one.
    Garble,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    ToServer,
    ToClient,
}

impl Proxy {
    /// Harms so many connections, each after it carried so many bytes one way. The threads end with
    /// the process.
    pub fn start(server: SocketAddr, harm: Harm, way: Way, after: usize, times: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let left = Arc::new(AtomicUsize::new(times));
        let harms = left.clone();
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(server).unwrap());
                for (from, to, this) in [
                    (&client, &server, Way::ToServer),
                    (&server, &client, Way::ToClient),
                ] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let harms = harms.clone();
                    let after = if this == way { after } else { usize::MAX };
                    thread::spawn(move || pass(from, to, harm, after, &harms));
                }
            }
        });
        Self { address, left }
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, harm: Harm, after: usize, left: &AtomicUsize) {
    let (mut carried, mut harmed) = (0, false);
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        carried += length;
        let fewer = |left: usize| left.checked_sub(1);
        if carried > after
            && !harmed
            && left
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer)
                .is_ok()
        {
            harmed = true;
            match harm {
                Harm::Cut => break,
                Harm::Garble => buffer[length / 2] ^= 0x01,
            }
        }
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
