//! The two checksums that the service keeps of an object: the MD5 of its ETag, and a CRC-64.

use md5::{Digest, Md5};

/// The polynomial of ECMA-182, reflected.
const POLYNOMIAL: u64 = 0xc96c_5795_d787_0f42;

/// The remainder of each byte.
const TABLE: [u64; 256] = table();

const fn table() -> [u64; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    while at < table.len() {
        let (mut remainder, mut bit) = (at as u64, 0);
        while bit < 8 {
            remainder = if remainder & 1 == 1 { remainder >> 1 ^ POLYNOMIAL } else { remainder >> 1 };
            bit += 1;
        }
        table[at] = remainder;
        at += 1;
    }
    table
}

/// The CRC-64 of the service (header `x-oss-hash-crc64ecma`), known elsewhere as CRC-64/XZ.
pub(super) fn crc64(content: &[u8]) -> u64 {
    let step = |crc: u64, byte: &u8| TABLE[usize::from(crc as u8 ^ byte)] ^ crc >> 8;
    !content.iter().fold(!0, step)
}

/// The MD5 of a content.
pub(super) fn md5(content: &[u8]) -> [u8; 16] {
    Md5::digest(content).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check value of CRC-64/XZ, and what the class `Crc64` of the vendor's `oss2` 2.19.1 computes.
    #[test]
    fn the_crc_is_the_one_of_the_vendors_sdk() {
        assert_eq!(crc64(b"123456789"), 0x995d_c9bb_df19_39fa);
        assert_eq!(crc64(b""), 0);
        assert_eq!(crc64(b"a lease"), 127_174_062_302_679_558);
    }
}
