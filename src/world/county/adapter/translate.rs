//! What comes from the hub in the record's words.

use onedoor_domain::case::CaseStatus;
use onedoor_domain::personal::Personal;
use onedoor_store::{
    CaseFromHub, CaseOwner, CaseText, CaseWords, HashedFactor, RegisterPage, TextRole, Who,
};
use onedoor_sync::mail;

/// A case of the hub in the record's words.
pub(super) fn from_hub(mail: &mail::CaseMail) -> CaseFromHub {
    let status: CaseStatus = mail.status.clone();
    CaseFromHub {
        case: mail.case,
        code: mail.code,
        service: mail.service.clone(),
        form_version: mail.form_version.clone(),
        language: mail.language.clone(),
        saved_ms: mail.saved_ms,
        version: mail.version,
        status,
        included: mail.included.map(|at| (at.epoch, at.seq.get())),
        facts: CaseWords {
            owner: mail.owner.as_ref().map(|owner| CaseOwner {
                id: owner.id.clone(),
                name: owner.name.clone(),
                phone: owner.phone.clone(),
            }),
            texts: mail
                .texts
                .iter()
                .map(|text| CaseText {
                    role: match text.role {
                        mail::TextRole::Reason => TextRole::Reason,
                        mail::TextRole::OtherWay => TextRole::OtherWay,
                        mail::TextRole::Note => TextRole::Note,
                    },
                    language: text.language.clone(),
                    text: Personal::from(text.text.expose()),
                })
                .collect(),
            words_apart: mail.words_apart,
        },
        factors: mail
            .factors
            .iter()
            .map(|factor| HashedFactor {
                kind: factor.kind,
                salt: factor.salt,
                hash: factor.hash,
            })
            .collect(),
    }
}

/// A page of a register.
pub(super) fn register(page: &mail::ResidentsMail) -> RegisterPage {
    let rows = page.rows.iter().map(|row| {
        let fields = row.fields.as_ref().map(|fields| {
            fields
                .iter()
                .map(|(name, value)| (name.clone(), Personal::from(value.expose())))
                .collect()
        });
        // In the form in which the kiosk's own keypad gives it.
        let number = row.id_number.expose().trim().to_uppercase();
        (Who::from(&Personal::new(number)), fields)
    });
    RegisterPage {
        register: page.register.clone(),
        name: page.name.clone(),
        as_of: page.as_of.clone(),
        rows: rows.collect(),
    }
}
