//! `kezek regulations`: the regulations as tables, and the loading of rule files from a folder.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::rules::Rules;
use crate::rules::messages::{Messages, Tongue};
use crate::rules::regulation::{ChannelRule, Regulation, Step};
use crate::rules::term::{Term, Unit};

/// Prints the regulations as tables: who does which step, in what time, and what comes out.
#[derive(Args)]
pub(super) struct RegulationsArgs {
    /// Only these, by id; all where none is named.
    ids: Vec<String>,
    /// kk, ru or en.
    #[arg(long, default_value = "en")]
    lang: Tongue,
    /// Only the ids, one a line.
    #[arg(long)]
    list: bool,
    /// A folder laid out like fixtures/, whose rule files replace or add to those that ship.
    #[arg(long)]
    rules: Option<PathBuf>,
}

/// Exit 0 with the tables, 2 where a rule file is at fault or an id is not there.
pub(super) fn run(args: RegulationsArgs) -> ExitCode {
    let text = load(args.rules.as_deref()).and_then(|rules| tables(&rules, &args));
    let outcome = text.and_then(|text| {
        std::io::stdout().write_all(text.as_bytes()).map_err(|error| format!("cannot write the tables: {error}"))
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            let _ = writeln!(std::io::stderr(), "{}", message.trim_end());
            ExitCode::from(2)
        }
    }
}

/// The shipped rules, with the files of a folder over them where one is named.
pub(super) fn load(folder: Option<&Path>) -> Result<Rules, String> {
    let mut further = Vec::new();
    for kind in ["", "calendar", "messages", "profiles", "regulations"] {
        let Some(folder) = folder.map(|folder| folder.join(kind)) else { continue };
        let Ok(entries) = std::fs::read_dir(&folder) else {
            if kind.is_empty() {
                return Err(format!("cannot read the folder {}; name one laid out like fixtures/", folder.display()));
            }
            continue;
        };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file()) {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let wanted = if kind.is_empty() { name == "bindings.toml" } else { !name.ends_with(".md") };
            if wanted {
                let text = std::fs::read_to_string(&path);
                let text = text.map_err(|error| format!("cannot read {}: {error}", path.display()))?;
                further.push((if kind.is_empty() { name } else { format!("{kind}/{name}") }, text));
            }
        }
    }
    Rules::shipped_with(further).map_err(|faults| faults.to_string())
}

fn tables(rules: &Rules, args: &RegulationsArgs) -> Result<String, String> {
    if let Some(id) = args.ids.iter().find(|id| !rules.regulations.contains_key(*id)) {
        let ids: Vec<&str> = rules.regulations.keys().map(String::as_str).collect();
        return Err(format!("there is no regulation `{id}`; use one of: {}", ids.join(", ")));
    }
    let chosen = rules.regulations.values().filter(|r| args.ids.is_empty() || args.ids.contains(&r.id));
    let mut text = String::new();
    for regulation in chosen {
        if args.list {
            text.push_str(&regulation.id);
            text.push('\n');
        } else {
            let table = Table { words: &rules.messages, tongue: args.lang, regulation };
            text.push_str(&table.print());
        }
    }
    Ok(text)
}

/// One regulation on paper.
struct Table<'a> {
    words: &'a Messages,
    tongue: Tongue,
    regulation: &'a Regulation,
}

