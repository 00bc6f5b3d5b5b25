-- The registry. Instants (_at) are UTC with microseconds, civil dates (_on) are the territory's. Codes are text with the
-- spelling of the contract. What names a person is sealed under its child's key: iin is a keyed hash, the rest is bytes. Every table but `child_claims`, `tokens` and `territories` belongs to a home.

CREATE TABLE homes (
    code INTEGER NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    head TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    applications BIGINT NOT NULL,
    tickets BIGINT NOT NULL,
    places BIGINT NOT NULL,
    referrals BIGINT NOT NULL,
    rounds BIGINT NOT NULL,
    results BIGINT NOT NULL,
    cases BIGINT NOT NULL
);

CREATE TABLE journal (
    home INTEGER NOT NULL REFERENCES homes (code),
    seq BIGINT NOT NULL,
    at TIMESTAMP NOT NULL,
    act TEXT NOT NULL,
    actor TEXT NOT NULL,
    territory INTEGER NOT NULL,
    payload TEXT NOT NULL,
    seals INTEGER NOT NULL,
    root TEXT NOT NULL,
    prev TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (home, seq)
);
-- The last record that counts acts is asked for with every tick.
CREATE INDEX journal_counts ON journal (home, seq) WHERE act = 'count_acts';

-- What the records seal (fixtures/journal/README.md).
CREATE TABLE openings (
    home INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    place_no INTEGER NOT NULL,
    subject TEXT NOT NULL,
    salt BYTEA NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (home, seq, place_no)
);
CREATE INDEX openings_subject ON openings (subject, home, seq);

-- The keys under which persons are sealed, each wrapped by a master key of the key file. Erasure of a child destroys its key.
CREATE TABLE keys (
    id BYTEA NOT NULL PRIMARY KEY,
    wrapped BYTEA NOT NULL
);

CREATE TABLE facts (
    key TEXT NOT NULL PRIMARY KEY,
    home INTEGER NOT NULL REFERENCES homes (code),
    body BYTEA NOT NULL
);

CREATE TABLE territories (
    code INTEGER NOT NULL PRIMARY KEY,
    name_kk TEXT NOT NULL,
    name_ru TEXT NOT NULL,
    level TEXT NOT NULL
);

CREATE TABLE kindergartens (
    id TEXT NOT NULL PRIMARY KEY,
    home INTEGER NOT NULL REFERENCES homes (code),
    territory INTEGER NOT NULL REFERENCES territories (code),
    queue_territory INTEGER NOT NULL,
    name_kk TEXT NOT NULL,
    name_ru TEXT NOT NULL
);
CREATE INDEX kindergartens_home ON kindergartens (home);

CREATE TABLE groups (
    id TEXT NOT NULL PRIMARY KEY,
    home INTEGER NOT NULL REFERENCES homes (code),
    kindergarten TEXT NOT NULL REFERENCES kindergartens (id),
    name TEXT NOT NULL,
    age_from_months INTEGER NOT NULL,
    age_to_months INTEGER NOT NULL,
    language TEXT NOT NULL,
    kind TEXT NOT NULL,
    capacity INTEGER NOT NULL CHECK (capacity >= 0),
    enrolled INTEGER NOT NULL CHECK (enrolled >= 0)
);
CREATE INDEX groups_kindergarten ON groups (kindergarten);

CREATE TABLE places (
    id TEXT NOT NULL PRIMARY KEY,
    home INTEGER NOT NULL REFERENCES homes (code),
    group_id TEXT NOT NULL REFERENCES groups (id),
    queue_territory INTEGER NOT NULL,
    cohort INTEGER NOT NULL,
    kind TEXT NOT NULL,
    available_on DATE NOT NULL,
    status TEXT NOT NULL,
    status_at TIMESTAMP NOT NULL,
    reported_at TIMESTAMP NOT NULL,
    published_at TIMESTAMP,
    reason TEXT REFERENCES facts (key),
    reserved TEXT
);
CREATE INDEX places_open ON places (home, status, queue_territory, cohort, kind);
CREATE INDEX places_group ON places (group_id, status);

CREATE TABLE place_history (
    place TEXT NOT NULL REFERENCES places (id),
    home INTEGER NOT NULL REFERENCES homes (code),
    status TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (place, seq)
);

CREATE TABLE children (
    key TEXT NOT NULL PRIMARY KEY,
    home INTEGER NOT NULL REFERENCES homes (code),
    iin BIGINT NOT NULL,
    person BYTEA,
    birth_on DATE NOT NULL,
    UNIQUE (home, iin)
);

