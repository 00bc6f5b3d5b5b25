//! The tables of those who act and of those who are acted for.

diesel::table! {
    representatives (id) {
        id -> Text,
        home -> Integer,
        child -> Text,
        iin -> BigInt,
        person -> Nullable<Binary>,
        code -> Nullable<BigInt>,
        code_at -> Nullable<Timestamp>,
        code_by -> Nullable<Text>,
        document -> Nullable<Text>,
        contacts_at -> Nullable<Timestamp>,
        contacts_by -> Nullable<Text>,
        court -> Nullable<Text>,
        court_act -> Nullable<Text>,
        court_at -> Nullable<Timestamp>,
        added_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    sessions (hash) {
        hash -> Text,
        representative -> Text,
        way -> Text,
        contact_at -> Nullable<Timestamp>,
        opened_at -> Timestamp,
        used_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    one_time_codes (message) {
        message -> Text,
        representative -> Text,
        code -> BigInt,
        sealed -> Nullable<Binary>,
        contact_at -> Nullable<Timestamp>,
        made_at -> Timestamp,
    }
}

diesel::table! {
    accounts (id) {
        id -> Text,
        home -> Integer,
        iin -> BigInt,
        person -> Nullable<Binary>,
        opened_at -> Timestamp,
        closed_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    mandates (id) {
        id -> Text,
        home -> Integer,
        account -> Text,
        role -> Text,
        territory -> Integer,
        kindergarten -> Nullable<Text>,
        acts_as -> Text,
        post -> Nullable<Text>,
        appointed_by -> Text,
        order_number -> Nullable<Text>,
        order_on -> Nullable<Date>,
        deputy_for -> Nullable<Text>,
        from_on -> Nullable<Date>,
        until_on -> Nullable<Date>,
        given_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    takings (id) {
        id -> Text,
        home -> Integer,
        application -> Text,
        territory -> Integer,
        act -> Text,
        rests_on -> Text,
        asked_by -> Text,
        role -> Text,
        asked_at -> Timestamp,
        asked -> Text,
        scan -> Nullable<Text>,
        from_on -> Nullable<Date>,
        until_on -> Date,
        status -> Text,
        decided_by -> Nullable<Text>,
        decided_at -> Nullable<Timestamp>,
        taken -> Nullable<Text>,
    }
}

diesel::table! {
    debts (taking) {
        taking -> Text,
        home -> Integer,
        application -> Text,
        territory -> Integer,
        kindergarten -> Text,
        group_id -> Text,
        owed_at -> Timestamp,
    }
}

diesel::table! {
    scans (id) {
        id -> Text,
        home -> Integer,
        application -> Text,
        media -> Text,
        bytes -> Integer,
        hash -> Text,
        uploaded_by -> Text,
        uploaded_at -> Timestamp,
        erased_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    uploads (id) {
        id -> Text,
        media -> Text,
        bytes -> Integer,
        hash -> Text,
        uploaded_by -> Text,
        uploaded_at -> Timestamp,
    }
}

diesel::table! {
    skips (confirmation) {
        confirmation -> Text,
        home -> Integer,
        application -> Text,
        territory -> Integer,
        place -> Text,
        ground -> Text,
        evidence -> Text,
        issued_by -> Text,
        confirmed_by -> Text,
        skipped_at -> Timestamp,
    }
}

diesel::table! {
    proposals (place) {
        place -> Text,
        home -> Integer,
        reserved -> Text,
        proposed_by -> Text,
        proposed_at -> Timestamp,
        decided_by -> Nullable<Text>,
        decided_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    reads (seq) {
        seq -> BigInt,
        at -> Timestamp,
        on_day -> Date,
        account -> Text,
        mandate -> Nullable<Text>,
        role -> Text,
        what -> Text,
        subject -> Text,
        purpose -> Nullable<Binary>,
        nth -> BigInt,
        prev -> Text,
        hash -> Text,
    }
}

diesel::table! {
    reads_end (id) {
        id -> Integer,
        seq -> BigInt,
        hash -> Text,
    }
}

diesel::table! {
    duplicates (id) {
        id -> Text,
        home -> Integer,
        application -> Text,
        territory -> Integer,
        other -> Text,
        other_territory -> Integer,
        grounds -> Text,
        found_at -> Timestamp,
        found_by -> Nullable<Text>,
        status -> Text,
        decided_by -> Nullable<Text>,
        decided_at -> Nullable<Timestamp>,
        facts -> Nullable<Text>,
    }
}

diesel::table! {
    former_numbers (iin) {
        iin -> BigInt,
        home -> Integer,
        child -> Text,
    }
}
