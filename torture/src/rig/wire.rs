//! A wire that fails as it is told: a TCP relay on loopback between a process and what it talks to.
//!
//! It moves pieces of bytes as they arrive and counts them. It knows two protocols just well enough
//! to find the moment that matters in each: the commit of a transaction and the end of a letter.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU16, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// What the wire does with what it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    Pass,
    /// Open connections are cut, new ones are closed at once.
    Cut,
    /// Nothing passes and nothing is closed: the half-open connection. New ones are taken, too.
    Silence,
    /// The next such message goes through; its answer is lost together with the connection. Once.
    LoseAnswer(Moment),
    /// Connections that were opened before the one with this number are as with `Silence`; newer
    /// ones pass.
    Deaf(u64),
    /// This piece is held until the rule changes; all others pass.
    Hold(Held),
    /// A few bytes at a time.
    Drip,
}

/// Which piece is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    Number(u64),
    Next(Moment),
}

/// A message after which the world is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// A transaction is committed, as PostgreSQL's simple query protocol says it.
    Commit,
    /// The line with one dot that ends a letter (RFC 5321 section 4.1.1.4).
    EndOfLetter,
}

impl Moment {
    fn is_in(self, piece: &[u8]) -> bool {
        let ends = |end: &[u8]| {
            piece.len() >= end.len() && piece[piece.len() - end.len()..].eq_ignore_ascii_case(end)
        };
        match self {
            // `Q`, four bytes of length, the text, a zero.
            Moment::Commit => ends(b"Q\0\0\0\x0bCOMMIT\0"),
            Moment::EndOfLetter => ends(b"\r\n.\r\n"),
        }
    }
}

const DRIP_BYTES: usize = 8;
const DRIP_EVERY: Duration = Duration::from_millis(5);

/// The running relay; its connections end when it is dropped.
#[derive(Debug)]
pub struct Wire {
    port: u16,
    ends: Arc<Ends>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Ends {
    /// Where new connections lead, on 127.0.0.1.
    upstream: AtomicU16,
    rule: watch::Sender<Rule>,
    taken: AtomicU64,
    opened: AtomicU64,
    /// How many pieces were passed on, or lost on purpose.
    passed: watch::Sender<u64>,
    /// How many pieces were held.
    held: watch::Sender<u64>,
}

impl Wire {
    pub async fn to(upstream: u16) -> io::Result<Wire> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let ends = Arc::new(Ends {
            upstream: AtomicU16::new(upstream),
            rule: watch::Sender::new(Rule::Pass),
            taken: AtomicU64::new(0),
            opened: AtomicU64::new(0),
            passed: watch::Sender::new(0),
            held: watch::Sender::new(0),
        });
        let shared = Arc::clone(&ends);
        let server = tokio::spawn(async move {
            let mut open = tokio::task::JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let ends = Arc::clone(&shared);
                // A connection that breaks is what this is for.
                open.spawn(async move { relay(client, &ends).await });
                while open.try_join_next().is_some() {}
            }
        });
        Ok(Wire { port, ends, server })
    }

    /// On 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn set(&self, rule: Rule) {
        self.ends.rule.send_replace(rule);
    }

    pub fn rule(&self) -> Rule {
        *self.ends.rule.borrow()
    }

    /// New connections lead there.
    pub fn lead_to(&self, upstream: u16) {
        self.ends.upstream.store(upstream, Ordering::SeqCst);
    }

    /// Changes with every piece that was passed on or lost.
    pub fn passed(&self) -> watch::Receiver<u64> {
        self.ends.passed.subscribe()
    }

    /// Holds the piece that comes `ahead` pieces from now; 1 is the next.
    pub fn hold(&self, ahead: u64) -> Grip {
        let number = self.ends.taken.load(Ordering::SeqCst) + ahead;
        self.grip(Held::Number(number))
    }

    /// Holds the next such message.
    pub fn hold_next(&self, moment: Moment) -> Grip {
        self.grip(Held::Next(moment))
    }

    fn grip(&self, held: Held) -> Grip {
        let holds = self.ends.held.subscribe();
        self.set(Rule::Hold(held));
        Grip(holds)
    }

    /// Whoever is connected now hears nothing more and is not told; new connections are sound.
    pub fn deafen(&self) {
        self.set(Rule::Deaf(self.ends.opened.load(Ordering::SeqCst)));
    }

    /// Ends when the rule is another than this one: a fault that happens once has happened.
    pub async fn leaves(&self, rule: Rule) {
        let mut rules = self.ends.rule.subscribe();
        let _ = rules.wait_for(|now| *now != rule).await;
    }
}

/// Waits for a piece to be held.
#[derive(Debug)]
pub struct Grip(watch::Receiver<u64>);

