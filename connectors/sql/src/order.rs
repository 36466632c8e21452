//! In which order collections are searched and erased. Pure graph work on indexes.

/// How firmly a row that holds a key hangs on the row that it points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Bond {
    /// Only the data map says so: the database would not object.
    Soft,
    /// A foreign key that can be emptied first.
    Loose(Vec<String>),
    /// A foreign key that cannot be null.
    Tight,
}

/// Rows of `from` hold a key of rows of `to`, so they go first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub from: usize,
    pub to: usize,
    pub bond: Bond,
}

/// How to erase without breaking a foreign key on the way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Erasure {
    /// Columns to empty in the subject's rows before anything is deleted.
    pub loosen: Vec<(usize, Vec<String>)>,
    pub order: Vec<usize>,
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
/// of tight bonds only is an error that lists its members.
pub(crate) fn erasure(count: usize, links: &[Link]) -> Result<Erasure, Vec<usize>> {
    let mut erasure = Erasure::default();
    let mut left: Vec<usize> = (0..count).collect();
    let mut links: Vec<&Link> = links.iter().collect();
    // A row may point at another row of its own table: emptied when possible, and otherwise left
    // to the single statement that deletes both.
    for link in links.extract_if(.., |link| link.from == link.to) {
        if let Bond::Loose(columns) = &link.bond {
            erasure.loosen.push((link.to, columns.clone()));
        }
    }
    while !left.is_empty() {
        let awaited = |n: usize, links: &[&Link]| links.iter().any(|link| link.to == n);
        if let Some(at) = left.iter().position(|n| !awaited(*n, &links)) {
            let next = left.remove(at);
            links.retain(|link| link.from != next);
            erasure.order.push(next);
        } else if let Some(at) = links.iter().position(|link| link.bond == Bond::Soft) {
            links.remove(at);
        } else if let Some((at, from, columns)) =
            links
                .iter()
                .enumerate()
                .find_map(|(at, link)| match &link.bond {
                    Bond::Loose(columns) => Some((at, link.from, columns.clone())),
                    Bond::Soft | Bond::Tight => None,
                })
        {
            links.remove(at);
            erasure.loosen.push((from, columns));
        } else {
            return Err(left);
        }
    }
    Ok(erasure)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(from: usize, to: usize, bond: Bond) -> Link {
        Link { from, to, bond }
    }

    fn loose() -> Bond {
        Bond::Loose(vec!["up".into()])
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
        let soft = erasure(2, &[link(0, 1, Bond::Tight), link(1, 0, Bond::Soft)]).unwrap();
        assert_eq!((soft.order, soft.loosen), (vec![0, 1], vec![]));
        let loosened = erasure(2, &[link(0, 1, loose()), link(1, 0, Bond::Tight)]).unwrap();
        assert_eq!(loosened.order, [1, 0]);
        assert_eq!(loosened.loosen, [(0, vec!["up".to_owned()])]);
        let stuck = erasure(3, &[link(0, 1, Bond::Tight), link(1, 0, Bond::Tight)]);
        assert_eq!(stuck, Err(vec![0, 1]));
    }

    #[test]
    fn a_pointer_within_a_table_is_emptied_when_it_can_be() {
        assert_eq!(erasure(1, &[link(0, 0, loose())]).unwrap().loosen.len(), 1);
        assert_eq!(erasure(1, &[link(0, 0, Bond::Tight)]).unwrap().order, [0]);
    }
}
