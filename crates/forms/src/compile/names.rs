//! XML names.

/// Whether a text can be an element or attribute name, with a prefix or without (Namespaces in XML 1.0 §4).
pub(super) fn is_name(text: &str) -> bool {
    let mut parts = text.split(':');
    let (first, second, more) = (parts.next(), parts.next(), parts.next());
    first.is_some_and(is_plain_name) && second.is_none_or(is_plain_name) && more.is_none()
}

/// Whether a text can be a name without a prefix.
pub(super) fn is_plain_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
        && text.len() <= 128
}
