//! The tables, as diesel sees them on both databases. A test compares this page with both migrated databases.
#![allow(missing_docs, reason = "diesel's table macro writes items that cannot carry docs")]

mod people;
mod signing_in;

pub use people::{
    accounts, debts, duplicates, former_numbers, mandates, one_time_codes, proposals, reads, reads_end,
    representatives, scans, sessions, skips, takings, uploads,
};
pub use signing_in::*;

diesel::table! {
    homes (code) {
        code -> Integer,
        seq -> BigInt,
        head -> Text,
        at -> Timestamp,
        applications -> BigInt,
        tickets -> BigInt,
        places -> BigInt,
        referrals -> BigInt,
        rounds -> BigInt,
        results -> BigInt,
        cases -> BigInt,
    }
}

diesel::table! {
    journal (home, seq) {
        home -> Integer,
        seq -> BigInt,
        at -> Timestamp,
        act -> Text,
        actor -> Text,
        territory -> Integer,
        payload -> Text,
        seals -> Integer,
        root -> Text,
        prev -> Text,
        hash -> Text,
    }
}

diesel::table! {
    openings (home, seq, place_no) {
        home -> Integer,
        seq -> BigInt,
        place_no -> Integer,
        subject -> Text,
        salt -> Binary,
        body -> Text,
    }
}

diesel::table! {
    keys (id) {
        id -> Binary,
        wrapped -> Binary,
    }
}

diesel::table! {
    facts (key) {
        key -> Text,
        home -> Integer,
        body -> Binary,
    }
}

diesel::table! {
    territories (code) {
        code -> Integer,
        name_kk -> Text,
        name_ru -> Text,
        level -> Text,
    }
}

diesel::table! {
    kindergartens (id) {
        id -> Text,
        home -> Integer,
        territory -> Integer,
        queue_territory -> Integer,
        name_kk -> Text,
        name_ru -> Text,
    }
}

diesel::table! {
    groups (id) {
        id -> Text,
        home -> Integer,
        kindergarten -> Text,
        name -> Text,
        age_from_months -> Integer,
        age_to_months -> Integer,
        language -> Text,
        kind -> Text,
        capacity -> Integer,
        enrolled -> Integer,
    }
}

diesel::table! {
    places (id) {
        id -> Text,
        home -> Integer,
        group_id -> Text,
        queue_territory -> Integer,
        cohort -> Integer,
        kind -> Text,
        available_on -> Date,
        status -> Text,
        status_at -> Timestamp,
        reported_at -> Timestamp,
        published_at -> Nullable<Timestamp>,
        reason -> Nullable<Text>,
        reserved -> Nullable<Text>,
    }
}

diesel::table! {
    place_history (place, seq) {
        place -> Text,
        home -> Integer,
        status -> Text,
        at -> Timestamp,
        seq -> BigInt,
    }
}

diesel::table! {
    children (key) {
        key -> Text,
        home -> Integer,
        iin -> BigInt,
        person -> Nullable<Binary>,
        birth_on -> Date,
        likeness -> Nullable<BigInt>,
        certificate -> Nullable<BigInt>,
        kin -> Nullable<BigInt>,
    }
}

diesel::table! {
    applications (number) {
        number -> Text,
        home -> Integer,
        child -> Text,
        channel -> Text,
        territory -> Integer,
        queue_territory -> Integer,
        cohort -> Integer,
        kind -> Text,
        language -> Text,
        ticket -> BigInt,
        applied_at -> Timestamp,
        registered_at -> Timestamp,
        tier -> SmallInt,
        stream -> Text,
        turn -> Text,
        status -> Text,
        decision -> Text,
        preferences -> Text,
        regulation -> Text,
        profile -> Text,
        signature -> Text,
        consent_at -> Timestamp,
        facts -> Text,
    }
}

diesel::table! {
    applicants (application) {
        application -> Text,
        home -> Integer,
        iin -> BigInt,
        kind -> Text,
        person -> Binary,
    }
}

diesel::table! {
    category_claims (application, code) {
        application -> Text,
        code -> Text,
        home -> Integer,
        proof -> Nullable<Binary>,
        status -> Text,
        status_at -> Timestamp,
    }
}

diesel::table! {
    documents (application, place_no) {
        application -> Text,
        place_no -> Integer,
        home -> Integer,
        kind -> Text,
        number -> Nullable<Binary>,
        expires_on -> Nullable<Date>,
    }
}

diesel::table! {
    child_claims (iin) {
        iin -> BigInt,
        home -> Integer,
        application -> Text,
    }
}

diesel::table! {
    transfers (application) {
        application -> Text,
        home -> Integer,
        enrolment -> Text,
    }
}

