-- What happens around a case at the kiosk: paper, help, recordings in progress, settings.

CREATE TABLE slip_jobs (
    id       BLOB PRIMARY KEY CHECK (length(id) = 16),
    case_id  BLOB,
    copy     INTEGER NOT NULL,
    asked_ms INTEGER NOT NULL,
    state    TEXT    NOT NULL CHECK (state IN ('asked', 'printed', 'failed')),
    why      TEXT,
    slip     BLOB    NOT NULL,            -- blob id of the slip as it was drawn
    place    INTEGER NOT NULL REFERENCES journal (place)
);
CREATE INDEX slip_jobs_case ON slip_jobs (case_id, copy);
CREATE INDEX slip_jobs_open ON slip_jobs (state) WHERE state = 'asked';

CREATE TABLE help_calls (
    id        BLOB PRIMARY KEY CHECK (length(id) = 16),
    page      TEXT    NOT NULL,
    service   TEXT,
    called_ms INTEGER NOT NULL,
    state     TEXT    NOT NULL CHECK (state IN ('called', 'dismissed', 'answered')),
    place     INTEGER NOT NULL REFERENCES journal (place)
);
CREATE INDEX help_calls_open ON help_calls (state, place) WHERE state = 'called';

-- Recordings and photos of a draft, in the pieces in which they came.
CREATE TABLE draft_parts (
    draft  BLOB    NOT NULL REFERENCES drafts (id) ON DELETE CASCADE,
    name   TEXT    NOT NULL,
    number INTEGER NOT NULL,
    bytes  BLOB    NOT NULL,
    PRIMARY KEY (draft, name, number)
) WITHOUT ROWID;

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
