-- Accounts of persons, and what each may act as. A credential belongs to an account and to one of its mandates; one that was
-- issued before belongs to none, and opens nothing.

CREATE TABLE accounts (
    id TEXT NOT NULL PRIMARY KEY,
    home INTEGER NOT NULL REFERENCES homes (code),
    iin BIGINT NOT NULL,
    person BYTEA,
    opened_at TIMESTAMP NOT NULL,
    closed_at TIMESTAMP
);
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
    order_on DATE,
    deputy_for TEXT REFERENCES accounts (id),
    from_on DATE,
    until_on DATE,
    given_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP
);
CREATE INDEX mandates_account ON mandates (account);
CREATE INDEX mandates_territory ON mandates (territory);

ALTER TABLE tokens ADD COLUMN account TEXT;
ALTER TABLE tokens ADD COLUMN mandate TEXT;
ALTER TABLE tokens ADD COLUMN expires_at TIMESTAMP;
CREATE INDEX tokens_account ON tokens (account);

-- Who represents a child: at most two persons with equal rights, each with a code of their own. The table of sessions is operational.
CREATE TABLE representatives (
    id TEXT NOT NULL PRIMARY KEY,
    home INTEGER NOT NULL REFERENCES homes (code),
    child TEXT NOT NULL REFERENCES children (key),
    iin BIGINT NOT NULL,
    person BYTEA,
    code BIGINT,
    code_at TIMESTAMP,
    code_by TEXT,
    document TEXT REFERENCES facts (key),
    contacts_at TIMESTAMP,
    contacts_by TEXT,
    court TEXT,
    court_act TEXT REFERENCES facts (key),
    court_at TIMESTAMP,
    added_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP
);
CREATE INDEX representatives_child ON representatives (child);

CREATE TABLE sessions (
    hash TEXT NOT NULL PRIMARY KEY,
    representative TEXT NOT NULL REFERENCES representatives (id),
    way TEXT NOT NULL,
    contact_at TIMESTAMP,
    opened_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP
);
CREATE INDEX sessions_representative ON sessions (representative);

-- What was taken from a family, or is to be: on what it rests, until when it waits for a second person or can be undone.
CREATE TABLE takings (
    id TEXT NOT NULL PRIMARY KEY,
    home INTEGER NOT NULL REFERENCES homes (code),
    application TEXT NOT NULL REFERENCES applications (number),
    territory INTEGER NOT NULL,
    act TEXT NOT NULL,
    rests_on TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    role TEXT NOT NULL,
    asked_at TIMESTAMP NOT NULL,
    asked TEXT NOT NULL REFERENCES facts (key),
    scan TEXT,
    from_on DATE,
    until_on DATE NOT NULL,
    status TEXT NOT NULL,
    decided_by TEXT,
    decided_at TIMESTAMP,
    taken TEXT REFERENCES facts (key)
);
CREATE INDEX takings_application ON takings (application);
CREATE INDEX takings_waiting ON takings (home, status, until_on);
CREATE INDEX takings_asked ON takings (asked_by, asked_at);

-- Who is owed a place, because the one that was taken could not be given back.
CREATE TABLE debts (
    taking TEXT NOT NULL PRIMARY KEY REFERENCES takings (id),
    home INTEGER NOT NULL REFERENCES homes (code),
    application TEXT NOT NULL REFERENCES applications (number),
    territory INTEGER NOT NULL,
    kindergarten TEXT NOT NULL,
    group_id TEXT NOT NULL,
    owed_at TIMESTAMP NOT NULL
);
CREATE INDEX debts_application ON debts (application);

-- Scans: what was handed in on paper. The bytes lie outside the database, sealed under a key of the scan's own.
CREATE TABLE scans (
    id TEXT NOT NULL PRIMARY KEY,
    home INTEGER NOT NULL REFERENCES homes (code),
    application TEXT NOT NULL REFERENCES applications (number),
    media TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    hash TEXT NOT NULL,
    uploaded_by TEXT NOT NULL,
    uploaded_at TIMESTAMP NOT NULL,
    erased_at TIMESTAMP
);
CREATE INDEX scans_application ON scans (application);

-- Scans that belong to no application yet, operational: they are told with the first act that they are shown for, or forgotten.
CREATE TABLE uploads (
    id TEXT NOT NULL PRIMARY KEY,
    media TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    hash TEXT NOT NULL,
    uploaded_by TEXT NOT NULL,
    uploaded_at TIMESTAMP NOT NULL
);

-- What a confirmation of a skip is bound to beside place, beneficiary and ground: sealed, for it names a second child.
ALTER TABLE confirmations ADD COLUMN facts TEXT;

-- Who was passed over for a place, by whom and on which ground. Who got it stands with the confirmation.
CREATE TABLE skips (
    confirmation TEXT NOT NULL PRIMARY KEY REFERENCES confirmations (id),
    home INTEGER NOT NULL REFERENCES homes (code),
    application TEXT NOT NULL REFERENCES applications (number),
    territory INTEGER NOT NULL,
    place TEXT NOT NULL REFERENCES places (id),
    ground TEXT NOT NULL,
    evidence TEXT NOT NULL REFERENCES facts (key),
    issued_by TEXT NOT NULL,
    confirmed_by TEXT NOT NULL,
    skipped_at TIMESTAMP NOT NULL
);
CREATE INDEX skips_application ON skips (application);
CREATE INDEX skips_territory ON skips (territory, skipped_at);

