//! Parts of amounts that stay whole: no smallest unit is made, and none is lost.

use super::Rounding;
use crate::money::Minor;

/// Spreads an amount over weights, in proportion, so that the parts sum up to it: each gets what is
/// whole, and what is left goes to the largest remainders, the first of equals before the others. None
/// if there is nothing to spread over.
pub(super) fn spread(amount: Minor, weights: &[Minor]) -> Option<Vec<Minor>> {
    let all: i128 = weights.iter().map(|weight| i128::from(weight.get())).sum();
    if all <= 0 || weights.iter().any(|weight| *weight < Minor::ZERO) {
        return None;
    }
    let product = |weight: &Minor| i128::from(amount.get()) * i128::from(weight.get());
    let whole: Vec<i128> = weights.iter().map(|weight| product(weight).div_euclid(all)).collect();
    let left = i128::from(amount.get()) - whole.iter().sum::<i128>();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    let remainder = |at: &usize| weights.get(*at).map_or(0, |w| product(w).rem_euclid(all));
    order.sort_by_key(|at| std::cmp::Reverse(remainder(at)));
    let lucky: Vec<usize> = order.into_iter().take(usize::try_from(left).ok()?).collect();
    let part = |(at, whole): (usize, i128)| {
        let part = whole + i128::from(lucky.contains(&at));
        i64::try_from(part).ok().map(Minor::new)
    };
    whole.into_iter().enumerate().map(part).collect()
}

/// A percentage of an amount that is not below zero, as one of the smallest unit.
pub(super) fn percent_of(
    amount: Minor,
    percent: rust_decimal::Decimal,
    rounding: Rounding,
) -> Option<Minor> {
    let hundred = 10_i128.checked_pow(percent.scale().checked_add(2)?)?;
    let product = i128::from(amount.get()).checked_mul(percent.mantissa())?;
    let (whole, rest) = (product.div_euclid(hundred), product.rem_euclid(hundred));
    let up = match (rest.checked_mul(2)?.cmp(&hundred), rounding) {
        (std::cmp::Ordering::Less, _) => false,
        (std::cmp::Ordering::Greater, _) | (_, Rounding::HalfUp) => true,
        (std::cmp::Ordering::Equal, Rounding::HalfEven) => whole % 2 != 0,
    };
    i64::try_from(whole + i128::from(up)).ok().map(Minor::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn minors(of: &[i64]) -> Vec<Minor> {
        of.iter().copied().map(Minor::new).collect()
    }

    #[test]
    fn what_is_left_goes_to_the_largest_remainder() {
        let spread = |amount, weights: &[i64]| spread(Minor::new(amount), &minors(weights));
        assert_eq!(spread(100, &[1, 1, 1]), Some(minors(&[34, 33, 33])));
        assert_eq!(spread(-100, &[1, 1, 1]), Some(minors(&[-33, -33, -34])));
        assert_eq!(spread(10, &[199, 1]), Some(minors(&[10, 0])));
        assert_eq!(spread(5, &[]), None);
        assert_eq!(spread(5, &[0, 0]), None);
        assert_eq!(spread(5, &[3, -1]), None);
    }

    #[test]
    fn a_half_goes_up_or_to_the_even_one() {
        let percent: rust_decimal::Decimal = "8.25".parse().unwrap();
        let of = |amount, how| percent_of(Minor::new(amount), percent, how).map(Minor::get);
        // 8.25 % of 2.00 is 0.165.
        assert_eq!(of(200, Rounding::HalfUp), Some(17));
        assert_eq!(of(200, Rounding::HalfEven), Some(16));
        assert_eq!(of(600, Rounding::HalfEven), Some(50)); // 49.5
        assert_eq!(of(199, Rounding::HalfEven), Some(16));
        assert_eq!(of(0, Rounding::HalfUp), Some(0));
        let huge = "99.9999999999999999999999999".parse().unwrap();
        assert_eq!(percent_of(Minor::new(i64::MAX), huge, Rounding::HalfUp), None);
    }

    proptest! {
        #[test]
        fn parts_sum_up_to_the_whole(
            amount in -1_000_000_000_000_i64..1_000_000_000_000,
            weights in proptest::collection::vec(0_i64..10_000_000_000, 1..20),
        ) {
            if let Some(parts) = spread(Minor::new(amount), &minors(&weights)) {
                prop_assert_eq!(Minor::sum(parts.iter().copied()), Some(Minor::new(amount)));
                prop_assert_eq!(parts.len(), weights.len());
            } else {
                prop_assert!(weights.iter().all(|weight| *weight == 0));
            }
        }
    }
}
