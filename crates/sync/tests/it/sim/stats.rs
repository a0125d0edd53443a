//! What happened in a simulated week, in numbers.

/// What happened, in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    pub events: u64,
    pub requests: u64,
    pub lost: u64,
    pub doubled: u64,
    pub late: u64,
    pub reboots: u64,
    pub forks: u64,
    pub restores: u64,
    pub hub_losses: u64,
    pub opaque: u64,
    pub bags: u64,
    pub mail: u64,
    pub files: u64,
    pub not_committed: u64,
    /// Hash of everything that the engines said.
    pub trace: [u8; 32],
}

impl Stats {
    pub fn add(&mut self, other: &Stats) {
        self.events += other.events;
        self.requests += other.requests;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.late += other.late;
        self.reboots += other.reboots;
        self.forks += other.forks;
        self.restores += other.restores;
        self.hub_losses += other.hub_losses;
        self.opaque += other.opaque;
        self.bags += other.bags;
        self.mail += other.mail;
        self.files += other.files;
        self.not_committed += other.not_committed;
    }

    pub fn bad_luck(&self) -> [(&'static str, u64); 12] {
        [
            ("a lost answer", self.lost),
            ("a doubled request", self.doubled),
            ("a late request", self.late),
            ("a reboot", self.reboots),
            ("a fork", self.forks),
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
