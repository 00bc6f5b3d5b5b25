//! Held places, reserved places, families and exclusions in files.

use crate::cli::allocate::{Files, errors};

const GROUPS: &str = "id,capacity,kindergarten,reserved\n10,1,A,\n20,0,A,\n30,2,B,0-1:1\n";
const CHILDREN: &str = "id,priority_tier,applied_at,birth_date,siblings_at,choices,holds,together\n\
    1,3,2026-03-20T09:00:00Z,,,10,20,\n\
    2,3,2026-03-21T09:00:00Z,,,20;30,,7\n\
    3,3,2026-03-22T09:00:00Z,,,20;30,,7\n\
    4,3,2026-03-23T09:00:00Z,,,20,,\n\
    5,3,2026-03-24T09:00:00Z,,,30,,\n\
    6,3,2026-03-25T09:00:00Z,,,30,,\n";

#[test]
fn a_transfer_passes_its_place_on_and_a_family_that_does_not_fit_stays() {
    let files = Files::new(GROUPS, CHILDREN);
    let output = files.allocate(&["--rule", "program", "--certificate", "certificate.json", "--explain", "why.csv"]);
    assert!(output.status.success(), "{}", errors(&output));
    // 1 moves to 10 and leaves its place in 20. The family would need two places in A, then two in B, where one is
    // reserved; so 20 has room for 4, and 5 gets the open place of 30.
    assert_eq!(files.read("out.csv"), "child_id,group_id\n1,10\n2,\n3,\n4,20\n5,30\n6,\n");
    let certificate = files.read("certificate.json");
    assert!(certificate.contains("\"special\":{\"holds\":1,\"together\":2,\"reserved\":1}"), "{certificate}");
    assert!(files.verify(&["--replay"]).status.success());
    let why = files.read("why.csv");
    assert!(why.contains("2,1,20,together\n2,2,30,together\n"), "{why}");
    assert!(why.contains("6,1,30,reserved\n"), "{why}");
    let sentences = files.read("why.sentences.csv");
    assert!(sentences.contains("reserved for other categories") && sentences.contains("apply together"), "{sentences}");
    let open = files.read("groups.csv").replace("0-1:1", "0-1:1:open");
    std::fs::write(files.0.path().join("groups.csv"), open).unwrap();
    assert_eq!(files.verify(&[]).status.code(), Some(1), "the reserve is another one now");
    assert!(files.allocate(&["--rule", "program"]).status.success());
    assert_eq!(files.read("out.csv"), "child_id,group_id\n1,10\n2,30\n3,30\n4,20\n5,\n6,\n");
}

#[test]
fn a_mark_that_changed_nobodys_place_still_changes_the_hash_of_the_input() {
    // The reserve is taken by its own category, so whether the rest would be open to others decides nothing here: only
    // the hash of the published file tells that a run was made from another one.
    let children = "id,priority_tier,applied_at,birth_date,siblings_at,choices\n\
        1,0,2026-03-20T09:00:00Z,,,30\n2,3,2026-03-21T09:00:00Z,,,30\n3,3,2026-03-22T09:00:00Z,,,30\n";
    let closed = GROUPS.to_owned();
    for other in [
        GROUPS.replace("0-1:1", "0-1:1:open"),
        GROUPS.replace("0-1:1", "0-0:1"),
        GROUPS.replace("0-1:1", "0-1:1;9-9:0"),
    ] {
        for (published, forged) in [(&closed, &other), (&other, &closed)] {
            // The forger runs the engine on files of their own, so every hash of theirs is right for those.
            let files = Files::new(forged, children);
            let run = ["--rule", "program", "--certificate", "certificate.json"];
            assert!(files.allocate(&run).status.success());
            assert!(files.verify(&["--replay"]).status.success());
            let allocation = files.read("out.csv");
            assert_eq!(allocation, "child_id,group_id\n1,30\n2,30\n3,\n", "{forged}");
            std::fs::write(files.0.path().join("groups.csv"), published).unwrap();
            let output = files.verify(&[]);
            let said = String::from_utf8(output.stdout).unwrap();
            assert_eq!(output.status.code(), Some(1), "{published} for {forged}: {said}");
            assert!(said.contains("input"), "{said}");
            // The same allocation from the published file: the certificates differ in the input alone.
            assert!(files.allocate(&run).status.success());
            assert_eq!(files.read("out.csv"), allocation);
        }
    }
}

