//! The routes: one table for the code, the template and the OpenAPI document.

use amb_service::model::Scope;

/// One route.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// The method.
    pub method: &'static str,
    /// The path; a segment in braces is the id.
    pub path: &'static str,
    /// What it does.
    pub operation: Operation,
    /// Whom it is for.
    pub opens: Opens,
}

/// Whom a route is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opens {
    /// The operator alone.
    Operator,
    /// Keys with any of these scopes, and the operator in the tenant's name.
    Any(&'static [Scope]),
    /// Whoever holds a link of ours, without a key.
    Link,
}

macro_rules! routes {
    ($($operation:ident $id:literal = $method:literal $path:literal $opens:expr;)+) => {
        /// What a route does.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the variants are the operations of the OpenAPI document")]
        pub enum Operation { $($operation,)+ }

        impl Operation {
            /// The `operationId` of the OpenAPI document.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$operation => $id,)+ }
            }
        }

        /// Every route of this function.
        pub const ROUTES: &[Route] = &[
            $(Route { method: $method, path: $path, operation: Operation::$operation, opens: $opens },)+
        ];
    };
}

const ADMIN: Opens = Opens::Any(&[Scope::Admin]);
const READ: Opens = Opens::Any(&[Scope::Read]);
const PRIVATE: Opens = Opens::Any(&[Scope::Private]);
const EITHER: Opens = Opens::Any(&[Scope::Admin, Scope::Read]);
const WRITERS: Opens = Opens::Any(&[Scope::Admin, Scope::Send]);
const SEND: Opens = Opens::Any(&[Scope::Send]);
const PAYMENTS: Opens = Opens::Any(&[Scope::Payments]);
const FINANCE: Opens = Opens::Any(&[Scope::Finance]);
const ANY: Opens = Opens::Any(&[Scope::Admin, Scope::Read, Scope::Send]);

routes! {
    CreateTenant "createTenant" = "POST" "/v1/tenants" Opens::Operator;
    ListTenants "listTenants" = "GET" "/v1/tenants" Opens::Operator;
    ReadTenant "readTenant" = "GET" "/v1/tenants/{tenantId}" Opens::Operator;
    CreateBusiness "createBusiness" = "POST" "/v1/businesses" ADMIN;
    ListBusinesses "listBusinesses" = "GET" "/v1/businesses" EITHER;
    ReadBusiness "readBusiness" = "GET" "/v1/businesses/{businessId}" EITHER;
    ChangeBusiness "changeBusiness" = "PATCH" "/v1/businesses/{businessId}" ADMIN;
    StartLink "startLink" = "GET" "/v1/businesses/{businessId}/link" EITHER;
    ReadApplePay "readApplePay" = "GET" "/v1/businesses/{businessId}/apple-pay" EITHER;
    ReplaceApplePay "replaceApplePay" = "PUT" "/v1/businesses/{businessId}/apple-pay" ADMIN;
    ListPayments "listPayments" = "GET" "/v1/payments" READ;
    ReadPayment "readPayment" = "GET" "/v1/payments/{paymentId}" READ;
    ReadContacts "readPaymentContacts" = "GET" "/v1/payments/{paymentId}/contacts" PRIVATE;
    CapturePayment "capturePayment" = "POST" "/v1/payments/{paymentId}/capture" PAYMENTS;
    VoidPayment "voidPayment" = "POST" "/v1/payments/{paymentId}/void" PAYMENTS;
    RefundPayment "refundPayment" = "POST" "/v1/payments/{paymentId}/refunds" PAYMENTS;
    SendReceipt "sendReceipt" = "POST" "/v1/payments/{paymentId}/receipt" SEND;
    CreateKey "createKey" = "POST" "/v1/keys" ADMIN;
    ListKeys "listKeys" = "GET" "/v1/keys" ADMIN;
    RevokeKey "revokeKey" = "DELETE" "/v1/keys/{keyId}" ADMIN;
    CreateEndpoint "createEndpoint" = "POST" "/v1/endpoints" ADMIN;
    ListEndpoints "listEndpoints" = "GET" "/v1/endpoints" EITHER;
    ReadEndpoint "readEndpoint" = "GET" "/v1/endpoints/{endpointId}" EITHER;
    ChangeEndpoint "changeEndpoint" = "PATCH" "/v1/endpoints/{endpointId}" ADMIN;
    DeleteEndpoint "deleteEndpoint" = "DELETE" "/v1/endpoints/{endpointId}" ADMIN;
    PingEndpoint "pingEndpoint" = "POST" "/v1/endpoints/{endpointId}/ping" ADMIN;
    RotateEndpointSecret "rotateEndpointSecret" = "POST" "/v1/endpoints/{endpointId}/rotate-secret" ADMIN;
    ListDeliveries "listDeliveries" = "GET" "/v1/endpoints/{endpointId}/deliveries" EITHER;
    ReplayDeliveries "replayDeliveries" = "POST" "/v1/endpoints/{endpointId}/replay" ADMIN;
    ReadJournal "readJournal" = "GET" "/v1/journal" FINANCE;
    ListConversations "listConversations" = "GET" "/v1/conversations" READ;
    ReadConversation "readConversation" = "GET" "/v1/conversations/{conversationId}" READ;
    ListMessages "listMessages" = "GET" "/v1/messages" READ;
    ReadMessage "readMessage" = "GET" "/v1/messages/{messageId}" READ;
    ListEvents "listEvents" = "GET" "/v1/events" READ;
    ReadEvent "readEvent" = "GET" "/v1/events/{eventId}" READ;
    ReadAttachment "readAttachment" = "GET" "/v1/attachments/{attachmentId}" READ;
    OpenAttachment "openAttachment" = "GET" "/v1/attachments/{attachmentId}/content" Opens::Link;
    ScanAttachment "scanAttachment" = "PUT" "/v1/attachments/{attachmentId}/scan" ADMIN;
    CreateDownload "createDownload" = "POST" "/v1/downloads" READ;
    ReadDownload "readDownload" = "GET" "/v1/downloads/{downloadId}" READ;
    ReadSettings "readSettings" = "GET" "/v1/settings" ADMIN;
    ChangeSettings "changeSettings" = "PUT" "/v1/settings" ADMIN;
    ListRulePacks "listRulePacks" = "GET" "/v1/rule-packs" ANY;
    ReadRulePack "readRulePack" = "GET" "/v1/rule-packs/{rulePack}" ANY;
    CreateUpload "createUpload" = "POST" "/v1/uploads" WRITERS;
    CreateTemplate "createTemplate" = "POST" "/v1/templates" ADMIN;
    ListTemplates "listTemplates" = "GET" "/v1/templates" EITHER;
    ValidateTemplate "validateTemplate" = "POST" "/v1/templates/validate" EITHER;
    ReadTemplate "readTemplate" = "GET" "/v1/templates/{templateName}" EITHER;
    ReplaceTemplate "replaceTemplate" = "PUT" "/v1/templates/{templateName}" ADMIN;
    DeleteTemplate "deleteTemplate" = "DELETE" "/v1/templates/{templateName}" ADMIN;
    ListTemplateVersions "listTemplateVersions" = "GET" "/v1/templates/{templateName}/versions" EITHER;
    ReadTemplateSchema "readTemplateSchema" = "GET" "/v1/templates/{templateName}/schema" EITHER;
    RenderTemplate "renderTemplate" = "POST" "/v1/templates/{templateName}/render" EITHER;
}

