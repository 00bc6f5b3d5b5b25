//! The key file: the master keys of a registry, kept outside its database.
//!
//! A text that people may look at: lines that begin with `#` are for them, every other is a key of 256 bits in base64. Mostly
//! there is one; between the two steps of a rotation there are two.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::cipher::{Fingerprint, SecretKey};

/// What stands above the keys of a file.
const HEADING: &str = "# The master keys of a Kezek registry.\n";

/// What a key file says to whoever opens it.
const ADVICE: &str = "# Whoever has this file and the database reads every name in it; without this file nobody does.\n\
     # Keep a copy where no copy of the database is. `kezek rekey` changes the keys.\n";

/// Master keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRing(Vec<SecretKey>);

/// Why a key file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyFileFault {
    /// It is not there.
    Absent(PathBuf),
    /// It cannot be read or written; why.
    Unusable(PathBuf, String),
}

impl std::fmt::Display for KeyFileFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            KeyFileFault::Absent(path) => write!(f, "the key file {} is not there", path.display()),
            KeyFileFault::Unusable(path, why) => write!(f, "the key file {} cannot be used: {why}", path.display()),
        }
    }
}

impl KeyRing {
    /// The keys of a file.
    ///
    /// # Errors
    /// It is not there, or holds something else.
    pub fn read(path: &Path) -> Result<Self, KeyFileFault> {
        let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => KeyFileFault::Absent(path.to_owned()),
            _ => KeyFileFault::Unusable(path.to_owned(), error.to_string()),
        })?;
        let keys = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let keys: Option<Vec<SecretKey>> = keys.map(key).collect();
        match keys {
            Some(keys) if !keys.is_empty() => Ok(KeyRing(keys)),
            _ => Err(KeyFileFault::Unusable(path.to_owned(), "it holds no keys of Kezek".to_owned())),
        }
    }

    /// The keys of a file; a file with a new key, for its owner alone, where there is none.
    ///
    /// # Errors
    /// It cannot be made, or holds something else.
    pub fn read_or_make(path: &Path) -> Result<Self, KeyFileFault> {
        match KeyRing::read(path) {
            Err(KeyFileFault::Absent(_)) => {}
            read => return read,
        }
        let ring = KeyRing(vec![SecretKey::random()]);
        match ring.put(path, OpenOptions::new().write(true).create_new(true)) {
            // Another program made it in this moment.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => KeyRing::read(path),
            Err(error) => Err(KeyFileFault::Unusable(path.to_owned(), error.to_string())),
            Ok(()) => Ok(ring),
        }
    }

    /// Keeps these keys in a file in place of those that it has: the file is whole at every moment.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn replace(&self, path: &Path) -> Result<(), KeyFileFault> {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".new");
        let beside = PathBuf::from(beside);
        let written = self
            .put(&beside, OpenOptions::new().write(true).create(true).truncate(true))
            .and_then(|()| std::fs::rename(&beside, path))
            .and_then(|()| keep_folder(path));
        written.map_err(|error| KeyFileFault::Unusable(path.to_owned(), error.to_string()))
    }

    fn put(&self, path: &Path, options: &mut OpenOptions) -> std::io::Result<()> {
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
        let mut text = format!("{HEADING}{ADVICE}");
        for key in &self.0 {
            let _ = writeln!(text, "{}", STANDARD.encode(key.bytes()));
        }
        let mut file = options.open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        keep_folder(path)
    }

    /// The key of this fingerprint.
    pub fn find(&self, fingerprint: Fingerprint) -> Option<&SecretKey> {
        self.0.iter().find(|key| key.fingerprint() == fingerprint)
    }

    /// The key under which a new registry begins.
    pub fn first(&self) -> Option<&SecretKey> {
        self.0.first()
    }

    /// These keys and more; one that is there already stays once.
    #[must_use]
    pub fn with(mut self, more: impl IntoIterator<Item = SecretKey>) -> Self {
        for key in more {
            if !self.0.contains(&key) {
                self.0.push(key);
            }
        }
        self
    }

    /// The keys themselves.
    pub fn into_keys(self) -> Vec<SecretKey> {
        self.0
    }

    /// What its keys are told apart by.
    pub fn fingerprints(&self) -> Vec<Fingerprint> {
        self.0.iter().map(SecretKey::fingerprint).collect()
    }
}

fn key(line: &str) -> Option<SecretKey> {
    STANDARD.decode(line).ok()?.try_into().ok().map(SecretKey::of)
}

/// A name in a folder is kept by its folder.
fn keep_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
