//! What the commands that report have in common.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::domain::mix::Mix;
use crate::engine::allocation::{Instance, Rule};
use crate::exchange::report::{self, Format, Table};
use crate::rules::messages::{Messages, Tongue};

/// The rule by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum RuleName {
    /// By tier, instant and id, or by the given turns.
    Queue,
    /// By tier, sibling, instant and id.
    Program,
}

/// The rule of a run.
#[derive(Debug, Args)]
pub(super) struct RuleArgs {
    /// queue: by tier, instant and id, or by the given turns; program: by tier, sibling, instant and id
    #[arg(long)]
    pub(super) rule: RuleName,
    /// Under --rule queue: first-priority and general children by turns, such as 1:3
    #[arg(long, value_name = "P:G")]
    pub(super) mix: Option<Mix>,
}

impl RuleArgs {
    /// Whether a `turn` column may be there.
    pub(super) fn turn_allowed(&self) -> Result<bool, String> {
        if self.rule == RuleName::Program && self.mix.is_some() {
            return Err("--mix belongs to --rule queue; under --rule program each group ranks by itself".to_owned());
        }
        Ok(self.rule == RuleName::Queue && self.mix.is_none())
    }

    /// The rule for this instance.
    pub(super) fn rule(&self, instance: &Instance) -> Rule {
        match self.rule {
            RuleName::Program => Rule::Program,
            RuleName::Queue if instance.parts().turns.is_some() => Rule::QueueByTurn,
            RuleName::Queue => Rule::Queue { mix: self.mix },
        }
    }
}

/// Where a report goes and how it looks.
#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// The folder for the report; it is made where it is missing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// csv: a file per table; json: report.json; table: report.txt, also on the screen
    #[arg(long, default_value = "csv")]
    format: Format,
    /// The language of --format table: kk, ru or en
    #[arg(long, default_value = "en")]
    lang: Tongue,
}

impl ReportArgs {
    /// Writes the tables; those meant for the screen also there.
    pub(super) fn write(&self, tables: &[Table]) -> Result<(), String> {
        let words = Messages::shipped().map_err(|faults| faults.to_string())?;
        report::write(&self.out, tables, self.format, &words, self.lang)?;
        if self.format == Format::Table {
            let text = report::text(tables, &words, self.lang);
            std::io::stdout().write_all(text.as_bytes()).map_err(|error| format!("cannot write the table: {error}"))?;
        }
        Ok(())
    }
}

/// Exit 2 with the message, or what was said on stderr and 0.
pub(super) fn end(result: Result<String, String>) -> ExitCode {
    let (text, code) = match result {
        Ok(text) => (text, ExitCode::SUCCESS),
        Err(text) => (text, ExitCode::from(2)),
    };
    let _ = writeln!(std::io::stderr(), "{}", text.trim_end());
    code
}
