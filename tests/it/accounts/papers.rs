//! Scans of papers: what they are their content says, they lie sealed outside the database, and whoever may read the application may
//! save them.

use std::fs;

use kezek::domain::codes::Role;
use serde_json::json;

use crate::desk::{CITY, Desk, VILLAGE_HOME, on_both};

on_both!(
    a_scan_is_what_its_content_says_and_nothing_else,
    a_scan_is_saved_by_whoever_may_read_the_application_and_never_shown_inside_a_page,
    a_form_uploads_as_a_browser_does,
    a_scan_lies_sealed_and_goes_with_its_child,
    a_scan_that_was_changed_in_its_folder_is_given_out_to_nobody,
    nobody_uploads_without_a_credential_and_nothing_larger_than_ten_megabytes,
);

const PDF: &[u8] = b"%PDF-1.7 an invented request of an invented family";

fn a_scan_is_what_its_content_says_and_nothing_else(desk: &Desk) {
    let office = desk.office();
    let number = desk.waiting(&desk.another_child());
    let path = format!("/api/v1/papers?application={number}");
    let records = desk.records();
    desk.upload(&path, &office, "application/pdf", b"<html><script>").refused(422, "unknown_media");
    desk.upload(&path, &office, "image/png", PDF).refused(422, "media_differs");
    desk.upload(&path, &office, "image/png", b"").refused(422, "missing");
    desk.upload("/api/v1/papers?application=391000000-000999", &office, "application/pdf", PDF)
        .refused(404, "not_found");
    assert_eq!(desk.records(), records);
    let kept = desk.upload(&path, &office, "application/octet-stream", PDF).must(201).json;
    assert_eq!((&kept["media"], &kept["bytes"]), (&json!("application/pdf"), &json!(PDF.len())));
    let list = desk.get(&format!("/api/v1/applications/{number}/papers"), &desk.auditor()).must(200).json;
    assert_eq!(list["papers"], json!([kept]));
}

fn a_scan_is_saved_by_whoever_may_read_the_application_and_never_shown_inside_a_page(desk: &Desk) {
    let (child, other) = (desk.another_child(), desk.another_child());
    let (number, foreign) = (desk.waiting(&child), desk.waiting(&other));
    let kept = desk.upload(&format!("/api/v1/papers?application={number}"), &desk.office(), "application/pdf", PDF);
    let path = format!("/api/v1/papers/{}", kept.must(201).text_of("id"));
    let read = desk.get(&path, &desk.family(&number)).must(200);
    assert_eq!((read.media.as_str(), read.text.as_bytes()), ("application/pdf", PDF));
    desk.get(&path, &desk.department()).must(200);
    desk.get(&path, &desk.family(&foreign)).refused(404, "not_found");
    desk.get(&path, &desk.token(Role::Department, VILLAGE_HOME)).refused(403, "territory_too_far");
    desk.get(&path, &desk.staff_of("k-001")).refused(403, "role_too_far");
    desk.get("/api/v1/papers/../etc", &desk.department()).must(404);
    let raw = desk.headers_of(&path, &desk.department());
    assert!(raw.contains("content-disposition: attachment"), "{raw}");
    assert!(raw.contains("x-content-type-options: nosniff") && raw.contains("cache-control: no-store"), "{raw}");
    // A family uploads for its own child.
    let own = |number: &str| format!("/api/v1/papers?application={number}");
    let family = desk.family(&number);
    desk.upload(&own(&number), &family, "application/pdf", PDF).must(201);
    desk.upload(&own(&foreign), &family, "application/pdf", PDF).refused(404, "not_found");
    desk.upload("/api/v1/papers", &family, "application/pdf", PDF).refused(422, "missing");
}

fn a_form_uploads_as_a_browser_does(desk: &Desk) {
    let mut body = b"--x\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nno file\r\n".to_vec();
    body.extend(b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: application/pdf\r\n\r\n");
    body.extend(PDF);
    body.extend(b"\r\n--x--\r\n");
    let media = "multipart/form-data; boundary=x";
    let kept = desk.upload("/api/v1/papers", &desk.office(), media, &body).must(201).json;
    assert_eq!((&kept["media"], &kept["bytes"]), (&json!("application/pdf"), &json!(PDF.len())));
    desk.upload("/api/v1/papers", &desk.office(), media, &body[..60]).must(400);
    let none = b"--x\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nno file\r\n--x--\r\n";
    desk.upload("/api/v1/papers", &desk.office(), media, none).refused(422, "missing");
}

fn a_scan_lies_sealed_and_goes_with_its_child(desk: &Desk) {
    let number = desk.waiting(&desk.another_child());
    let request = desk.request(&number);
    let id = request["scan"].as_str().expect("an id").to_owned();
    let file = desk.scans().join(&id);
    let sealed = fs::read(&file).expect("the scan lies in its folder");
    assert!(!sealed.windows(4).any(|part| part == b"PNG\r"), "it is sealed");
    let withdraw = format!("/api/v1/applications/{number}/withdraw");
    desk.post(&withdraw, &desk.office(), &json!({"request": request})).must(200);
    desk.set_clock("2026-09-25T04:00:00Z");
    let ground = json!({"ground": "заң, 8-бап"});
    desk.post(&format!("/api/v1/applications/{number}/erase"), &desk.department(), &ground).must(200);
    assert!(!file.exists(), "it is gone from its folder");
    fs::write(&file, sealed).expect("somebody has kept a copy");
    desk.get(&format!("/api/v1/papers/{id}"), &desk.department()).refused(410, "erased");
}

fn a_scan_that_was_changed_in_its_folder_is_given_out_to_nobody(desk: &Desk) {
    let number = desk.waiting(&desk.another_child());
    let id = desk.request(&number)["scan"].as_str().expect("an id").to_owned();
    let file = desk.scans().join(&id);
    let mut sealed = fs::read(&file).expect("the scan");
    let last = sealed.len() - 1;
    sealed[last] ^= 1;
    fs::write(&file, sealed).expect("changed");
    let path = format!("/api/v1/papers/{id}");
    assert!(desk.get(&path, &desk.department()).status >= 500);
    fs::remove_file(&file).expect("gone");
    desk.get(&path, &desk.department()).refused(503, "scans_unavailable");
}

fn nobody_uploads_without_a_credential_and_nothing_larger_than_ten_megabytes(desk: &Desk) {
    let large = [PDF, &vec![0; 10 * 1024 * 1024]].concat();
    desk.send("POST", "/api/v1/papers", None, &[("content-type", "application/pdf")], Some(PDF))
        .refused(401, "token_missing");
    desk.upload("/api/v1/papers", &desk.token(Role::Akim, CITY), "application/pdf", &large)
        .refused(413, "body_too_large");
}
