//! A file as blocks of whole lines, handed to several threads, without holding the file in memory.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Mutex;

/// The largest file that is read: some forty million children. A larger one is a mistake, or should be split by queue.
pub(in crate::exchange) const FILE_BYTES_MAX: u64 = 4 << 30;

/// The longest row that is read. Longer ones come from files that are no CSV.
pub(in crate::exchange) const ROW_BYTES_MAX: usize = 16 << 20;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Why a file could not be read to its end.
#[derive(Debug)]
pub(in crate::exchange) enum ReadFault {
    Io(io::Error),
    TooLarge,
    LongRow,
    Changed,
}

impl ReadFault {
    pub(in crate::exchange) fn message(&self) -> String {
        match self {
            Self::Io(error) => format!("cannot be read: {error}; check the path, the permissions and the disk"),
            Self::TooLarge => {
                format!("larger than {} GiB; split it by territory or queue", FILE_BYTES_MAX >> 30)
            }
            Self::LongRow => {
                format!("a row is longer than {} MiB; is this the right file?", ROW_BYTES_MAX >> 20)
            }
            Self::Changed => "changed while it was read; run again when nobody writes to it".to_owned(),
        }
    }
}

/// A file that is read block by block.
pub(in crate::exchange) struct Blocks {
    state: Mutex<State>,
}

struct State {
    file: File,
    /// Length at opening, where the file is a regular one.
    length: Option<u64>,
    read: u64,
    block_bytes: u64,
    carry: Vec<u8>,
    next: usize,
    ended: bool,
    fault: Option<ReadFault>,
}

impl Blocks {
    /// Opens a file. A byte-order mark at its start is skipped.
    pub(in crate::exchange) fn open(path: &Path) -> Result<Self, ReadFault> {
        let mut file = File::open(path).map_err(ReadFault::Io)?;
        let metadata = file.metadata().map_err(ReadFault::Io)?;
        let length = metadata.is_file().then_some(metadata.len());
        if length.is_some_and(|length| length > FILE_BYTES_MAX) {
            return Err(ReadFault::TooLarge);
        }
        let mut carry = vec![];
        file.by_ref().take(BOM.len() as u64).read_to_end(&mut carry).map_err(ReadFault::Io)?;
        let read = carry.len() as u64;
        if carry == BOM {
            carry.clear();
        }
        let block_bytes = length.map_or(1 << 20, |length| (length / 16).clamp(1 << 15, 1 << 20));
        let state = State { file, length, read, block_bytes, carry, next: 0, ended: false, fault: None };
        Ok(Self { state: Mutex::new(state) })
    }

    /// Fills `block` with the next lines and returns the block's number; `None` at the end or after a fault.
    pub(in crate::exchange) fn next(&self, block: &mut Vec<u8>) -> Option<usize> {
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if state.ended {
            return None;
        }
        match state.fill(block) {
            Ok(()) if block.is_empty() => None,
            Ok(()) => {
                state.next += 1;
                Some(state.next - 1)
            }
            Err(fault) => {
                state.fault = Some(fault);
                state.ended = true;
                None
            }
        }
    }

    /// How many blocks of this length the file has, about; one where it is no regular file.
    pub(in crate::exchange) fn about(&self, block: &[u8]) -> u64 {
        let state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        state.length.map_or(1, |length| length / (block.len() as u64).max(1) + 1)
    }

    /// The first line, without its end.
    pub(in crate::exchange) fn header(&self) -> Result<Vec<u8>, ReadFault> {
        let mut block = vec![];
        if self.next(&mut block).is_none() {
            let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            return state.fault.take().map_or(Ok(vec![]), Err);
        }
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let end = block.iter().position(|&b| b == b'\n').map_or(block.len(), |at| at + 1);
        let rest = block.split_off(end);
        let carry = std::mem::replace(&mut state.carry, rest);
        state.carry.extend_from_slice(&carry);
        state.next = 0;
        Ok(trim_end(&block).to_vec())
    }

    /// What stopped the reading, if anything did.
    pub(in crate::exchange) fn into_fault(self) -> Option<ReadFault> {
        self.state.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).fault
    }
}

impl State {
    fn fill(&mut self, block: &mut Vec<u8>) -> Result<(), ReadFault> {
        block.clear();
        block.append(&mut self.carry);
        // Reading asks for a little more than it takes, to see the end.
        block.reserve(usize::try_from(self.block_bytes).unwrap_or_default() + 64);
        loop {
            let got = self.file.by_ref().take(self.block_bytes).read_to_end(block).map_err(ReadFault::Io)? as u64;
            self.read += got;
            if self.read > FILE_BYTES_MAX {
                return Err(ReadFault::TooLarge);
            }
            if got < self.block_bytes {
                if self.length.is_some_and(|length| length != self.read) {
                    return Err(ReadFault::Changed);
                }
                // The carry may still be taken back by `header`, so the end is noticed by an empty block.
                return Ok(());
            }
            if let Some(end) = block.iter().rposition(|&b| b == b'\n') {
                self.carry.extend_from_slice(block.get(end + 1..).unwrap_or_default());
                block.truncate(end + 1);
                return Ok(());
            }
            if block.len() > ROW_BYTES_MAX {
                return Err(ReadFault::LongRow);
            }
        }
    }
}

/// The line without LF or CRLF.
pub(in crate::exchange) fn trim_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}
