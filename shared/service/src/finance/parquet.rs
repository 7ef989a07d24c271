//! The journal as Parquet: one column per column, typed; amounts are whole numbers of the smallest
//! unit, instants are milliseconds of UTC, days are days. A row group is written when it is full, so
//! that memory holds one at a time. The same rows give the same bytes.

use jiff::civil::Date;
use parquet::{
    basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical},
    data_type::{BoolType, ByteArray, ByteArrayType, Int32Type, Int64Type},
    errors::ParquetError,
    file::{
        properties::WriterProperties,
        writer::{SerializedColumnWriter, SerializedFileWriter},
    },
    schema::types::Type,
};
use std::{fmt, sync::Arc};

use crate::model::{Cell, CellKind, ColumnShape, JournalRow};

/// Rows that are held before they are written: some ten megabytes.
pub const GROUP_ROWS: usize = 8_192;

/// A journal that is being written.
pub struct ParquetJournal {
    file: SerializedFileWriter<Vec<u8>>,
    columns: Vec<Held>,
    rows: usize,
}

/// The values of one column that are not written yet.
struct Held {
    values: Values,
    /// 1 where there is a value; empty where every row has one.
    defined: Vec<i16>,
    is_optional: bool,
}

enum Values {
    Texts(Vec<ByteArray>),
    Numbers(Vec<i64>),
    Flags(Vec<bool>),
    Days(Vec<i32>),
}

impl ParquetJournal {
    /// A file without a row.
    pub fn new() -> Result<Self, ParquetError> {
        let fields: Result<Vec<_>, _> = JournalRow::SHAPES.iter().map(field).collect();
        let schema = Type::group_type_builder("journal").with_fields(fields?).build()?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by("amb-msp".to_owned())
            .build();
        let file = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties))?;
        Ok(Self { file, columns: JournalRow::SHAPES.iter().map(Held::of).collect(), rows: 0 })
    }

    /// Adds a row.
    pub fn row(&mut self, row: &JournalRow) -> Result<(), ParquetError> {
        for (held, cell) in self.columns.iter_mut().zip(row.cells()) {
            held.add(cell);
        }
        self.rows += 1;
        if self.rows == GROUP_ROWS { self.write_group() } else { Ok(()) }
    }

    /// Takes the bytes that are written so far.
    pub fn take(&mut self) -> Result<Vec<u8>, ParquetError> {
        self.file.flush()?;
        Ok(std::mem::take(self.file.inner_mut()))
    }

    /// Ends the file; the bytes that were not taken yet.
    pub fn finish(mut self) -> Result<Vec<u8>, ParquetError> {
        if self.rows > 0 {
            self.write_group()?;
        }
        self.file.into_inner()
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        let mut group = self.file.next_row_group()?;
        for held in &mut self.columns {
            if let Some(mut column) = group.next_column()? {
                held.write(&mut column)?;
                column.close()?;
            }
        }
        group.close()?;
        self.rows = 0;
        Ok(())
    }
}

impl Held {
    fn of(shape: &ColumnShape) -> Self {
        let values = match shape.kind {
            CellKind::Text => Values::Texts(Vec::new()),
            CellKind::Number | CellKind::Instant => Values::Numbers(Vec::new()),
            CellKind::Flag => Values::Flags(Vec::new()),
            CellKind::Day => Values::Days(Vec::new()),
        };
        Self { values, defined: Vec::new(), is_optional: shape.is_optional }
    }

    fn add(&mut self, cell: Cell<'_>) {
        if self.is_optional {
            self.defined.push(i16::from(cell != Cell::Nothing));
        }
        match (&mut self.values, cell) {
            (Values::Texts(texts), Cell::Text(text)) => texts.push(text.as_ref().into()),
            (Values::Numbers(numbers), Cell::Number(number)) => numbers.push(number),
            (Values::Numbers(numbers), Cell::Instant(at)) => numbers.push(at.as_millisecond()),
            (Values::Flags(flags), Cell::Flag(flag)) => flags.push(flag),
            (Values::Days(days), Cell::Day(day)) => days.push(since_epoch(day)),
            // A column's cells are all of its own kind, or nothing.
            _ => {}
        }
    }

    fn write(&mut self, column: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        let defined = self.is_optional.then_some(self.defined.as_slice());
        match &mut self.values {
            Values::Texts(texts) => {
                column.typed::<ByteArrayType>().write_batch(texts, defined, None)?;
                texts.clear();
            }
            Values::Numbers(numbers) => {
                column.typed::<Int64Type>().write_batch(numbers, defined, None)?;
                numbers.clear();
            }
            Values::Flags(flags) => {
                column.typed::<BoolType>().write_batch(flags, defined, None)?;
                flags.clear();
            }
            Values::Days(days) => {
                column.typed::<Int32Type>().write_batch(days, defined, None)?;
                days.clear();
            }
        }
        self.defined.clear();
        Ok(())
    }
}

fn field(shape: &ColumnShape) -> Result<Arc<Type>, ParquetError> {
    let (physical, logical) = match shape.kind {
        CellKind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        CellKind::Number => (Physical::INT64, None),
        CellKind::Flag => (Physical::BOOLEAN, None),
        CellKind::Instant => {
            (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS)))
        }
        CellKind::Day => (Physical::INT32, Some(LogicalType::Date)),
    };
    let repetition = if shape.is_optional { Repetition::OPTIONAL } else { Repetition::REQUIRED };
    let field = Type::primitive_type_builder(shape.name, physical)
        .with_logical_type(logical)
        .with_repetition(repetition)
        .build()?;
    Ok(Arc::new(field))
}

fn since_epoch(day: Date) -> i32 {
    let epoch = Date::constant(1970, 1, 1);
    epoch.until(day).map_or(0, |span| span.get_days())
}

impl fmt::Debug for ParquetJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetJournal").field("rows", &self.rows).finish_non_exhaustive()
    }
}
