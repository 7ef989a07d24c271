//! Why a webhook's body is not taken.

/// What is wrong with an envelope. Nothing of the content is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// No bytes, or white space only.
    #[error("the body is empty")]
    Empty,
    /// Not UTF-8: UTF-16, Latin-1, bare surrogates, cut-off sequences.
    #[error("the body is not UTF-8")]
    NotUtf8,
    /// Not one JSON document, or one that is too deep or holds a number beyond all numbers.
    #[error("the body is not one readable JSON document")]
    BadJson,
    /// JSON, but not an object.
    #[error("the body is not a JSON object")]
    NotAnObject,
    /// More members than [`TOP_LEVEL_MAX`](super::TOP_LEVEL_MAX), or than
    /// [`MAX_MEMBERS`](crate::json::MAX_MEMBERS) on all levels.
    #[error("the body has too many members")]
    TooMany,
    /// A member that we read is there twice: two readers would see two messages.
    #[error("a member is there twice")]
    DuplicateField,
    /// No `id`.
    #[error("id is missing")]
    MissingId,
    /// No `type`.
    #[error("type is missing")]
    MissingType,
    /// No `sourceId`.
    #[error("sourceId is missing")]
    MissingSourceId,
    /// No `destinationId`.
    #[error("destinationId is missing")]
    MissingDestinationId,
    /// `id` is not a hyphenated UUID.
    #[error("id is not a UUID")]
    BadId,
    /// `type` is not a lower-case word.
    #[error("type is not a message type")]
    BadType,
    /// `sourceId` is not an opaque id.
    #[error("sourceId is not an opaque id")]
    BadSourceId,
    /// `destinationId` is not a string.
    #[error("destinationId is not a string")]
    BadDestinationId,
    /// Sender and receiver are the same.
    #[error("sourceId and destinationId are equal")]
    SameSourceAndDestination,
    /// `v` is not a whole number.
    #[error("v is not a whole number")]
    BadVersion,
    /// `body` is neither text nor a number.
    #[error("body is not text")]
    BadBody,
    /// `attachments` is not an array of objects.
    #[error("attachments is not an array of objects")]
    BadAttachments,
    /// More attachments than [`ATTACHMENTS_MAX`](super::ATTACHMENTS_MAX).
    #[error("there are too many attachments")]
    TooManyAttachments,
    /// `interactiveData` or `interactiveDataRef` is not an object.
    #[error("the interactive data is not an object")]
    BadInteractiveData,
    /// `destinationId` is text that no business id can be: nobody we know, a 404 rather than a 400.
    #[error("destinationId is no business")]
    UnknownBusiness,
    /// Header `id` and body `id` differ.
    #[error("the id header differs from the body")]
    IdMismatch,
    /// Header `source-id` and body `sourceId` differ.
    #[error("the source-id header differs from the body")]
    SourceMismatch,
    /// Header `destination-id` and body `destinationId` differ.
    #[error("the destination-id header differs from the body")]
    DestinationMismatch,
}

impl EnvelopeError {
    /// One stable word for the answer to Apple, for metrics and tests. Words that end in a member's
    /// name spell it as Apple does.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotUtf8 => "bad_utf8",
            Self::BadJson => "bad_json",
            Self::NotAnObject => "not_an_object",
            Self::TooMany => "too_many",
            Self::DuplicateField => "duplicate_field",
            Self::MissingId => "missing_id",
            Self::MissingType => "missing_type",
            Self::MissingSourceId => "missing_sourceId",
            Self::MissingDestinationId => "missing_destinationId",
            Self::BadId => "bad_id",
            Self::BadType => "bad_type",
            Self::BadSourceId => "bad_sourceId",
            Self::BadDestinationId => "bad_destinationId",
            Self::SameSourceAndDestination => "same_source_and_destination",
            Self::BadVersion => "bad_v",
            Self::BadBody => "bad_body",
            Self::BadAttachments => "bad_attachments",
            Self::TooManyAttachments => "too_many_attachments",
            Self::BadInteractiveData => "bad_interactiveData",
            Self::UnknownBusiness => "unknown_business",
            Self::IdMismatch => "id_mismatch",
            Self::SourceMismatch => "source_mismatch",
            Self::DestinationMismatch => "tenant_mismatch",
        }
    }

    /// The status to answer Apple with: 404 for a business that cannot exist, otherwise 400.
    pub const fn status(self) -> u16 {
        match self {
            Self::UnknownBusiness => 404,
            _ => 400,
        }
    }
}
