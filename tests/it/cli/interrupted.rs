//! Commands that are ended while they write: what stands there afterwards is whole, or it is not there.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use kezek::exchange::output::Output;

use crate::cli::allocate::{Files, errors};

/// A pipe with a name: whoever opens it waits for the other end, so a test knows where a process stands.
fn pipe(files: &Files, name: &str) {
    assert!(Command::new("mkfifo").arg(files.0.path().join(name)).status().unwrap().success());
}

fn start(files: &Files, arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kezek"));
    command.current_dir(files.0.path()).args(arguments).stderr(Stdio::piped()).stdout(Stdio::null());
    command.spawn().unwrap()
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

/// Opens the pipe that the process is about to write, sends the signal, and gives the exit code.
fn ended_at(files: &Files, mut child: Child, pipe: &str, name: &str) -> Option<i32> {
    let reached = File::open(files.0.path().join(pipe)).unwrap();
    signal(&child, name);
    let code = child.wait().unwrap().code();
    drop(reached);
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(code.is_none() || said.contains("files that were not finished are removed"), "{said}");
    code
}

fn partial(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".partial")).collect()
}

const GROUPS: &str = "id,capacity\n10,1\n20,1\n";
const CHILDREN: &str = "id,priority_tier,applied_at,birth_date,siblings_at,choices\n\
    1,3,2026-03-20T09:00:00Z,,,10;20\n2,3,2026-03-21T09:00:00Z,,,10\n";

/// The explanation goes into two pipes, the second of which nobody opens: the run cannot end by itself.
fn allocating(files: &Files) -> Child {
    let arguments = ["allocate", "--groups", "groups.csv", "--children", "children.csv", "--rule", "queue"];
    start(files, &[&arguments[..], &["--out", "o.csv", "--explain", "why.csv", "--certificate", "c.json"]].concat())
}

fn with_pipes() -> Files {
    let files = Files::new(GROUPS, CHILDREN);
    ["why.groups.csv", "why.sentences.csv"].into_iter().for_each(|name| pipe(&files, name));
    files
}

#[test]
fn an_allocation_that_is_interrupted_leaves_nothing_behind() {
    for (name, code) in [("-INT", 130), ("-TERM", 143)] {
        let files = with_pipes();
        let child = allocating(&files);
        assert_eq!(ended_at(&files, child, "why.groups.csv", name), Some(code));
        assert_eq!(files.names(), ["children.csv", "groups.csv", "why.groups.csv", "why.sentences.csv"]);
    }
}

#[test]
fn every_command_that_writes_files_cleans_up_when_interrupted() {
    let files = Files::new(GROUPS, CHILDREN);
    assert!(files.allocate(&["--rule", "queue"]).status.success());
    fs::create_dir(files.0.path().join("r")).unwrap();
    let both = ["--groups", "groups.csv", "--children", "children.csv"];
    let rule = ["--rule", "queue", "--out", "r"];
    let allocation = ["--allocation", "out.csv"];
    for (arguments, pipes) in [
        ([&["fairness"], &both[..], &rule, &allocation].concat(), ["r/placement.csv", "r/left.csv"]),
        ([&["correct"], &both[..], &rule, &allocation].concat(), ["r/harmed.csv", "r/profited.csv"]),
        ([&["simulate"], &both[..], &rule].concat(), ["r/tiers.csv", "r/choices.csv"]),
        (vec!["generate", "--children", "5000", "--register", "--out", "r"], ["r/kindergartens.csv", "r/groups.csv"]),
    ] {
        pipes.into_iter().for_each(|name| pipe(&files, name));
        let child = start(&files, &arguments);
        assert_eq!(ended_at(&files, child, pipes[0], "-INT"), Some(130), "{arguments:?}");
        pipes.into_iter().for_each(|name| fs::remove_file(files.0.path().join(name)).unwrap());
        assert_eq!(fs::read_dir(files.0.path().join("r")).unwrap().count(), 0, "{arguments:?}");
    }
}

