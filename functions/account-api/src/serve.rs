//! What each route does: a use case, and its answer.

use amb_lambda::{
    answer::{self, Answer},
    http_event::Request,
};
use amb_service::{
    account::{
        Caller, Claimed, Download, DownloadState, IfMatch, Kept, List, ReceiptOrder, Written,
    },
    model::{Endpoint, MerchantSettings, Payment},
    port::{Clock, Entropy, MerchantSecrets, OperatorKeySource},
    problem::Problem,
};
use http::{
    HeaderValue, StatusCode,
    header::{ETAG, HeaderName, LOCATION},
};
use serde::Serialize;

use crate::{
    AccountApi, Sends, Tables,
    routes::Operation,
    view::{
        ApplePayView, AttachmentView, BusinessView, ConversationView, DeliveryView, DownloadView,
        EndpointView, HistoryView, KeyView, MessageView, NewEndpointView, NewKeyView, Page,
        PaymentContactsView, PaymentHistoryView, PaymentView, PingView, ReceiptView, RenderingView,
        ReplayView, RulePackNameView, RulePackView, SettingsView, StartLinkView, TemplateCheckView,
        TemplateSummaryView, TemplateView, TenantView, UploadView, WrittenTemplateView, journal,
    },
};

impl<S, Q, C, K, M> AccountApi<S, Q, C, K, M>
where
    S: Tables,
    Q: Sends,
    C: Clock + Entropy + Clone,
    K: OperatorKeySource,
    M: MerchantSecrets,
{
    /// Leads whoever holds a link of ours to the file.
    pub(crate) async fn follow(&self, id: &str, request: &Request) -> Result<Answer, Problem> {
        let to = self.account.attachment_content(id, &request.query_pairs()).await?;
        Ok(found(&to))
    }

    /// Performs an operation; `id` is the id in the path, empty where it has none.
    #[expect(clippy::too_many_lines, reason = "one arm for each route, and nothing else")]
    pub(crate) async fn perform(
        &self,
        operation: Operation,
        id: &str,
        caller: &Caller,
        request: &Request,
    ) -> Result<Answer, Problem> {
        let account = &self.account;
        let (body, query) = (request.body(), &request.query_pairs());
        let if_match = request.header("if-match");
        let vet = |url: &str| self.vet(request, url);
        Ok(match operation {
            Operation::CreateTenant => {
                let tenant = account.create_tenant(caller.operator()?, body).await?;
                let location = format!("/v1/tenants/{}", tenant.id);
                created(&location, &TenantView::from(tenant))
            }
            Operation::ListTenants => {
                page(account.list_tenants(caller.operator()?, query).await?, TenantView::from)
            }
            Operation::ReadTenant => {
                ok(&TenantView::from(account.tenant(caller.operator()?, id).await?))
            }
            Operation::CreateBusiness => {
                match account.claim_business(caller.principal()?, body).await? {
                    Claimed::Now(business) => {
                        let location = format!("/v1/businesses/{}", business.id);
                        created(&location, &BusinessView::from(business))
                    }
                    Claimed::Before(business) => ok(&BusinessView::from(business)),
                }
            }
            Operation::ListBusinesses => {
                let list = account.list_businesses(caller.principal()?, query).await?;
                page(list, BusinessView::from)
            }
            Operation::ReadBusiness => {
                ok(&BusinessView::from(account.business(caller.principal()?, id).await?))
            }
            Operation::ChangeBusiness => {
                let changed = account.change_business(caller.principal()?, id, body).await?;
                ok(&BusinessView::from(changed))
            }
            Operation::StartLink => {
                ok(&StartLinkView::from(account.start_link(caller.principal()?, id, query).await?))
            }
            Operation::ReadApplePay => configured(account.merchant(caller.principal()?, id).await?),
            Operation::ReplaceApplePay => {
                let secrets = &self.merchants;
                let put = account.change_merchant(caller, id, if_match, body, vet, secrets);
                configured(put.await?)
            }
            Operation::ListPayments => {
                page(account.list_payments(caller.principal()?, query).await?, PaymentView::from)
            }
            Operation::ReadPayment => {
                ok(&PaymentHistoryView::from(account.payment(caller.principal()?, id).await?))
            }
            Operation::ReadContacts => {
                let contacts = account.payment_contacts(caller.principal()?, id).await?;
                ok(&PaymentContactsView::from(contacts))
            }
            Operation::CapturePayment => asked(account.capture_payment(caller, id, body).await?),
            Operation::VoidPayment => asked(account.void_payment(caller, id, body).await?),
            Operation::RefundPayment => {
                let key = request.header("idempotency-key");
                asked(account.refund_payment(caller, id, key, body).await?)
            }
            Operation::SendReceipt => {
                let principal = caller.principal()?;
                let ReceiptOrder { key, body } = account.receipt(principal, id, body).await?;
                let sent = self.sender.send(principal, Some(&key), &body).await;
                let sent = sent.map_err(ReceiptOrder::refused)?;
                answer::json(StatusCode::ACCEPTED, &ReceiptView::from(sent))
            }
            Operation::CreateKey => {
                let made = account.create_key(caller.principal()?, body).await?;
                answer::json(StatusCode::CREATED, &NewKeyView::from(made))
            }
            Operation::ListKeys => {
                page(account.list_keys(caller.principal()?, query).await?, KeyView::from)
            }
            Operation::RevokeKey => {
                account.revoke_key(caller.principal()?, id).await?;
                answer::empty(StatusCode::NO_CONTENT)
            }
            Operation::CreateEndpoint => {
                let made = account.create_endpoint(caller.principal()?, body, vet).await?;
                let (location, tag) =
                    (format!("/v1/endpoints/{}", made.endpoint.id), tag(&made.endpoint));
                with(created(&location, &NewEndpointView::from(made)), ETAG, &tag)
            }
            Operation::ListEndpoints => {
                let list = account.list_endpoints(caller.principal()?, query).await?;
                page(list, EndpointView::from)
            }
            Operation::ReadEndpoint => tagged(account.endpoint(caller.principal()?, id).await?),
            Operation::ChangeEndpoint => {
                tagged(account.change_endpoint(caller.principal()?, id, if_match, body, vet).await?)
            }
            Operation::DeleteEndpoint => {
                account.delete_endpoint(caller.principal()?, id, if_match).await?;
                answer::empty(StatusCode::NO_CONTENT)
            }
            Operation::RotateEndpointSecret => {
                let made = account.rotate_secret(caller.principal()?, id, if_match, body).await?;
                let tag = tag(&made.endpoint);
                with(ok(&NewEndpointView::from(made)), ETAG, &tag)
            }
            Operation::PingEndpoint => {
                let event = account.ping_endpoint(caller.principal()?, id).await?;
                answer::json(StatusCode::ACCEPTED, &PingView::from(event))
            }
            Operation::ListDeliveries => {
                let list = account.list_deliveries(caller.principal()?, id, query).await?;
                page(list, DeliveryView::from)
            }
            Operation::ReplayDeliveries => {
                let replayed = account.replay(caller.principal()?, id, body).await?;
                answer::json(StatusCode::ACCEPTED, &ReplayView::from(replayed))
            }
            Operation::ListConversations => {
                let list = account.list_conversations(caller.principal()?, query).await?;
                page(list, ConversationView::from)
            }
            Operation::ReadConversation => {
                ok(&ConversationView::from(account.conversation(caller.principal()?, id).await?))
            }
            Operation::ListMessages => {
                let (state, list) = account.list_messages(caller.principal()?, query).await?;
                page(list, |message| MessageView::of(&state, message))
            }
            Operation::ReadMessage => {
                ok(&HistoryView::from(account.message(caller.principal()?, id).await?))
            }
            Operation::ListEvents => {
                let url = self.api_url(request);
                page(account.list_events(caller.principal()?, query, &url).await?, |event| event)
            }
            Operation::ReadEvent => {
                let url = self.api_url(request);
                ok(&account.event(caller.principal()?, id, query, &url).await?)
            }
            Operation::ReadAttachment => {
                found(&account.attachment_link(caller.principal()?, id, query).await?)
            }
            Operation::OpenAttachment => self.follow(id, request).await?,
            Operation::ScanAttachment => {
                let (id, file) = account.scan_attachment(caller.principal()?, id, body).await?;
                ok(&AttachmentView::of(&id, file))
            }
            Operation::CreateDownload => {
                downloaded(account.create_download(caller.principal()?, body).await?)
            }
            Operation::ReadDownload => downloaded(account.download(caller.principal()?, id).await?),
            Operation::ReadSettings => {
                ok(&SettingsView::from(account.settings(caller.principal()?).await?))
            }
            Operation::ChangeSettings => {
                ok(&SettingsView::from(account.change_settings(caller.principal()?, body).await?))
            }
            Operation::CreateUpload => {
                let upload = account.create_upload(caller.principal()?, body).await?;
                answer::json(StatusCode::CREATED, &UploadView::from(upload))
            }
            Operation::CreateTemplate => {
                written(account.create_template(caller.principal()?, body).await?)
            }
            Operation::ListTemplates => {
                let list = account.list_templates(caller.principal()?, query).await?;
                page(list, TemplateSummaryView::from)
            }
            Operation::ValidateTemplate => {
                let check = account.validate_template(caller.principal()?, body).await?;
                ok(&TemplateCheckView::from(check))
            }
            Operation::ReadTemplate => {
                let read = account.template(caller.principal()?, id, query).await?;
                let tag = IfMatch::tag(read.template.version.into());
                with(ok(&TemplateView::from(read)), ETAG, &tag)
            }
            Operation::ReplaceTemplate => {
                let principal = caller.principal()?;
                written(account.replace_template(principal, id, if_match, body).await?)
            }
            Operation::DeleteTemplate => {
                account.delete_template(caller.principal()?, id, if_match).await?;
                answer::empty(StatusCode::NO_CONTENT)
            }
            Operation::ListTemplateVersions => {
                let list = account.list_template_versions(caller.principal()?, id, query).await?;
                page(list, TemplateSummaryView::from)
            }
            Operation::ReadJournal => {
                let rows = account.list_journal(caller.principal()?, query).await?;
                journal::page(rows, request.header("accept"))
            }
            Operation::ReadTemplateSchema => {
                ok(&account.template_schema(caller.principal()?, id, query).await?)
            }
            Operation::RenderTemplate => {
                let rendering = account.render_template(caller.principal()?, id, body).await?;
                ok(&RenderingView::from(rendering))
            }
            Operation::ListRulePacks => {
                page(account.list_rule_packs(caller.principal()?, query)?, RulePackNameView::from)
            }
            Operation::ReadRulePack => {
                ok(&RulePackView::from(account.rule_pack(caller.principal()?, id)?))
            }
        })
    }
}

