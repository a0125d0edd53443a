//! What leaves a filling: the snapshot, the read-back, the answers, the submission.

use std::fmt::Write;

use super::calculate::remembers;
use super::texts::localized;
use super::view::{PageKind, ReadBack};
use super::{Answer, Filling, Meta, Snapshot};
use crate::form::{ChoiceSource, NodeId, NodeKind};
use crate::xpath::{Tree, TreeId};

impl Filling {
    /// What must be kept. Calculated values are not in it: they are calculated anew.
    pub fn snapshot(&self) -> Snapshot {
        let answers = self
            .instance
            .texts()
            .into_iter()
            .filter(|(path, _)| {
                self.instance
                    .at(path)
                    .and_then(|id| self.instance.node(id))
                    .is_some_and(|node| {
                        self.form.nodes[node].calculate.is_none() || remembers(&self.form, node)
                    })
            })
            .collect();
        Snapshot {
            form: self.form.id.clone(),
            version: self.form.version.clone(),
            answers,
            entries: self.entries.iter().map(|(p, c)| (p.clone(), *c)).collect(),
            closed: self.closed.iter().cloned().collect(),
            waiting: self.waiting.iter().cloned().collect(),
        }
    }

    /// The relevant answers in words, in the order of the steps.
    pub fn read_back(&self, language: &str) -> Vec<ReadBack> {
        let language = self.form.language(language);
        self.stands()
            .into_iter()
            .filter(|s| !s.add_another)
            .filter_map(|s| self.line(s.id, language))
            .collect()
    }

    fn line(&self, id: TreeId, language: usize) -> Option<ReadBack> {
        let node = self.instance.node(id)?;
        let form_node = &self.form.nodes[node];
        let NodeKind::Page(kind) = form_node.kind else {
            return None;
        };
        let text = self.instance.text(id);
        if kind == PageKind::Note || text.is_empty() {
            return None;
        }
        let own = localized(&form_node.texts.image, language).cloned();
        let (words, image, answer_prompts) = if form_node.choices.is_some() {
            self.choice_words(node, kind, text, language)
        } else {
            (text.to_string(), None, Vec::new())
        };
        Some(ReadBack {
            path: self.instance.path(id).to_string(),
            kind,
            label: self
                .words(&form_node.texts.label, id, language)
                .unwrap_or_default(),
            prompt: form_node.path.clone(),
            text: words,
            value: self.value_at(id),
            image: image.or(own),
            answer_prompts,
            receipt: form_node.attributes.get("kiosk:receipt").cloned(),
        })
    }

    /// Labels, picture and prompts of the choices taken.
    fn choice_words(
        &self,
        node: NodeId,
        kind: PageKind,
        text: &str,
        language: usize,
    ) -> (String, Option<String>, Vec<String>) {
        let names: Vec<&str> = match kind {
            PageKind::SelectMultiple => text.split_whitespace().collect(),
            _ => vec![text],
        };
        let labels: Vec<String> = names
            .iter()
            .map(|n| {
                self.choice_label(node, n, language)
                    .unwrap_or_else(|| n.to_string())
            })
            .collect();
        let chinese = self
            .form
            .languages
            .get(language)
            .is_some_and(|l| l.tag.to_lowercase().starts_with("zh"));
        let words = labels.join(if chinese { "、" } else { ", " });
        let source = self.form.nodes[node].choices.as_ref().map(|c| &c.source);
        let (prefix, image) = match source {
            Some(ChoiceSource::List(list)) => {
                let item = self.form.lists.get(list).and_then(|l| {
                    l.items
                        .iter()
                        .find(|i| names.first() == Some(&i.name.as_str()))
                });
                let image = item
                    .and_then(|i| localized(&i.texts.image, language))
                    .cloned();
                (list.as_str(), image.filter(|_| names.len() == 1))
            }
            Some(ChoiceSource::Table { name, .. }) => (name.as_str(), None),
            None => ("", None),
        };
        let prompts = names.iter().map(|n| format!("{prefix}/{n}")).collect();
        (words, image, prompts)
    }

