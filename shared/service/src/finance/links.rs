//! Whether rows follow one another as they were written: numbers without a gap, hashes without a
//! break, days that never run backwards.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::model::{ChainHead, JournalRow};

/// What is wrong at a place of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Break {
    /// The chain.
    pub shard: u8,
    /// The row's number, as it stands there.
    pub seq: u64,
    /// What is wrong.
    pub what: Broken,
}

/// What can be wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Broken {
    /// A row is missing before it, or stands where it does not belong.
    Gap,
    /// It names another row as the one before.
    Link,
    /// It is not what its hash was made over.
    Hash,
    /// It belongs to an earlier day than the row before, or has an earlier time.
    Time,
    /// It belongs to another day, merchant or tenant.
    Stranger,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gap => "a row is missing before it, or it stands where it does not belong",
            Self::Link => "it names another row as the one before",
            Self::Hash => "it is not what its hash was made over",
            Self::Time => "it is of an earlier day or time than the row before",
            Self::Stranger => "it belongs to another day, chain, merchant or tenant",
        })
    }
}

/// A chain that is being followed.
#[derive(Clone, Debug)]
pub struct Links {
    shard: u8,
    head: ChainHead,
    day: Option<Date>,
}

impl Links {
    /// Follows a chain from where it ended before, or from its beginning.
    pub fn after(shard: u8, head: ChainHead) -> Self {
        Self { shard, head, day: None }
    }

    /// The rows are all of this day.
    #[must_use]
    pub fn of_day(mut self, day: Date) -> Self {
        self.day = Some(day);
        self
    }

    /// Follows to the next row; what is wrong with it.
    pub fn follow(&mut self, row: &JournalRow) -> Option<Break> {
        let what = if row.shard != self.shard || self.day.is_some_and(|day| day != row.day) {
            Some(Broken::Stranger)
        } else if row.seq != self.head.seq + 1 {
            Some(Broken::Gap)
        } else if row.prev_hash != self.head.hash {
            Some(Broken::Link)
        } else if row.hash_of() != row.hash {
            Some(Broken::Hash)
        } else if row.day < self.head.day || row.ts_utc < self.head.at {
            Some(Broken::Time)
        } else {
            None
        };
        // From here on, what follows is held against this row: one break is told once.
        self.head = row.head();
        what.map(|what| Break { shard: self.shard, seq: row.seq, what })
    }

    /// Where the chain ends so far.
    pub fn head(&self) -> &ChainHead {
        &self.head
    }
}
