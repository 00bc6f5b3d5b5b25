//! The built program, run as an operator runs it: its commands, and `serve` as a process that can be killed.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use kezek::clock::Clock;
use kezek::domain::kato::Kato;
use kezek::exchange::rows::ApplicationRow;
use kezek::rules::Rules;
use kezek::sample::kindergartens as fixtures;
use kezek::sample::people::Families;
use kezek::sample::register::application_row;
use serde_json::Value;

use crate::desk::database::INVENTED_KEYS;

/// What a command answered.
#[derive(Debug)]
pub struct Done {
    /// Its exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// stdout.
    pub out: String,
    /// stderr.
    pub err: String,
}

impl Done {
    /// The answer, which must have this exit code.
    #[track_caller]
    pub fn must(self, code: i32) -> Done {
        assert_eq!(self.code, Some(code), "stdout: {}\nstderr: {}", self.out, self.err);
        self
    }

    /// The last line of stdout.
    pub fn last_line(&self) -> &str {
        self.out.lines().last().unwrap_or_default()
    }
}

/// The program, with nothing of the environment that it listens to.
pub fn kezek() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kezek"));
    command
        .env_remove("KEZEK_LOG")
        .env_remove("KEZEK_DATABASE_URL")
        .env("KEZEK_KEYS", INVENTED_KEYS)
        .stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub fn run(arguments: &[&str]) -> Done {
    finished(kezek().args(arguments))
}

