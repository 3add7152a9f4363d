//! The token of one state of one item: memcached's "cas unique".

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

/// A token handed out by a read and carried back by a swap.
///
/// Opaque: two tokens are equal or not, their order means nothing (protocol.md 2.4). Never zero: a server that
/// answers 0 has compare-and-swap switched off (protocol.md 2.5), which is [`StoreError::NoCas`](super::StoreError).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Token(NonZeroU64);

impl Token {
    /// The token with this number; `None` for 0, which is no token.
    pub(crate) fn new(number: u64) -> Option<Token> {
        NonZeroU64::new(number).map(Token)
    }

    /// A token of our own making for `--exactly-once`, from 64 random bits.
    ///
    /// It lies between 2^62 and 2^63: no server's counter gets there, and it stays positive for clients that hold
    /// tokens in a signed number. Its 62 random bits make it the proof whose write an item holds.
    pub(crate) fn proof(random: u64) -> Token {
        Token(NonZeroU64::MIN.saturating_add(((random >> 2) | 1 << 62) - 1))
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why some text is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenError {
    /// Token 0 would switch the comparison off (protocol.md 2.5).
    Zero,
    /// Not a decimal number below 2^64.
    NotANumber,
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TokenError::Zero => write!(
                f,
                "token 0 is what a server without CAS answers; no swap can succeed with it"
            ),
            TokenError::NotANumber => write!(
                f,
                "a token is a number from 1 to 18446744073709551615, as gets prints it"
            ),
        }
    }
}

impl std::error::Error for TokenError {}

impl FromStr for Token {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Token, TokenError> {
        // u64::from_str takes a leading '+', which no server prints.
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(TokenError::NotANumber);
        }
        let number = text.parse().map_err(|_| TokenError::NotANumber)?;
        Token::new(number).ok_or(TokenError::Zero)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_a_number_of_64_bits_above_zero() {
        assert_eq!("1".parse::<Token>().unwrap().to_string(), "1");
        assert_eq!(
            "18446744073709551615".parse::<Token>().unwrap().to_string(),
            "18446744073709551615"
        );
        assert_eq!("0".parse::<Token>(), Err(TokenError::Zero));
        assert_eq!("000".parse::<Token>(), Err(TokenError::Zero));
        for text in [
            "",
            "+1",
            "-1",
            " 1",
            "1 ",
            "18446744073709551616",
            "1e3",
            "0x1",
            "absent",
            "1\r\nflush_all",
        ] {
            assert_eq!(
                text.parse::<Token>(),
                Err(TokenError::NotANumber),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_proof_lies_between_2_to_the_62_and_2_to_the_63() {
        for random in [0, 1, 3, 4, u64::MAX / 2, u64::MAX] {
            let number = Token::proof(random).0.get();
            assert!(
                (1 << 62..1 << 63).contains(&number),
                "{random} gave {number}"
            );
        }
        assert_ne!(Token::proof(4), Token::proof(8));
    }
}
