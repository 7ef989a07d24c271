//! M034–M039: the token's signature.

use amb_bad_input::Row;
use amb_support::{token::Token, vectors::SECRET};

use crate::authorization::forbidden;

#[test]
fn m034_the_secrets_text_is_not_the_key() {
    Row::run("M034", |row| forbidden(row, [Token::good().key(SECRET).text()]));
}

#[test]
fn m035_the_secret_is_not_hexadecimal() {
    Row::run("M035", |row| {
        let hex = "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f";
        forbidden(
            row,
            [Token::good().key(hex).text(), Token::good().key(hex.to_uppercase()).text()],
        );
    });
}

#[test]
fn m036_weak_secrets() {
    Row::run("M036", |row| {
        let weak = [
            "",
            "secret",
            "your-256-bit-secret",
            "password",
            "changeme",
            "123456",
            "admin",
            "key",
            "test",
            "jwt",
            "jwt_secret",
            "your-secret-key",
            "supersecret",
            "qwerty",
            "letmein",
            "0000000000000000",
            "default",
            "mysecret",
            "private",
            "hmac",
            "HS256",
            "root",
            "demo",
        ];
        forbidden(row, weak.map(|key| Token::good().key(key).text()));
        forbidden(row, [Token::good().key([0; 32]).text(), Token::good().key([0xff; 32]).text()]);
    });
}

#[test]
fn m037_one_bit_of_the_signature() {
    Row::run("M037", |row| {
        let good = Token::good();
        for at in 0..32 {
            let mut signature = good.signature();
            signature[at] ^= 1 << (at % 8);
            forbidden(row, [good.signed_with(&signature)]);
        }
    });
}

#[test]
fn m038_a_signature_that_is_cut_or_longer() {
    Row::run("M038", |row| {
        let good = Token::good();
        let signature = good.signature();
        forbidden(
            row,
            [
                good.signed_with(&signature[..31]),
                good.signed_with(&signature[..16]),
                good.signed_with(&[]),
                good.signed_with(&[&signature[..], &[0]].concat()),
            ],
        );
    });
}

#[test]
fn m039_one_bit_of_the_payload() {
    Row::run("M039", |row| {
        let [header, _, signature] = Token::good().segments();
        // The last digit of `iat`: still fresh, and not what was signed.
        let [_, other, _] = Token::good().issued(1).segments();
        forbidden(row, [format!("{header}.{other}.{signature}")]);
    });
}
