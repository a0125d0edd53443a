//! The code at the foot of a paper form: which form, which version of it, which page.

use onedoor_domain::qr::{FormPage, Payload, ServiceId};

/// What the code of a paper form's page says: one of the station's codes ([`Payload::Form`]), with nothing of a resident in it.
/// `page` counts from 1. `None` for a service or a page that no code can name; the form is printed without one then.
pub fn form_code(service: &str, version: &str, page: usize) -> Option<String> {
    let service = ServiceId::new(service).ok()?;
    let page = u8::try_from(page).ok()?;
    Some(Payload::Form(FormPage::new(service, version, page)).encode())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_code_is_made_of_what_qr_codes_hold_in_few_modules() {
        let code = form_code("cross-province-medical", "2026-11-22.1 (测试)", 12).unwrap();
        assert!(
            code.starts_with("OD1:F:CROSS-PROVINCE-MEDICAL/2026-11-22.1/12:"),
            "{code}"
        );
        let alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
        assert!(code.chars().all(|c| alphanumeric.contains(c)));
    }

    #[test]
    fn what_no_code_can_name_has_none() {
        assert_eq!(form_code("Not A Service", "1", 1), None);
        assert_eq!(form_code("stuck", "1", 256), None);
    }
}