-- For whom a kindergarten would have its places kept; the department decides, and without it they are for everyone.
CREATE TABLE proposals (
    place TEXT NOT NULL PRIMARY KEY REFERENCES places (id),
    home INTEGER NOT NULL REFERENCES homes (code),
    reserved TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    proposed_at TIMESTAMP NOT NULL,
    decided_by TEXT,
    decided_at TIMESTAMP
);
CREATE INDEX proposals_open ON proposals (home, decided_at);
-- The log of reads: which official saw what of whom, a chain of its own, and where it ends. Operational: no record tells it.
CREATE TABLE reads (
    seq BIGINT NOT NULL PRIMARY KEY,
    at TIMESTAMP NOT NULL,
    on_day DATE NOT NULL,
    account TEXT NOT NULL,
    mandate TEXT,
    role TEXT NOT NULL,
    what TEXT NOT NULL,
    subject TEXT NOT NULL,
    purpose BYTEA,
    nth BIGINT NOT NULL,
    prev TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX reads_account ON reads (account, role, seq);
CREATE INDEX reads_subject ON reads (subject, seq);

CREATE TABLE reads_end (
    id INTEGER NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL
);

-- How officials and systems sign in. A login is a fact. What is secret, and what passes, is operational, as sessions of families are.
CREATE TABLE logins (
    account TEXT NOT NULL PRIMARY KEY REFERENCES accounts (id),
    home INTEGER NOT NULL REFERENCES homes (code),
    login BIGINT NOT NULL,
    name BYTEA NOT NULL,
    set_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX logins_login ON logins (login);

CREATE TABLE passwords (
    account TEXT NOT NULL PRIMARY KEY REFERENCES accounts (id),
    hash TEXT NOT NULL,
    set_at TIMESTAMP NOT NULL
);

CREATE TABLE invitations (
    account TEXT NOT NULL PRIMARY KEY REFERENCES accounts (id),
    hash TEXT NOT NULL,
    ends_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX invitations_hash ON invitations (hash);

CREATE TABLE second_factors (
    account TEXT NOT NULL PRIMARY KEY REFERENCES accounts (id),
    secret BYTEA NOT NULL,
    confirmed_at TIMESTAMP,
    last_step BIGINT
);

CREATE TABLE client_secrets (
    account TEXT NOT NULL PRIMARY KEY REFERENCES accounts (id),
    hash TEXT NOT NULL,
    made_at TIMESTAMP NOT NULL
);

CREATE TABLE official_sessions (
    hash TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (id),
    mandate TEXT NOT NULL REFERENCES mandates (id),
    way TEXT NOT NULL,
    opened_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP
);
CREATE INDEX official_sessions_account ON official_sessions (account);

CREATE TABLE provider_requests (
    state TEXT NOT NULL PRIMARY KEY,
    browser TEXT NOT NULL,
    nonce TEXT NOT NULL,
    verifier TEXT NOT NULL,
    tongue TEXT NOT NULL,
    made_at TIMESTAMP NOT NULL
);

-- One-time codes on their way to a family's contacts, operational: the hash of each, and the code itself, sealed, until its message is
-- taken. A message that waits can be withdrawn.
ALTER TABLE outbox ADD COLUMN withdrawn_at TIMESTAMP;

CREATE TABLE one_time_codes (
    message TEXT NOT NULL PRIMARY KEY REFERENCES outbox (id),
    representative TEXT NOT NULL REFERENCES representatives (id),
    code BIGINT NOT NULL,
    sealed BYTEA,
    contact_at TIMESTAMP,
    made_at TIMESTAMP NOT NULL
);
CREATE INDEX one_time_codes_representative ON one_time_codes (representative, made_at);

-- By what a child is likened to others, as keyed hashes: name and birth, birth certificate, applicant and birth.
ALTER TABLE children ADD COLUMN likeness BIGINT;
ALTER TABLE children ADD COLUMN certificate BIGINT;
ALTER TABLE children ADD COLUMN kin BIGINT;
CREATE INDEX children_likeness ON children (likeness);
CREATE INDEX children_certificate ON children (certificate);
CREATE INDEX children_kin ON children (kin);

-- Pairs of active applications that are probably of one child, and what was found of each.
CREATE TABLE duplicates (
    id TEXT NOT NULL PRIMARY KEY,
    home INTEGER NOT NULL REFERENCES homes (code),
    application TEXT NOT NULL REFERENCES applications (number),
    territory INTEGER NOT NULL,
    other TEXT NOT NULL REFERENCES applications (number),
    other_territory INTEGER NOT NULL,
    grounds TEXT NOT NULL,
    found_at TIMESTAMP NOT NULL,
    found_by TEXT,
    status TEXT NOT NULL,
    decided_by TEXT,
    decided_at TIMESTAMP,
    facts TEXT REFERENCES facts (key)
);
CREATE INDEX duplicates_application ON duplicates (application);
CREATE INDEX duplicates_other ON duplicates (other);
CREATE INDEX duplicates_territory ON duplicates (territory, found_at);
CREATE INDEX duplicates_other_territory ON duplicates (other_territory, found_at);

-- Numbers by which a child was known and is still found.
CREATE TABLE former_numbers (
    iin BIGINT NOT NULL PRIMARY KEY,
    home INTEGER NOT NULL REFERENCES homes (code),
    child TEXT NOT NULL REFERENCES children (key)
);
CREATE INDEX former_numbers_child ON former_numbers (child);

-- A child is found by its number in whatever home knows it.
CREATE INDEX children_iin ON children (iin);
