use serde_json::{Value, json};

use super::world::{BUSINESS, ENDPOINT, OURS, THEIRS, World};

const LISTS: [&str; 8] = [
    "/v1/tenants",
    "/v1/businesses",
    "/v1/keys",
    "/v1/endpoints",
    "/v1/endpoints/{endpoint}/deliveries",
    "/v1/conversations?businessId={business}",
    "/v1/messages?conversationId={conversation}",
    "/v1/events?conversationId={conversation}",
];

fn target(list: &str, conversation: &str, more: &str) -> String {
    let list = list
        .replace("{endpoint}", ENDPOINT)
        .replace("{business}", BUSINESS)
        .replace("{conversation}", conversation);
    let sign = if list.contains('?') { '&' } else { '?' };
    if more.is_empty() { list } else { format!("{list}{sign}{more}") }
}

/// A world where every list has several items.
async fn crowded() -> (World, String) {
    let (world, conversation, _) = World::with_conversation().await;
    for number in 0..4 {
        world.memory.world().now += std::time::Duration::from_secs(1);
        world.key(OURS, "test", &["read"]).await;
        let body = json!({ "url": format!("https://hooks{number}.example.org/") });
        world.as_operator(OURS, "POST", "/v1/endpoints", Some(body)).await;
        let id = format!("c3a1f0de-0000-4000-8000-0000000001{number:02}");
        world.customer_writes(&id, "more").await;
        let mut inner = world.memory.world();
        // Other customers of the same business.
        let state = inner.conversations.values().next().unwrap().clone();
        let opaque = amb_protocol::id::OpaqueId::parse(&format!("urn:mbid:{number}")).unwrap();
        let other = amb_service::model::ConversationState::new(
            state.tenant,
            state.business,
            opaque,
            inner.now,
        );
        inner.conversations.insert((other.tenant.clone(), other.id.clone()), other);
    }
    (world, conversation)
}

#[tokio::test]
async fn every_list_is_walked_without_a_gap_or_a_repetition() {
    let (world, cnv) = crowded().await;
    for list in LISTS {
        let whole = world.as_operator(OURS, "GET", &target(list, &cnv, "limit=100"), None).await;
        assert!(whole.items().len() >= 2, "{list}");
        assert_eq!(whole.body["nextCursor"], Value::Null);
        let mut walked = Vec::new();
        let mut more = "limit=1".to_owned();
        loop {
            let page = world.as_operator(OURS, "GET", &target(list, &cnv, &more), None).await;
            assert!(page.items().len() <= 1, "{list}");
            walked.extend(page.items().to_vec());
            match page.body["nextCursor"].as_str() {
                Some(cursor) => more = format!("limit=1&cursor={cursor}"),
                None => break,
            }
        }
        assert_eq!(walked, whole.items(), "{list}");
    }
}

#[tokio::test]
async fn s054_a_cursor_is_good_for_its_list_and_tenant_and_not_to_be_forged() {
    let (world, cnv) = crowded().await;
    let mut cursors = Vec::new();
    for list in LISTS {
        let page = world.as_operator(OURS, "GET", &target(list, &cnv, "limit=1"), None).await;
        cursors.push(page.text("nextCursor"));
    }
    for (at, list) in LISTS.iter().enumerate() {
        for (of, cursor) in cursors.iter().enumerate() {
            let more = format!("cursor={cursor}");
            let reply = world.as_operator(OURS, "GET", &target(list, &cnv, &more), None).await;
            if at == of {
                assert_eq!(reply.status, 200, "{list}");
            } else {
                assert_eq!(reply.code(), (400, "invalid_cursor"), "{list}");
            }
        }
        let mut forged = cursors[at].clone().into_bytes();
        let last = forged.len() - 1;
        forged[last] = if forged[last] == b'A' { b'B' } else { b'A' };
        for cursor in
            [String::from_utf8(forged).unwrap(), "x".into(), "%00".into(), "AAAA".repeat(99)]
        {
            let more = format!("cursor={cursor}");
            let reply = world.as_operator(OURS, "GET", &target(list, &cnv, &more), None).await;
            assert_eq!(reply.code(), (400, "invalid_cursor"), "{list} {cursor}");
        }
    }
    // The same list of another tenant.
    let reply =
        world.as_operator(THEIRS, "GET", &format!("/v1/keys?cursor={}", cursors[2]), None).await;
    assert_eq!(reply.code(), (400, "invalid_cursor"));
    // The same list with another filter.
    let more = format!("type=message.received&cursor={}", cursors[7]);
    let reply = world.as_operator(OURS, "GET", &target(LISTS[7], &cnv, &more), None).await;
    assert_eq!(reply.code(), (400, "invalid_cursor"));
}

#[tokio::test]
async fn s055_a_limit_is_a_whole_number_from_1_to_100() {
    let (world, cnv) = crowded().await;
    for list in LISTS {
        for odd in
            ["-1", "0", "101", "1e9", "abc", "1.5", "+5", "%2B5", "0x10", "9".repeat(40).as_str()]
        {
            let reply = world
                .as_operator(OURS, "GET", &target(list, &cnv, &format!("limit={odd}")), None)
                .await;
            assert_eq!(reply.faults(), [("/limit".into(), "format".into())], "{list} {odd}");
        }
    }
}

#[tokio::test]
async fn w030_a_filter_takes_its_own_words_only() {
    let (world, cnv) = crowded().await;
    for (more, pointer, rule) in [
        ("type=message.%2A", "/type", "format"),
        ("type=message.received,,", "/type", "format"),
        ("type='%20OR%201=1", "/type", "format"),
        ("after=-1", "/after", "format"),
        ("after=evt_zzz", "/after", "format"),
        ("unknown=1", "/unknown", "unknown_parameter"),
        ("a/b~c=1", "/a~1b~0c", "unknown_parameter"),
        ("limit=1&limit=2", "/limit", "repeated"),
    ] {
        let target = format!("/v1/events?conversationId={cnv}&{more}");
        let reply = world.as_operator(OURS, "GET", &target, None).await;
        assert_eq!(reply.faults(), [(pointer.into(), rule.into())], "{more}");
    }
    let target = format!("/v1/endpoints/{ENDPOINT}/deliveries?status=lost");
    let reply = world.as_operator(OURS, "GET", &target, None).await;
    assert_eq!(reply.faults(), [("/status".into(), "format".into())]);
    let reply = world.as_operator(OURS, "GET", "/v1/conversations", None).await;
    assert_eq!(reply.faults(), [("/businessId".into(), "required".into())]);
}

#[tokio::test]
async fn a_filter_that_little_passes_still_ends() {
    let (world, cnv, _) = World::with_conversation().await;
    {
        let mut inner = world.memory.world();
        let (tenant, id) = inner.conversations.keys().next().unwrap().clone();
        let entry = inner.timeline.values().next().unwrap().clone();
        let stream = amb_service::model::EventStream::Conversation(id.clone());
        for seq in 10..5_010 {
            let entry = amb_service::model::TimelineEntry { seq, ..entry.clone() };
            inner.timeline.insert((tenant.clone(), stream.clone(), seq), entry);
        }
        inner.conversations.values_mut().next().unwrap().seq = 5_010;
    }
    let mut pages = 0;
    let mut more = format!("/v1/events?conversationId={cnv}&type=conversation.closed");
    let first = more.clone();
    loop {
        let page = world.as_operator(OURS, "GET", &more, None).await;
        assert_eq!((page.status, page.items().len()), (200, 0));
        pages += 1;
        match page.body["nextCursor"].as_str() {
            Some(cursor) => more = format!("{first}&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(pages, 3);
}