fn ok(view: &impl Serialize) -> Answer {
    answer::json(StatusCode::OK, view)
}

fn created(location: &str, view: &impl Serialize) -> Answer {
    with(answer::json(StatusCode::CREATED, view), LOCATION, location)
}

/// 302: the file is the store's to send, and whoever asked need not send us what opens it again.
fn found(link: &str) -> Answer {
    with(answer::empty(StatusCode::FOUND), LOCATION, link)
}

/// 202 while it is under way.
fn downloaded(download: Download) -> Answer {
    let pending = matches!(download.state, DownloadState::Pending);
    let status = if pending { StatusCode::ACCEPTED } else { StatusCode::OK };
    answer::json(status, &DownloadView::from(download))
}

/// 202: the money moves soon.
fn asked(payment: Payment) -> Answer {
    answer::json(StatusCode::ACCEPTED, &PaymentView::from(payment))
}

/// Settings with their entity tag, for `If-Match`.
fn configured(settings: MerchantSettings) -> Answer {
    let tag = IfMatch::tag(settings.revision);
    with(ok(&ApplePayView::from(settings)), ETAG, &tag)
}

fn page<T, V: Serialize>(list: List<T>, view: impl FnMut(T) -> V) -> Answer {
    ok(&Page::from(list.map(view)))
}

/// An endpoint with its entity tag, for `If-Match`.
fn tagged(endpoint: Endpoint) -> Answer {
    let tag = tag(&endpoint);
    with(ok(&EndpointView::from(endpoint)), ETAG, &tag)
}

fn tag(endpoint: &Endpoint) -> String {
    IfMatch::tag(endpoint.revision)
}

/// A kept version, with its entity tag.
fn written(written: Written) -> Answer {
    let (name, tag) = (written.summary.name.as_str(), IfMatch::tag(written.summary.version.into()));
    let location = format!("/v1/templates/{name}");
    let first = written.kept == Kept::First;
    let view = WrittenTemplateView::from(written);
    with(if first { created(&location, &view) } else { ok(&view) }, ETAG, &tag)
}

fn with(mut answer: Answer, name: HeaderName, value: &str) -> Answer {
    // Ids and entity tags are ASCII; a business id may hold what a header may not.
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
    answer
}