/// What a request's method and path lead to.
#[derive(Debug)]
pub(crate) enum Found<'p> {
    /// A route, and the id in its path; empty where the path has none.
    Route(&'static Route, &'p str),
    /// A path that serves these methods.
    OtherMethods(Vec<&'static str>),
    /// No path of ours.
    Nothing,
}

/// Finds the route of a request.
pub(crate) fn find<'p>(method: &str, path: &'p str) -> Found<'p> {
    let mut allowed = Vec::new();
    for route in ROUTES {
        match id_in(route.path, path) {
            Some(id) if route.method == method => return Found::Route(route, id),
            Some(_) => allowed.push(route.method),
            None => {}
        }
    }
    if allowed.is_empty() { Found::Nothing } else { Found::OtherMethods(allowed) }
}

/// The id in a path of this form: empty where the form has none.
fn id_in<'p>(form: &str, path: &'p str) -> Option<&'p str> {
    let mut id = "";
    let (mut expected, mut found) = (form.split('/'), path.split('/'));
    loop {
        match (expected.next(), found.next()) {
            (None, None) => return Some(id),
            (Some(form), Some(segment)) if form.starts_with('{') && !segment.is_empty() => {
                id = segment;
            }
            (Some(form), Some(segment)) if form == segment => {}
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_its_route_and_the_id_in_it() {
        let Found::Route(route, id) = find("POST", "/v1/endpoints/ep_1/ping") else { panic!() };
        assert_eq!((route.operation, id), (Operation::PingEndpoint, "ep_1"));
        let Found::Route(route, id) = find("GET", "/v1/events") else { panic!() };
        assert_eq!((route.operation, id), (Operation::ListEvents, ""));
    }

    #[test]
    fn s052_another_method_is_told_which_are_served() {
        let Found::OtherMethods(allowed) = find("PUT", "/v1/endpoints/ep_1") else { panic!() };
        assert_eq!(allowed, ["GET", "PATCH", "DELETE"]);
    }

    #[test]
    fn a_template_may_be_called_like_an_operation() {
        let Found::Route(route, id) = find("GET", "/v1/templates/validate") else { panic!() };
        assert_eq!((route.operation, id), (Operation::ReadTemplate, "validate"));
        let Found::Route(route, id) = find("POST", "/v1/templates/validate") else { panic!() };
        assert_eq!((route.operation, id), (Operation::ValidateTemplate, ""));
    }

    #[test]
    fn s053_no_odd_path_leads_anywhere() {
        for path in [
            "",
            "/",
            "/v1",
            "/v1/",
            "/v1/endpoints/",
            "/v1//endpoints",
            "/v1/endpoints/a/b/c",
            "/v1/endpoints/../tenants/x/y",
            "//v1/tenants",
            "/v1/tenants/",
            "/V1/tenants",
        ] {
            assert!(matches!(find("GET", path), Found::Nothing), "{path}");
        }
    }

    #[test]
    fn no_two_routes_and_no_two_operations_are_the_same() {
        for (at, route) in ROUTES.iter().enumerate() {
            for other in ROUTES.iter().skip(at + 1) {
                assert_ne!((route.method, route.path), (other.method, other.path));
                assert_ne!(route.operation.id(), other.operation.id());
            }
        }
    }
}
