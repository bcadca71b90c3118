//! Whole numbers in as few bytes as they need: seven bits a byte, the lowest first.

/// Appends a number: one byte below 128, at most ten.
pub(super) fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a number of either sign; small ones of both signs are short.
pub(super) fn put_signed(out: &mut Vec<u8>, value: i64) {
    put(out, ((value << 1) ^ (value >> 63)).cast_unsigned());
}

/// Takes the next number; `None` at the end.
pub(super) fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// Takes the next number of either sign.
pub(super) fn take_signed(bytes: &mut &[u8]) -> Option<i64> {
    let value = take(bytes)?;
    Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn numbers_come_back(values: Vec<(u64, i64)>) {
            let mut bytes = Vec::new();
            for (plain, signed) in &values {
                put(&mut bytes, *plain);
                put_signed(&mut bytes, *signed);
            }
            let mut rest = bytes.as_slice();
            for (plain, signed) in values {
                proptest::prop_assert_eq!(take(&mut rest), Some(plain));
                proptest::prop_assert_eq!(take_signed(&mut rest), Some(signed));
            }
            proptest::prop_assert_eq!(take(&mut rest), None);
        }
    }
}
