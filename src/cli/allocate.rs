//! `kezek allocate`: groups and children in, the allocation out.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::report::{RuleArgs, end};
use crate::engine::allocation::{Allocation, CutOff, Instance, Market, NoTurns, Rule};
use crate::exchange::certificate::{certificate_json, certify, input_sha256, result_sha256};
use crate::exchange::fault::Faults;
use crate::exchange::instance::{Read, allocation_csv, explain, read_all};
use crate::exchange::output::Output;
use crate::rules::messages::Messages;

/// Allocates places from two CSV files. A fault in them: exit 2, one line per fault, nothing written.
#[derive(Debug, Args)]
pub(super) struct AllocateArgs {
    /// Groups: columns id,capacity and perhaps reserved, kindergarten and others that inform
    #[arg(long, value_name = "FILE")]
    groups: PathBuf,
    /// Children: columns id,priority_tier,applied_at,birth_date,siblings_at,choices and perhaps turn, holds, together,
    /// categories, excluded
    #[arg(long, value_name = "FILE")]
    children: PathBuf,
    #[command(flatten)]
    rule: RuleArgs,
    /// Where the allocation goes: columns child_id,group_id
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// A row per child and choice above its result: why. Beside it, for why.csv, why.groups.csv has the groups' cut-offs and
    /// why.sentences.csv who would have gone before the last child
    #[arg(long, value_name = "FILE")]
    explain: Option<PathBuf>,
    /// Hashes, cut-offs and counts for kezek verify, as JSON
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
}

/// Ends with exit 2 and every fault where the files are wrong; else says how many are placed.
pub(super) fn run(args: AllocateArgs) -> ExitCode {
    end(allocate(&args))
}

fn allocate(args: &AllocateArgs) -> Result<String, String> {
    let turn_allowed = args.rule.turn_allowed()?;
    check_targets(args)?;
    let read = read_all(&args.groups, &args.children, turn_allowed).map_err(|faults: Faults| faults.to_string())?;
    let Read { instance, .. } = read;
    let rule = args.rule.rule(&instance);
    let wanted = args.explain.is_some() || args.certificate.is_some();
    // Proposals run on one thread, so the other one can hash and read the words.
    let ((input, words), run) = rayon::join(
        || {
            let words = args.explain.is_some().then(Messages::shipped);
            (args.certificate.is_some().then(|| input_sha256(&instance)), words)
        },
        || {
            let market = Market::new(&instance, rule)?;
            let allocation = market.solve();
            let cut_offs = if wanted { market.cut_offs(&allocation) } else { vec![] };
            Ok((allocation, cut_offs))
        },
    );
    let (allocation, cut_offs) = run.map_err(|fault: NoTurns| fault.to_string())?;
    let words = words.transpose().map_err(|faults| faults.to_string())?;
    let (allocation, cut_offs) = (&allocation, &cut_offs);
    write_all(args, &Run { instance: &instance, rule, allocation, cut_offs, input, words })?;
    Ok(format!("{} of {} children placed", allocation.placed(), instance.children()))
}

/// Two outputs in one file, or an output over an input, would destroy what was asked for.
fn check_targets(args: &AllocateArgs) -> Result<(), String> {
    let of = |extension| args.explain.as_deref().map(|explain| beside(explain, extension));
    let (groups, sentences) = (of("groups.csv"), of("sentences.csv"));
    let explained = [args.explain.as_ref(), groups.as_ref(), sentences.as_ref()];
    let outputs = explained.into_iter().chain([Some(&args.out), args.certificate.as_ref()]);
    let mut seen: Vec<PathBuf> = vec![];
    let files = [&args.groups, &args.children].into_iter().chain(outputs.flatten());
    for (file, is_output) in files.zip([false, false].into_iter().chain(std::iter::repeat(true))) {
        let full = file.canonicalize().or_else(|_| std::path::absolute(file)).unwrap_or_else(|_| file.clone());
        let regular = std::fs::metadata(&full).map_or(true, |metadata| metadata.is_file());
        if is_output && regular && seen.contains(&full) {
            return Err(format!("{} is named twice; give every output its own file", file.display()));
        }
        seen.push(full);
    }
    Ok(())
}

/// A file that belongs to the explanation.
fn beside(explain: &Path, extension: &str) -> PathBuf {
    explain.with_extension(extension)
}

/// A run, ready to be written.
struct Run<'a> {
    instance: &'a Instance,
    rule: Rule,
    allocation: &'a Allocation,
    cut_offs: &'a [CutOff],
    /// The input's hash, where a certificate is wanted.
    input: Option<String>,
    /// The words, where an explanation is wanted.
    words: Option<Messages>,
}

fn write_all(args: &AllocateArgs, run: &Run<'_>) -> Result<(), String> {
    let Run { instance, rule, allocation, cut_offs, .. } = *run;
    let rows: Vec<(u32, u32)> =
        allocation.rows(instance).map(|(child, group)| (child, group.unwrap_or_default())).collect();
    let pieces = allocation_csv(&rows);
    let write_allocation = || written(&args.out, |out| pieces.iter().try_for_each(|piece| out.write_all(piece)));
    let mut outputs = vec![];
    if let (Some(path), Some(words)) = (&args.explain, &run.words) {
        let explanation = explain(instance, rule, allocation, cut_offs).map_err(|fault| fault.to_string())?;
        let (rows, (allocation, groups)) = rayon::join(
            || written(path, |out| explanation.write_rows(out)),
            || {
                let groups = || written(&beside(path, "groups.csv"), |out| explanation.write_groups(words, out));
                (write_allocation(), groups())
            },
        );
        outputs.extend([allocation?, rows?, groups?]);
        outputs.push(written(&beside(path, "sentences.csv"), |out| explanation.write_reasons(words, out))?);
    } else {
        outputs.push(write_allocation()?);
    }
    if let Some(path) = &args.certificate {
        let input = run.input.clone().unwrap_or_default();
        let certificate = certify(instance, rule, allocation, cut_offs, input, result_sha256(&pieces));
        let json = certificate_json(&certificate).map_err(|error| format!("{}: {error}", path.display()))?;
        outputs.push(written(path, |out| out.write_all(&json))?);
    }
    Output::publish(outputs).map_err(|error| unwritable(&args.out, &error))
}

/// A file that is complete, but has not its name yet.
fn written(path: &Path, fill: impl FnOnce(&mut Output) -> std::io::Result<()>) -> Result<Output, String> {
    let output = Output::create(path).and_then(|mut output| fill(&mut output).map(|()| output));
    output.map_err(|error| unwritable(path, &error))
}

/// The message for a file that could not be written.
pub(super) fn unwritable(path: &Path, error: &std::io::Error) -> String {
    format!("{}: cannot be written: {error}; check the folder, the permissions and the free space", path.display())
}
