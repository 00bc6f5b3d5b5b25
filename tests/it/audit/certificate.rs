//! The certificate's page: what it says by hand is what the program writes.

use kezek::exchange::output::Output;
use sha2::{Digest, Sha256};

use crate::cli::allocate::{Files, errors};

const PAGE: &str = include_str!("../../../fixtures/certificate/README.md");
const FILES: [(&str, &str); 4] = [
    ("groups.csv", include_str!("../../../fixtures/certificate/groups.csv")),
    ("children.csv", include_str!("../../../fixtures/certificate/children.csv")),
    ("allocation.csv", include_str!("../../../fixtures/certificate/allocation.csv")),
    ("certificate.json", include_str!("../../../fixtures/certificate/certificate.json")),
];

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn example() -> serde_json::Value {
    serde_json::from_str(FILES[3].1).unwrap()
}

#[test]
fn the_bytes_written_out_by_hand_have_the_hashes_of_the_example() {
    let example = example();
    let (_, block) = PAGE.split_once("The input's 122 bytes:\n\n```\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let digits = block.lines().flat_map(|line| line.split("  ").next().unwrap().chars().filter(|c| *c != ' '));
    let digits: Vec<u8> = digits.map(|c| u8::try_from(c.to_digit(16).unwrap()).unwrap()).collect();
    let bytes: Vec<u8> = digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    assert_eq!(bytes.len(), 122);
    assert_eq!(example["input_sha256"], hash(&bytes));
    assert_eq!(example["rules_sha256"], hash(b"kezek-rules-1\nrule=program\n"));
    assert_eq!(example["result_sha256"], hash(FILES[2].1.as_bytes()));
    for field in ["input_sha256", "rules_sha256", "result_sha256"] {
        assert!(PAGE.contains(example[field].as_str().unwrap()), "{field}");
    }
    for (name, text) in &FILES[..2] {
        assert!(PAGE.contains(&format!("`{name}`\n\n```\n{text}```")), "{name}");
    }
}

#[test]
fn the_program_writes_and_verifies_the_example() {
    let files = Files::new(FILES[0].1, FILES[1].1);
    let output = files.allocate(&["--rule", "program", "--certificate", "certificate.json"]);
    assert!(output.status.success(), "{}", errors(&output));
    assert_eq!(files.read("out.csv"), FILES[2].1);
    let mut written: serde_json::Value = serde_json::from_str(&files.read("certificate.json")).unwrap();
    let mut example = example();
    for certificate in [&mut written, &mut example] {
        certificate["engine"]["version"].take();
    }
    assert_eq!(written, example);
    std::fs::write(files.0.path().join("certificate.json"), FILES[3].1).unwrap();
    assert!(files.verify(&["--replay"]).status.success());
}

#[test]
fn every_field_of_a_certificate_is_on_the_page() {
    fn names(value: &serde_json::Value, all: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(fields) => fields.iter().for_each(|(name, value)| {
                all.push(name.clone());
                names(value, all);
            }),
            serde_json::Value::Array(items) => items.iter().for_each(|item| names(item, all)),
            _ => {}
        }
    }
    let mut all = vec!["special".to_owned(), "holds".to_owned(), "together".to_owned(), "reserved".to_owned()];
    all.push("turns_of_queue".to_owned());
    names(&example(), &mut all);
    for name in all {
        assert!(PAGE.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn what_is_no_certificate_is_not_read_on() {
    let files = Files::new(FILES[0].1, FILES[1].1);
    assert!(files.allocate(&["--rule", "program"]).status.success());
    let of = |certificate: &str| {
        let output = files.kezek(&[
            "verify",
            "--groups",
            "groups.csv",
            "--children",
            "children.csv",
            "--allocation",
            "out.csv",
            "--certificate",
            certificate,
        ]);
        assert_eq!(output.status.code(), Some(2));
        errors(&output)
    };
    assert_eq!(of("/dev/zero"), "/dev/zero: no certificate of kezek allocate: it does not begin with '{'\n");
    // As long as no disk could tell from its length: the bytes behind the first one are a hole.
    let sparse = files.0.path().join("sparse");
    let mut output = Output::create(&sparse).unwrap();
    std::io::Write::write_all(&mut output, b"{").unwrap();
    Output::publish(vec![output]).unwrap();
    std::fs::OpenOptions::new().write(true).open(&sparse).unwrap().set_len(3_900_000_000).unwrap();
    assert!(of("sparse").starts_with("sparse: larger than 256 MiB, too large for a certificate"), "{}", of("sparse"));
}
