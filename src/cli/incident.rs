//! `kezek incident`: an account was misused.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use chrono::{DateTime, Utc};

use super::exit::failed;
use super::private;
use super::registry::Database;
use crate::clock::Clock;
use crate::domain::instant::{instant_text, read_instant};
use crate::domain::kato::Kato;
use crate::rules::messages::Tongue;
use crate::service::accounts::reset::{self, Stopped};
use crate::service::counter::incidents::{self, PutBack, Traces};
use crate::service::registry::Registry;
use crate::store::accounts;

/// What `incident` takes: whose account, and since when.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    database: Database,
    /// The id of the account that was misused.
    #[arg(long, value_name = "ID")]
    account: String,
    /// Since when, RFC 3339 with its offset.
    #[arg(long, value_name = "INSTANT", value_parser = read_instant)]
    since: DateTime<Utc>,
    /// Only list what it did and saw; nothing is changed.
    #[arg(long)]
    dry_run: bool,
    /// Where the notice to the authorised body is written [default: incident-ID.txt].
    #[arg(long, value_name = "FILE")]
    notice: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    match happened(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => failed(1, why),
    }
}

fn happened(arguments: &Arguments) -> Result<(), String> {
    let Arguments { database, account, since, dry_run, notice } = arguments;
    // The account is stopped before anything is looked at: it may be in use right now.
    let now = Clock::System.now();
    let stopped = if *dry_run {
        None
    } else {
        let store = database.existing()?;
        Some(reset::stop_here(&store, now, account).map_err(|problem| problem.to_string())?)
    };
    let registry = database.registry(Clock::System)?;
    let office = &registry.office;
    let traces = incidents::traces(office, account, *since).map_err(|problem| problem.to_string())?;
    list(&traces);
    let Some(stopped) = stopped else {
        eprintln!("kezek: nothing was changed; without --dry-run the account is stopped and the families are told");
        return Ok(());
    };
    let back = incidents::put_back(office, account, *since).map_err(|problem| problem.to_string())?;
    let told = incidents::tell(office, account, *since, &traces.applications).map_err(|problem| problem.to_string())?;
    say(account, stopped, &back, told);
    let path = notice.clone().unwrap_or_else(|| PathBuf::from(format!("incident-{account}.txt")));
    let text = words(&registry, account, *since, now, &Found { traces: &traces, back: &back })?;
    private::create(&path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| format!("{}: {error}", path.display()))?;
    eprintln!(
        "kezek: the notice to the authorised body stands in {}; add whom to ask, and send it today",
        path.display()
    );
    Ok(())
}

#[allow(clippy::print_stdout, reason = "the answer of a command")]
fn list(traces: &Traces) {
    println!("at,kind,what,subject");
    for trace in &traces.all {
        let kind = if trace.read { "read" } else { "act" };
        println!("{},{kind},{},{}", instant_text(trace.at), trace.what, trace.subject);
    }
}

fn say(account: &str, stopped: Stopped, back: &PutBack, told: usize) {
    let Stopped { revoked, ended } = stopped;
    eprintln!("kezek: {revoked} credentials of account {account} are revoked, {ended} sessions ended");
    eprintln!("kezek: {} acts are given back and wait for a second person", back.reopened.len());
    for left in &back.left {
        eprintln!("kezek: {} could not be given back: {}", left.taking, left.why);
    }
    eprintln!("kezek: {told} families are told");
}

/// What was found and done.
struct Found<'a> {
    traces: &'a Traces,
    back: &'a PutBack,
}

/// The notice to the authorised body for the protection of personal data, in Kazakh and Russian. It names nobody.
fn words(
    registry: &Registry,
    account: &str,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
    found: &Found<'_>,
) -> Result<String, String> {
    let office = &registry.office;
    let own = office.store.read(|conn| accounts::mandates_of(conn, account)).map_err(|error| error.to_string())?;
    let held = |tongue: Tongue| {
        let held = own.iter().map(|mandate| {
            let role = office.rules.messages.label_or_code(tongue, "role", mandate.role.code());
            let role = mandate.post.as_deref().unwrap_or(role);
            format!("{role}, {}", mandate.territory)
        });
        held.collect::<Vec<_>>().join("; ")
    };
    let (posts_kk, posts_ru) = (held(Tongue::Kk), held(Tongue::Ru));
    let zone = office.rules.calendar.zone(own.first().map_or(Kato::COUNTRY, |mandate| mandate.territory));
    let local = |at: DateTime<Utc>| at.with_timezone(&zone).format("%d.%m.%Y %H:%M").to_string();
    let (since, now) = (local(since), local(now));
    let Found { traces, back } = found;
    let reads = traces.all.iter().filter(|trace| trace.read).count();
    let acts = traces.all.len() - reads;
    let (families, back, left) = (traces.applications.len(), back.reopened.len(), back.left.len());
    Ok(format!(
        "Дербес деректерді қорғау саласындағы уәкілетті органға хабарлама\n\n\
         Анықталған уақыты: {now}\n\
         Есептік жазба: {account} ({posts_kk})\n\
         Бөгде адам пайдаланған болуы мүмкін уақыт: {since} бастап\n\
         Жазба арқылы оқылғаны: {reads}; жасалған әрекеттер: {acts}\n\
         Дербес деректері қозғалған балалардың өтініштері: {families}\n\
         Қабылданған шаралар: жазба жабылды, сеанстар мен токендер тоқтатылды; отбасыдан бірдеңе алған {back} әрекет кері қайтарылды \
         (қолмен қаралатыны: {left}); отбасыларға хабарланды.\n\
         Дербес деректерді өңдеуді ұйымдастыруға жауапты адам, телефоны: ____________________\n\n\
         Уведомление уполномоченного органа в сфере защиты персональных данных\n\n\
         Обнаружено: {now}\n\
         Учетная запись: {account} ({posts_ru})\n\
         Посторонний мог пользоваться ею с {since}\n\
         Через запись прочитано: {reads}; совершено действий: {acts}\n\
         Затронуты персональные данные детей по заявлениям: {families}\n\
         Принятые меры: запись закрыта, сеансы и токены прекращены; возвращено действий, лишавших семьи чего-либо: {back} (требуют \
         рассмотрения вручную: {left}); семьи уведомлены.\n\
         Лицо, ответственное за организацию обработки персональных данных, телефон: ____________________\n"
    ))
}
