//! A right request to every route, for the tests that walk the route table. A new route needs a line here only where the
//! example of its body in the OpenAPI document is not right of the things that are walked.

use kezek::domain::codes::Role;
use kezek::web::openapi::document;
use serde_json::{Value, json};

use crate::accounts;
use crate::desk::{CITY, Desk, GROUP, HOME};

/// What a walk over the routes acts on: all of it in the city.
pub struct Things {
    application: String,
    case: String,
    admission: String,
    parent: String,
    account: String,
    mandate: String,
    referred: String,
    waiting: String,
    open_place: String,
    taken_place: String,
    referral: String,
    document: String,
    round: String,
    file: String,
    scan: String,
    representative: String,
    pending: String,
    duplicate: String,
    unpaired: [String; 2],
}

impl Things {
    /// Makes them.
    pub fn of(desk: &Desk) -> Things {
        let (application, case) = desk.case_of_another_child(&desk.office(), CITY);
        let referred = desk.register_with(&desk.another_child(), "military");
        let document = desk.accept(&referred).json["result"]["id"].as_str().expect("an id").to_owned();
        let taken_place = desk.place(GROUP);
        let referral = desk.refer_next(HOME);
        let admission = desk.on_referral(&referral, "present", &json!({})).must(200).text_of("case");
        let clerk = accounts::asked(&desk.another_child(), &accounts::mandate(Role::Office, CITY));
        let opened = desk.post("/api/v1/accounts", &desk.department(), &clerk).must(201);
        let waiting = desk.waiting(&desk.another_child());
        desk.place(GROUP);
        let round =
            desk.post("/api/v1/rounds", &desk.department(), &json!({"territory": HOME})).must(201).text_of("id");
        let file = format!("{HOME}-2022-general-pass1-groups.csv");
        let parent_of = application.clone();
        let scan = desk.request(&application)["scan"].as_str().expect("an id").to_owned();
        let asked = desk.waiting(&desk.another_child());
        let withdraw = format!("/api/v1/applications/{asked}/withdraw");
        let pending = desk.post(&withdraw, &desk.office(), &json!({"reason": "хат"})).must(202).text_of("pending");
        let list = format!("/api/v1/applications/{application}/representatives");
        let second = json!({"iin": desk.another_child().parent_iin, "name": "Серікбаев Ерлан", "document": "хат"});
        desk.post(&list, &desk.office(), &second).must(201);
        let all = desk.get(&list, &desk.department()).must(200).json;
        let mut all = all["representatives"].as_array().expect("both").iter();
        // The one who was added; the other one's family and parent are walked.
        let added = all.find(|one| !one["document"].is_null()).expect("the second");
        let representative = added["id"].as_str().expect("a key").to_owned();
        let pair = pair_of(desk);
        let stated = json!({"applications": pair, "ground": "хат"});
        let duplicate = desk.post("/api/v1/children/duplicates", &desk.department(), &stated).must(201).text_of("id");
        let things = Things {
            application,
            case,
            admission,
            parent: desk.application(&parent_of)["applicant"]["iin"].as_str().expect("an IIN").to_owned(),
            account: opened.text_of("account"),
            mandate: opened.text_of("mandate"),
            referred,
            waiting,
            open_place: desk.place(GROUP),
            taken_place,
            referral,
            document,
            round,
            file,
            scan,
            representative,
            pending,
            duplicate,
            unpaired: pair_of(desk),
        };
        let corrections = format!("/api/v1/rounds/{}/corrections", things.round);
        desk.post(&corrections, &desk.department(), &things.correction()).must(201);
        things
    }

    /// The application that is walked.
    pub fn application(&self) -> &str {
        &self.application
    }

    fn correction(&self) -> Value {
        let places = json!([{"group": GROUP, "count": 2}]);
        json!({"ground": "places_misreported", "evidence": "хат", "places": places})
    }

    /// As [`Things::request`], of what a role has to do with: a kindergarten with its own children alone.
    pub fn request_of(&self, desk: &Desk, role: Role, method: &str, route: &str) -> (String, Option<Value>) {
        let (path, body) = self.request(desk, method, route);
        match role {
            Role::Kindergarten => (path.replace(&self.case, &self.admission), body),
            _ => (path, body),
        }
    }

    fn path(&self, route: &str) -> String {
        route
            .replace("/accounts/{id}", &format!("/accounts/{}", self.account))
            .replace("{mandate}", &self.mandate)
            .replace("/referrals/{number}", &format!("/referrals/{}", self.referral))
            .replace("/cases/{number}", &format!("/cases/{}", self.case))
            .replace("/rounds/{id}/applications/{number}", &format!("/rounds/{{id}}/applications/{}", self.waiting))
            .replace("{number}", &self.application)
            .replace("{representative}", &self.representative)
            .replace("/papers/{id}", &format!("/papers/{}", self.scan))
            .replace("/duplicates/{id}", &format!("/duplicates/{}", self.duplicate))
            .replace("/pending/{id}", &format!("/pending/{}", self.pending))
            .replace("/places/{id}", &format!("/places/{}", self.taken_place))
            .replace("/documents/{id}", &format!("/documents/{}", self.document))
            .replace("{serial}", "1")
            .replace("/rounds/{id}", &format!("/rounds/{}", self.round))
            .replace("{name}", &self.file)
            .replace("{key}", &format!("{HOME}-2022-general"))
    }

