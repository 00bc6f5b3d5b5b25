//! `kezek generate`: an invented instance to try `kezek allocate` on.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::NaiveDate;
use clap::Args;

use super::allocate::unwritable;
use crate::domain::kato::Kato;
use crate::exchange::Writer;
use crate::exchange::output::Output;
use crate::rules::Rules;
use crate::sample::instance::Invented;
use crate::sample::kindergartens;
use crate::sample::people::Families;
use crate::sample::register::application_row;

/// Writes groups.csv and children.csv of an invented instance, or an invented register to import. The same seed gives the
/// same bytes.
#[derive(Debug, Args)]
pub(super) struct GenerateArgs {
    /// How many children are invented; with --register, how many applications
    #[arg(long, value_parser = clap::value_parser!(u32).range(0..=100_000_000))]
    children: u32,
    /// What the invention starts from: the same seed gives the same bytes
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write a register for kezek import instead: territories, kindergartens, groups and places of the fixtures, and this
    /// many applications
    #[arg(long)]
    register: bool,
    /// With --register: families of this territory and all below only
    #[arg(long, value_name = "CODE", requires = "register", value_parser = territory, default_value = "000000000")]
    territory: Kato,
    /// With --register: the day on which the children are one to six years old
    #[arg(long, value_name = "DATE", requires = "register", default_value = "2026-09-01")]
    on: NaiveDate,
    /// The folder for the files; it is made where it is missing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Ends with exit 2 and why, where the files could not be made.
pub(super) fn run(args: GenerateArgs) -> ExitCode {
    match if args.register { register(&args) } else { generate(&args) } {
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

fn territory(text: &str) -> Result<Kato, String> {
    Kato::parse(text).map_err(|fault| fault.to_string())
}

fn register(args: &GenerateArgs) -> Result<(), String> {
    fs::create_dir_all(&args.out).map_err(|error| unwritable(&args.out, &error))?;
    let mut localities = kindergartens::localities_of_fixtures().map_err(|faults| faults.to_string())?;
    localities.retain(|l| l.territory.within(args.territory));
    if localities.is_empty() {
        return Err(format!("no kindergarten of the fixtures lies in {}; try --territory 391000000", args.territory));
    }
    let rules = Rules::shipped().map_err(|faults| faults.to_string())?;
    let at = args.on.and_time(chrono::NaiveTime::MIN).and_utc();
    let rows = Families::new(args.seed, args.on, &localities).take(args.children as usize).map(|family| {
        let most = rules.profile_of(family.territory, at).map_or(0, |p| p.preferences_max.value);
        application_row(family, most)
    });
    let mut outputs = vec![];
    for (name, text) in [
        ("territories.csv", kindergartens::TERRITORIES),
        ("kindergartens.csv", kindergartens::KINDERGARTENS),
        ("groups.csv", kindergartens::GROUPS),
        ("places.csv", kindergartens::PLACES),
    ] {
        let path = args.out.join(name);
        let written = Output::create(&path).and_then(|mut output| output.write_all(text.as_bytes()).map(|()| output));
        outputs.push(written.map_err(|error| unwritable(&path, &error))?);
    }
    let path = args.out.join("applications.csv");
    let mut written = Output::create(&path).map_err(|error| unwritable(&path, &error))?;
    let filled = Writer::open(BufWriter::with_capacity(1 << 16, &mut written)).and_then(|mut writer| {
        rows.into_iter().try_for_each(|row| writer.write(&row))?;
        writer.finish()
    });
    filled.map_err(|error| unwritable(&path, &error))?;
    outputs.push(written);
    Output::publish(outputs).map_err(|error| unwritable(&args.out, &error))
}
