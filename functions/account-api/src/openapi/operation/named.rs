//! Schemas by name.

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{Ref, RefOr, Schema},
};

/// A schema's name, and how it and what it names get into the document.
#[derive(Clone, Copy)]
pub(crate) struct Named {
    name: fn() -> String,
    collect: fn(&mut Vec<(String, RefOr<Schema>)>),
}

impl Named {
    pub(crate) fn of<T: ToSchema + PartialSchema>() -> Self {
        Self {
            name: || T::name().into_owned(),
            collect: |schemas| {
                schemas.push((T::name().into_owned(), T::schema()));
                T::schemas(schemas);
            },
        }
    }

    pub(crate) fn name(self) -> String {
        (self.name)()
    }

    pub(crate) fn reference(self) -> Ref {
        Ref::from_schema_name(self.name())
    }

    pub(crate) fn collect(self, schemas: &mut Vec<(String, RefOr<Schema>)>) {
        (self.collect)(schemas);
    }
}
