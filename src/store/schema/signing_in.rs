//! The tables by which officials and systems sign in.

diesel::table! {
    logins (account) {
        account -> Text,
        home -> Integer,
        login -> BigInt,
        name -> Binary,
        set_at -> Timestamp,
    }
}

diesel::table! {
    passwords (account) {
        account -> Text,
        hash -> Text,
        set_at -> Timestamp,
    }
}

diesel::table! {
    invitations (account) {
        account -> Text,
        hash -> Text,
        ends_at -> Timestamp,
    }
}

diesel::table! {
    second_factors (account) {
        account -> Text,
        secret -> Binary,
        confirmed_at -> Nullable<Timestamp>,
        last_step -> Nullable<BigInt>,
    }
}

diesel::table! {
    client_secrets (account) {
        account -> Text,
        hash -> Text,
        made_at -> Timestamp,
    }
}

diesel::table! {
    official_sessions (hash) {
        hash -> Text,
        account -> Text,
        mandate -> Text,
        way -> Text,
        opened_at -> Timestamp,
        used_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    provider_requests (state) {
        state -> Text,
        browser -> Text,
        nonce -> Text,
        verifier -> Text,
        tongue -> Text,
        made_at -> Timestamp,
    }
}
