//! What a device writes in the customer's language. The English words are those of Apple's samples,
//! the others an assumption: a product must not go by any of them.

/// The titles of the two sections of a list picker's answer.
pub(super) fn sections(locale: &str) -> [&'static str; 2] {
    match locale.split(['_', '-']).next().unwrap_or_default() {
        "de" => ["Deine Auswahl", "Andere"],
        "es" => ["Has seleccionado", "Otros"],
        "fr" => ["Votre sélection", "Autres"],
        "ja" => ["選択した項目", "その他"],
        _ => ["You Selected", "Others"],
    }
}
