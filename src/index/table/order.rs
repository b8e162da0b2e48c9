//! Numbers in an order that only the caller can tell, four bytes each.
//!
//! Used for records by identity and for names as lists have them. A sorted list in pieces: an
//! insertion moves the tail of one piece, and looking a place up asks the caller some twenty times.
//! Invariants: no piece is empty, and none is longer than [`PIECE_LEN_MAX`].

/// Longest piece: 2 KiB are moved at most, and a million numbers make 2,000 to 4,000 pieces.
const PIECE_LEN_MAX: usize = 512;

/// Numbers in order.
#[derive(Debug, Clone, Default)]
pub(in crate::index) struct Order {
    pieces: Vec<Vec<u32>>,
}

/// Between which two numbers something stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    piece: usize,
    at: usize,
}

impl Order {
    /// From numbers that are in order already.
    pub(in crate::index) fn from_sorted(numbers: &[u32]) -> Self {
        Self { pieces: numbers.chunks(PIECE_LEN_MAX).map(<[u32]>::to_vec).collect() }
    }

    /// The place after all that `is_before` says yes to.
    fn place(&self, is_before: &impl Fn(u32) -> bool) -> Place {
        let ends_before = |piece: &Vec<u32>| piece.last().is_some_and(|last| is_before(*last));
        // Identities are made in their order, so most come after all.
        if self.pieces.last().is_none_or(ends_before) {
            return Place { piece: self.pieces.len(), at: 0 };
        }
        let piece = self.pieces.partition_point(ends_before);
        let at = self.pieces.get(piece).map_or(0, |it| it.partition_point(|one| is_before(*one)));
        Place { piece, at }
    }

    /// Puts a number after all that `is_before` says yes to; returns its neighbours.
    pub(in crate::index) fn insert(
        &mut self,
        number: u32,
        is_before: impl Fn(u32) -> bool,
    ) -> (Option<u32>, Option<u32>) {
        let Place { piece, at } = self.place(&is_before);
        let before = self.before(piece, at);
        let after = self.pieces.get(piece).and_then(|found| found.get(at)).copied();
        // At the very end the last piece takes it, so that what comes in order fills pieces up.
        let is_end = piece == self.pieces.len();
        let (piece, at) = match self.pieces.last() {
            Some(last) if is_end => (piece - 1, last.len()),
            _other => (piece, at),
        };
        match self.pieces.get_mut(piece) {
            None => self.pieces.push(vec![number]),
            Some(full) if full.len() == PIECE_LEN_MAX => {
                let tail = full.split_off(if is_end { at } else { PIECE_LEN_MAX / 2 });
                let target =
                    if at >= full.len() { (piece + 1, at - full.len()) } else { (piece, at) };
                self.pieces.insert(piece + 1, tail);
                self.pieces[target.0].insert(target.1, number);
            }
            Some(roomy) => roomy.insert(at, number),
        }
        (before, after)
    }

    /// Takes a number out that stands right after all that `is_before` says yes to.
    pub(in crate::index) fn remove(&mut self, number: u32, is_before: impl Fn(u32) -> bool) {
        let Place { piece, at } = self.place(&is_before);
        let Some(found) = self.pieces.get_mut(piece) else { return };
        if found.get(at) == Some(&number) {
            found.remove(at);
            if found.is_empty() {
                self.pieces.remove(piece);
            }
        }
    }

    /// The first number of which `is_before` says no.
    pub(in crate::index) fn first(&self, is_before: impl Fn(u32) -> bool) -> Option<u32> {
        self.onward(is_before).next()
    }

    /// All from there on.
    pub(in crate::index) fn onward(
        &self,
        is_before: impl Fn(u32) -> bool,
    ) -> impl Iterator<Item = u32> {
        let Place { piece, at } = self.place(&is_before);
        let first = self.pieces.get(piece).map_or(&[][..], |found| &found[at..]);
        let rest = self.pieces.get(piece + 1..).unwrap_or_default();
        first.iter().chain(rest.iter().flatten()).copied()
    }

    /// All before it, last first.
    pub(in crate::index) fn backward(
        &self,
        is_before: impl Fn(u32) -> bool,
    ) -> impl Iterator<Item = u32> {
        let Place { piece, at } = self.place(&is_before);
        let first = self.pieces.get(piece).map_or(&[][..], |found| &found[..at]);
        let rest = &self.pieces[..piece];
        first.iter().rev().chain(rest.iter().rev().flat_map(|piece| piece.iter().rev())).copied()
    }

    /// All from the first of which `is_before` says no to the last of which `is_within` says yes;
    /// `is_within` says yes to all before as well.
    pub(in crate::index) fn between(
        &self,
        is_before: impl Fn(u32) -> bool,
        is_within: impl Fn(u32) -> bool,
    ) -> impl Iterator<Item = u32> {
        let (begin, end) = (self.place(&is_before), self.place(&is_within));
        let pieces = (begin.piece..).zip(
            self.pieces
                .get(begin.piece..=end.piece)
                .or_else(|| self.pieces.get(begin.piece..))
                .unwrap_or_default(),
        );
        pieces
            .flat_map(move |(number, piece)| {
                let from = if number == begin.piece { begin.at } else { 0 };
                let to = if number == end.piece { end.at } else { piece.len() };
                piece.get(from..to).unwrap_or_default()
            })
            .copied()
    }

    /// All, first to last.
    pub(in crate::index) fn iter(&self) -> impl Iterator<Item = u32> {
        self.pieces.iter().flatten().copied()
    }

    fn before(&self, piece: usize, at: usize) -> Option<u32> {
        match at.checked_sub(1) {
            Some(at) => self.pieces.get(piece).and_then(|found| found.get(at)).copied(),
            None => self.pieces.get(piece.checked_sub(1)?).and_then(|found| found.last()).copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_stay_in_order_whatever_comes_and_goes(
            steps in proptest::collection::vec((0_u32..3_000, any::<bool>()), 1..3_000),
        ) {
            let mut plain = std::collections::BTreeSet::new();
            let mut order = Order::default();
            for (number, comes) in steps {
                if comes && plain.insert(number) {
                    let (before, after) = order.insert(number, |one| one < number);
                    prop_assert_eq!(before, plain.range(..number).next_back().copied());
                    prop_assert_eq!(after, plain.range(number + 1..).next().copied());
                } else if !comes {
                    plain.remove(&number);
                    order.remove(number, |one| one < number);
                }
            }
            prop_assert!(order.iter().eq(plain.iter().copied()));
            prop_assert!(order.pieces.iter().all(|it| (1..=PIECE_LEN_MAX).contains(&it.len())));
            prop_assert!(order.onward(|one| one < 1_500).eq(plain.range(1_500..).copied()));
            let within = order.between(|one| one < 700, |one| one < 1_500);
            prop_assert!(within.eq(plain.range(700..1_500).copied()));
            prop_assert_eq!(order.between(|one| one < 5_000, |_any| true).count(), 0);
            prop_assert!(order.backward(|one| one < 1_500).eq(plain.range(..1_500).rev().copied()));
        }
    }

    #[test]
    fn numbers_that_come_in_order_fill_their_pieces() {
        let mut order = Order::default();
        for number in 0..5_120 {
            order.insert(number, |one| one < number);
        }
        assert_eq!(order.pieces.len(), 10);
        assert_eq!(order.first(|one| one < 700), Some(700));
    }
}
