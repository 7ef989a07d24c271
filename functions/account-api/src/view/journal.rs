//! The journal, as JSON or as the exports have it.

use amb_lambda::answer::{self, Answer};
use amb_service::{account::List, finance::csv::journal_document, model::JournalRow};
use http::{
    HeaderName, HeaderValue, StatusCode,
    header::{CONTENT_TYPE, VARY},
};
use serde::Serialize;

use super::Page;

/// Asks for the next page, where the body has no place for it.
const NEXT_CURSOR: HeaderName = HeaderName::from_static("amb-next-cursor");

/// A row of the journal: its members are the columns of the exports, `null` where nothing is known.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct JournalRowView(JournalRow);

/// A page, in the form that is asked for.
pub(crate) fn page(list: List<JournalRow>, accept: Option<&str>) -> Answer {
    let wants_csv = accept.is_some_and(|accept| {
        let mut named = accept.split(',').filter_map(|range| range.split(';').next());
        named.any(|range| range.trim().eq_ignore_ascii_case("text/csv"))
    });
    let mut told = if wants_csv {
        let mut told = answer::empty(StatusCode::OK);
        *told.body_mut() = journal_document(&list.items);
        let kind = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
        told.headers_mut().insert(CONTENT_TYPE, kind);
        // A cursor is base64url.
        if let Some(Ok(cursor)) = list.next_cursor.map(|cursor| HeaderValue::from_str(&cursor)) {
            told.headers_mut().insert(NEXT_CURSOR, cursor);
        }
        told
    } else {
        answer::json(StatusCode::OK, &Page::from(list.map(JournalRowView)))
    };
    told.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    told
}

#[cfg(test)]
mod schema {
    use super::JournalRowView;
    use amb_service::model::{CellKind, JournalRow};
    use std::borrow::Cow;
    use utoipa::{
        PartialSchema, ToSchema,
        openapi::{
            ObjectBuilder, RefOr, Schema, Type,
            schema::{KnownFormat, SchemaFormat, SchemaType},
        },
    };

    impl ToSchema for JournalRowView {
        fn name() -> Cow<'static, str> {
            Cow::Borrowed("JournalRow")
        }
    }

    impl PartialSchema for JournalRowView {
        fn schema() -> RefOr<Schema> {
            let row = ObjectBuilder::new().description(Some(
                "A row of the journal: its members are the columns of the exports, `null` where \
                 nothing is known.",
            ));
            let row = JournalRow::SHAPES.iter().fold(row, |row, shape| {
                let (kind, format) = match shape.kind {
                    CellKind::Text => (Type::String, None),
                    CellKind::Number => (Type::Integer, Some(KnownFormat::Int64)),
                    CellKind::Flag => (Type::Boolean, None),
                    CellKind::Instant => (Type::String, Some(KnownFormat::DateTime)),
                    CellKind::Day => (Type::String, Some(KnownFormat::Date)),
                };
                let kinds = if shape.is_optional { vec![kind, Type::Null] } else { vec![kind] };
                let column = ObjectBuilder::new()
                    .schema_type(SchemaType::from_iter(kinds))
                    .format(format.map(SchemaFormat::KnownFormat));
                row.property(shape.name, column).required(shape.name)
            });
            RefOr::T(Schema::Object(row.build()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use amb_protocol::apple_pay::MerchantIdentifier;
    use amb_service::{
        model::{JournalEvent, TenantId},
        payment::journal,
    };

    fn told(accept: Option<&str>) -> Answer {
        let tenant = TenantId::parse("ten_acmeacmeacmeacmeacmeacmeac").unwrap();
        let merchant = MerchantIdentifier::parse("merchant.com.example").unwrap();
        let mut row = JournalRow::draft(JournalEvent::Captured, &tenant, &merchant);
        row.reference = Some("=cmd|' /C calc'!A0".to_owned());
        row.code_version = journal::CODE_VERSION.to_owned();
        page(List { items: vec![row], next_cursor: Some("abc".to_owned()) }, accept)
    }

    #[test]
    fn p028_a_page_of_the_journal_is_csv_where_that_is_asked_for() {
        for accept in ["text/csv", "application/json;q=0.5, text/csv; header=present"] {
            let told = told(Some(accept));
            assert_eq!(told.headers()["amb-next-cursor"], "abc");
            assert!(told.headers()["content-type"].to_str().unwrap().starts_with("text/csv"));
            let (header, row) = told.body().split_once("\r\n").unwrap();
            assert_eq!(header, JournalRow::COLUMNS.join(","));
            assert!(row.contains(",'=cmd|' /C calc'!A0,"), "{row}");
        }
        for accept in [None, Some("*/*"), Some("application/json")] {
            let told = told(accept);
            assert_eq!(told.headers()["content-type"], "application/json");
            assert!(told.body().starts_with("{\"items\":[{\"seq\":0,"), "{}", told.body());
        }
    }
}