CREATE TABLE applications (
    number TEXT NOT NULL PRIMARY KEY,
    home INTEGER NOT NULL REFERENCES homes (code),
    child TEXT NOT NULL REFERENCES children (key),
    channel TEXT NOT NULL,
    territory INTEGER NOT NULL,
    queue_territory INTEGER NOT NULL,
    cohort INTEGER NOT NULL,
    kind TEXT NOT NULL,
    language TEXT NOT NULL,
    ticket BIGINT NOT NULL,
    applied_at TIMESTAMP NOT NULL,
    registered_at TIMESTAMP NOT NULL,
    tier SMALLINT NOT NULL,
    stream TEXT NOT NULL,
    turn TEXT NOT NULL,
    status TEXT NOT NULL,
    decision TEXT NOT NULL,
    preferences TEXT NOT NULL,
    regulation TEXT NOT NULL,
    profile TEXT NOT NULL,
    signature TEXT NOT NULL,
    consent_at TIMESTAMP NOT NULL,
    facts TEXT NOT NULL REFERENCES facts (key),
    UNIQUE (home, ticket)
);
CREATE INDEX applications_queue ON applications (home, queue_territory, cohort, kind, turn, stream, tier, applied_at, ticket);
CREATE INDEX applications_child ON applications (child);

CREATE TABLE applicants (
    application TEXT NOT NULL PRIMARY KEY REFERENCES applications (number),
    home INTEGER NOT NULL,
    iin BIGINT NOT NULL,
    kind TEXT NOT NULL,
    person BYTEA NOT NULL
);

CREATE TABLE category_claims (
    application TEXT NOT NULL REFERENCES applications (number),
    code TEXT NOT NULL,
    home INTEGER NOT NULL,
    proof BYTEA,
    status TEXT NOT NULL,
    status_at TIMESTAMP NOT NULL,
    PRIMARY KEY (application, code)
);
-- What the clock looks for: proofs that nobody has judged yet.
CREATE INDEX category_claims_home ON category_claims (home, status);

CREATE TABLE documents (
    application TEXT NOT NULL REFERENCES applications (number),
    place_no INTEGER NOT NULL,
    home INTEGER NOT NULL,
    kind TEXT NOT NULL,
    number BYTEA,
    expires_on DATE,
    PRIMARY KEY (application, place_no)
);

-- One active application per child in the country. The only table that no home owns.
CREATE TABLE child_claims (
    iin BIGINT NOT NULL PRIMARY KEY,
    home INTEGER NOT NULL,
    application TEXT NOT NULL
);

-- Requests of children who are enrolled for another kindergarten. The enrolment keeps the child's claim.
CREATE TABLE transfers (
    application TEXT NOT NULL PRIMARY KEY REFERENCES applications (number),
    home INTEGER NOT NULL,
    enrolment TEXT NOT NULL REFERENCES applications (number)
);
CREATE INDEX transfers_enrolment ON transfers (enrolment);

-- Applications of brothers and sisters that are placed in one kindergarten or not at all.
CREATE TABLE families (
    application TEXT NOT NULL PRIMARY KEY REFERENCES applications (number),
    home INTEGER NOT NULL,
    family TEXT NOT NULL
);
CREATE INDEX families_home ON families (home, family);

CREATE TABLE queue_counters (
    home INTEGER NOT NULL REFERENCES homes (code),
    queue_territory INTEGER NOT NULL,
    cohort INTEGER NOT NULL,
    kind TEXT NOT NULL,
    first_priority BIGINT NOT NULL,
    general BIGINT NOT NULL,
    PRIMARY KEY (home, queue_territory, cohort, kind)
);

CREATE TABLE referrals (
    number TEXT NOT NULL PRIMARY KEY,
    home INTEGER NOT NULL REFERENCES homes (code),
    application TEXT NOT NULL REFERENCES applications (number),
    place TEXT NOT NULL REFERENCES places (id),
    kindergarten TEXT NOT NULL REFERENCES kindergartens (id),
    group_id TEXT NOT NULL REFERENCES groups (id),
    authority_role TEXT NOT NULL,
    authority_territory INTEGER NOT NULL,
    issued_at TIMESTAMP NOT NULL,
    valid_until_on DATE NOT NULL,
    extended BOOLEAN NOT NULL,
    check_code TEXT NOT NULL,
    status TEXT NOT NULL,
    status_at TIMESTAMP NOT NULL,
    ground TEXT,
    reasons TEXT NOT NULL
);
CREATE INDEX referrals_application ON referrals (application);
CREATE INDEX referrals_place ON referrals (place);

CREATE TABLE results (
    id TEXT NOT NULL PRIMARY KEY,
    home INTEGER NOT NULL REFERENCES homes (code),
    territory INTEGER NOT NULL,
    application TEXT,
    case_number TEXT,
    kind TEXT NOT NULL,
    issued_at TIMESTAMP NOT NULL,
    signer TEXT NOT NULL,
    delivery TEXT NOT NULL,
    handed_at TIMESTAMP,
    body BYTEA NOT NULL
);
CREATE INDEX results_application ON results (application);
CREATE INDEX results_case ON results (case_number);

