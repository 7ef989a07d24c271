//! AES-256 in counter mode, over a stream of any length in pieces of any size.

use std::fmt;

use aws_lc_rs::cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;

use super::key::AttachmentKey;

const BLOCK: usize = 16;

/// Encrypts or decrypts one file: in counter mode that is the same. The counter is 128 bits, big
/// endian, and begins at zero; there is no padding, so plain and encrypted are equally long. Source:
/// Apple, Encrypting and Decrypting Attachments.
///
/// There is no authentication in it: a wrong key gives other bytes, not an error.
///
/// The blocks are aws-lc's, which this crate signs tokens with already. Its assembly takes the
/// processor's AES instructions whatever the workspace is optimised for: measured in pieces of 64 KiB
/// on an x86-64 core with VAES, 4.4 to 7.6 GB/s in a debug build. `RustCrypto`'s `aes` and `ctr` run at
/// 1.3 GB/s there under `opt-level = "s"`, with which the functions are built.
pub struct Cipher {
    key: EncryptingKey,
    /// The counter of the file's first block; zero outside tests.
    first: u128,
    /// Bytes of the file before the next one.
    offset: u64,
}

impl Cipher {
    /// From the beginning of the file.
    pub fn new(key: &AttachmentKey) -> Self {
        Self::at(key, 0)
    }

    /// From the byte at `offset` on, as if everything before it had been applied.
    pub fn at(key: &AttachmentKey, offset: u64) -> Self {
        Self::with_counter(key, 0, offset)
    }

    #[expect(clippy::expect_used, reason = "32 bytes are a key of AES-256, which has counter mode")]
    fn with_counter(key: &AttachmentKey, first: u128, offset: u64) -> Self {
        let key = UnboundCipherKey::new(&AES_256, key.bytes())
            .and_then(EncryptingKey::ctr)
            .expect("AES-256 takes 32 bytes");
        Self { key, first, offset }
    }

    /// Where the next byte stands in the file.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Applies the key stream to the next bytes of the file, in place.
    pub fn apply(&mut self, bytes: &mut [u8]) {
        let length = bytes.len();
        let within = usize::try_from(self.offset % 16).unwrap_or_default();
        let begun = if within == 0 { 0 } else { (BLOCK - within).min(length) };
        let (head, whole) = bytes.split_at_mut(begun);
        if !head.is_empty() {
            let mut stream = [0; BLOCK];
            self.blocks(&mut stream);
            for (byte, key) in head.iter_mut().zip(stream.iter().skip(within)) {
                *byte ^= key;
            }
            self.advance(begun);
        }
        if !whole.is_empty() {
            self.blocks(whole);
            self.advance(length - begun);
        }
    }

    /// From the block that the offset lies in.
    #[expect(clippy::expect_used, reason = "counter mode takes any length under a 16-byte counter")]
    fn blocks(&self, bytes: &mut [u8]) {
        let counter = self.first.wrapping_add(u128::from(self.offset / 16)).to_be_bytes();
        let context = EncryptionContext::Iv128(FixedLength::from(counter));
        self.key.less_safe_encrypt(bytes, context).expect("the counter is 16 bytes");
    }

    fn advance(&mut self, by: usize) {
        self.offset = self.offset.wrapping_add(u64::try_from(by).unwrap_or(u64::MAX));
    }
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cipher").field("offset", &self.offset).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;

    use super::*;

    const NIST_KEY: &str = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";
    const NIST_COUNTER: u128 = 0xf0f1_f2f3_f4f5_f6f7_f8f9_fafb_fcfd_feff;
    const NIST_PLAIN: &str = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51\
                              30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
    const NIST_CIPHER: &str = "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5\
                               2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6";

    fn key() -> AttachmentKey {
        AttachmentKey::parse(NIST_KEY).unwrap()
    }

    fn applied(bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        Cipher::new(&key()).apply(&mut bytes);
        bytes
    }

    #[test]
    fn nist_sp_800_38a_f_5_5_and_f_5_6() {
        for (from, to) in [(NIST_PLAIN, NIST_CIPHER), (NIST_CIPHER, NIST_PLAIN)] {
            let mut bytes = HEXLOWER.decode(from.as_bytes()).unwrap();
            Cipher::with_counter(&key(), NIST_COUNTER, 0).apply(&mut bytes);
            assert_eq!(HEXLOWER.encode(&bytes), to);
        }
    }

    #[test]
    fn the_counter_carries_beyond_32_bits_and_beyond_128() {
        let plain = [0; 80];
        for first in [u128::from(u32::MAX) - 1, u128::from(u64::MAX) - 1, u128::MAX - 1] {
            let mut whole = plain;
            Cipher::with_counter(&key(), first, 0).apply(&mut whole);
            for (index, block) in whole.chunks(16).enumerate() {
                let mut alone = [0; 16];
                let index = u128::try_from(index).unwrap();
                Cipher::with_counter(&key(), first.wrapping_add(index), 0).apply(&mut alone);
                assert_eq!(block, alone);
            }
        }
    }

    #[test]
    fn a004_an_empty_file_stays_empty() {
        assert!(applied(&[]).is_empty());
        let mut cipher = Cipher::new(&key());
        cipher.apply(&mut []);
        assert_eq!(cipher.offset(), 0);
    }

    #[test]
    fn a005_one_byte_15_16_17_and_almost_64_kib_at_a_time_decrypt_alike() {
        let cipher: Vec<u8> = (0..200_000_u32).map(|i| u8::try_from(i % 251).unwrap()).collect();
        let whole = applied(&cipher);
        for size in [1, 15, 16, 17, 65_535] {
            let mut pieces = cipher.clone();
            let mut stream = Cipher::new(&key());
            pieces.chunks_mut(size).for_each(|piece| stream.apply(piece));
            assert!(pieces == whole, "{size}");
            assert_eq!(stream.offset(), 200_000);
        }
    }

    proptest! {
        #[test]
        fn a005_any_split_decrypts_alike(
            bytes in prop::collection::vec(any::<u8>(), 0..600),
            cuts in prop::collection::vec(0_usize..70, 0..40),
        ) {
            let whole = applied(&bytes);
            let mut pieces = bytes;
            let mut stream = Cipher::new(&key());
            let mut rest = pieces.as_mut_slice();
            for cut in cuts {
                let (piece, after) = rest.split_at_mut(cut.min(rest.len()));
                stream.apply(piece);
                rest = after;
            }
            stream.apply(rest);
            prop_assert_eq!(pieces, whole);
        }

        #[test]
        fn a006_any_offset_is_a_place_to_go_on_from(
            bytes in prop::collection::vec(any::<u8>(), 0..600),
            offset in 0_usize..600,
        ) {
            let offset = offset.min(bytes.len());
            let whole = applied(&bytes);
            let mut tail = bytes[offset..].to_vec();
            Cipher::at(&key(), u64::try_from(offset).unwrap()).apply(&mut tail);
            prop_assert_eq!(&tail[..], &whole[offset..]);
        }

        #[test]
        fn f096_a_flipped_bit_flips_the_same_bit(
            mut bytes in prop::collection::vec(any::<u8>(), 1..200), bit in 0_usize..1600,
        ) {
            let bit = bit % (bytes.len() * 8);
            let mut expected = applied(&bytes);
            expected[bit / 8] ^= 1 << (bit % 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(applied(&bytes), expected);
        }
    }
}
