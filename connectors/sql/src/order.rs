//! In which order collections are searched and erased. Pure graph work on indexes.

/// How firmly a row that holds a key hangs on the row that it points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bond {
    /// Only the data map says so: the database would not object.
    Soft,
    /// A foreign key that can be emptied first.
    Loose,
    /// A foreign key that cannot be null, but is looked at no sooner than the transaction ends.
    Late,
    /// A foreign key that cannot be null.
    Tight,
}

/// Rows of `from` hold a key of rows of `to`, so they go first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub from: usize,
    pub to: usize,
    pub bond: Bond,
    /// The columns that hold the key; of a loose one, those that can be emptied.
    pub by: Vec<String>,
}

/// How to erase without breaking a foreign key on the way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Erasure {
    /// Columns to empty in the subject's rows before anything is deleted.
    pub loosen: Vec<(usize, Vec<String>)>,
    /// Keys that are broken for a while, and whole again when the transaction ends.
    pub late: Vec<Link>,
    pub order: Vec<usize>,
}

impl Erasure {
    /// The order, cut where no key is broken: what stands in one part goes in one transaction.
    pub fn parts(&self) -> Vec<&[usize]> {
        let at = |n: usize| self.order.iter().position(|other| *other == n);
        let mut parts = Vec::new();
        let mut begin = 0;
        for end in 1..=self.order.len() {
            // Broken from when the key's row goes until the row that holds it does.
            let broken = self
                .late
                .iter()
                .any(|link| at(link.to) < Some(end) && at(link.from) >= Some(end));
            if !broken {
                parts.push(&self.order[begin..end]);
                begin = end;
            }
        }
        parts
    }
}

/// Owners before what they own. `owners[n]` lists the owners of n; the map has no circles.
pub(crate) fn ownership(owners: &[Vec<usize>]) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::new();
    while order.len() < owners.len() {
        let free = |n: &usize| !order.contains(n) && owners[*n].iter().all(|o| order.contains(o));
        let Some(next) = (0..owners.len()).find(free) else {
            break; // A circle: validation refuses such a map.
        };
        order.push(next);
    }
    order
}

/// Those who hold a key before those whose key it is. A circle is opened at its weakest bond; one
/// of tight bonds only is an error that lists them.
pub(crate) fn erasure(count: usize, links: &[Link]) -> Result<Erasure, Vec<Link>> {
    let mut erasure = Erasure::default();
    let mut left: Vec<usize> = (0..count).collect();
    let mut links: Vec<&Link> = links.iter().collect();
    // A row may point at another row of its own table: emptied when possible, and otherwise left
    // to the statements that delete both.
    for link in links.extract_if(.., |link| link.from == link.to) {
        if link.bond == Bond::Loose {
            erasure.loosen.push((link.to, link.by.clone()));
        }
    }
    while !left.is_empty() {
        let awaited = |n: usize| links.iter().any(|link| link.to == n);
        if let Some(at) = left.iter().position(|n| !awaited(*n)) {
            let next = left.remove(at);
            links.retain(|link| link.from != next);
            erasure.order.push(next);
            continue;
        }
        let weakest = [Bond::Soft, Bond::Loose, Bond::Late]
            .into_iter()
            .find_map(|bond| {
                (0..links.len()).find(|at| links[*at].bond == bond && circle(&links, *at).is_some())
            });
        let Some(at) = weakest else {
            let tight = (0..links.len()).find_map(|at| circle(&links, at));
            return Err(tight.unwrap_or_default().into_iter().cloned().collect());
        };
        let link = links.remove(at);
        match link.bond {
            Bond::Soft | Bond::Tight => {}
            Bond::Loose => erasure.loosen.push((link.from, link.by.clone())),
            Bond::Late => erasure.late.push(link.clone()),
        }
    }
    Ok(erasure)
}

