//! The kiosk's record, opened after the kiosk is gone, as a technician's tool would.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use onedoor_store::{CaseSummary, DbKey, Options, SlipJob, Store};

/// The record in a kiosk's data folder.
pub struct Record {
    store: Store,
}

impl Record {
    /// Opens it; opening checks schema, pages and chain.
    ///
    /// # Errors
    /// When there is none, or it is damaged.
    pub fn open(data: &Path) -> Result<Self> {
        let path = data.join("record.db");
        ensure!(path.is_file(), "there is no {}", path.display());
        let key = DbKey::obtain(&data.join("record.key"))?;
        Ok(Self {
            store: Store::open(&path, &key, Options::new("end to end"))?,
        })
    }

    /// All cases, the newest first. The whole record is verified on the way: the chain, and every blob and case against it.
    ///
    /// # Errors
    /// When something does not fit.
    pub fn cases(&self) -> Result<Vec<CaseSummary>> {
        let cases = self.store.cases(1000).wait()?;
        let verified = self.store.verify(true).wait()?;
        ensure!(
            verified.cases == cases.len() as u64,
            "the chain has {} cases, the list {}",
            verified.cases,
            cases.len()
        );
        Ok(cases)
    }

    /// The one case that there must be.
    ///
    /// # Errors
    /// When there is none or more than one.
    pub fn only_case(&self) -> Result<CaseSummary> {
        let mut cases = self.cases()?;
        ensure!(
            cases.len() == 1,
            "there are {} cases instead of one",
            cases.len()
        );
        cases.pop().context("no case")
    }

    /// How many drafts wait.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn drafts(&self) -> Result<usize> {
        Ok(self.store.open_drafts().wait()?.len())
    }

    /// The recordings and photos of the only draft: each with its name, whole as far as it got.
    ///
    /// # Errors
    /// When there is not one draft.
    pub fn draft_parts(&self) -> Result<Vec<(String, Vec<u8>)>> {
        let drafts = self.store.open_drafts().wait()?;
        ensure!(drafts.len() == 1, "there are {} drafts", drafts.len());
        let parts = self.store.draft_parts(drafts[0].id).wait()?;
        Ok(parts
            .into_iter()
            .map(|(name, bytes)| (name, bytes.expose().clone()))
            .collect())
    }

    /// The answers of a case: the OpenRosa instance without the name of the draft, which differs from run to run.
    ///
    /// # Errors
    /// When the case has no instance.
    pub fn answers(&self, case: &CaseSummary) -> Result<String> {
        let blobs = self.store.case_blobs(case.id).wait()?;
        let blob = blobs
            .iter()
            .find(|blob| blob.role == "instance")
            .context("the case has no instance")?;
        let bytes = self
            .store
            .blob(blob.reference.id)
            .wait()?
            .context("the instance was erased")?;
        let text = String::from_utf8(bytes.expose().clone())?;
        Ok(text.replace(&case.draft.to_string(), "DRAFT"))
    }

    /// The runs of paper of a case.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn slips(&self, case: &CaseSummary) -> Result<Vec<SlipJob>> {
        Ok(self.store.slip_jobs(case.id).wait()?)
    }
}
