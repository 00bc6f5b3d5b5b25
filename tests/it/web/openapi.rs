//! The contract as a file that somebody reads: `fixtures/expected/openapi.json`. A change of the API is a change of it.

use crate::desk::{Db, Desk};

/// The environment variable that rewrites what is expected.
const REWRITE: &str = "KEZEK_REWRITE_EXPECTED";

#[test]
fn the_openapi_document_is_the_expected_one() {
    let document = kezek::web::openapi::document();
    let text = serde_json::to_string_pretty(&serde_json::to_value(document).expect("a document")).expect("JSON") + "\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/expected/openapi.json");
    if std::env::var_os(REWRITE).is_some() {
        std::fs::write(path, &text).expect("the expected document cannot be written");
        return;
    }
    let expected = std::fs::read_to_string(path).expect("fixtures/expected/openapi.json");
    let differs = expected.lines().zip(text.lines()).enumerate().find(|(_, (old, new))| old != new);
    assert!(
        expected == text,
        "the API has changed, first at line {}: read the change, then run the tests with {REWRITE}=1 and commit it",
        differs.map_or(expected.lines().count().min(text.lines().count()) + 1, |(n, _)| n + 1)
    );
}

#[test]
fn the_server_serves_the_document_of_version_3_1_and_a_page_to_read_it() {
    let desk = Desk::open(Db::Sqlite);
    let served = desk.look("/openapi.json").must(200);
    assert!(served.json["openapi"].as_str().is_some_and(|v| v.starts_with("3.1")), "{}", served.json["openapi"]);
    let document = serde_json::to_value(kezek::web::openapi::document()).expect("a document");
    assert_eq!(served.json, document);
    let page = desk.look("/docs/").must(200);
    assert!(page.media.starts_with("text/html"));
    let moved = desk.look("/docs");
    assert!((300..400).contains(&moved.status), "{}", moved.status);
    // The page brings its own scripts: nothing is loaded from elsewhere.
    assert!(page.text.contains("swagger-ui-bundle.js"), "{}", page.text);
    assert!(!page.text.contains("https://"), "{}", page.text);
    assert!(desk.look("/docs/swagger-ui-bundle.js").must(200).text.contains("SwaggerUIBundle"));
    assert_eq!(desk.look("/docs/none.js").status, 404);
    // A browser gets the scripts packed, as they are kept.
    let asked =
        "GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip, br\r\nConnection: close\r\n\r\n";
    let packed = desk.send_raw(asked.as_bytes());
    assert!(packed.status == 200 && !packed.text.contains("SwaggerUIBundle"), "{}", packed.status);
}
