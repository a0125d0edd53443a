-- What the station holds of residents, told once. The content lies in blobs; these tables only find it, and can be made
-- anew from journal and blobs. A person is a keyed hash, as in `cases`.

CREATE TABLE profiles (
    person BLOB PRIMARY KEY CHECK (length(person) = 32),
    blob   BLOB NOT NULL UNIQUE
) WITHOUT ROWID;

-- `person` acts for `other`.
CREATE TABLE family (
    person BLOB NOT NULL CHECK (length(person) = 32),
    other  BLOB NOT NULL CHECK (length(other) = 32),
    blob   BLOB NOT NULL UNIQUE,
    PRIMARY KEY (person, other)
) WITHOUT ROWID;
CREATE INDEX family_other ON family (other);

CREATE TABLE cards (
    number    BLOB PRIMARY KEY CHECK (length(number) = 16),
    person    BLOB    NOT NULL CHECK (length(person) = 32),
    blob      BLOB    NOT NULL UNIQUE,
    issued_ms INTEGER NOT NULL,
    voided    INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX cards_person ON cards (person);

ALTER TABLE drafts ADD COLUMN person BLOB;        -- whose it is, once that is known
ALTER TABLE drafts ADD COLUMN sealed_ms INTEGER;  -- since when it is put aside, by a clock that was believed
CREATE INDEX drafts_person ON drafts (person) WHERE person IS NOT NULL;

-- Drafts that were erased after they had been put aside: none comes back by a straggling touch.
CREATE TABLE erased_drafts (
    draft BLOB PRIMARY KEY CHECK (length(draft) = 16)
) WITHOUT ROWID;

ALTER TABLE cases ADD COLUMN forget INTEGER NOT NULL DEFAULT 0;  -- the resident asked: erase as soon as it may be
CREATE INDEX cases_forget ON cases (forget) WHERE forget = 1;
