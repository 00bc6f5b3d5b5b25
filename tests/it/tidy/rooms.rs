//! Arrows between rooms, and the outside crates that each room may know.

use std::collections::BTreeSet;

use super::none;
use super::source::{File, code_lines, root, rust_files};

/// Each room, and the rooms that it may look at. `clock` is a parameter that the top hands down.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("rules", &["domain"]),
    ("engine", &["domain", "rules"]),
    // Verification by a second mind: nothing of the engine.
    ("audit", &["domain", "rules"]),
    ("trust", &["domain", "rules"]),
    ("store", &["domain", "rules", "engine", "audit", "trust"]),
    ("outside", &["domain", "rules", "engine", "audit", "trust"]),
    ("documents", &["domain", "rules", "engine", "audit", "trust"]),
    ("exchange", &["domain", "rules", "engine", "audit", "trust"]),
    // The invented kindergartens are rows of CSV.
    ("sample", &["domain", "rules", "engine", "audit", "trust", "exchange"]),
    (
        "service",
        &[
            "domain",
            "rules",
            "engine",
            "audit",
            "trust",
            "store",
            "outside",
            "documents",
            "exchange",
            "sample",
            "clock",
        ],
    ),
    // Outside words to acts and back: no rows, no engine.
    ("web", &["domain", "rules", "trust", "documents", "service"]),
    ("cli", &["domain", "rules", "engine", "audit", "trust", "store", "exchange", "sample", "service", "web", "clock"]),
    ("clock", &[]),
];

/// The outside crates of each room. chrono is everywhere.
const CRATES: &[(&str, &[&str])] = &[
    ("domain", &["serde", "unicode_normalization", "unicode_properties"]),
    ("rules", &["serde", "toml", "chrono_tz"]),
    ("engine", &["rayon", "priority_queue", "indexset"]),
    // rayon replays in parallel; whatever decides is its own.
    ("audit", &["rayon"]),
    (
        "trust",
        &[
            "argon2",
            "base64",
            "chacha20poly1305",
            "hmac",
            "rand",
            "serde",
            "serde_json",
            "serde_json_canonicalizer",
            "sha2",
            "totp_rs",
        ],
    ),
    ("store", &["diesel", "diesel_migrations", "serde", "serde_json", "tracing"]),
    // ureq blocks: acts run on blocking threads anyway, and a second runtime would buy nothing.
    ("outside", &["base64", "openidconnect", "serde", "serde_json", "tracing", "ureq"]),
    ("documents", &["askama", "serde"]),
    // Instances of a million rows are read in parallel; certificates are canonical JSON with hashes.
    ("exchange", &["csv", "rayon", "serde", "serde_json", "sha2"]),
    ("sample", &["rand"]),
    ("service", &["serde", "serde_json", "rand", "utoipa", "tracing"]),
    (
        "web",
        &[
            "actix_web",
            "actix_governor",
            "actix_multipart",
            "askama",
            "base64",
            "flate2",
            "futures_util",
            "prometheus",
            "serde",
            "serde_json",
            "tracing",
            "utoipa",
            "utoipa_swagger_ui",
        ],
    ),
    // The runtime of the server and the pool of threads are set up where the process is.
    (
        "cli",
        &["clap", "indicatif", "serde_json", "tracing_subscriber", "chrono_tz", "actix_web", "rayon", "signal_hook"],
    ),
    ("clock", &[]),
    ("lib", &[]),
    ("main", &["mimalloc"]),
];

/// The room of a file of `src`.
fn room(file: &File) -> &str {
    let inside = file.path.trim_start_matches("src/");
    inside.split('/').next().unwrap_or_default().trim_end_matches(".rs")
}

fn sources() -> Vec<File> {
    rust_files().into_iter().filter(|f| f.path.starts_with("src/")).collect()
}

/// The names that follow `prefix` in a line.
fn after<'a>(line: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    line.match_indices(prefix).map(move |(at, _)| {
        let rest = &line[at + prefix.len()..];
        rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
    })
}

#[test]
fn arrows_between_rooms_point_down() {
    let mut found = Vec::new();
    for file in sources() {
        let room = room(&file);
        if room == "lib" || room == "main" {
            continue;
        }
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == room) else {
            found.push(format!("{}: a room that the house does not know", file.path));
            continue;
        };
        for (n, line) in code_lines(&file.text) {
            for looked_at in after(&line, "crate::") {
                if looked_at != room && !allowed.contains(&looked_at) {
                    found.push(format!("{}:{n}: {room} looks at {looked_at}: {}", file.path, line.trim()));
                }
            }
            if line.contains("use crate::{") {
                found.push(format!("{}:{n}: name each room in its own `use`, so that arrows can be read", file.path));
            }
        }
    }
    none("arrows that point up", &found);
}

#[test]
fn no_path_leaves_its_room_by_the_back_door() {
    let mut found = Vec::new();
    for file in sources() {
        let inside = file.path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
        let depth = inside.split('/').count();
        for (n, line) in code_lines(&file.text) {
            let most = (1..8).rev().find(|n| line.contains(&"super::".repeat(*n))).unwrap_or(0);
            if most >= depth {
                found.push(format!("{}:{n}: {}", file.path, line.trim()));
            }
        }
    }
    none("write crate::ROOM, so that the arrow is seen", &found);
}

/// The dependencies of Cargo.toml, as Rust names them.
fn dependencies() -> BTreeSet<String> {
    let manifest: toml::Table =
        std::fs::read_to_string(root().join("Cargo.toml")).expect("a manifest").parse().expect("TOML");
    let listed = manifest["dependencies"].as_table().expect("dependencies");
    listed.keys().map(|name| name.replace('-', "_")).collect()
}

#[test]
fn each_room_knows_its_own_outside_crates_only() {
    let dependencies = dependencies();
    let mut found = Vec::new();
    for file in sources() {
        let room = room(&file);
        let allowed = CRATES.iter().find(|(name, _)| *name == room).map_or(&[][..], |(_, crates)| crates);
        for (n, line) in code_lines(&file.text) {
            for name in dependencies.iter().filter(|name| *name != "chrono") {
                let used = line.match_indices(name.as_str()).any(|(at, _)| {
                    let before = line[..at].chars().next_back();
                    let starts = !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':' || c == '.');
                    starts && line[at + name.len()..].starts_with("::")
                });
                if used && !allowed.contains(&name.as_str()) {
                    found.push(format!("{}:{n}: {room} uses {name}: {}", file.path, line.trim()));
                }
            }
        }
    }
    none("outside crates in the wrong room", &found);
}

#[test]
fn the_map_names_every_room() {
    let map = std::fs::read_to_string(root().join("src/lib.rs")).expect("the map");
    let text: String = map.lines().filter(|l| l.starts_with("//!")).collect();
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root().join("src")).expect("src").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() && !text.contains(&name) {
            found.push(name);
        }
    }
    none("rooms that the map of src/lib.rs leaves out", &found);
}
