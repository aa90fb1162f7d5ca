//! Rows to Parquet and back.
//!
//! A row type lists its columns once, each with how to get and how to set it;
//! the schema, the writing, the reading and the journal all follow that list.
//! Nothing here knows what any column means.

mod read;
mod write;

use std::fmt;
use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::schema::types::{Type, TypePtr};

pub(crate) use read::TableReader;
pub(crate) use write::TableWriter;

/// The key of a Parquet file's metadata that holds the schema version.
pub(crate) const VERSION_KEY: &str = "schema_version";

/// Something that a Parquet file holds one of per row.
pub(crate) trait Row: Sized + 'static {
    /// Every column, in the order of the file.
    const COLUMNS: &'static [Column<Self>];

    /// A row with nothing in it, for the columns to be set on.
    fn blank() -> Self;

    /// About how many bytes it takes in memory.
    fn weight(&self) -> usize;
}

/// One column of a table of `R`.
pub(crate) struct Column<R: 'static> {
    /// Its name, with its unit.
    pub(crate) name: &'static str,
    /// Whether a row may have no value in it.
    pub(crate) optional: bool,
    /// How its values are got from a row and set on one.
    pub(crate) cell: Cell<R>,
}

/// How to get a value from a row and set it on one. A column that isn't
/// optional always gives `Some`, and is never set to `None`. The setter of a
/// word says whether it knows the word.
pub(crate) enum Cell<R: 'static> {
    /// A count or an index.
    Number(fn(&R) -> Option<u32>, fn(&mut R, Option<u32>)),
    /// An instant or a span.
    Nanos(fn(&R) -> Option<i64>, fn(&mut R, Option<i64>)),
    /// A number with a fraction.
    Real(fn(&R) -> Option<f64>, fn(&mut R, Option<f64>)),
    /// Yes or no.
    Flag(fn(&R) -> Option<bool>, fn(&mut R, Option<bool>)),
    /// One of few different strings; kept by dictionary.
    Word(fn(&R) -> Option<&str>, fn(&mut R, Option<&str>) -> bool),
    /// A string of its own.
    Text(fn(&R) -> Option<&str>, fn(&mut R, Option<&str>)),
}

impl<R> Cell<R> {
    /// The Parquet types of its values.
    fn types(&self) -> (Physical, Option<LogicalType>) {
        match self {
            Cell::Number(..) => (Physical::INT32, Some(LogicalType::integer(32, false))),
            Cell::Nanos(..) => (Physical::INT64, None),
            Cell::Real(..) => (Physical::DOUBLE, None),
            Cell::Flag(..) => (Physical::BOOLEAN, None),
            Cell::Word(..) | Cell::Text(..) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        }
    }
}

impl<R> fmt::Debug for Column<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The Parquet schema of a row type.
fn schema<R: Row>() -> TypePtr {
    let field = |column: &Column<R>| {
        let (physical, logical) = column.cell.types();
        let repetition = if column.optional { Repetition::OPTIONAL } else { Repetition::REQUIRED };
        let field = Type::primitive_type_builder(column.name, physical)
            .with_repetition(repetition)
            .with_logical_type(logical)
            .build();
        Arc::new(field.expect("a column's types go together, by Cell::types"))
    };
    let fields = R::COLUMNS.iter().map(field).collect();
    let schema = Type::group_type_builder("row").with_fields(fields).build();
    Arc::new(schema.expect("a group of primitive fields is a schema"))
}