#[test]
fn what_a_killed_run_leaves_goes_with_the_next_one_and_what_a_living_one_writes_stays() {
    let files = with_pipes();
    let child = allocating(&files);
    assert_eq!(ended_at(&files, child, "why.groups.csv", "-KILL"), None);
    let left = partial(files.0.path());
    assert!(left.iter().any(|name| name.starts_with(".o.csv.")), "{left:?}");

    let mut living = allocating(&files);
    let reached = File::open(files.0.path().join("why.groups.csv")).unwrap();
    // The allocation is begun before the groups' file; the rows are written beside both.
    let gone = |name: &String| name.starts_with(".o.csv.") && left.contains(name);
    assert!(!partial(files.0.path()).iter().any(gone), "{left:?}");
    let own = format!(".o.csv.{}.partial", living.id());
    assert!(partial(files.0.path()).contains(&own));
    // Another run over the same target, and a file that only looks alike.
    fs::write(files.0.path().join(".o.csv.draft.partial"), "mine").unwrap();
    let output = files.kezek(&[
        "allocate",
        "--groups",
        "groups.csv",
        "--children",
        "children.csv",
        "--rule",
        "queue",
        "--out",
        "o.csv",
    ]);
    assert!(output.status.success(), "{}", errors(&output));
    assert!(partial(files.0.path()).contains(&own));
    assert!(files.names().contains(&".o.csv.draft.partial".to_owned()));
    living.kill().unwrap();
    living.wait().unwrap();
    drop(reached);
}

/// Three files of an earlier run, and three in the making that should take their names.
fn three() -> (tempfile::TempDir, Vec<Output>) {
    let folder = tempfile::tempdir().unwrap();
    let outputs = ["a", "b", "seal"].map(|name| {
        fs::write(folder.path().join(name), "old").unwrap();
        let mut output = Output::create(&folder.path().join(name)).unwrap();
        std::io::Write::write_all(&mut output, b"new").unwrap();
        output
    });
    (folder, outputs.into())
}

#[test]
fn the_last_file_never_stands_beside_files_that_it_is_not_about() {
    let told = |folder: &Path| ["a", "b", "seal"].map(|name| fs::read_to_string(folder.join(name)).ok());
    let some = |texts: [&str; 3]| texts.map(|text| (!text.is_empty()).then(|| text.to_owned()));
    for (broken, after) in [
        ("a", ["old", "old", "old"]),
        ("b", ["new", "old", ""]),
        ("seal", ["new", "new", ""]),
        ("nothing", ["new", "new", "new"]),
    ] {
        let (folder, outputs) = three();
        // The name of this one cannot be taken: the publishing ends there, as it does where the process is killed there.
        let part = partial(folder.path()).into_iter().find(|name| name.starts_with(&format!(".{broken}.")));
        part.into_iter().for_each(|name| fs::remove_file(folder.path().join(name)).unwrap());
        assert_eq!(Output::publish(outputs).is_ok(), broken == "nothing");
        assert_eq!(told(folder.path()), some(after), "{broken}");
        assert_eq!(partial(folder.path()), Vec::<String>::new());
    }
}

#[test]
fn an_allocation_that_cannot_take_its_name_leaves_the_certificate_of_the_one_before() {
    let files = with_pipes();
    fs::write(files.0.path().join("c.json"), "of the run before").unwrap();
    let mut child = allocating(&files);
    let groups = File::open(files.0.path().join("why.groups.csv")).unwrap();
    // The allocation is begun before the groups' file; now its name cannot be taken.
    let begun = partial(files.0.path()).into_iter().find(|name| name.starts_with(".o.csv.")).unwrap();
    fs::remove_file(files.0.path().join(begun)).unwrap();
    let sentences = File::open(files.0.path().join("why.sentences.csv")).unwrap();
    assert_ne!(child.wait().unwrap().code(), Some(0));
    drop((groups, sentences));
    assert_eq!(files.read("c.json"), "of the run before");
    assert!(!files.names().contains(&"o.csv".to_owned()));
}

#[test]
fn a_new_allocation_without_its_certificate_is_not_verified() {
    let files = Files::new(GROUPS, CHILDREN);
    let run = ["--rule", "queue", "--certificate", "certificate.json"];
    assert!(files.allocate(&run).status.success());
    assert!(files.verify(&[]).status.success());
    fs::remove_file(files.0.path().join("certificate.json")).unwrap();
    let output = files.verify(&[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(errors(&output).starts_with("certificate.json: cannot be read"), "{}", errors(&output));
}
