//! What is printed: a result on stdout, as text or as one JSON value, and progress on stderr for
//! whoever sits at a terminal.

use std::io::{IsTerminal, Write};

use serde::Serialize;

#[derive(Debug, Clone)]
pub struct Output {
    json: bool,
    terminal: bool,
}

impl Output {
    pub fn new(json: bool) -> Self {
        Self {
            json,
            terminal: std::io::stderr().is_terminal(),
        }
    }

    /// The result: `value` for a program, `words` for a person.
    pub fn result<T: Serialize>(&self, value: &T, words: impl FnOnce(&T) -> String) {
        let text = if self.json {
            serde_json::to_string_pretty(value).unwrap_or_else(|error| error.to_string())
        } else {
            plain(words(value).trim_end())
        };
        print(&mut std::io::stdout(), &text);
    }

    /// Text for a person who waits; programs get nothing of it.
    pub fn note(&self, text: &str) {
        if !self.json {
            print(&mut std::io::stdout(), &plain(text));
        }
    }

    /// What is going on, on a terminal only.
    pub fn progress(&self, text: &str) {
        if self.terminal && !self.json {
            print(&mut std::io::stderr(), &format!("  … {}", plain(text)));
        }
    }

    pub fn complain(&self, text: &str) {
        print(&mut std::io::stderr(), &format!("error: {}", plain(text)));
    }

    /// Asks for something, when there is somebody to ask.
    pub fn prompt(&self, text: &str) {
        if self.terminal && std::io::stdin().is_terminal() {
            let mut stderr = std::io::stderr();
            // Without a prompt the answer is read all the same.
            let _ = write!(stderr, "{text}").and_then(|()| stderr.flush());
        }
    }
}

/// A reader that has gone away (`habeas … | head`) is no failure of ours.
fn print(to: &mut impl Write, text: &str) {
    let _ = writeln!(to, "{text}");
}

/// Without control characters but line ends: names in a file from elsewhere may hold sequences
/// that command a terminal.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' => c.to_string(),
            c if c.is_control() || is_reordering(c) => c.escape_unicode().to_string(),
            c => c.to_string(),
        })
        .collect()
}

/// Marks that change the order in which a line reads (bidirectional overrides and isolates).
fn is_reordering(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_never_commanded_by_what_is_printed() {
        assert_eq!(plain("a\u{1b}[2Jb\nc\r"), "a\\u{1b}[2Jb\nc\\u{d}");
        assert_eq!(plain("gnp.\u{202e}exe"), "gnp.\\u{202e}exe");
        assert_eq!(plain("Zoë"), "Zoë");
    }
}