/// The shortest circle that a link is part of, from this link on.
fn circle<'a>(links: &[&'a Link], at: usize) -> Option<Vec<&'a Link>> {
    let goal = links[at].from;
    let mut ways: Vec<Vec<&Link>> = vec![vec![links[at]]];
    let mut seen = vec![links[at].to];
    let mut next = 0;
    while let Some(way) = ways.get(next).cloned() {
        next += 1;
        let end = way.last().map(|link| link.to);
        if end == Some(goal) {
            return Some(way);
        }
        for link in links.iter().filter(|link| Some(link.from) == end) {
            if !seen.contains(&link.to) {
                seen.push(link.to);
                ways.push(way.iter().chain([link]).copied().collect());
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(from: usize, to: usize, bond: Bond) -> Link {
        let by = vec![format!("to_{to}")];
        Link { from, to, bond, by }
    }

    #[test]
    fn owners_are_searched_before_what_they_own() {
        assert_eq!(ownership(&[vec![2], vec![0], vec![]]), [2, 0, 1]);
    }

    #[test]
    fn those_who_hold_a_key_go_first() {
        // 0 customer, 1 rental, 2 payment, 3 address
        let links = [
            link(1, 0, Bond::Tight),
            link(2, 0, Bond::Tight),
            link(2, 1, Bond::Tight),
            link(0, 3, Bond::Tight),
        ];
        assert_eq!(erasure(4, &links).unwrap().order, [2, 1, 0, 3]);
    }

    #[test]
    fn a_circle_is_opened_at_its_weakest_bond() {
        let back = link(1, 0, Bond::Tight);
        let opened = |bond| erasure(2, &[link(0, 1, bond), back.clone()]);
        let soft = opened(Bond::Soft).unwrap();
        assert_eq!((soft.order, soft.loosen), (vec![1, 0], vec![]));
        let loose = opened(Bond::Loose).unwrap();
        assert_eq!((loose.order, loose.late), (vec![1, 0], vec![]));
        assert_eq!(loose.loosen, [(0, vec!["to_1".to_owned()])]);
        let late = opened(Bond::Late).unwrap();
        assert_eq!((late.order, late.loosen), (vec![1, 0], vec![]));
        assert_eq!(late.late, [link(0, 1, Bond::Late)]);
    }

    #[test]
    fn a_key_that_can_be_emptied_is_not_put_off() {
        let links = [link(0, 1, Bond::Late), link(1, 0, Bond::Loose)];
        let erasure = erasure(2, &links).unwrap();
        assert_eq!((erasure.loosen.len(), erasure.late), (1, vec![]));
    }

    #[test]
    fn only_keys_of_a_circle_are_emptied_or_put_off() {
        // 0 and 1 in a circle; both wait for 2, and 3 waits for them.
        let links = [
            link(2, 0, Bond::Late),
            link(1, 3, Bond::Loose),
            link(1, 3, Bond::Late),
            link(0, 1, Bond::Tight),
            link(1, 0, Bond::Late),
        ];
        let erasure = erasure(4, &links).unwrap();
        assert_eq!(erasure.order, [2, 0, 1, 3]);
        assert_eq!(erasure.late, [link(1, 0, Bond::Late)]);
        assert_eq!(erasure.loosen, []);
    }

    #[test]
    fn a_circle_of_tight_bonds_is_told_without_what_hangs_on_it() {
        let links = [
            link(0, 3, Bond::Tight),
            link(0, 1, Bond::Tight),
            link(1, 2, Bond::Tight),
            link(2, 0, Bond::Tight),
        ];
        assert_eq!(erasure(4, &links), Err(links[1..].to_vec()));
    }

    #[test]
    fn no_transaction_ends_while_a_key_is_broken() {
        // 1 and 3 in a circle with 2 between them.
        let links = [
            link(0, 1, Bond::Tight),
            link(1, 2, Bond::Tight),
            link(2, 3, Bond::Tight),
            link(3, 1, Bond::Late),
            link(3, 4, Bond::Tight),
        ];
        let erasure = erasure(5, &links).unwrap();
        assert_eq!(erasure.parts(), [&[0][..], &[1, 2, 3], &[4]]);
    }

    #[test]
    fn a_pointer_within_a_table_is_emptied_when_it_can_be() {
        let within = |bond| erasure(1, &[link(0, 0, bond)]).unwrap();
        assert_eq!(within(Bond::Loose).loosen.len(), 1);
        assert_eq!(within(Bond::Tight).order, [0]);
        assert_eq!(within(Bond::Late).late, []);
    }
}
