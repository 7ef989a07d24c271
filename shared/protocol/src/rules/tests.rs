use super::*;

#[test]
fn the_packs_have_their_names_and_the_newest_is_in_force() {
    for name in RulePack::NAMES {
        assert_eq!(RulePack::named(name).unwrap().name(), name);
    }
    assert_eq!(RulePack::latest().name(), "apple-2026-08");
    assert!(RulePack::named("apple-2031").is_none());
}

#[test]
fn every_rule_has_one_id_a_place_and_a_source() {
    for pack in RulePack::NAMES.map(|name| RulePack::named(name).unwrap()) {
        for (rule, next) in pack.rules().iter().zip(pack.rules().iter().skip(1)) {
            assert!(rule.id < next.id, "{} is there twice", next.id);
        }
        for rule in pack.rules() {
            let snake = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
            assert!(rule.id.bytes().all(snake), "{}", rule.id);
            assert!(!rule.place.is_empty() && !rule.source.is_empty(), "{}", rule.id);
            let numbered = rule.limit.is_some() || rule.least.is_some();
            assert_eq!(numbered, !rule.unit.is_empty(), "{}", rule.id);
        }
    }
}

#[test]
fn august_2026_is_stricter_and_says_who_reported_it() {
    let pack = RulePack::latest();
    let limit = |id: &str| pack.rule(id).unwrap().limit.unwrap();
    assert_eq!(limit("bubble_subtitle_length"), 200);
    assert_eq!(limit("list_picker_title_length"), 200);
    assert_eq!(limit("image_bytes"), 200_000);
    assert!(pack.rule("image_format").is_none());
    for rule in august::CHANGED {
        assert!(rule.source.contains("Webex"), "{}", rule.id);
        let before = APPLE_2022.rule(rule.id).and_then(|rule| rule.limit);
        assert!(before.is_none_or(|before| rule.limit < Some(before)), "{}", rule.id);
    }
}
