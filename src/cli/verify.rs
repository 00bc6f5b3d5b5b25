//! `kezek verify`: whether an allocation is what its certificate says.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::audit::allocation::{self as audit, Hashes};
use crate::engine::allocation::Rule;
use crate::exchange::certificate::{input_sha256, published, read_certificate, result_sha256, rules_sha256};
use crate::exchange::instance::{Read, allocation_csv, committed_groups, read_allocation, read_published};

/// Checks an allocation against the published files. Exit 1 names the first child affected, 2 a file that is at fault.
#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// The groups as published
    #[arg(long, value_name = "FILE")]
    groups: PathBuf,
    /// The children as published
    #[arg(long, value_name = "FILE")]
    children: PathBuf,
    /// The allocation as published
    #[arg(long, value_name = "FILE")]
    allocation: PathBuf,
    /// The certificate that kezek allocate wrote
    #[arg(long, value_name = "FILE")]
    certificate: PathBuf,
    /// Also allocate anew and compare
    #[arg(long)]
    replay: bool,
}

/// Ends with exit 1 and what does not agree, or with exit 2 and what is wrong with a file.
pub(super) fn run(args: VerifyArgs) -> ExitCode {
    let (text, code) = match verify(&args) {
        Ok((findings, None)) if findings.is_empty() => (VERIFIED.to_owned(), 0),
        Ok((findings, Some(note))) if findings.is_empty() => (format!("{VERIFIED}\n{note}"), 0),
        Ok((findings, note)) => (findings.into_iter().chain(note).collect::<Vec<_>>().join("\n"), 1),
        Err(message) => {
            let _ = writeln!(std::io::stderr(), "{}", message.trim_end());
            return ExitCode::from(2);
        }
    };
    let _ = writeln!(std::io::stdout(), "{text}");
    ExitCode::from(code)
}

fn listed(children: &[u32]) -> String {
    children.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

const VERIFIED: &str = "verified: hashes, capacities, cut-offs and every child's result agree";

/// What does not agree, and what is to be known where everything does.
fn verify(args: &VerifyArgs) -> Result<(Vec<String>, Option<String>), String> {
    let ((certificate, allocation), instance) = rayon::join(
        || (read_certificate(&args.certificate), read_allocation(&args.allocation)),
        || read_published(&args.groups, &args.children, true),
    );
    let (certificate, rule) = certificate.map_err(|faults| faults.to_string())?;
    let Read { instance, .. } = instance.map_err(|faults| faults.to_string())?;
    let allocation = allocation.map_err(|faults| faults.to_string())?;
    if instance.parts().turns.is_some() != (rule == Rule::QueueByTurn) {
        let names = if rule == Rule::QueueByTurn { "turns were given" } else { "no turns were given" };
        let file = args.children.display();
        return Err(format!("{file}, row 1, column turn: the certificate says that {names}; take the certified file"));
    }
    if certificate.conditions.is_none() != instance.conditions().is_empty() {
        let file = args.children.display();
        return Err(format!(
            "{file}: the certificate and the files differ in whether places are held or reserved; take the certified files"
        ));
    }
    let published = published(&instance);
    let hashes = || Hashes {
        input_sha256: input_sha256(&instance),
        rules_sha256: rules_sha256(rule),
        result_sha256: result_sha256(&allocation_csv(&allocation)),
    };
    let (hashes, (mut findings, replayed)) = rayon::join(hashes, || {
        let findings = audit::verify_result(&published, &allocation, &certificate);
        let replay = || audit::replay(&published, &allocation, certificate.rule);
        (findings, args.replay.then(replay).and_then(Result::err))
    });
    // The one pass may find nothing where the replay names a child; a hash names none, so it comes last.
    findings.extend(replayed);
    findings.extend(audit::verify_hashes(&certificate, &hashes));
    // Looked for only where something is wrong: it takes a sort.
    let strange = (!findings.is_empty()).then(|| committed_groups(&instance, &allocation).err()).flatten();
    let strange = strange.map(|fault| fault.fault(&args.allocation, &args.groups, &args.children).to_string());
    let unclaimed = rule == Rule::QueueByTurn && !certificate.turns_of_queue;
    let against = unclaimed.then(|| audit::turns_against_queue(&published)).flatten();
    let turns = against.map(|finding| format!("the turns are as given, not those of a registry's queue: {finding}"));
    let gave_up = certificate.families.iter().flat_map(|claim| &claim.gave_up).map(|up| {
        let (family, circle) = (listed(&up.children), up.cycle.iter().map(|family| listed(family)));
        let circle: Vec<String> = circle.collect();
        format!(
            "the family of {family} gave the kindergarten of group {} up: the wishes of {} run in a circle",
            up.group,
            circle.join(" and ")
        )
    });
    let notes: Vec<String> = turns.into_iter().chain(gave_up).collect();
    let note = (!notes.is_empty()).then(|| notes.join("\n"));
    let findings = findings.iter().map(ToString::to_string);
    Ok((strange.into_iter().chain(findings).take(20).collect(), note))
}
