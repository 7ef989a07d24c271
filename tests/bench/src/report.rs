//! What was measured: a table for people, JSON for scripts (design §12).

use std::{collections::BTreeMap, fmt, fs, io, path::Path};

use serde::Serialize;

/// The numbers, by key, and the sections that gave none.
#[derive(Debug, Default)]
pub(crate) struct Report {
    figures: BTreeMap<String, Figure>,
    missing: Vec<(&'static str, String)>,
}

/// One number.
#[derive(Clone, Debug, Serialize)]
struct Figure {
    value: f64,
    unit: &'static str,
    /// The number to stay under, where the design names one.
    goal: Option<f64>,
    note: String,
}

impl Report {
    /// A number that the design names no goal for.
    pub(crate) fn figure(
        &mut self,
        key: impl Into<String>,
        value: f64,
        unit: &'static str,
        note: impl Into<String>,
    ) {
        self.insert(key.into(), value, unit, None, note.into());
    }

    /// A number that should be `goal` at most.
    pub(crate) fn at_most(
        &mut self,
        key: impl Into<String>,
        value: f64,
        unit: &'static str,
        goal: f64,
        note: impl Into<String>,
    ) {
        self.insert(key.into(), value, unit, Some(goal), note.into());
    }

    /// A section, or a part of one, that could not be measured.
    pub(crate) fn missing(&mut self, section: &'static str, why: String) {
        self.missing.push((section, why));
    }

    /// Writes the numbers as JSON.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut json = serde_json::to_vec_pretty(&self.figures)?;
        json.push(b'\n');
        fs::write(path, json)
    }

    fn insert(
        &mut self,
        key: String,
        value: f64,
        unit: &'static str,
        goal: Option<f64>,
        note: String,
    ) {
        let value = (value * 1000.0).round() / 1000.0;
        self.figures.insert(key, Figure { value, unit, goal, note });
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (key, figure) in &self.figures {
            let Figure { value, unit, goal, note } = figure;
            let goal = match goal {
                Some(goal) if value <= goal => format!("<= {goal} met"),
                Some(goal) => format!("<= {goal} MISSED"),
                None => String::new(),
            };
            writeln!(f, "{key:<28} {value:>10.2} {unit:<6} {goal:<14} {note}")?;
        }
        for (section, why) in &self.missing {
            writeln!(f, "{section:<28} missing: {why}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_which_goals_are_met_and_what_is_missing() {
        let mut report = Report::default();
        report.at_most("ack.cpu_us", 21.4, "us", 50.0, "2 KB");
        report.at_most("ack.ratio", 3.5, "x", 3.0, "");
        report.missing("stack", "no emulator".to_owned());
        let table = report.to_string();
        assert!(table.contains("<= 50 met") && table.contains("<= 3 MISSED"), "{table}");
        assert!(table.contains("missing: no emulator"), "{table}");
    }

    #[test]
    fn the_json_is_what_scripts_rely_on() {
        let mut report = Report::default();
        report.at_most("ack.cpu_us", 21.4, "us", 50.0, "n");
        let json = serde_json::to_value(&report.figures).unwrap();
        let wanted = serde_json::json!({"value": 21.4, "unit": "us", "goal": 50.0, "note": "n"});
        assert_eq!(json["ack.cpu_us"], wanted);
    }
}
