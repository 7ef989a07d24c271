//! Templates and their versions.

use amb_protocol::compose::ContentType;
use serde_json::{Map, json};
use std::{collections::BTreeMap, time::Duration};

use super::sample::Sample;
use crate::{
    model::{Template, TemplateName, TenantId},
    port::{Entropy, PortError, Replaced, TemplateLibrary},
};

/// A version never changes, comes after the one before it, and goes with its template; what is large is
/// read as what is small.
pub async fn templates<S: TemplateLibrary, E: Entropy>(
    store: &S,
    sample: &Sample<E>,
) -> Result<(), PortError> {
    let tenant = &sample.tenant;
    let (Ok(ours), Ok(other)) = (TemplateName::parse("welcome"), TemplateName::parse("welcome-2"))
    else {
        unreachable!("names");
    };
    assert_eq!(store.template(tenant, &ours, None).await?, None);
    assert_eq!(store.latest_template(tenant, &ours).await?, None);

    let first = template(sample, &ours, 1, "Hello {{ name }}");
    let second = template(sample, &ours, 2, "Hi {{ name }}");
    assert_eq!(store.put_template(&second).await?, Replaced::Moved, "no first");
    assert_eq!(store.put_template(&first).await?, Replaced::Done);
    assert_eq!(store.put_template(&first).await?, Replaced::Moved, "a version never changes");
    assert_eq!(store.put_template(&second).await?, Replaced::Done);
    assert_eq!(store.put_template(&second).await?, Replaced::Moved);
    for (version, expected) in [(None, &second), (Some(2), &second), (Some(1), &first)] {
        assert_eq!(store.template(tenant, &ours, version).await?.as_ref(), Some(expected));
    }
    assert_eq!(store.template(tenant, &ours, Some(3)).await?, None);
    assert_eq!(store.latest_template(tenant, &ours).await?, Some(second.summary()));

    let large = "🖼".repeat(Template::MAX_IN_ROW / 4 + 1);
    let large = template(sample, &other, 1, &large);
    assert!(large.summary().is_large() && !second.summary().is_large());
    assert_eq!(store.put_template(&large).await?, Replaced::Done);
    assert_eq!(store.template(tenant, &other, None).await?.as_ref(), Some(&large));
    let life = Duration::from_secs(60);
    assert!(store.template_link(tenant, &other, 1, life).await?.is_some());
    assert_eq!(store.template_link(tenant, &ours, 1, life).await?, None);

    let listed = store.templates(tenant).await?;
    assert_eq!(listed, [second.summary(), large.summary()], "the latest of each");
    let versions = store.template_versions(tenant, &ours).await?;
    assert_eq!(versions, [first.summary(), second.summary()]);
    let stranger = TenantId::draw(sample.entropy());
    assert_eq!(store.templates(&stranger).await?, []);
    assert_eq!(store.template(&stranger, &ours, None).await?, None);

    assert_eq!(store.delete_template(tenant, &ours, 1).await?, Replaced::Moved);
    assert_eq!(store.delete_template(tenant, &ours, 2).await?, Replaced::Done);
    assert_eq!(store.delete_template(tenant, &ours, 2).await?, Replaced::Moved, "gone");
    for version in [None, Some(1), Some(2)] {
        assert_eq!(store.template(tenant, &ours, version).await?, None);
    }
    assert_eq!(store.template_versions(tenant, &ours).await?, []);
    assert_eq!(store.templates(tenant).await?, [large.summary()]);
    assert_eq!(store.put_template(&first).await?, Replaced::Done, "the name is free again");
    assert_eq!(store.delete_template(tenant, &other, 1).await?, Replaced::Done);

    for version in 2..=Template::MAX_VERSIONS + 1 {
        let next = template(sample, &ours, version, "x");
        assert_eq!(store.put_template(&next).await?, Replaced::Done);
    }
    assert_eq!(store.template(tenant, &ours, Some(1)).await?, None, "the oldest went");
    let kept = store.template_versions(tenant, &ours).await?.len();
    assert_eq!(u32::try_from(kept), Ok(Template::MAX_VERSIONS));
    Ok(())
}

fn template(
    sample: &Sample<impl Entropy>,
    name: &TemplateName,
    version: u32,
    words: &str,
) -> Template {
    let declared = json!({"name": {"type": "string", "default": "you"}});
    Template {
        tenant: sample.tenant.clone(),
        name: name.clone(),
        version,
        kind: ContentType::Text,
        description: "Größe 1".to_owned(),
        locale: (version > 1).then(|| "en".to_owned()),
        content: json!({"z": 1.0, "text": words, "a": [null, {"b": 2, "a": 1}]}),
        locales: BTreeMap::from([("de".to_owned(), json!({"text": "Hallo"}))]),
        variables: declared.as_object().cloned().unwrap_or_else(Map::new),
        schema: json!({"type": "object", "additionalProperties": false}),
        created_at: sample.now,
    }
}
