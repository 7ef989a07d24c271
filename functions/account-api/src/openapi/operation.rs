//! What the document says about each operation beyond its route.

mod named;

pub(crate) use named::Named;

use crate::{Operation, view};

use super::{file, library, library::VariablesSchema, payment, shape};

/// What an operation answers when all is well.
#[derive(Clone, Copy)]
pub(crate) enum Answers {
    Nothing(u16),
    /// 302, to a file.
    Elsewhere,
    One(u16, Named),
    Page(Named),
}

/// What is said about an operation.
pub(crate) struct Said {
    pub(crate) tag: &'static str,
    pub(crate) summary: &'static str,
    /// Names of the query's parameters.
    pub(crate) query: &'static [&'static str],
    /// Names of the headers that matter.
    pub(crate) headers: &'static [&'static str],
    pub(crate) body: Option<(Named, bool)>,
    pub(crate) answers: Answers,
    /// Codes of refusals beside those that every operation has.
    pub(crate) codes: &'static [&'static str],
}

const PAGED: &[&str] = &["limit", "cursor"];

/// What is said about this operation.
#[expect(clippy::too_many_lines, reason = "one entry for each operation")]
pub(crate) fn said(operation: Operation) -> Said {
    let say = |tag, summary, answers| Said {
        tag,
        summary,
        query: &[],
        headers: &[],
        body: None,
        answers,
        codes: &[],
    };
    let one = |named| Answers::One(200, named);
    let (tenant, business) = (Named::of::<view::TenantView>(), Named::of::<view::BusinessView>());
    let (endpoint, new_endpoint) =
        (Named::of::<view::EndpointView>(), Named::of::<view::NewEndpointView>());
    let (written, summary) =
        (Named::of::<view::WrittenTemplateView>(), Named::of::<view::TemplateSummaryView>());
    match operation {
        Operation::CreateTenant => Said {
            body: Some((Named::of::<shape::CreateTenant>(), true)),
            ..say("Tenants", "Make a tenant", Answers::One(201, tenant))
        },
        Operation::ListTenants => {
            Said { query: PAGED, ..say("Tenants", "List the tenants", Answers::Page(tenant)) }
        }
        Operation::ReadTenant => say("Tenants", "Read a tenant", one(tenant)),
        Operation::CreateBusiness => Said {
            body: Some((Named::of::<shape::CreateBusiness>(), true)),
            codes: &["business_claimed", "wrong_mode"],
            ..say(
                "Businesses",
                "Claim a business id. It stays bound to its first tenant; a claim of one's own again \
                 answers 200 with the business as it is",
                Answers::One(201, business),
            )
        },
        Operation::ListBusinesses => Said {
            query: PAGED,
            ..say("Businesses", "List the tenant's businesses", Answers::Page(business))
        },
        Operation::ReadBusiness => {
            Said { codes: &["wrong_mode"], ..say("Businesses", "Read a business", one(business)) }
        }
        Operation::ChangeBusiness => Said {
            body: Some((Named::of::<shape::ChangeBusiness>(), true)),
            codes: &["wrong_mode"],
            ..say("Businesses", "Rename, suspend or activate a business", one(business))
        },
        Operation::StartLink => Said {
            query: &["intent", "group", "body"],
            codes: &["wrong_mode"],
            ..say(
                "Businesses",
                "Make the links that begin a conversation. Customers can change what they say: route by \
                 it, and trust it with nothing",
                one(Named::of::<view::StartLinkView>()),
            )
        },
        Operation::ReadApplePay => Said {
            codes: &["wrong_mode"],
            ..say(
                "Payments",
                "Read the Apple Pay settings of a business",
                one(Named::of::<view::ApplePayView>()),
            )
        },
        Operation::ReplaceApplePay => Said {
            headers: &["If-Match"],
            body: Some((Named::of::<payment::ReplaceApplePay>(), true)),
            codes: &["conflict", "wrong_mode"],
            ..say(
                "Payments",
                "Put the Apple Pay settings of a business. The secrets that they name have to be there. \
                 Payments that were asked for before go on as they were",
                one(Named::of::<view::ApplePayView>()),
            )
        },
        Operation::ListPayments => Said {
            query: &["businessId", "limit", "cursor"],
            codes: &["wrong_mode"],
            ..say(
                "Payments",
                "List a business's payments, newest first",
                Answers::Page(Named::of::<view::PaymentView>()),
            )
        },
        Operation::ReadPayment => Said {
            codes: &["wrong_mode"],
            ..say(
                "Payments",
                "Read a payment and everything that happened to it",
                one(Named::of::<view::PaymentHistoryView>()),
            )
        },
        Operation::ReadContacts => Said {
            codes: &["wrong_mode"],
            ..say(
                "Payments",
                "Read for whom and where to a payment is, for 90 days. Not there before it is paid",
                one(Named::of::<view::PaymentContactsView>()),
            )
        },
        Operation::ReadJournal => Said {
            query: &["merchant", "from", "to", "payment", "event", "limit", "cursor"],
            headers: &["Accept"],
            ..say(
                "Payments",
                "Read a merchant's journal, chain by chain, each in its order",
                Answers::Page(Named::of::<view::journal::JournalRowView>()),
            )
        },
        Operation::CapturePayment => Said {
            body: Some((Named::of::<payment::PaymentAmount>(), false)),
            codes: &["conflict", "payment_state", "wrong_mode"],
            ..say(
                "Payments",
                "Capture money that is held, all or a part; the rest is let go. It also accepts what the \
                 customer saw differently",
                Answers::One(202, Named::of::<view::PaymentView>()),
            )
        },
        Operation::VoidPayment => Said {
            body: Some((Named::of::<payment::VoidPayment>(), false)),
            codes: &["conflict", "payment_state", "wrong_mode"],
            ..say(
                "Payments",
                "Let money go that is held, or take an unpaid request back",
                Answers::One(202, Named::of::<view::PaymentView>()),
            )
        },
        Operation::RefundPayment => Said {
            headers: &["Idempotency-Key"],
            body: Some((Named::of::<payment::PaymentAmount>(), false)),
            codes: &["conflict", "idempotency_key_required", "payment_state", "wrong_mode"],
            ..say(
                "Payments",
                "Give captured money back, all or a part. The same key is the same refund",
                Answers::One(202, Named::of::<view::PaymentView>()),
            )
        },
        Operation::SendReceipt => Said {
            body: Some((Named::of::<payment::SendReceipt>(), true)),
            codes: &[
                "conversation_busy",
                "conversation_closed",
                "no_conversation",
                "not_showable",
                "payment_state",
                "wrong_mode",
            ],
            ..say(
                "Payments",
                "Show the customer a receipt: a page of yours, as a rich link. The same again sends \
                 nothing new",
                Answers::One(202, Named::of::<view::ReceiptView>()),
            )
        },
        Operation::CreateKey => Said {
            body: Some((Named::of::<shape::CreateKey>(), true)),
            codes: &["wrong_mode"],
            ..say(
                "Keys",
                "Make an API key; its text is shown this once",
                Answers::One(201, Named::of::<view::NewKeyView>()),
            )
        },
        Operation::ListKeys => Said {
            query: PAGED,
            ..say("Keys", "List the API keys", Answers::Page(Named::of::<view::KeyView>()))
        },
        Operation::RevokeKey => Said {
            codes: &["wrong_mode"],
            ..say("Keys", "Revoke an API key, within a minute and for ever", Answers::Nothing(204))
        },
        Operation::CreateEndpoint => Said {
            body: Some((Named::of::<shape::CreateEndpoint>(), true)),
            codes: &["too_many_endpoints", "endpoint_exists"],
            ..say(
                "Endpoints",
                "Add a webhook endpoint; its signing secret is shown this once",
                Answers::One(201, new_endpoint),
            )
        },
        Operation::ListEndpoints => {
            Said { query: PAGED, ..say("Endpoints", "List the endpoints", Answers::Page(endpoint)) }
        }
        Operation::ReadEndpoint => {
            say("Endpoints", "Read an endpoint and how it does", one(endpoint))
        }
        Operation::ChangeEndpoint => Said {
            headers: &["If-Match"],
            body: Some((Named::of::<shape::ChangeEndpoint>(), true)),
            codes: &["conflict", "endpoint_exists"],
            ..say("Endpoints", "Change an endpoint, enable or disable it", one(endpoint))
        },
        Operation::DeleteEndpoint => Said {
            headers: &["If-Match"],
            codes: &["conflict"],
            ..say("Endpoints", "Delete an endpoint", Answers::Nothing(204))
        },
        Operation::PingEndpoint => Said {
            codes: &["endpoint_disabled", "too_many_pings"],
            ..say(
                "Endpoints",
                "Send the endpoint a test event",
                Answers::One(202, Named::of::<view::PingView>()),
            )
        },
        Operation::RotateEndpointSecret => Said {
            headers: &["If-Match"],
            body: Some((Named::of::<shape::RotateSecret>(), false)),
            codes: &["conflict", "too_many_secrets"],
            ..say("Endpoints", "Draw a new signing secret beside the old ones", one(new_endpoint))
        },
        Operation::ListDeliveries => Said {
            query: &["status", "limit", "cursor"],
            ..say(
                "Endpoints",
                "Read the delivery log, newest first",
                Answers::Page(Named::of::<view::DeliveryView>()),
            )
        },
        Operation::ReplayDeliveries => Said {
            body: Some((Named::of::<shape::ReplayDeliveries>(), true)),
            codes: &["endpoint_disabled"],
            ..say(
                "Endpoints",
                "Deliver one event again, or everything that was given up",
                Answers::One(202, Named::of::<view::ReplayView>()),
            )
        },
        Operation::ListConversations => Said {
            query: &["businessId", "opaqueId", "limit", "cursor"],
            codes: &["wrong_mode"],
            ..say(
                "Conversations",
                "List a business's conversations, oldest first, or find the one with a customer",
                Answers::Page(Named::of::<view::ConversationView>()),
            )
        },
        Operation::ReadConversation => Said {
            codes: &["wrong_mode"],
            ..say(
                "Conversations",
                "Read a conversation",
                one(Named::of::<view::ConversationView>()),
            )
        },
        Operation::ListMessages => Said {
            query: &["conversationId", "after", "limit", "cursor"],
            codes: &["wrong_mode"],
            ..say(
                "Messages",
                "List a conversation's messages, both ways, in order",
                Answers::Page(Named::of::<view::MessageView>()),
            )
        },
        Operation::ReadMessage => Said {
            codes: &["wrong_mode"],
            ..say(
                "Messages",
                "Read a message and what became of it. Typing indicators are not kept",
                one(Named::of::<view::HistoryView>()),
            )
        },
        Operation::ListEvents => Said {
            query: &["conversationId", "type", "after", "limit", "cursor"],
            codes: &["wrong_mode"],
            ..say(
                "Events",
                "List a conversation's events in order",
                Answers::Page(Named::of::<shape::Event>()),
            )
        },
        Operation::ReadEvent => Said {
            query: &["conversationId"],
            codes: &["wrong_mode"],
            ..say(
                "Events",
                "Read an event. An event id alone does not say where the event lies: name the \
                 conversation, which every event carries",
                one(Named::of::<shape::Event>()),
            )
        },
        Operation::CreateUpload => Said {
            body: Some((Named::of::<library::CreateUpload>(), true)),
            ..say(
                "Uploads",
                "Make a place for a file that messages and templates name. Send the file there with PUT \
                 and the headers of the answer, within 15 minutes",
                Answers::One(201, Named::of::<view::UploadView>()),
            )
        },
        Operation::ReadAttachment => Said {
            query: &["quarantined"],
            codes: &[
                "attachment_expired",
                "attachment_failed",
                "attachment_infected",
                "attachment_pending",
                "attachment_quarantined",
                "wrong_mode",
            ],
            ..say(
                "Attachments",
                "Get a customer's file: a link that saves it, for five minutes. Follow it without this \
                 request's Authorization",
                Answers::Elsewhere,
            )
        },
        Operation::OpenAttachment => Said {
            query: &["tenant", "until", "signature"],
            codes: &[
                "attachment_expired",
                "attachment_failed",
                "attachment_infected",
                "attachment_pending",
                "attachment_quarantined",
            ],
            ..say(
                "Attachments",
                "Follow the link of an `attachment.ready` to the file. A forged or old one is not found",
                Answers::Elsewhere,
            )
        },
        Operation::ScanAttachment => Said {
            body: Some((Named::of::<file::ScanAttachment>(), true)),
            codes: &["attachment_pending", "attachment_failed", "wrong_mode"],
            ..say(
                "Attachments",
                "Say what a scanner found in a customer's file. What is infected is not given out",
                one(Named::of::<view::AttachmentView>()),
            )
        },
        Operation::CreateDownload => Said {
            body: Some((Named::of::<file::CreateDownload>(), true)),
            codes: &["wrong_mode"],
            ..say(
                "Downloads",
                "Resolve an `interactiveDataRef` of Apple's, for whoever reads Apple's own messages. \
                 Waits up to eight seconds; 202 when that was not enough",
                one(Named::of::<view::DownloadView>()),
            )
        },
        Operation::ReadDownload => Said {
            codes: &["wrong_mode"],
            ..say(
                "Downloads",
                "Read what a reference was resolved to",
                one(Named::of::<view::DownloadView>()),
            )
        },
        Operation::ReadSettings => {
            say("Tenants", "Read what the tenant has set", one(Named::of::<view::SettingsView>()))
        }
        Operation::ChangeSettings => Said {
            body: Some((Named::of::<file::ChangeSettings>(), true)),
            ..say("Tenants", "Set it", one(Named::of::<view::SettingsView>()))
        },
        Operation::CreateTemplate => Said {
            body: Some((Named::of::<library::CreateTemplate>(), true)),
            codes: &["too_many_templates", "template_exists"],
            ..say(
                "Templates",
                "Make a template; the same again answers 200 with the template as it is",
                Answers::One(201, written),
            )
        },
        Operation::ListTemplates => Said {
            query: PAGED,
            ..say(
                "Templates",
                "List the templates, the latest version of each",
                Answers::Page(summary),
            )
        },
        Operation::ValidateTemplate => Said {
            body: Some((Named::of::<library::ReplaceTemplate>(), true)),
            ..say(
                "Templates",
                "Check a template without keeping it",
                one(Named::of::<view::TemplateCheckView>()),
            )
        },
        Operation::ReadTemplate => Said {
            query: &["version"],
            ..say(
                "Templates",
                "Read a template, whole or with a link to its contents",
                one(Named::of::<view::TemplateView>()),
            )
        },
        Operation::ReplaceTemplate => Said {
            headers: &["If-Match"],
            body: Some((Named::of::<library::ReplaceTemplate>(), true)),
            codes: &["conflict", "too_many_templates"],
            ..say(
                "Templates",
                "Make a new version of a template, or the template. When the latest version says the \
                 same, no new one is made",
                one(written),
            )
        },
        Operation::DeleteTemplate => Said {
            headers: &["If-Match"],
            codes: &["conflict"],
            ..say(
                "Templates",
                "Delete a template with all its versions. Messages that were taken are not touched",
                Answers::Nothing(204),
            )
        },
        Operation::ListTemplateVersions => Said {
            query: PAGED,
            ..say(
                "Templates",
                "List the versions of a template, oldest first",
                Answers::Page(summary),
            )
        },
        Operation::ReadTemplateSchema => Said {
            query: &["version"],
            ..say(
                "Templates",
                "Read what the variables of a template have to be, as JSON Schema (2020-12)",
                one(Named::of::<VariablesSchema>()),
            )
        },
        Operation::RenderTemplate => Said {
            body: Some((Named::of::<library::RenderTemplate>(), false)),
            ..say(
                "Templates",
                "Fill a template and check what comes of it",
                one(Named::of::<view::RenderingView>()),
            )
        },
        Operation::ListRulePacks => Said {
            query: PAGED,
            ..say(
                "Messages",
                "List the rule packs that messages can be held against",
                Answers::Page(Named::of::<view::RulePackNameView>()),
            )
        },
        Operation::ReadRulePack => say(
            "Messages",
            "Read a rule pack: every limit, and where it is written down",
            one(Named::of::<view::RulePackView>()),
        ),
    }
}