-- The cases. Due lists look at open cases only, so that they do not grow with those that have ended.
CREATE TABLE cases (
    number TEXT NOT NULL PRIMARY KEY,
    home INTEGER NOT NULL REFERENCES homes (code),
    service TEXT NOT NULL,
    regulation TEXT NOT NULL,
    territory INTEGER NOT NULL,
    channel TEXT NOT NULL,
    application TEXT,
    referral TEXT,
    kindergarten TEXT,
    facts TEXT NOT NULL REFERENCES facts (key),
    opened_at TIMESTAMP NOT NULL,
    state TEXT NOT NULL,
    step TEXT,
    chosen BOOLEAN NOT NULL,
    entered_at TIMESTAMP NOT NULL,
    step_due_at TIMESTAMP,
    total_due_at TIMESTAMP,
    due_at TIMESTAMP,
    alert_at TIMESTAMP,
    escalation SMALLINT NOT NULL,
    executor TEXT,
    decision TEXT NOT NULL,
    decided BOOLEAN NOT NULL,
    grounds TEXT NOT NULL,
    steps INTEGER NOT NULL,
    ended_at TIMESTAMP
);
CREATE INDEX cases_due ON cases (home, due_at, number) WHERE ended_at IS NULL;
CREATE INDEX cases_due_country ON cases (due_at, number) WHERE ended_at IS NULL;
CREATE INDEX cases_alert ON cases (home, alert_at) WHERE alert_at IS NOT NULL;
CREATE INDEX cases_application ON cases (application) WHERE application IS NOT NULL;
CREATE INDEX cases_referral ON cases (referral) WHERE referral IS NOT NULL;

CREATE TABLE case_steps (
    case_number TEXT NOT NULL REFERENCES cases (number),
    serial INTEGER NOT NULL,
    home INTEGER NOT NULL,
    step TEXT NOT NULL,
    actor TEXT NOT NULL,
    principal TEXT NOT NULL,
    passage TEXT NOT NULL,
    entered_at TIMESTAMP NOT NULL,
    due_at TIMESTAMP,
    done_at TIMESTAMP NOT NULL,
    outcome TEXT,
    facts TEXT,
    PRIMARY KEY (case_number, serial)
);

-- What somebody is to be told, until whoever sends it takes it.
CREATE TABLE outbox (
    id TEXT NOT NULL PRIMARY KEY,
    home INTEGER NOT NULL REFERENCES homes (code),
    subject TEXT NOT NULL,
    kind TEXT NOT NULL,
    recipient TEXT NOT NULL,
    territory INTEGER NOT NULL,
    body TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    taken_at TIMESTAMP,
    taken_by TEXT
);
CREATE INDEX outbox_untaken ON outbox (home, created_at, id) WHERE taken_at IS NULL;
CREATE INDEX outbox_home ON outbox (home, created_at, id);
CREATE INDEX outbox_subject ON outbox (subject);

CREATE TABLE rounds (
    id TEXT NOT NULL PRIMARY KEY,
    home INTEGER NOT NULL REFERENCES homes (code),
    territory INTEGER NOT NULL,
    held_at TIMESTAMP NOT NULL,
    -- The body without its rows: what lists and explanations read.
    summary TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX rounds_home ON rounds (home, held_at, id);

CREATE TABLE round_files (
    round TEXT NOT NULL REFERENCES rounds (id),
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (round, name)
);

CREATE TABLE confirmations (
    id TEXT NOT NULL PRIMARY KEY,
    home INTEGER NOT NULL REFERENCES homes (code),
    principal TEXT NOT NULL,
    place TEXT NOT NULL,
    application TEXT NOT NULL,
    ground TEXT NOT NULL,
    given_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP
);

CREATE TABLE tokens (
    id TEXT NOT NULL PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    territory INTEGER NOT NULL,
    kindergarten TEXT,
    acts_as TEXT NOT NULL,
    issued_at TIMESTAMP NOT NULL,
    revoked_at TIMESTAMP
);

CREATE TABLE idempotency (
    home INTEGER NOT NULL,
    principal TEXT NOT NULL,
    key TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    status INTEGER NOT NULL,
    answer BYTEA NOT NULL,
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (home, principal, key)
);
CREATE INDEX idempotency_at ON idempotency (home, at);

-- Decrees of the working calendar that came after the program, as rule files.
CREATE TABLE calendar_files (
    name TEXT NOT NULL PRIMARY KEY,
    home INTEGER NOT NULL REFERENCES homes (code),
    body TEXT NOT NULL,
    imported_at TIMESTAMP NOT NULL
);
