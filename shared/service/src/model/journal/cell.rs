//! What stands in a column of the journal, and how it is read back from an export.

use amb_protocol::{
    apple_pay::MerchantIdentifier,
    id::BusinessId,
    money::{Currency, Minor},
};
use jiff::{Timestamp, civil::Date};
use serde::{Serialize, Serializer};
use std::borrow::Cow;

use super::JournalEvent;
use crate::model::{PaymentId, TenantId};

/// What stands in one column of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Nothing is known.
    Nothing,
    /// A text.
    Text(Cow<'a, str>),
    /// A whole number.
    Number(i64),
    /// Yes or no.
    Flag(bool),
    /// An instant.
    Instant(Timestamp),
    /// A day.
    Day(Date),
}

impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Nothing => serializer.serialize_none(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => serializer.serialize_i64(*number),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Instant(at) => serializer.collect_str(at),
            Self::Day(day) => serializer.collect_str(day),
        }
    }
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    /// Texts.
    Text,
    /// Whole numbers.
    Number,
    /// Yes or no.
    Flag,
    /// Instants.
    Instant,
    /// Days.
    Day,
}

/// A column, as exports declare it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnShape {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: CellKind,
    /// Whether it may hold nothing.
    pub is_optional: bool,
}

/// A cell that does not hold what its column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the column `{column}` does not hold what it should")]
pub struct CellFault {
    /// The column.
    pub column: &'static str,
}

/// The type of a column.
pub(super) trait Column: Sized {
    const KIND: CellKind;
    const IS_OPTIONAL: bool = false;

    fn cell(&self) -> Cell<'_>;

    /// Reads what an export holds; `None` is an empty cell.
    fn read(text: Option<&str>) -> Option<Self>;
}

impl<T: Column> Column for Option<T> {
    const KIND: CellKind = T::KIND;
    const IS_OPTIONAL: bool = true;

    fn cell(&self) -> Cell<'_> {
        self.as_ref().map_or(Cell::Nothing, T::cell)
    }

    fn read(text: Option<&str>) -> Option<Self> {
        match text {
            None => Some(None),
            some => T::read(some).map(Some),
        }
    }
}

/// Digits in the one way in which they are written: no sign but a minus, no zeros in front.
fn digits<T: std::str::FromStr + ToString>(text: Option<&str>) -> Option<T> {
    let text = text?;
    text.parse::<T>().ok().filter(|number| number.to_string() == text)
}

macro_rules! numbers {
    ($($type:ty),+) => {$(
        impl Column for $type {
            const KIND: CellKind = CellKind::Number;

            fn cell(&self) -> Cell<'_> {
                Cell::Number(i64::try_from(*self).unwrap_or(i64::MAX))
            }

            fn read(text: Option<&str>) -> Option<Self> {
                digits(text)
            }
        }
    )+};
}

numbers!(u8, u32, u64);

macro_rules! texts {
    ($($type:ty: $text:expr, $read:expr;)+) => {$(
        impl Column for $type {
            const KIND: CellKind = CellKind::Text;

            fn cell(&self) -> Cell<'_> {
                let text: fn(&Self) -> &str = $text;
                Cell::Text(Cow::Borrowed(text(self)))
            }

            fn read(text: Option<&str>) -> Option<Self> {
                let read: fn(&str) -> Option<Self> = $read;
                read(text?)
            }
        }
    )+};
}

texts! {
    String: |text| text.as_str(), |text| Some(text.to_owned());
    TenantId: |id| id.as_str(), |text| TenantId::parse(text).ok();
    PaymentId: |id| id.as_str(), |text| PaymentId::parse(text).ok();
    BusinessId: |id| id.as_str(), |text| BusinessId::parse(text).ok();
    MerchantIdentifier: |id| id.as_str(), |text| MerchantIdentifier::parse(text).ok();
    JournalEvent: |event| event.as_str(), JournalEvent::parse;
    Currency: |currency| currency.as_str(), |text| Currency::parse(text).ok();
}

impl Column for Minor {
    const KIND: CellKind = CellKind::Number;

    fn cell(&self) -> Cell<'_> {
        Cell::Number(self.get())
    }

    fn read(text: Option<&str>) -> Option<Self> {
        digits(text).map(Self::new)
    }
}

impl Column for bool {
    const KIND: CellKind = CellKind::Flag;

    fn cell(&self) -> Cell<'_> {
        Cell::Flag(*self)
    }

    fn read(text: Option<&str>) -> Option<Self> {
        digits(text)
    }
}

impl Column for Timestamp {
    const KIND: CellKind = CellKind::Instant;

    fn cell(&self) -> Cell<'_> {
        Cell::Instant(*self)
    }

    fn read(text: Option<&str>) -> Option<Self> {
        digits(text)
    }
}

impl Column for Date {
    const KIND: CellKind = CellKind::Day;

    fn cell(&self) -> Cell<'_> {
        Cell::Day(*self)
    }

    fn read(text: Option<&str>) -> Option<Self> {
        digits(text)
    }
}