    fn of_duplicates(&self, route: &str) -> Option<Value> {
        match route.strip_prefix("/api/v1/children/duplicates")? {
            "" => Some(json!({"applications": self.unpaired, "ground": "хат"})),
            "/{id}/merge" => {
                let named = self.duplicate.split("-D").next();
                Some(json!({"iin_of": named, "reason": "хат"}))
            }
            _ => Some(json!({"reason": "хат"})),
        }
    }

    /// A request to a route that is right in every value, so that only the credential decides.
    pub fn request(&self, desk: &Desk, method: &str, route: &str) -> (String, Option<Value>) {
        let path = self.path(route);
        if method == "GET" {
            // What is no thing's own is asked of a territory.
            return (if route.contains('{') { path } else { format!("{path}?territory={HOME}") }, None);
        }
        if let Some(body) = self.of_duplicates(route) {
            return (path, Some(body));
        }
        let skipped =
            json!({"place": self.open_place, "application": self.referred, "ground": "court_act", "evidence": "хат"});
        let body = match route.trim_start_matches("/api/v1") {
            "/sessions" => {
                let child = desk.another_child();
                json!({"iin": child.iin, "code": desk.code_of(&desk.register(&child))})
            }
            "/passwords" => {
                let begun = accounts::reset(desk, &self.account, &format!("walked-{}", self.account));
                json!({"invitation": begun["invitation"], "password": accounts::PASSWORD})
            }
            "/accounts/{id}/reset" => json!({}),
            "/me/password" => json!({"old": accounts::PASSWORD, "password": "тоғыз тау мен бір өзен"}),
            "/me/mandate" => json!({"mandate": self.mandate}),
            "/applications/{number}/code" => json!({"iin": self.parent, "document": "хат"}),
            "/applications/{number}/representatives" => {
                json!({"iin": desk.another_child().parent_iin, "name": "Серікбаева Айгүл", "document": "хат"})
            }
            "/positions" => json!({"iin": desk.another_child().iin}),
            "/explanations" => {
                let child = desk.another_child();
                json!({"iin": child.iin, "code": desk.code_of(&desk.register(&child))})
            }
            "/applications" => desk.another_child().application(CITY),
            "/applications/{number}/amend" => json!({"contacts": ["+7 000 7654321"]}),
            "/applications/{number}/correct" => json!({"birth_date": "2022-03-03", "document": "хат", "reason": "хат"}),
            "/one-time-codes" => json!({"iin": desk.another_child().iin}),
            "/applications/{number}/representatives/{representative}/replace" => {
                json!({"iin": desk.another_child().parent_iin, "name": "Серікбаева Айгүл", "document": "хат", "reason": "хат"})
            }
            "/applications/{number}/representatives/{representative}/end" => json!({"reason": "хат"}),
            "/applications/{number}/death" => json!({"document": "хат", "on": "2026-09-09"}),
            "/applications/{number}/court-act" => json!({"number": "хат", "on": "2026-09-09", "scan": "хат",
                "issued_by": "сот", "decides": "lift"}),
            "/applications/{number}/withdraw" => json!({"reason": "хат"}),
            "/applications/{number}/move" => json!({"territory": CITY}),
            "/applications/{number}/proofs" => {
                json!({"category": "large_family", "verdict": "confirmed", "evidence": "хат"})
            }
            "/accounts" => accounts::asked(&desk.another_child(), &accounts::mandate(Role::Office, CITY)),
            "/accounts/{id}/mandates" => accounts::mandate(Role::Office, CITY),
            "/cases" => crate::cases::request_of(&desk.another_child(), "externat", CITY),
            "/cases/status" => json!({"case": self.case, "iin": desk.another_child().iin}),
            "/cases/{number}/steps" => json!({"step": "none"}),
            "/applications/{number}/undo" => json!({}),
            "/papers" => return (format!("{path}?application={}", self.application), None),
            "/pending/{id}/confirm" => json!({}),
            "/outbox/take" => json!({"territory": HOME}),
            "/places" => json!({"group": GROUP, "cohort": 2022, "count": 1, "available_on": "2026-09-14"}),
            "/rounds" => json!({"territory": HOME, "dry_run": true}),
            "/rounds/{id}/corrections" => self.correction(),
            "/simulations" => json!({"territory": HOME}),
            "/referrals" => json!({"place": self.taken_place, "application": self.application}),
            "/confirmations" => skipped,
            "/referrals/{number}/refuse" | "/referrals/{number}/annul" => json!({"ground": "not_listed"}),
            "/referrals/{number}/depart" => json!({"last_day": "2026-09-30", "reason": "хат"}),
            _ => example(route),
        };
        (path, Some(body))
    }
}

/// Two applications that wait.
fn pair_of(desk: &Desk) -> [String; 2] {
    [(); 2].map(|()| desk.waiting(&desk.another_child()))
}

/// The body of a `POST` by the OpenAPI document: every field that it needs, with its example, or a word where there is none.
fn example(route: &str) -> Value {
    let document = serde_json::to_value(document()).expect("a document");
    let content = &document["paths"][route]["post"]["requestBody"]["content"]["application/json"];
    let name = content["schema"]["$ref"].as_str().and_then(|named| named.rsplit('/').next()).unwrap_or_default();
    let schema = &document["components"]["schemas"][name];
    let needed = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let shown = |field: &str| schema["properties"][field].get("example").cloned().unwrap_or_else(|| json!("хат"));
    Value::Object(needed.map(|field| (field.to_owned(), shown(field))).collect())
}
