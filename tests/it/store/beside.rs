//! Somebody with the database in hand puts a child into a family, or says that its request would leave another enrolment; the
//! journal names the first application of which the rows say something else.

use kezek::service::journal::chains::{self, ChainFault};
use serde_json::json;

use super::tampering::tamper;
use crate::desk::{CITY, Desk, on_both};

on_both!(a_row_of_a_family_or_a_transfer_that_the_journal_does_not_tell_is_named);

fn a_row_of_a_family_or_a_transfer_that_the_journal_does_not_tell_is_named(desk: &Desk) {
    let attending = desk.another_child();
    let enrolment = desk.enrolled(&attending);
    let mut request = attending.application(CITY);
    request["transfer"] = json!(true);
    request["preferences"] = json!(["k-005"]);
    let request = desk.hand_in(&desk.office(), &request).must(201).text_of("number");
    let first = desk.another_child();
    let one = desk.waiting(&first);
    let twins: Vec<String> = (0..2)
        .map(|_| {
            let mut twin = desk.another_child();
            twin.parent_iin.clone_from(&first.parent_iin);
            let mut handed_in = twin.application(CITY);
            handed_in["together_with"] = json!(one);
            desk.hand_in(&desk.office(), &handed_in).must(201).text_of("number")
        })
        .collect();
    let amend = format!("/api/v1/applications/{}/amend", twins[1]);
    desk.post(&amend, &desk.office(), &json!({"together_with": ""})).must(200);
    chains::verify(&desk.registry.office.store).expect("whole before");
    desk.damaged();
    let insert = |table: &str, number: &str, value: &str| {
        format!("INSERT INTO {table} SELECT '{number}', home, '{value}' FROM applications WHERE number = '{number}'")
    };
    let edits = [
        (&twins[1], "in no record", insert("families", &twins[1], &one)),
        (&twins[0], "column family", format!("UPDATE families SET family = 'x' WHERE application = '{}'", twins[0])),
        (&one, "the row is gone", format!("DELETE FROM families WHERE application = '{one}'")),
        (&request, "column enrolment", format!("UPDATE transfers SET enrolment = '{one}'")),
        (&request, "the row is gone", "DELETE FROM transfers".to_owned()),
        (&one, "in no record", insert("transfers", &one, &enrolment.0)),
    ];
    for (number, named, edit) in edits {
        tamper(desk, "CREATE TABLE kept AS SELECT * FROM families; CREATE TABLE kept_too AS SELECT * FROM transfers");
        tamper(desk, &edit);
        let fault = chains::verify(&desk.registry.office.store).expect_err("the edit was not found");
        assert!(matches!(fault, ChainFault::RowDiffers { .. }), "{edit}: {fault}");
        let said = fault.to_string();
        assert!(said.contains(number.as_str()) && said.contains(named), "{edit}: {said}");
        tamper(desk, "DELETE FROM families; INSERT INTO families SELECT * FROM kept; DROP TABLE kept");
        tamper(desk, "DELETE FROM transfers; INSERT INTO transfers SELECT * FROM kept_too; DROP TABLE kept_too");
        chains::verify(&desk.registry.office.store).expect("as it was");
    }
}
