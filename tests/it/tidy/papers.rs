//! Migrations, documents and scripts.

use super::none;
use super::source::{all_files, root};

fn folders(of: &str) -> Vec<String> {
    let entries = std::fs::read_dir(root().join("migrations").join(of)).expect("migrations");
    let mut names: Vec<String> = entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn both_databases_have_the_same_migrations_each_with_its_way_back() {
    assert_eq!(folders("sqlite"), folders("postgres"));
    let mut found = Vec::new();
    for database in ["sqlite", "postgres"] {
        for name in folders(database) {
            for file in ["up.sql", "down.sql"] {
                let path = root().join("migrations").join(database).join(&name).join(file);
                if std::fs::read_to_string(&path).map_or(true, |sql| sql.trim().is_empty()) {
                    found.push(format!("{database}/{name}/{file}"));
                }
            }
        }
    }
    none("migrations without a way there or back", &found);
}

#[test]
fn every_table_of_sqlite_is_strict() {
    let mut found = Vec::new();
    for file in all_files().iter().filter(|f| f.path.starts_with("migrations/sqlite") && f.path.ends_with("up.sql")) {
        for statement in file.text.split(';').filter(|s| s.contains("CREATE TABLE")) {
            if !statement.trim_end().ends_with("STRICT") {
                found.push(statement.lines().find(|l| l.contains("CREATE TABLE")).unwrap_or_default().to_owned());
            }
        }
    }
    none("tables in which SQLite would take any type", &found);
}

#[test]
fn links_of_the_documents_lead_somewhere() {
    let mut found = Vec::new();
    for file in all_files().iter().filter(|f| f.path.ends_with(".md")) {
        let folder = root().join(&file.path).parent().expect("a folder").to_owned();
        for link in file.text.split("](").skip(1) {
            let target = link.split(')').next().unwrap_or_default();
            let path = target.split('#').next().unwrap_or_default();
            let elsewhere = ["http://", "https://", "mailto:"].iter().any(|scheme| target.starts_with(scheme));
            if !elsewhere && !path.is_empty() && !folder.join(path).exists() {
                found.push(format!("{}: {target}", file.path));
            }
        }
    }
    none("links that lead nowhere", &found);
}

#[test]
fn the_scripts_can_be_started() {
    use std::os::unix::fs::PermissionsExt;
    for script in ["tests/run", ".ci/run"] {
        let found = std::fs::metadata(root().join(script)).unwrap_or_else(|e| panic!("{script}: {e}"));
        assert_eq!(found.permissions().mode() & 0o111, 0o111, "{script} is not executable");
        let text = std::fs::read_to_string(root().join(script)).expect("a script");
        assert!(text.contains("set -euo pipefail"), "{script} goes on after a failure");
    }
}
