//! The kiosk's encrypted record: journal, projections, drafts, blobs, backup.