#[test]
fn a_child_is_not_given_the_vacancy_from_which_it_is_excluded() {
    let groups = "id,capacity\n10,1\n20,1\n30,1\n";
    let children = "id,priority_tier,applied_at,birth_date,siblings_at,choices,excluded\n\
        1,3,2026-03-20T09:00:00Z,,,10;20,10@2026-09-01\n2,3,2026-03-21T09:00:00Z,,,*,10;20\n3,3,2026-03-22T09:00:00Z,,,10,\n";
    for rule in ["queue", "program"] {
        let files = Files::new(groups, children);
        let run = ["--rule", rule, "--certificate", "certificate.json", "--explain", "why.csv"];
        assert!(files.allocate(&run).status.success());
        assert_eq!(files.read("out.csv"), "child_id,group_id\n1,20\n2,30\n3,10\n", "{rule}");
        assert_eq!(files.read("why.csv"), "child_id,choice,group_id,reason\n1,1,10,excluded\n2,1,*,any_before\n");
        let certificate = files.read("certificate.json");
        assert!(
            certificate.contains("\"special\":{\"holds\":0,\"together\":0,\"reserved\":0,\"excluded\":3}"),
            "{certificate}"
        );
        assert!(files.verify(&["--replay"]).status.success());
        // Without the exclusion the first child would be due group 10; another last day is another input.
        for other in [children.replace(",10@2026-09-01", ","), children.replace("2026-09-01", "2026-09-02")] {
            std::fs::write(files.0.path().join("children.csv"), other).unwrap();
            assert_eq!(files.verify(&[]).status.code(), Some(1), "{rule}");
        }
    }
    for (column, told) in [
        ("11", "children.csv, row 2, column excluded: group 11 is not in the groups file"),
        ("10;10", "children.csv, row 2, column excluded: group 10 is there twice"),
        ("10@soon", "children.csv, row 2, column excluded: '10@soon' excludes from no group"),
    ] {
        let files = Files::new(groups, children.replace("10@2026-09-01", column));
        let output = files.allocate(&["--rule", "queue"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(errors(&output).starts_with(told), "{}", errors(&output));
    }
}

#[test]
fn places_are_kept_for_children_of_a_territory() {
    let groups = "id,capacity,territory,reserved\n10,2,391653000,391653000:1\n20,1,391010000,\n";
    let children = "id,priority_tier,applied_at,birth_date,siblings_at,choices,categories\n\
        1,3,2026-03-20T09:00:00Z,,,10;20,391010000\n2,3,2026-03-21T09:00:00Z,,,10;20,\n\
        3,3,2026-03-22T09:00:00Z,,,10,391010000\n4,3,2026-03-23T09:00:00Z,,,10;20,orphan;391653000\n";
    for rule in ["queue", "program"] {
        let files = Files::new(groups, children);
        let run = ["--rule", rule, "--certificate", "certificate.json"];
        let output = files.allocate(&run);
        assert!(output.status.success(), "{}", errors(&output));
        assert_eq!(files.read("out.csv"), "child_id,group_id\n1,10\n2,20\n3,\n4,10\n", "{rule}");
        assert!(files.verify(&["--replay"]).status.success());
        // A child that moved is another input, and no longer one of them.
        std::fs::write(files.0.path().join("children.csv"), children.replace("391653000", "391010000")).unwrap();
        assert_eq!(files.verify(&[]).status.code(), Some(1));
        assert!(files.allocate(&run).status.success());
        assert_eq!(files.read("out.csv"), "child_id,group_id\n1,10\n2,20\n3,\n4,\n", "{rule}");
    }
    let files = Files::new(groups.replace("391653000:1", "39165300:1"), children);
    let output = files.allocate(&["--rule", "queue"]);
    assert_eq!(output.status.code(), Some(2));
    let told = "groups.csv, row 2, column reserved: '39165300:1' is no reserve; write first and last tier, a category or a territory";
    assert!(errors(&output).starts_with(told), "{}", errors(&output));
}

#[test]
fn a_certificate_without_such_columns_says_nothing_of_them() {
    let files = Files::new(
        "id,capacity\n10,1\n",
        "id,priority_tier,applied_at,birth_date,siblings_at,choices\n1,3,2026-03-20T09:00:00Z,,,10\n",
    );
    assert!(files.allocate(&["--rule", "program", "--certificate", "certificate.json"]).status.success());
    assert!(!files.read("certificate.json").contains("special"));
}

#[test]
fn faults_of_these_columns_are_named() {
    for (groups, children, place) in [
        (
            GROUPS.replace("0-1:1", "0-1"),
            CHILDREN.to_owned(),
            "groups.csv, row 4, column reserved: '0-1' is no reserve",
        ),
        (GROUPS.replace("0-1:1", "1-0:1"), CHILDREN.to_owned(), "groups.csv, row 4, column reserved: "),
        (
            GROUPS.replace("0-1:1", "0-1:3"),
            CHILDREN.to_owned(),
            "groups.csv, row 4, column reserved: 3 places are reserved",
        ),
        (GROUPS.replace("0-1:1", "0-1:1;1-2:1"), CHILDREN.to_owned(), "groups.csv, row 4, column reserved: "),
        (
            GROUPS.replace("0-1:1", "orphan:1;orphan:1"),
            CHILDREN.to_owned(),
            "groups.csv, row 4, column reserved: 'orphan:1;orphan:1' reserves for the same",
        ),
        (
            GROUPS.replace("0-1:1", "Orphan:1"),
            CHILDREN.to_owned(),
            "groups.csv, row 4, column reserved: 'Orphan:1' is no",
        ),
        (
            GROUPS.replace("0-1:1", "orphan:1"),
            CHILDREN.to_owned(),
            "groups.csv, row 1, column reserved: a category is named, and the children's file has no column categories",
        ),
        (
            GROUPS.replace("0-1:1", "orphan:1"),
            CHILDREN.replace("holds,together\n", "holds,categories\n").replace(",,7\n3", ",,orphan;Ж\n3"),
            "children.csv, row 3, column categories: 'Ж' is no category",
        ),
        (
            GROUPS.replace(",kindergarten", "").replace(",A,", ",").replace(",B,", ","),
            CHILDREN.to_owned(),
            "groups.csv, row 1, column kindergarten",
        ),
        (GROUPS.to_owned(), CHILDREN.replace(",10,20,", ",10,99,"), "children.csv, row 2, column holds"),
        (GROUPS.to_owned(), CHILDREN.replace(",,7\n3", ",,x\n3"), "children.csv, row 3, column together"),
    ] {
        let files = Files::new(&groups, &children);
        let output = files.allocate(&["--rule", "program"]);
        assert_eq!(output.status.code(), Some(2), "{groups}");
        assert!(errors(&output).starts_with(place), "{place}: {}", errors(&output));
        assert_eq!(files.names(), ["children.csv", "groups.csv"]);
    }
}
