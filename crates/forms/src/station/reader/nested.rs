//! Tables in tables.

use std::collections::{BTreeMap, BTreeSet};

use toml::de::DeValue;

use super::Section;
use crate::station::problem::code;

impl Section<'_, '_> {
    /// A table inside this one; `None` where it is left out.
    pub(in crate::station) fn table<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&mut Section<'_, '_>) -> Option<T>,
    ) -> Option<T> {
        let value = self.value(key)?;
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong(key, value.get_ref(), "a table", &format!("write `[{key}]`"));
            return None;
        };
        let path = self.path_of(key);
        let mut inner = Section {
            file: self.file,
            path,
            span: value.span(),
            table,
            problems: self.problems,
            marks: self.marks,
            seen: BTreeSet::new(),
        };
        let read = read(&mut inner);
        inner.finish();
        read
    }

    /// The tables of `[[key]]`, in order; those that could not be read are left out (and reported).
    pub(in crate::station) fn tables<T>(
        &mut self,
        key: &str,
        mut read: impl FnMut(&mut Section<'_, '_>) -> Option<T>,
    ) -> Vec<T> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let fix = format!("write `[[{key}]]` before each");
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(key, value.get_ref(), "a list of tables", &fix);
            return Vec::new();
        };
        let mut found = Vec::new();
        for (i, item) in items.iter().enumerate() {
            let path = format!("{}.{i}", self.path_of(key));
            let DeValue::Table(table) = item.get_ref() else {
                self.problems.at(
                    code::WRONG_TYPE,
                    self.file,
                    item.span(),
                    format!("`{path}` is {}, not a table", item.get_ref().type_str()),
                    fix.clone(),
                );
                continue;
            };
            self.marks
                .0
                .insert((self.file.to_owned(), path.clone()), item.span());
            let mut inner = Section {
                file: self.file,
                path,
                span: item.span(),
                table,
                problems: self.problems,
                marks: self.marks,
                seen: BTreeSet::new(),
            };
            let read = read(&mut inner);
            inner.finish();
            found.extend(read);
        }
        found
    }

    /// The keys of this table, where they are free names (roles), each with its own table.
    pub(in crate::station) fn named<T>(
        &mut self,
        mut read: impl FnMut(&str, &mut Section<'_, '_>) -> Option<T>,
    ) -> BTreeMap<String, T> {
        let names: Vec<String> = self
            .table
            .iter()
            .filter(|(name, value)| {
                !self.seen.contains(name.get_ref().as_ref())
                    && matches!(value.get_ref(), DeValue::Table(_))
            })
            .map(|(name, _)| name.get_ref().to_string())
            .collect();
        let mut found = BTreeMap::new();
        for name in names {
            if let Some(value) = self.table(&name, |inner| read(&name, inner)) {
                found.insert(name, value);
            }
        }
        found
    }
}
