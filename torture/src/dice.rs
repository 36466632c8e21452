//! Every choice of a run, from one number. Two runs with the same seed choose the same; what the
//! scheduler of the machine does in between is not ours to choose.

/// SplitMix64 (Steele, Lea and Flood 2014): small, and good enough to choose victims.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Dice of their own for one purpose, so that a choice more here changes nothing there.
    #[must_use]
    pub fn fork(&self, purpose: &str) -> Self {
        // FNV-1a over the purpose; only has to differ.
        let hash = purpose.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut fork = Self(self.0 ^ hash);
        fork.roll();
        fork
    }

    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From `least` to `most`, both included.
    pub fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.roll() % (most - least + 1)
    }

    pub fn heads(&mut self) -> bool {
        self.roll() & 1 == 1
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        let at = self.between(0, from.len() as u64 - 1);
        from[usize::try_from(at).expect("an index of a slice")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_chooses_the_same() {
        let run = || {
            let mut dice = Dice::new(7).fork("kill");
            (0..5).map(|_| dice.between(1, 100)).collect::<Vec<_>>()
        };
        assert_eq!(run(), run());
    }

    #[test]
    fn purposes_do_not_choose_alike() {
        let dice = Dice::new(7);
        assert_ne!(dice.fork("kill").roll(), dice.fork("mail").roll());
    }
}
