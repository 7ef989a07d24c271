//! Dates of a form, in the format that the page names.

use super::{
    super::{check::Check, instant, object::Object},
    page::DateOptions,
};
use crate::rules::Fault;

/// What a page without a format uses.
const DEFAULT: &str = "MM/dd/yyyy";
/// What Apple's own sample writes beside `MM/dd/yyyy`.
const ISO: &str = "yyyy-MM-dd";

/// A day, comparable.
type Day = (u32, u32, u32);

/// The dates among the options.
pub(super) fn read(options: &mut Object<'_>, check: &mut Check<'_>) -> DateOptions {
    let date_format = options.optional_string("dateFormat", check);
    let format = date_format.unwrap_or(DEFAULT);
    if format.chars().filter(|c| *c == '\'').count() % 2 == 1 || format.trim().is_empty() {
        let message = "a date format such as MM/dd/yyyy is expected";
        check.fault(Fault::new(options.pointer("dateFormat"), "form_date_format", message));
    }
    let mut dates = ["minimumDate", "startDate", "maximumDate"].map(|name| {
        let text = options.optional_string(name, check);
        (name, text, text.and_then(|text| day(text, format, name, options, check)))
    });
    ordered(&dates, options, check);
    let [minimum_date, start_date, maximum_date] =
        dates.each_mut().map(|(_, text, _)| text.map(str::to_owned));
    let date_format = date_format.map(str::to_owned);
    DateOptions { date_format, start_date, minimum_date, maximum_date, label_text: None }
}

/// The day, where the format can be read; a fault where the text does not follow it.
fn day(
    text: &str,
    format: &str,
    name: &'static str,
    options: &Object<'_>,
    check: &mut Check<'_>,
) -> Option<Day> {
    let found = match parse(text, format) {
        Ok(day) => return day,
        // What Apple's own sample does passes on the wire.
        Err(Mismatch) if !check.is_content() => parse(text, ISO),
        Err(Mismatch) => Err(Mismatch),
    };
    found.unwrap_or_else(|Mismatch| {
        let message = "a date in the page's `dateFormat` is expected";
        let fault = Fault::new(options.pointer(name), "form_date_mismatch", message);
        check.fault(fault.fix(format!("write it as {}", named(format))));
        None
    })
}

/// The format, unless it is too long to be named.
fn named(format: &str) -> &str {
    if format.len() <= 40 { format } else { "the format says" }
}

/// Least, start and most come in this order.
fn ordered(
    dates: &[(&'static str, Option<&str>, Option<Day>); 3],
    options: &Object<'_>,
    check: &mut Check<'_>,
) {
    let mut before: Option<(&str, Day)> = None;
    for (name, day) in dates.iter().filter_map(|(name, _, day)| Some((*name, (*day)?))) {
        if let Some((earlier, limit)) = before
            && day < limit
        {
            let message = format!("it is before `{earlier}`");
            check.fault(Fault::new(options.pointer(name), "form_date_order", message));
        }
        before = before.filter(|(_, limit)| *limit > day).or(Some((name, day)));
    }
}

/// The text does not follow the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mismatch;

/// Reads a date by Unicode's date patterns, as far as they are years, months and days. `None` where
/// the format holds a field that is not read here.
fn parse(text: &str, format: &str) -> Result<Option<Day>, Mismatch> {
    let mut rest = text;
    let (mut year, mut month, mut day) = (None, None, None);
    let mut fields = format.chars().peekable();
    while let Some(field) = fields.next() {
        if field == '\'' {
            rest = quoted(&mut fields, rest)?;
            continue;
        }
        if !field.is_ascii_alphabetic() {
            rest = rest.strip_prefix(field).ok_or(Mismatch)?;
            continue;
        }
        let mut width = 1;
        while fields.next_if_eq(&field).is_some() {
            width += 1;
        }
        let adjacent = fields.peek().is_some_and(char::is_ascii_alphabetic);
        let (found, after) = match (field, width) {
            ('y', 2) => number(rest, 2, 2).map(|(year, after)| (2000 + year, after))?,
            ('y', _) if adjacent => number(rest, 4, 4)?,
            ('y', _) => number(rest, width.min(4), 4)?,
            ('M' | 'd', 1) if !adjacent => number(rest, 1, 2)?,
            ('M' | 'd', 1 | 2) => number(rest, 2, 2)?,
            _ => return Ok(None),
        };
        match field {
            'y' => year = Some(found),
            'M' => month = Some(found),
            _ => day = Some(found),
        }
        rest = after;
    }
    if !rest.is_empty() {
        return Err(Mismatch);
    }
    let (Some(year), Some(month), Some(day)) = (year, month, day) else { return Ok(None) };
    if instant::is_date(year, month, day) { Ok(Some((year, month, day))) } else { Err(Mismatch) }
}

/// What stands between apostrophes; two of them are one.
fn quoted<'t>(
    fields: &mut std::iter::Peekable<std::str::Chars<'_>>,
    mut rest: &'t str,
) -> Result<&'t str, Mismatch> {
    let mut empty = true;
    for c in fields.by_ref() {
        if c == '\'' {
            return if empty { rest.strip_prefix('\'').ok_or(Mismatch) } else { Ok(rest) };
        }
        rest = rest.strip_prefix(c).ok_or(Mismatch)?;
        empty = false;
    }
    Ok(rest)
}

fn number(text: &str, least: usize, most: usize) -> Result<(u32, &str), Mismatch> {
    let digits = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(digits).ok_or(Mismatch)?;
    if digits < least {
        return Err(Mismatch);
    }
    number.parse().ok().map(|number| (number, rest)).ok_or(Mismatch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ap23_dates_are_read_in_the_page_s_format() {
        let day = Ok(Some((2020, 2, 12)));
        for (text, format) in [
            ("02/12/2020", DEFAULT),
            ("2020-02-12", ISO),
            ("12.2.20", "d.M.yy"),
            ("20200212", "yyyyMMdd"),
            ("on 2020/02/12", "'on' yyyy/MM/dd"),
            ("12'02'2020", "dd''MM''yyyy"),
        ] {
            assert_eq!(parse(text, format), day, "{text} {format}");
        }
        for (text, format) in [
            ("2020-02-12", DEFAULT),
            ("02/30/2020", DEFAULT),
            ("13/01/2020", DEFAULT),
            ("02/12/2020 ", DEFAULT),
            ("02/12", DEFAULT),
            ("", DEFAULT),
            ("０2/12/2020", DEFAULT),
        ] {
            assert_eq!(parse(text, format), Err(Mismatch), "{text} {format}");
        }
        assert_eq!(parse("Feb 12, 2020", "MMM d, yyyy"), Ok(None));
        assert_eq!(parse("14:30", "HH:mm"), Ok(None));
    }
}
