//! Products and quotients of magnitudes, byte by byte, least significant first.

/// Adds the product of `a` and `b` to `into`, which is as long as both and usually all zeros.
pub(crate) fn multiply(a: &[u8], b: &[u8], mut into: Vec<u8>) -> Vec<u8> {
    for (i, &digit) in a.iter().enumerate().filter(|(_, digit)| **digit != 0) {
        let mut carry = 0;
        for (j, &other) in b.iter().enumerate() {
            let sum = u16::from(digit) * u16::from(other) + u16::from(into[i + j]) + carry;
            into[i + j] = sum as u8;
            carry = sum >> 8;
        }
        into[i + b.len()] = carry as u8;
    }
    into
}

/// Long division (Knuth, volume 2, section 4.3.1, algorithm D): leaves the remainder in `a`, and stores the quotient's bytes. None if the
/// divisor is not normalised (two bytes at least, the highest bit set) or there is no room for the quotient.
pub(crate) fn divide(a: &mut [u8], b: &[u8], quotient: &mut [u8]) -> Option<()> {
    let [rest @ .., high] = b else { return None };
    let &second = rest.last()?;
    let steps = a.len().saturating_sub(b.len());
    if high & 0x80 == 0 || quotient.len() < steps {
        return None;
    }
    for shift in (0..steps).rev() {
        let top = shift + b.len();
        let first_two = u32::from(a[top]) << 8 | u32::from(a[top - 1]);
        let mut digit = (first_two / u32::from(*high)).min(0xFF);
        while u32::from(second) * digit > ((first_two - digit * u32::from(*high)) << 8 | u32::from(a[top - 2])) {
            digit -= 1;
        }
        if subtract(&mut a[shift..=top], b, digit) {
            add(&mut a[shift..=top], b);
            digit -= 1;
        }
        quotient[shift] = digit as u8;
    }
    Some(())
}

/// Subtracts `b * digit` in place; true if that was too much.
fn subtract(a: &mut [u8], b: &[u8], digit: u32) -> bool {
    let mut borrow = 0;
    for (i, byte) in a.iter_mut().enumerate() {
        let product = b.get(i).map_or(0, |&b| u32::from(b) * digit) + borrow;
        let difference = i32::from(*byte) - (product & 0xFF) as i32;
        *byte = difference as u8;
        borrow = (product >> 8) + u32::from(difference < 0);
    }
    borrow != 0
}

/// Adds `b` in place; what is carried out of `a` makes up for what was borrowed.
fn add(a: &mut [u8], b: &[u8]) {
    let mut carry = 0;
    for (i, byte) in a.iter_mut().enumerate() {
        let sum = u16::from(*byte) + b.get(i).map_or(0, |&b| u16::from(b)) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
}
