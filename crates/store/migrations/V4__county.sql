-- What passes between this record and the county: how far it came, what is sealed for the hub, what the hub sent.

-- How much of each life the hub has, and how much of it is safe at its second place.
ALTER TABLE epochs ADD COLUMN acked   INTEGER NOT NULL DEFAULT 0;
ALTER TABLE epochs ADD COLUMN durable INTEGER NOT NULL DEFAULT 0;

-- Answers and files as only the hub can read them. The plain bytes of most are not kept: see `sealing.rs`.
CREATE TABLE sealed (
    blob    BLOB PRIMARY KEY CHECK (length(blob) = 16),
    name    BLOB    NOT NULL UNIQUE CHECK (length(name) = 32),  -- BLAKE3 of the sealed bytes
    case_id BLOB,
    role    TEXT    NOT NULL,
    epoch   INTEGER,                      -- the event that first names the blob
    seq     INTEGER,
    length  INTEGER NOT NULL,             -- of the sealed bytes
    arrived INTEGER NOT NULL DEFAULT 0,   -- the hub has it whole
    bytes   BLOB    NOT NULL
);
CREATE INDEX sealed_event ON sealed (epoch, seq);
CREATE INDEX sealed_case ON sealed (case_id);
CREATE INDEX sealed_waiting ON sealed (arrived) WHERE arrived = 0;

-- Items of the mailbox that something is still to be done with, as they came. How far the mailbox is applied stands in
-- `meta` (`cursor`).
CREATE TABLE mail (
    number  INTEGER PRIMARY KEY,
    kind    TEXT    NOT NULL,
    version INTEGER NOT NULL,
    body    BLOB    NOT NULL
);
CREATE INDEX mail_kind ON mail (kind, number);

-- Events that the hub keeps but does not accept.
CREATE TABLE rejections (
    epoch INTEGER NOT NULL,
    seq   INTEGER NOT NULL,
    code  INTEGER NOT NULL,
    words TEXT,
    PRIMARY KEY (epoch, seq)
) WITHOUT ROWID;

CREATE TABLE secrets (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

-- Registers of the county. A row is found by its person; its id is what an event of erasing names.
CREATE TABLE registers (
    register TEXT PRIMARY KEY,
    name     TEXT NOT NULL                -- JSON: language to name
) WITHOUT ROWID;
CREATE TABLE register_rows (
    person   BLOB NOT NULL CHECK (length(person) = 32),
    register TEXT NOT NULL,
    id       BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    as_of    TEXT NOT NULL,
    fields   TEXT NOT NULL,               -- JSON: name to text
    PRIMARY KEY (person, register)
) WITHOUT ROWID;

-- A case as the hub has it. `cases.status` is this state with this kiosk's own later moves made after it.
CREATE TABLE case_facts (
    case_id  BLOB PRIMARY KEY CHECK (length(case_id) = 16),
    version  INTEGER NOT NULL,
    base     TEXT    NOT NULL,            -- JSON of domain::case::CaseStatus
    epoch    INTEGER,                     -- this kiosk's last event that it includes
    seq      INTEGER,
    facts    TEXT    NOT NULL,            -- JSON: owner, texts, words that were said apart
    heard_ms INTEGER NOT NULL
) WITHOUT ROWID;

-- A case may have been saved at another kiosk of the station: then it has no draft and no place here.
CREATE TABLE cases_anew (
    id           BLOB PRIMARY KEY CHECK (length(id) = 16),
    code         TEXT    NOT NULL,
    draft        BLOB    UNIQUE,
    service      TEXT    NOT NULL,
    form_version TEXT    NOT NULL,
    language     TEXT    NOT NULL,
    saved_ms     INTEGER NOT NULL,
    saved_place  INTEGER REFERENCES journal (place),
    status       TEXT    NOT NULL,        -- JSON of domain::case::CaseStatus
    tell_way     TEXT,
    tell_blob    BLOB,
    person       BLOB,                    -- keyed hash: the same person's other matters
    pin          TEXT,                    -- printed on the slip of someone who gave no name
    wrong_tries  INTEGER NOT NULL DEFAULT 0,
    forget       INTEGER NOT NULL DEFAULT 0,  -- the resident asked: erase as soon as it may be
    safe_ms      INTEGER,                 -- since when all of it is safe at the hub's second place
    CHECK (draft IS NOT NULL OR saved_place IS NULL)
);
INSERT INTO cases_anew (id, code, draft, service, form_version, language, saved_ms, saved_place, status, tell_way,
                        tell_blob, person, pin, wrong_tries, forget)
    SELECT id, code, draft, service, form_version, language, saved_ms, saved_place, status, tell_way,
           tell_blob, person, pin, wrong_tries, forget FROM cases;
DROP TABLE cases;
ALTER TABLE cases_anew RENAME TO cases;
CREATE INDEX cases_person ON cases (person) WHERE person IS NOT NULL;
CREATE INDEX cases_forget ON cases (forget) WHERE forget = 1;
