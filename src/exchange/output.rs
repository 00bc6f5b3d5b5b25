//! A file that appears whole or not at all.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many files of one name and process may be in the making at once.
const ATTEMPTS: u32 = 64;

/// The files in the making. Whoever makes, names or removes one holds this.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(vec![]);

/// A file in the making. It stands beside its target as `.NAME.PROCESS.partial` and takes the target's name in
/// [`Output::publish`]; until then the target is as it was. Dropped before that, or at [`abandon`], it is gone.
///
/// A process that is killed outright leaves its file behind. The file is locked while its process lives, so the next one
/// that writes the same target removes what is not locked.
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
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn create(target: &Path) -> io::Result<Self> {
        Self::begin(target, false)
    }

    /// Starts a file that only its owner may read: it holds personal data.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn private(target: &Path) -> io::Result<Self> {
        Self::begin(target, true)
    }

    fn begin(target: &Path, private: bool) -> io::Result<Self> {
        // A link stays a link: what it points to is replaced.
        let target = fs::canonicalize(target).unwrap_or_else(|_| target.to_path_buf());
        if fs::metadata(&target).is_ok_and(|metadata| !metadata.is_file()) {
            let file = OpenOptions::new().write(true).open(&target)?;
            return Ok(Self { file, target, beside: None });
        }
        let name = target.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::IsADirectory))?;
        let mut unfinished = unfinished();
        remove_of_the_dead(&target, name);
        for attempt in 0..ATTEMPTS {
            let beside = target.with_file_name(hidden(name, attempt));
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            if private {
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            }
            match options.open(&beside) {
                Ok(file) if is_locked_there(&file, &beside) => {
                    unfinished.push(beside.clone());
                    return Ok(Self { file, target, beside: Some(beside) });
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::from(io::ErrorKind::AlreadyExists))
    }

    /// Brings what was written to the disk, so that it survives a power cut.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn sync(&self) -> io::Result<()> {
        if self.beside.is_some() { self.file.sync_all() } else { Ok(()) }
    }

    /// Gives all files their names. Nothing has a name yet when writing any of them failed.
    ///
    /// The last one speaks for the others, as a certificate does for its allocation: what stood under its name is taken away
    /// before the first of the others is replaced, and it comes last. So it never stands beside files that it is not about,
    /// also where the process is killed in between.
    ///
    /// # Errors
    /// What the disk refuses. Where it refuses the first name, all is as it was.
    pub fn publish(mut outputs: Vec<Self>) -> io::Result<()> {
        let mut unfinished = unfinished();
        let published = publish_held(&mut outputs, &mut unfinished);
        // Dropping what has no name takes the lock again.
        drop(unfinished);
        published
    }
}

/// Publishes while no signal can come between.
fn publish_held(outputs: &mut [Output], unfinished: &mut Vec<PathBuf>) -> io::Result<()> {
    let several = outputs.len() > 1;
    let last = outputs.last().filter(|last| several && last.beside.is_some()).map(|last| last.target.clone());
    let set_aside = last.map(|target| set_aside(&target)).transpose()?.flatten();
    let mut any = false;
    for output in outputs {
        let Some(beside) = &output.beside else { continue };
        if let Err(error) = fs::rename(beside, &output.target) {
            match set_aside {
                Some((_, to)) if any => fs::remove_file(to)?,
                Some((from, to)) => fs::rename(to, from)?,
                None => {}
            }
            return Err(error);
        }
        any = true;
        unfinished.retain(|file| file != beside);
        output.beside = None;
    }
    // Where it cannot be removed, the next run does it.
    set_aside.map_or(Ok(()), |(_, to)| fs::remove_file(to).or(Ok(())))
}

/// Takes a file away from its name; `None` where there is none.
fn set_aside(target: &Path) -> io::Result<Option<(PathBuf, PathBuf)>> {
    let aside = target.with_file_name(hidden(target.file_name().unwrap_or_default(), ATTEMPTS));
    match fs::rename(target, &aside) {
        Ok(()) => Ok(Some((target.to_path_buf(), aside))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// What a process that is told to end holds until it has ended: no file is made or named any more.
#[derive(Debug)]
#[must_use = "once it is let go, files can be made again"]
pub struct Abandoned {
    _held: MutexGuard<'static, Vec<PathBuf>>,
}

/// Removes all files in the making. Files that are just taking their names take them first, all together.
pub fn abandon() -> Abandoned {
    let mut held = unfinished();
    for file in held.drain(..) {
        // Nothing is left to do where even removing fails.
        let _ = fs::remove_file(file);
    }
    Abandoned { _held: held }
}

fn unfinished() -> MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn hidden(name: &OsStr, attempt: u32) -> OsString {
    let mut hidden = OsString::from(".");
    hidden.push(name);
    let process = std::process::id();
    hidden.push(if attempt == 0 { format!(".{process}.partial") } else { format!(".{process}-{attempt}.partial") });
    hidden
}

/// Locks a new file, and says whether it still stands there: between the two another process may have taken it for the
/// file of a dead one. Where files cannot be locked nobody takes it.
fn is_locked_there(file: &File, path: &Path) -> bool {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => false,
        Err(TryLockError::Error(_)) => true,
        Ok(()) => is_same(file, path),
    }
}

#[cfg(unix)]
fn is_same(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let key = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    file.metadata().map(key).ok() == fs::metadata(path).map(key).ok()
}

#[cfg(not(unix))]
fn is_same(_: &File, path: &Path) -> bool {
    path.exists()
}

/// Removes what processes that are no more left of this target. What cannot be read or removed stays: it is in nobody's way.
fn remove_of_the_dead(target: &Path, name: &OsStr) {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Some(name) = name.to_str() else { return };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let found = entry.file_name();
        let process = found
            .to_str()
            .and_then(|found| found.strip_prefix('.')?.strip_prefix(name)?.strip_prefix('.')?.strip_suffix(".partial"));
        let ours = process.is_some_and(|process| process.bytes().all(|b| b.is_ascii_digit() || b == b'-'));
        if !ours || !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        if File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok()) {
            let _ = fs::remove_file(entry.path());
        }
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
            unfinished().retain(|file| file != beside);
            // Nothing is left to do where even removing fails.
            let _ = fs::remove_file(beside);
        }
    }
}
