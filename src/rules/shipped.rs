//! The rule files that this program ships with, compiled in: it runs from an empty folder.

/// Declares the shipped files by their names under `fixtures/`.
macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        /// Name and text of every shipped file.
        pub const FILES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../fixtures/", $name)))),+];
    };
}

files![
    "bindings.toml",
    "calendar/holidays.csv",
    "calendar/hours.csv",
    "calendar/kurban-ait.csv",
    "calendar/swaps.csv",
    "calendar/years.csv",
    "calendar/zones.csv",
    "messages/en.toml",
    "messages/kk.toml",
    "messages/ru.toml",
    "profiles/city-2023.toml",
    "profiles/default-project.toml",
    "profiles/seeds-2018.toml",
    "profiles/unified-2025.toml",
    "regulations/queue-east-kazakhstan-2014.toml",
    "regulations/queue-kostanay-2018.toml",
    "regulations/queue-kyzylorda-2018.toml",
];
