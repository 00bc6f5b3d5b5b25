//! The portal acts for the parent who has signed in to it, whom it names by their IIN.

use serde_json::json;

use crate::desk::{CITY, Desk, on_both};

on_both!(the_portal_reaches_the_children_of_the_parent_who_has_signed_in);

fn the_portal_reaches_the_children_of_the_parent_who_has_signed_in(desk: &Desk) {
    let (child, other) = (desk.another_child(), desk.another_child());
    let number = desk.hand_in(&desk.portal(), &child.application(CITY)).must(201).text_of("number");
    let path = |act: &str| format!("/api/v1/applications/{number}/{act}");
    let read = path("documents");
    let for_ = |parent: &str| desk.send("GET", &read, Some(&desk.portal()), &[("kezek-parent", parent)], None);
    for_(&child.parent_iin).must(200);
    for_(&other.parent_iin).refused(404, "not_found");
    for_("1").refused(422, "wrong_iin");
    let sent = other.application(CITY).to_string();
    let hand_in = |parent: &str| {
        let named = [("kezek-parent", parent)];
        desk.send("POST", "/api/v1/applications", Some(&desk.portal()), &named, Some(sent.as_bytes()))
    };
    hand_in(&child.parent_iin).refused(403, "another_parent");
    hand_in(&other.parent_iin).must(201);
    let token = desk.portal();
    let raw = desk.send("GET", &read, Some(&token), &[("kezek-parent", "")], None);
    raw.refused(422, "wrong_iin");
    // The parent's word by the portal is the family's.
    desk.post(&path("withdraw"), &token, &json!({})).must(200);
}
