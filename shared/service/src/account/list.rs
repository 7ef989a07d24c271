//! Lists, a page at a time.

use super::Account;
use crate::{cursor, model::TenantId, problem::Problem};

/// Items of a page when the caller names no `limit`.
pub const DEFAULT_LIMIT: usize = 50;
/// Items of a page at most.
pub const MAX_LIMIT: usize = 100;

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<T> {
    /// The items.
    pub items: Vec<T>,
    /// Asks for the next page, if there may be one.
    pub next_cursor: Option<String>,
}

impl<T> List<T> {
    /// The same page with other items.
    pub fn map<U>(self, item: impl FnMut(T) -> U) -> List<U> {
        List { items: self.items.into_iter().map(item).collect(), next_cursor: self.next_cursor }
    }
}

/// One list of one tenant: what a cursor is bound to.
#[derive(Clone, Copy, Debug)]
pub(super) struct ListName<'a> {
    pub(super) tenant: &'a TenantId,
    pub(super) name: &'a str,
}

impl<S, Q, C> Account<S, Q, C> {
    /// The place that a cursor of this list names.
    pub(super) fn place(
        &self,
        list: ListName<'_>,
        cursor: Option<&str>,
    ) -> Result<Option<String>, Problem> {
        let read = |cursor| cursor::read(&self.key, list.tenant, list.name, cursor);
        cursor.map(read).transpose().map_err(|_forged| Problem::invalid_cursor())
    }

    /// The cursor for a place in this list.
    pub(super) fn cursor(&self, list: ListName<'_>, place: &str) -> String {
        cursor::write(&self.key, list.tenant, list.name, place)
    }

    /// Cuts a page out of everything there is, in order of `id`.
    pub(super) fn page<T>(
        &self,
        list: ListName<'_>,
        mut all: Vec<T>,
        id: impl Fn(&T) -> &str,
        (limit, cursor): (usize, Option<&str>),
    ) -> Result<List<T>, Problem> {
        let place = self.place(list, cursor)?;
        all.sort_by(|a, b| id(a).cmp(id(b)));
        all.retain(|item| place.as_deref().is_none_or(|place| id(item) > place));
        let more = all.len() > limit;
        all.truncate(limit);
        let next_cursor = all.last().filter(|_| more).map(|last| self.cursor(list, id(last)));
        Ok(List { items: all, next_cursor })
    }
}