impl Grip {
    /// Ends when the piece is held.
    pub async fn holds(mut self) {
        if self.0.changed().await.is_err() {
            // Without a wire nothing is held any more.
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn relay(mut client: TcpStream, ends: &Ends) -> io::Result<()> {
    let mut rules = ends.rule.subscribe();
    let me = ends.opened.fetch_add(1, Ordering::SeqCst);
    if *rules.borrow() == Rule::Cut {
        return Ok(());
    }
    let mut server =
        TcpStream::connect(("127.0.0.1", ends.upstream.load(Ordering::SeqCst))).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut up, mut down) = ([0; 16 * 1024], [0; 16 * 1024]);
    let mut lose_next_answer = false;
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let piece = &up[..read?];
                if piece.is_empty() {
                    return Ok(());
                }
                match ends.judge(&mut rules, me, Some(piece)).await {
                    Judged::Cut => return Ok(()),
                    Judged::Lose => lose_next_answer = true,
                    Judged::Pass => {}
                }
                ends.pass(&mut server, piece).await?;
            }
            read = server.read(&mut down) => {
                let piece = &down[..read?];
                if piece.is_empty() {
                    return Ok(());
                }
                if lose_next_answer {
                    ends.passed.send_modify(|passed| *passed += 1);
                    return Ok(());
                }
                if ends.judge(&mut rules, me, None).await == Judged::Cut {
                    return Ok(());
                }
                ends.pass(&mut client, piece).await?;
            }
            changed = rules.changed() => {
                if changed.is_err() || *rules.borrow() == Rule::Cut {
                    return Ok(());
                }
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Judged {
    Pass,
    Cut,
    /// Pass it, and lose what comes back.
    Lose,
}

impl Ends {
    /// Decides about one piece; `asked` is there for what goes to the server. Waits as long as the
    /// rule says to.
    async fn judge(
        &self,
        rules: &mut watch::Receiver<Rule>,
        me: u64,
        asked: Option<&[u8]>,
    ) -> Judged {
        let number = self.taken.fetch_add(1, Ordering::SeqCst) + 1;
        loop {
            let rule = *rules.borrow_and_update();
            match rule {
                Rule::Pass | Rule::Drip => return Judged::Pass,
                Rule::Cut => return Judged::Cut,
                Rule::LoseAnswer(moment) => {
                    let found = asked.is_some_and(|piece| moment.is_in(piece));
                    // Of two connections that say it at once, one loses its answer.
                    let mine = found
                        && self.rule.send_if_modified(|now| {
                            let mine = *now == rule;
                            *now = if mine { Rule::Pass } else { *now };
                            mine
                        });
                    return if mine { Judged::Lose } else { Judged::Pass };
                }
                Rule::Deaf(before) if me >= before => return Judged::Pass,
                Rule::Hold(held) => {
                    let this = match held {
                        Held::Number(wanted) => wanted == number,
                        Held::Next(moment) => asked.is_some_and(|piece| moment.is_in(piece)),
                    };
                    if !this {
                        return Judged::Pass;
                    }
                    self.held.send_modify(|held| *held += 1);
                }
                Rule::Silence | Rule::Deaf(_) => {}
            }
            if rules.changed().await.is_err() {
                return Judged::Cut;
            }
        }
    }

    async fn pass(&self, to: &mut TcpStream, piece: &[u8]) -> io::Result<()> {
        if *self.rule.borrow() == Rule::Drip {
            let mut drops = tokio::time::interval(DRIP_EVERY);
            for drop in piece.chunks(DRIP_BYTES) {
                drops.tick().await;
                to.write_all(drop).await?;
            }
        } else {
            to.write_all(piece).await?;
        }
        self.passed.send_modify(|passed| *passed += 1);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers each piece with the same.
    async fn echo() -> u16 {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut read, mut write) = stream.split();
                    tokio::io::copy(&mut read, &mut write).await
                });
            }
        });
        port
    }

    async fn ask(stream: &mut TcpStream, what: &[u8]) -> io::Result<Vec<u8>> {
        stream.write_all(what).await?;
        let mut answer = vec![0; what.len()];
        stream.read_exact(&mut answer).await?;
        Ok(answer)
    }

    #[tokio::test]
    async fn the_answer_to_a_commit_is_lost_once_and_the_commit_is_not() {
        let wire = Wire::to(echo().await).await.unwrap();
        let commit = b"Q\0\0\0\x0bcommit\0";
        let rule = Rule::LoseAnswer(Moment::Commit);
        wire.set(rule);
        let mut first = TcpStream::connect(("127.0.0.1", wire.port()))
            .await
            .unwrap();
        assert_eq!(ask(&mut first, b"select").await.unwrap(), b"select");
        assert!(ask(&mut first, commit).await.is_err());
        wire.leaves(rule).await;
        let mut second = TcpStream::connect(("127.0.0.1", wire.port()))
            .await
            .unwrap();
        assert_eq!(ask(&mut second, commit).await.unwrap(), commit);
    }

    #[tokio::test]
    async fn a_held_piece_waits_and_then_goes_on_its_way() {
        let wire = Wire::to(echo().await).await.unwrap();
        let grip = wire.hold(2);
        let mut stream = TcpStream::connect(("127.0.0.1", wire.port()))
            .await
            .unwrap();
        stream.write_all(b"there").await.unwrap();
        grip.holds().await;
        wire.set(Rule::Pass);
        let mut answer = [0; 5];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"there");
    }

    #[tokio::test]
    async fn a_cut_wire_ends_what_is_open_and_takes_nothing_new() {
        let wire = Wire::to(echo().await).await.unwrap();
        let mut open = TcpStream::connect(("127.0.0.1", wire.port()))
            .await
            .unwrap();
        assert!(ask(&mut open, b"a").await.is_ok());
        wire.set(Rule::Cut);
        assert!(ask(&mut open, b"b").await.is_err());
        let mut late = TcpStream::connect(("127.0.0.1", wire.port()))
            .await
            .unwrap();
        assert!(ask(&mut late, b"c").await.is_err());
    }
}
