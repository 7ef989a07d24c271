//! As much ASN.1 as a token needs: tags with definite lengths, and with Apple's indefinite ones.

/// An element with a definite length.
pub(super) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut out = vec![tag];
    let length = content.len().to_be_bytes();
    let digits: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    match digits.as_slice() {
        [] => out.push(0),
        [short] if *short < 0x80 => out.push(*short),
        long => {
            // At most eight digits: it always fits.
            out.push(0x80 | u8::try_from(long.len()).unwrap_or(0));
            out.extend_from_slice(long);
        }
    }
    out.extend(content);
    out
}

/// An element that ends where it says so: BER, as Apple's signatures are.
pub(super) fn open_ended(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    [&[tag, 0x80], content.as_slice(), &[0, 0]].concat()
}

/// `SET OF`: sorted.
pub(super) fn set(tag: u8, mut parts: Vec<Vec<u8>>) -> Vec<u8> {
    parts.sort();
    element(tag, &[&parts.concat()])
}

/// The first element of DER: all of it, its content, and what follows.
pub(super) fn split(der: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (&first, rest) = der.get(1..)?.split_first()?;
    let (length, header) = if first < 0x80 {
        (usize::from(first), 2)
    } else {
        let count = usize::from(first & 0x7f);
        let digits = rest.get(..count).filter(|digits| digits.len() <= 4)?;
        (digits.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), 2 + count)
    };
    let (whole, after) = der.split_at_checked(header + length)?;
    Some((whole, whole.get(header..)?, after))
}