impl Table<'_> {
    fn label<'b>(&'b self, group: &str, code: &'b str) -> &'b str {
        self.words.label_or_code(self.tongue, group, code)
    }

    fn list<'b>(&'b self, group: &str, codes: impl Iterator<Item = &'b str>) -> String {
        codes.map(|code| self.label(group, code)).collect::<Vec<_>>().join("; ")
    }

    /// A row of headings.
    fn heading(&self, codes: &[&str]) -> String {
        let labels: Vec<&str> = codes.iter().map(|code| self.label("table", code)).collect();
        format!("| {} |\n|{}\n", labels.join(" | "), "---|".repeat(codes.len()))
    }

    fn print(&self) -> String {
        let r = self.regulation;
        let mut text = format!("## {}\n\n{}\n{}\n", r.id, r.names.get(self.tongue), r.act.citation.get(self.tongue));
        let day = |on: Option<chrono::NaiveDate>| on.map_or_else(|| "?".to_owned(), |on| on.to_string());
        let number = r.act.registration_number.as_deref().unwrap_or("?");
        let registered = day(r.act.registered_on);
        let region = r.region.map_or_else(|| "?".to_owned(), |region| region.to_string());
        let until = r.legal_until.map_or_else(|| "-".to_owned(), |on| on.to_string());
        let (reg, force) = (self.label("table", "registered"), self.label("table", "in_force"));
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{reg} {number} {registered} | KATO {region} | {force} {} – {until}", day(r.legal_from));
        let kinds = self.list("provider_kind", r.provider_kinds.iter().map(|k| k.code()));
        let _ = writeln!(text, "{}: {kinds}\n", self.label("table", "provider"));
        text.push_str(&self.heading(&["channel", "number", "actor", "action", "max", "clause"]));
        r.channels.iter().for_each(|channel| self.print_channel(&mut text, channel));
        text.push('\n');
        self.print_intake(&mut text);
        self.print_results(&mut text);
        for defect in &r.defects {
            let _ = writeln!(text, "{}: {defect}", self.label("table", "note"));
        }
        text.push('\n');
        text
    }

    fn print_channel(&self, text: &mut String, channel: &ChannelRule) {
        let code = self.label("channel", channel.code.code());
        let straight: Vec<&str> = channel.straight_path().map(|s| s.id.as_str()).collect();
        let mut number = 0;
        for step in &channel.steps {
            let on_path = straight.contains(&step.id.as_str());
            number += usize::from(on_path);
            let mark = if on_path { number.to_string() } else { format!("{number}'") };
            let actor = self.label("actor", step.actor.code());
            let max = step.limit.map_or_else(|| "-".to_owned(), |limit| self.words.term(self.tongue, limit));
            let action = self.action(step);
            let _ = writeln!(text, "| {code} | {mark} | {actor} | {action} | {max} | {} |", step.clause);
        }
        for span in &channel.spans {
            let max = self.words.not_over(self.tongue, span.term);
            let through = straight.iter().position(|id| *id == span.through).map_or(0, |at| at + 1);
            let _ = writeln!(text, "| {code} | 1–{through} | | | {max} | {} |", span.clause);
        }
        if let Some(sum) = self.sum(channel) {
            let _ = writeln!(text, "| {code} | | | {} | {sum} | |", self.label("table", "sum"));
        }
        if let Some(total) = &channel.total {
            let only = total.only_for.as_deref().map(|code| format!(": {}", self.label("result", code)));
            let max = self.words.not_over(self.tongue, total.term);
            let label = self.label("table", "total");
            let _ = writeln!(text, "| {code} | | | {label}{} | {max} | {} |", only.unwrap_or_default(), total.clause);
        }
    }

    /// Who may apply, what consent is taken by whom, and which papers make a package complete.
    fn print_intake(&self, text: &mut String) {
        let r = self.regulation;
        text.push_str(&self.heading(&["channel", "media", "applicants", "consent", "clause"]));
        for channel in &r.channels {
            let media = self.list("medium", channel.media.iter().map(|m| m.code()));
            let applicants = self.list("applicant_kind", channel.applicants.iter().map(|a| a.value.code()));
            let consent = channel.consent.as_ref().map_or("-", |c| self.label("actor", c.taken_by.code()));
            let clause = channel.consent.as_ref().map_or("-", |c| c.clause.as_str());
            let code = self.label("channel", channel.code.code());
            let _ = writeln!(text, "| {code} | {media} | {applicants} | {consent} | {clause} |");
        }
        text.push('\n');
        if r.documents.is_empty() {
            return;
        }
        text.push_str(&self.heading(&["document", "applicants", "basis"]));
        for document in &r.documents {
            let only = document.only_for.map_or("", |kind| self.label("applicant_kind", kind.code()));
            let (names, basis) = (document.names.get(self.tongue), self.label("basis", document.basis.code()));
            let _ = writeln!(text, "| {names} | {only} | {basis} |");
        }
        text.push('\n');
    }

    fn action(&self, step: &Step) -> String {
        let own = step.names.as_ref().map(|names| names.get(self.tongue).to_owned());
        let labels = || self.list("action", step.actions());
        let mut text = own.unwrap_or_else(labels);
        if let Some(outcome) = &step.outcome {
            let _ = write!(text, " -> {}", self.label("outcome", outcome));
        }
        text
    }

    /// The limits of the straight path added up, unit by unit: a computed number that no act states.
    fn sum(&self, channel: &ChannelRule) -> Option<String> {
        let of = |unit: Unit| {
            let limits = channel.straight_path().filter_map(|s| s.limit).filter(|limit| limit.unit == unit);
            let n: u32 = limits.map(|limit| limit.n).sum();
            (n > 0).then(|| self.words.term(self.tongue, Term { n, unit }))
        };
        let units = [Unit::CalendarDays, Unit::WorkingDays, Unit::Hours, Unit::Minutes];
        let parts: Vec<String> = units.into_iter().filter_map(of).collect();
        (!parts.is_empty()).then(|| parts.join(" + "))
    }

    fn print_results(&self, text: &mut String) {
        let r = self.regulation;
        text.push_str(&self.heading(&["result", "form", "media", "delivery", "signer", "channels", "clause"]));
        for result in &r.results {
            let (names, form) = (result.names.get(self.tongue), self.label("form", &result.form));
            let media = self.list("medium", result.media.iter().map(|m| m.code()));
            let delivery = self.list("delivery", result.delivery.iter().map(|d| d.code()));
            let signer = self.label("actor", &result.signer);
            let channels = self.list("channel", result.channels.iter().map(|c| c.code()));
            let clause = &result.clause;
            let _ = writeln!(text, "| {names} | {form} | {media} | {delivery} | {signer} | {channels} | {clause} |");
        }
        text.push('\n');
        if r.refusals.is_empty() {
            return;
        }
        text.push_str(&self.heading(&["refusal", "stage", "channels", "basis", "clause"]));
        for refusal in &r.refusals {
            let channels = self.list("channel", refusal.channels.iter().map(|c| c.code()));
            let (stage, basis) =
                (self.label("stage", refusal.stage.code()), self.label("basis", refusal.ground.basis.code()));
            let names = refusal.ground.names.get(self.tongue);
            let clause = refusal.ground.clause.as_deref().unwrap_or("-");
            let _ = writeln!(text, "| {names} | {stage} | {channels} | {basis} | {clause} |");
        }
        text.push('\n');
    }
}
