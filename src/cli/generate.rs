//! `kezek generate`: an invented instance to try `kezek allocate` on.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::allocate::unwritable;
use crate::exchange::instance::Output;
use crate::sample::instance::Invented;

/// Writes groups.csv and children.csv of an invented instance. The same seed gives the same bytes.
#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// How many children
    #[arg(long, value_parser = clap::value_parser!(u32).range(0..=100_000_000))]
    children: u32,
    /// The seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The folder for the two files; it is made where it is missing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Runs the command.
pub fn run(args: GenerateArgs) -> ExitCode {
    match generate(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            let _ = writeln!(std::io::stderr(), "{message}");
            ExitCode::from(2)
        }
    }
}

fn generate(args: &GenerateArgs) -> Result<(), String> {
    fs::create_dir_all(&args.out).map_err(|error| unwritable(&args.out, &error))?;
    let invented = Invented::new(args.children, args.seed);
    let write = |path: &Path, fill: &dyn Fn(&mut BufWriter<Output>) -> std::io::Result<()>| {
        let mut out = BufWriter::with_capacity(1 << 16, Output::create(path)?);
        fill(&mut out)?;
        out.into_inner().map_err(std::io::IntoInnerError::into_error)
    };
    let (groups, children) = (args.out.join("groups.csv"), args.out.join("children.csv"));
    let groups_out = write(&groups, &|out| invented.write_groups(out)).map_err(|error| unwritable(&groups, &error))?;
    let children_out =
        write(&children, &|out| invented.clone().write_children(out)).map_err(|error| unwritable(&children, &error))?;
    Output::publish(vec![groups_out, children_out]).map_err(|error| unwritable(&args.out, &error))
}
