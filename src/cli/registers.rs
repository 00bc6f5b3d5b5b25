//! The registers outside, as `kezek serve` is told of them.

use std::fs::File;
use std::io::BufReader;

use crate::exchange::csv::table::Row;
use crate::exchange::{Fault, Faults, read};
use crate::service::kernel::registers::{Registers, Source, registers};

/// Which registers are asked.
#[derive(clap::Args, Debug)]
pub(super) struct RegisterArguments {
    /// The register of persons: a CSV file, or the address of a service whose credential is in KEZEK_PERSON_REGISTER_TOKEN.
    #[arg(long, value_name = "FILE|URL")]
    person_register: Option<String>,
    /// The register of powers of attorney: a CSV file, or an address with KEZEK_POWER_REGISTER_TOKEN.
    #[arg(long, value_name = "FILE|URL")]
    power_register: Option<String>,
}

impl RegisterArguments {
    /// The registers, their files read.
    ///
    /// # Errors
    /// Every fault of a file, or what is wrong with an address.
    pub(super) fn read(&self) -> Result<Registers, String> {
        let persons = source(self.person_register.as_deref(), "KEZEK_PERSON_REGISTER_TOKEN")?;
        let powers = source(self.power_register.as_deref(), "KEZEK_POWER_REGISTER_TOKEN")?;
        Ok(registers(persons, powers))
    }
}

/// A file or an address; the credential is in the environment, where no list of processes shows it.
fn source<R: Row>(given: Option<&str>, bearer: &str) -> Result<Source<R>, String> {
    match given {
        None => Ok(Source::None),
        Some(url) if url.contains("://") => Source::line(url, std::env::var(bearer).ok().filter(|b| !b.is_empty())),
        Some(path) => rows(path).map(Source::Rows).map_err(|faults| faults.to_string().trim_end().to_owned()),
    }
}

fn rows<R: Row>(path: &str) -> Result<Vec<R>, Faults> {
    let file = File::open(path).map_err(|error| {
        let mut faults = Faults::default();
        let message = format!("the file cannot be read: {error}");
        faults.push(Fault { file: path.to_owned(), row: 0, column: None, message });
        faults
    })?;
    let read = read(path, BufReader::new(file))?;
    eprint!("{}", read.warnings);
    Ok(read.rows)
}
