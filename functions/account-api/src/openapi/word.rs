//! Words from closed lists.

use amb_protocol::{
    compose::{ContentType, InputOptions, Invitation},
    rules::RulePack,
};
use amb_service::{
    model::{EventType, FailureCode, PayloadFault},
    problem::Problem,
};
use std::borrow::Cow;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

macro_rules! words {
    ($($name:ident $title:literal $words:expr;)+) => {$(
        pub(crate) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let words: Vec<&str> = $words.into_iter().collect();
                let schema = ObjectBuilder::new().schema_type(Type::String);
                RefOr::T(Schema::Object(schema.enum_values(Some(words)).build()))
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed($title)
            }
        }
    )+};
}

words! {
    ModeWord "Mode" ["live", "test"];
    ScopeWord "Scope" ["admin", "read", "private", "send", "send_unchecked", "payments", "finance"];
    CaptureWord "CaptureWhen" ["acknowledged", "manual"];
    PayChannelWord "ApplePayChannel" ["world", "china"];
    SessionIdentifierWord "ApplePaySessionIdentifier" ["plain", "sha256"];
    PricingWord "PricingBy" ["static", "callback"];
    PspWord "PaymentProviderKind" ["stripe", "adyen", "endpoint"];
    PspResultWord "PaymentResult" ["approved", "declined", "rejected", "inDoubt"];
    RefundStatusWord "RefundStatus" ["requested", "done", "failed"];
    ToldWord "Told" ["success", "failure"];
    PaymentStateWord "PaymentState" [
        "open", "authorizing", "authorized", "declined", "unknown", "voiding", "voided", "failed",
        "capturing", "captured", "refunded", "expired", "ackMismatch", "voidStuck",
    ];
    BusinessStatusWord "BusinessStatus" ["active", "suspended"];
    EndpointStatusWord "EndpointStatus" ["enabled", "disabled"];
    DisabledReasonWord "DisabledReason" ["owner", "gone", "failing", "blocked"];
    DeliveryStatusWord "DeliveryStatus" ["pending", "delivered", "parked", "disabled"];
    ContentTypeWord "ContentType" types();
    ConversationStatusWord "ConversationStatus" ["open", "closed"];
    InboundWord "Inbound" ["inbound"];
    OutboundWord "Outbound" ["outbound"];
    InboundStatusWord "InboundStatus" ["received", "awaited", "parked"];
    SendTypeWord "SendType" types().chain(["typing", "template"]);
    MessageTypeWord "MessageType" types().chain(["typing"]);
    ChoiceTypeWord "ChoiceType" types().chain(["template"]);
    RulePackWord "RulePackWord" RulePack::NAMES;
    SendStatusWord "SendStatus" ["queued", "acceptedByApple", "failed", "unknown"];
    TypingStateWord "TypingState" ["start", "end"];
    BubbleStyleWord "BubbleStyle" ["icon", "small", "large"];
    InvitationTemplateWord "InvitationTemplate" Invitation::TEMPLATES;
    SelectQuestionWord "SelectType" ["select"];
    PickerQuestionWord "PickerType" ["picker"];
    DateQuestionWord "DateType" ["datePicker"];
    InputQuestionWord "InputType" ["input"];
    InputTypeWord "InputLines" ["singleline", "multiline"];
    KeyboardTypeWord "KeyboardType" InputOptions::KEYBOARDS;
    TextContentTypeWord "TextContentType" InputOptions::MEANINGS;
    ScanWord "Scan" ["unscanned", "clean", "infected"];
    DownloadStatusWord "DownloadStatus" ["pending", "ready", "failed"];
    PayloadFaultWord "PayloadFault" PayloadFault::ALL.iter().map(|fault| fault.as_str());
    SizeClassWord "SizeClass" ["small", "large"];
    HappeningWord "HappeningWord"
        ["received", "placed", "queued", "acceptedByApple", "failed", "unknown", "told"];
    TriggerWord "Trigger" ["agent", "menu", "unsubscribe", "subscribe"];
    EventTypeWord "EventType" EventType::ALL.iter().map(|kind| kind.as_str());
    FailureCodeWord "FailureCode" failure_codes();
    ProblemCodeWord "ProblemCode" problem_codes().map(|(_, code, _)| code);
}

fn types() -> impl Iterator<Item = &'static str> {
    ContentType::ALL.into_iter().map(ContentType::as_str)
}

fn failure_codes() -> [&'static str; 12] {
    [
        FailureCode::RefusedByApple,
        FailureCode::UnknownDestination,
        FailureCode::TooLarge,
        FailureCode::UnexpectedAnswer,
        FailureCode::ConversationClosed,
        FailureCode::Expired,
        FailureCode::GatewayUnavailable,
        FailureCode::NotShowable,
        FailureCode::ImageUnusable,
        FailureCode::AttachmentUnusable,
        FailureCode::PaymentSession,
        FailureCode::ContentLost,
    ]
    .map(FailureCode::as_str)
}

/// Every refusal of the business API: status, code, title.
pub(crate) fn problem_codes() -> impl Iterator<Item = (u16, &'static str, &'static str)> {
    Problem::ALL.iter().copied()
}
