//! What happened in a simulated week, in numbers.

/// What happened, in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// Events written.
    pub events: u64,
    /// Sync requests at the hub.
    pub requests: u64,
    /// Requests or answers that were lost.
    pub lost: u64,
    /// Requests that came twice.
    pub doubled: u64,
    /// Requests that came after newer ones.
    pub late: u64,
    /// Power-ons.
    pub reboots: u64,
    /// Forks that were found.
    pub forks: u64,
    /// Kiosks that a person froze for a while.
    pub suspected: u64,
    /// Disks that went back to a copy.
    pub restores: u64,
    /// Losses at the hub.
    pub hub_losses: u64,
    /// Events that were kept unread.
    pub opaque: u64,
    /// Mailbags written.
    pub bags: u64,
    /// Mailbox items.
    pub mail: u64,
    /// Files.
    pub files: u64,
    /// Commits that failed at the kiosk.
    pub not_committed: u64,
    /// Hash of everything that the engines said.
    pub trace: [u8; 32],
}

impl Stats {
    /// Adds another week to this one.
    pub fn add(&mut self, other: &Stats) {
        self.events += other.events;
        self.requests += other.requests;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.late += other.late;
        self.reboots += other.reboots;
        self.forks += other.forks;
        self.suspected += other.suspected;
        self.restores += other.restores;
        self.hub_losses += other.hub_losses;
        self.opaque += other.opaque;
        self.bags += other.bags;
        self.mail += other.mail;
        self.files += other.files;
        self.not_committed += other.not_committed;
    }

    /// What must have happened for a run to show anything, and how often it did.
    pub fn bad_luck(&self) -> [(&'static str, u64); 13] {
        [
            ("a lost answer", self.lost),
            ("a doubled request", self.doubled),
            ("a late request", self.late),
            ("a reboot", self.reboots),
            ("a fork", self.forks),
            ("a suspicion", self.suspected),
            ("a restore", self.restores),
            ("a loss at the hub", self.hub_losses),
            ("an unreadable event", self.opaque),
            ("a mailbag", self.bags),
            ("mail", self.mail),
            ("a file", self.files),
            ("a failed commit", self.not_committed),
        ]
    }
}
