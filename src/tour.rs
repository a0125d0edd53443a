//! The tour: every page as a picture, headless.

use clap::Args;
use std::path::PathBuf;

/// `onedoor tour`.
#[derive(Debug, Args)]
pub struct Tour {
    /// Where the pictures go
    pub out: PathBuf,
    /// Every size, text size, contrast and orientation
    #[arg(long)]
    pub all: bool,
}

impl Tour {
    /// Walks.
    ///
    /// # Errors
    /// x
    pub fn walk(&self) -> anyhow::Result<()> {
        Ok(())
    }
}