diesel::table! {
    families (application) {
        application -> Text,
        home -> Integer,
        family -> Text,
    }
}

diesel::table! {
    queue_counters (home, queue_territory, cohort, kind) {
        home -> Integer,
        queue_territory -> Integer,
        cohort -> Integer,
        kind -> Text,
        first_priority -> BigInt,
        general -> BigInt,
    }
}

diesel::table! {
    referrals (number) {
        number -> Text,
        home -> Integer,
        application -> Text,
        place -> Text,
        kindergarten -> Text,
        group_id -> Text,
        authority_role -> Text,
        authority_territory -> Integer,
        issued_at -> Timestamp,
        valid_until_on -> Date,
        extended -> Bool,
        check_code -> Text,
        status -> Text,
        status_at -> Timestamp,
        ground -> Nullable<Text>,
        reasons -> Text,
    }
}

diesel::table! {
    results (id) {
        id -> Text,
        home -> Integer,
        territory -> Integer,
        application -> Nullable<Text>,
        case_number -> Nullable<Text>,
        kind -> Text,
        issued_at -> Timestamp,
        signer -> Text,
        delivery -> Text,
        handed_at -> Nullable<Timestamp>,
        body -> Binary,
    }
}

diesel::table! {
    cases (number) {
        number -> Text,
        home -> Integer,
        service -> Text,
        regulation -> Text,
        territory -> Integer,
        channel -> Text,
        application -> Nullable<Text>,
        referral -> Nullable<Text>,
        kindergarten -> Nullable<Text>,
        facts -> Text,
        opened_at -> Timestamp,
        state -> Text,
        step -> Nullable<Text>,
        chosen -> Bool,
        entered_at -> Timestamp,
        step_due_at -> Nullable<Timestamp>,
        total_due_at -> Nullable<Timestamp>,
        due_at -> Nullable<Timestamp>,
        alert_at -> Nullable<Timestamp>,
        escalation -> SmallInt,
        executor -> Nullable<Text>,
        decision -> Text,
        decided -> Bool,
        grounds -> Text,
        steps -> Integer,
        ended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    case_steps (case_number, serial) {
        case_number -> Text,
        serial -> Integer,
        home -> Integer,
        step -> Text,
        actor -> Text,
        principal -> Text,
        passage -> Text,
        entered_at -> Timestamp,
        due_at -> Nullable<Timestamp>,
        done_at -> Timestamp,
        outcome -> Nullable<Text>,
        facts -> Nullable<Text>,
    }
}

diesel::table! {
    outbox (id) {
        id -> Text,
        home -> Integer,
        subject -> Text,
        kind -> Text,
        recipient -> Text,
        territory -> Integer,
        body -> Text,
        created_at -> Timestamp,
        taken_at -> Nullable<Timestamp>,
        taken_by -> Nullable<Text>,
        withdrawn_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    rounds (id) {
        id -> Text,
        home -> Integer,
        territory -> Integer,
        held_at -> Timestamp,
        summary -> Text,
        body -> Text,
    }
}

diesel::table! {
    round_files (round, name) {
        round -> Text,
        name -> Text,
        body -> Text,
    }
}

diesel::table! {
    confirmations (id) {
        id -> Text,
        home -> Integer,
        principal -> Text,
        place -> Text,
        application -> Text,
        ground -> Text,
        given_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
        facts -> Nullable<Text>,
    }
}

diesel::table! {
    tokens (id) {
        id -> Text,
        hash -> Text,
        role -> Text,
        territory -> Integer,
        kindergarten -> Nullable<Text>,
        acts_as -> Text,
        issued_at -> Timestamp,
        revoked_at -> Nullable<Timestamp>,
        account -> Nullable<Text>,
        mandate -> Nullable<Text>,
        expires_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    idempotency (home, principal, key) {
        home -> Integer,
        principal -> Text,
        key -> Text,
        body_hash -> Text,
        status -> Integer,
        answer -> Binary,
        at -> Timestamp,
    }
}

diesel::table! {
    calendar_files (name) {
        name -> Text,
        home -> Integer,
        body -> Text,
        imported_at -> Timestamp,
    }
}

diesel::allow_tables_to_appear_in_same_query! {
    homes, journal, keys, facts, territories, kindergartens, groups, places, place_history, children, applications,
    applicants, category_claims, documents, child_claims, transfers, families, queue_counters, referrals, results,
    cases, case_steps, outbox, rounds, round_files, confirmations, representatives, sessions, one_time_codes, reads, reads_end, takings, debts, scans, uploads, skips, proposals, duplicates, former_numbers,
    accounts, mandates, tokens, logins, passwords, invitations, second_factors, client_secrets, official_sessions, provider_requests,
    idempotency, calendar_files
}