    /// All relevant answers and calculated values, in the order of the form, for the record.
    pub fn answers(&self) -> Vec<Answer> {
        (0..self.instance.tree.len() as TreeId)
            .filter_map(|id| {
                let node = self.instance.node(id)?;
                let form_node = &self.form.nodes[node];
                let kept = match form_node.kind {
                    NodeKind::Page(kind) => kind != PageKind::Note,
                    NodeKind::Calculate | NodeKind::Hidden => true,
                    _ => false,
                };
                let there =
                    kept && !self.instance.text(id).is_empty() && self.instance.is_relevant(id);
                there.then(|| Answer {
                    path: self.instance.path(id).to_string(),
                    value: self.value_at(id),
                    reuse: form_node.attributes.get("kiosk:reuse").cloned(),
                })
            })
            .collect()
    }

    /// The OpenRosa submission: the instance with the elements that pyxform gives it, in order. What is not
    /// relevant is there but empty; entries beyond a repeat's count are left out.
    pub fn instance_xml(&self, meta: &Meta) -> String {
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
        if let Some(root) = self.instance.children(Tree::ROOT).first() {
            self.element(*root, meta, true, &mut xml);
        }
        xml
    }

    // Recursion is as deep as groups are nested, which compiling limits.
    fn element(&self, id: TreeId, meta: &Meta, relevant: bool, xml: &mut String) {
        let Some(node) = self.instance.node(id) else {
            return;
        };
        let state = self.state(id);
        if state.surplus {
            return;
        }
        let form_node = &self.form.nodes[node];
        let relevant = relevant && !state.irrelevant;
        xml.push('<');
        xml.push_str(&form_node.name);
        if form_node.kind == NodeKind::Root {
            self.root_attributes(xml);
        }
        let before = xml.len();
        xml.push('>');
        let children = self.instance.children(id);
        for child in &children {
            self.element(*child, meta, relevant, xml);
        }
        if children.is_empty() && relevant {
            let text = match (form_node.kind, form_node.name.as_str()) {
                (NodeKind::Meta, "instanceID") => meta.instance_id.clone(),
                (NodeKind::Meta, "instanceName") => self
                    .form
                    .instance_name
                    .as_ref()
                    .and_then(|e| self.evaluate_text(e, id, 0).ok())
                    .unwrap_or_default(),
                (NodeKind::Page(PageKind::Note), _) => String::new(),
                _ => self.instance.text(id).to_string(),
            };
            escape(&text, xml);
        }
        if xml.len() == before + 1 {
            xml.truncate(before);
            xml.push_str("/>");
            return;
        }
        // Writing to a String cannot fail.
        let _ = write!(xml, "</{}>", form_node.name);
    }

    fn root_attributes(&self, xml: &mut String) {
        let mut attribute = |name: &str, value: &str| {
            xml.push(' ');
            xml.push_str(name);
            xml.push_str("=\"");
            escape(value, xml);
            xml.push('"');
        };
        attribute("id", &self.form.id);
        if let Some(version) = &self.form.version {
            attribute("version", version);
        }
        for (prefix, address) in &self.form.namespaces {
            let prefix = format!("{prefix}:");
            if self.form.attributes.keys().any(|a| a.starts_with(&prefix)) {
                attribute(&format!("xmlns:{}", prefix.trim_end_matches(':')), address);
            }
        }
        for (name, value) in &self.form.attributes {
            attribute(name, value);
        }
    }
}

/// Text as XML character data (also fit for an attribute).
fn escape(text: &str, xml: &mut String) {
    for c in text.chars() {
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\r' => xml.push_str("&#13;"),
            c if c.is_control() && !matches!(c, '\n' | '\t') => {}
            c => xml.push(c),
        }
    }
}
