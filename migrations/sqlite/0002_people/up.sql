-- Accounts of persons, and what each may act as. A credential belongs to an account and to one of its mandates; one that was
-- issued before belongs to none, and opens nothing.

CREATE TABLE accounts (
    id TEXT NOT NULL PRIMARY KEY,
    home INTEGER NOT NULL REFERENCES homes (code),
    iin INTEGER NOT NULL,
    person BLOB,
    opened_at TEXT NOT NULL,
    closed_at TEXT
) STRICT;
CREATE INDEX accounts_iin ON accounts (iin);

CREATE TABLE mandates (
    id TEXT NOT NULL PRIMARY KEY,
    home INTEGER NOT NULL REFERENCES homes (code),
    account TEXT NOT NULL REFERENCES accounts (id),
    role TEXT NOT NULL,
    territory INTEGER NOT NULL,
    kindergarten TEXT,
    acts_as TEXT NOT NULL,
    post TEXT,
    appointed_by TEXT NOT NULL,
    order_number TEXT,
    order_on TEXT,
    deputy_for TEXT REFERENCES accounts (id),
    from_on TEXT,
    until_on TEXT,
    given_at TEXT NOT NULL,
    ended_at TEXT
) STRICT;
CREATE INDEX mandates_account ON mandates (account);
CREATE INDEX mandates_territory ON mandates (territory);

ALTER TABLE tokens ADD COLUMN account TEXT;
ALTER TABLE tokens ADD COLUMN mandate TEXT;
ALTER TABLE tokens ADD COLUMN expires_at TEXT;
CREATE INDEX tokens_account ON tokens (account);

-- Who represents a child: at most two persons with equal rights, each with a code of their own. The table of sessions is operational.
CREATE TABLE representatives (
    id TEXT NOT NULL PRIMARY KEY,
    home INTEGER NOT NULL REFERENCES homes (code),
    child TEXT NOT NULL REFERENCES children (key),
    iin INTEGER NOT NULL,
    person BLOB,
    code INTEGER,
    code_at TEXT,
    added_at TEXT NOT NULL,
    ended_at TEXT
) STRICT;
CREATE INDEX representatives_child ON representatives (child);

CREATE TABLE sessions (
    hash TEXT NOT NULL PRIMARY KEY,
    representative TEXT NOT NULL REFERENCES representatives (id),
    opened_at TEXT NOT NULL,
    used_at TEXT NOT NULL,
    ended_at TEXT
) STRICT;
CREATE INDEX sessions_representative ON sessions (representative);
