//! A file that appears whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file in the making. It stands beside its target and takes the target's name in [`Output::publish`]; until then the
/// target is as it was. Dropped before that, it is gone.
///
/// A target that exists and is no regular file (a pipe, a terminal) is written directly.
#[derive(Debug)]
pub struct Output {
    file: File,
    target: PathBuf,
    beside: Option<PathBuf>,
}

impl Output {
    /// Starts the file.
    pub fn create(target: &Path) -> io::Result<Self> {
        // A link stays a link: what it points to is replaced.
        let target = fs::canonicalize(target).unwrap_or_else(|_| target.to_path_buf());
        if fs::metadata(&target).is_ok_and(|metadata| !metadata.is_file()) {
            let file = OpenOptions::new().write(true).open(&target)?;
            return Ok(Self { file, target, beside: None });
        }
        let name = target.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::IsADirectory))?;
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.partial", std::process::id()));
        let beside = target.with_file_name(hidden);
        let file = File::create(&beside)?;
        Ok(Self { file, target, beside: Some(beside) })
    }

    /// Gives all files their names. Nothing has a name yet when writing any of them failed.
    pub fn publish(outputs: Vec<Self>) -> io::Result<()> {
        for output in outputs {
            output.publish_one()?;
        }
        Ok(())
    }

    fn publish_one(mut self) -> io::Result<()> {
        if let Some(beside) = &self.beside {
            fs::rename(beside, &self.target)?;
            self.beside = None;
        }
        Ok(())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some(beside) = &self.beside {
            // Nothing is left to do where even removing fails.
            let _ = fs::remove_file(beside);
        }
    }
}
