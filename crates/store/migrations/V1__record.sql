-- The record itself: who keeps it, the journal, what lies outside the chain, and the cases as they stand.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

-- Every life of this record, in order.
CREATE TABLE epochs (
    epoch  INTEGER PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE
);

CREATE TABLE journal (
    place   INTEGER PRIMARY KEY,          -- order over all epochs at this kiosk
    epoch   INTEGER NOT NULL REFERENCES epochs (epoch),
    seq     INTEGER NOT NULL,
    kind    TEXT    NOT NULL,
    case_id BLOB,
    bytes   BLOB    NOT NULL,             -- the event, verbatim
    hash    BLOB    NOT NULL CHECK (length(hash) = 32),
    UNIQUE (epoch, seq)
);
CREATE INDEX journal_case ON journal (case_id, place) WHERE case_id IS NOT NULL;
CREATE INDEX journal_kind ON journal (kind, place);

CREATE TABLE blobs (
    id      BLOB PRIMARY KEY CHECK (length(id) = 16),
    case_id BLOB,
    role    TEXT    NOT NULL,
    length  INTEGER NOT NULL,
    salt    BLOB    NOT NULL CHECK (length(salt) = 32),
    bytes   BLOB    NOT NULL
);
CREATE INDEX blobs_case ON blobs (case_id);

CREATE TABLE cases (
    id           BLOB PRIMARY KEY CHECK (length(id) = 16),
    code         TEXT    NOT NULL UNIQUE,
    draft        BLOB    NOT NULL UNIQUE,
    service      TEXT    NOT NULL,
    form_version TEXT    NOT NULL,
    language     TEXT    NOT NULL,
    saved_ms     INTEGER NOT NULL,
    saved_place  INTEGER NOT NULL REFERENCES journal (place),
    status       TEXT    NOT NULL,        -- JSON of domain::case::CaseStatus
    tell_way     TEXT,
    tell_blob    BLOB,
    person       BLOB,                    -- keyed hash: the same person's other matters
    pin          TEXT,                    -- printed on the slip of someone who gave no name
    wrong_tries  INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX cases_person ON cases (person) WHERE person IS NOT NULL;

-- Every code this kiosk ever gave out, so that none is given twice.
CREATE TABLE codes (
    code   TEXT PRIMARY KEY,
    owner  BLOB    NOT NULL,              -- case or sealed draft
    voided INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- Second factors of cases and sealed drafts, as salted hashes.
CREATE TABLE factors (
    owner BLOB NOT NULL,
    kind  TEXT NOT NULL,
    salt  BLOB NOT NULL,
    hash  BLOB NOT NULL
);
CREATE INDEX factors_owner ON factors (owner);

CREATE TABLE drafts (
    id          BLOB PRIMARY KEY CHECK (length(id) = 16),
    service     TEXT    NOT NULL,
    step        TEXT    NOT NULL,
    snapshot    BLOB    NOT NULL,
    created_ms  INTEGER NOT NULL,
    updated_ms  INTEGER NOT NULL,
    touches     INTEGER NOT NULL,         -- how often it was saved: orders drafts where the clock lies
    sealed      INTEGER NOT NULL DEFAULT 0,
    pin         TEXT,
    wrong_tries INTEGER NOT NULL DEFAULT 0
);