/// Runs a prepared command to its end.
pub fn finished(command: &mut Command) -> Done {
    let output = command.output().expect("the program runs");
    Done {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Makes a registry by `kezek init`.
pub fn init(url: &str) {
    run(&["init", "--database-url", url]).must(0);
}

/// Loads territories, kindergartens and groups of the fixtures by `kezek import`, from files in `folder`.
pub fn import_fixtures(folder: &Path, url: &str) {
    for (kind, text) in [
        ("territories", fixtures::TERRITORIES),
        ("kindergartens", fixtures::KINDERGARTENS),
        ("groups", fixtures::GROUPS),
    ] {
        let file = folder.join(format!("{kind}.csv"));
        std::fs::write(&file, text).expect("a file");
        run(&["import", kind, file.to_str().expect("a path"), "--database-url", url]).must(0);
    }
}

/// Issues a credential for the whole country.
pub fn token(url: &str, role: &str) -> String {
    let issued = run(&["token", "issue", "--role", role, "--territory", "000000000", "--database-url", url]).must(0);
    issued.last_line().to_owned()
}

/// Invented families as rows of another register. The program has the machine's clock, so their ages are of its day.
pub fn rows(count: usize, seed: u64) -> Vec<ApplicationRow> {
    let rules = Rules::shipped().expect("the rules");
    let today = rules.calendar.civil_day(Clock::System.now(), Kato::COUNTRY);
    let localities = fixtures::localities_of_fixtures().expect("the localities");
    Families::new(seed, today, &localities).take(count).map(|f| application_row(f, 4)).collect()
}

/// Writes such rows as a CSV file.
pub fn write_rows(file: &Path, rows: &[ApplicationRow]) {
    let out = std::fs::File::create(file).expect("a file");
    kezek::exchange::write(std::io::BufWriter::new(out), rows).expect("the rows");
}

/// `kezek serve` as a process.
pub struct Serving {
    child: Child,
    address: String,
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
    agent: ureq::Agent,
}

impl Serving {
    /// Serves a registry on a free port.
    pub fn start(url: &str) -> Serving {
        Serving::of(kezek().args(["serve", "--database-url", url, "--listen", "127.0.0.1:0", "--rate-limit", "off"]))
    }

    /// Serves by a command that becomes `kezek serve`.
    pub fn of(command: &mut Command) -> Serving {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program runs");
        let stderr = child.stderr.take().expect("a pipe");
        let log = Arc::new(Mutex::new(String::new()));
        let (told, listening) = channel();
        let written = Arc::clone(&log);
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if let Some((_, address)) = line.split_once("listening on http://") {
                    let _ = told.send(address.to_owned());
                }
                let mut log = written.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
        });
        let Ok(address) = listening.recv_timeout(Duration::from_secs(60)) else {
            let _ = child.kill();
            panic!("the server does not start: {}", log.lock().unwrap());
        };
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .into();
        Serving { child, address, log, reader: Some(reader), agent }
    }

    /// Sends JSON; none where no answer came.
    pub fn try_post(&self, path: &str, token: &str, body: &Value) -> Option<(u16, Value)> {
        let mut request = self.agent.post(format!("http://{}{path}", self.address));
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut response = request.content_type("application/json").send(body.to_string()).ok()?;
        let text = response.body_mut().read_to_string().ok()?;
        Some((response.status().as_u16(), serde_json::from_str(&text).unwrap_or_default()))
    }

    /// Sends JSON.
    #[track_caller]
    pub fn post(&self, path: &str, token: &str, body: &Value) -> (u16, Value) {
        self.try_post(path, token, body).expect("an answer")
    }

    /// Asks.
    #[track_caller]
    pub fn get(&self, path: &str, token: &str) -> (u16, Value) {
        let mut request = self.agent.get(format!("http://{}{path}", self.address));
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut response = request.call().expect("an answer");
        let text = response.body_mut().read_to_string().expect("a body");
        (response.status().as_u16(), serde_json::from_str(&text).unwrap_or_default())
    }

    /// The public look-up of a child: its one entry, if it has one.
    pub fn entry(&self, iin: &str) -> Option<Value> {
        let (status, body) = self.post("/api/v1/positions", "", &serde_json::json!({"iin": iin}));
        assert_eq!(status, 200, "{body}");
        body["entries"].get(0).cloned()
    }

    /// The entry of a child as its family looks it up, with the code of its paper.
    pub fn entry_of_family(&self, iin: &str, code: &str) -> Option<Value> {
        let (status, body) = self.post("/api/v1/positions", "", &serde_json::json!({"iin": iin, "code": code}));
        assert_eq!(status, 200, "{body}");
        body["entries"].get(0).cloned()
    }

    /// What it has said on stderr.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Kills it as a power cut would.
    pub fn kill(self) {
        drop(self);
    }

    /// Kills it while others still talk to it.
    pub fn kill_in_place(&self) {
        signal("KILL", self.child.id());
    }

    /// Asks it to stop, and gives what it ended with.
    pub fn stop(mut self) -> ExitStatus {
        signal("TERM", self.child.id());
        let ended = self.child.wait().expect("it ends");
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        ended
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal to a process.
pub fn signal(name: &str, process: u32) {
    let sent = Command::new("kill").args([&format!("-{name}"), &process.to_string()]).status().expect("kill");
    assert!(sent.success());
}

/// Waits for a condition by asking for it again and again, at most half a minute.
#[track_caller]
pub fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let (_held, moment) = channel::<()>();
    for _ in 0..1_500 {
        if let Some(found) = ask() {
            return found;
        }
        let _ = moment.recv_timeout(Duration::from_millis(20));
    }
    panic!("it never came: {what}");
}

/// The application of an invented family as the office hands it in.
pub fn handed_in(row: &ApplicationRow) -> Value {
    serde_json::json!({
        "child": {"iin": row.child_iin, "name": row.child_name, "birth_date": row.birth_date.to_string()},
        "applicant": {"iin": row.applicant_iin, "name": row.applicant_name, "kind": "parent",
            "contacts": row.contacts},
        "territory": row.territory, "preferences": row.preferences, "language": row.language, "kind": row.kind,
        "categories": [],
        "documents": [{"kind": "birth_certificate", "number": "1"}, {"kind": "applicant_id", "number": "2"}],
        "consent": true,
    })
}

/// The rights of a file.
pub fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).expect("a file").permissions().mode() & 0o777
}
