//! The papers that cases yield, written from the regulation's own list of results.

use serde::{Deserialize, Serialize};

use super::case;
use super::travel::Travel;
use crate::documents::paper::Paper;
use crate::domain::case::Case;
use crate::domain::queue::Numbered;
use crate::rules::regulation::{Meaning, ResultRule};
use crate::rules::sourced::RuleGround;
use crate::service::kernel::authority::Authority;
use crate::service::kernel::numbers;
use crate::service::kernel::permissions::Principal;
use crate::service::kernel::problem::Problem;
use crate::service::kernel::words::{Said, clause, date, label, say, say_each};
use crate::service::office::Office;
use crate::service::papers::results::{appeal_body, line, number_of_child, service_names};
use crate::store::connection::AnyConnection;
use crate::store::results::{self, StoredResult};
use crate::store::{Transaction, Vault, applications, facts};

/// Whom a case is about, from its sealed facts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Person {
    /// Who applies, by name and IIN.
    pub(crate) applicant: Named,
    /// For whom, where it is a child.
    #[serde(default)]
    pub(crate) child: Option<Named>,
}

/// A name with its number.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Named {
    pub(crate) iin: String,
    pub(crate) name: String,
}

/// A paper to be written.
pub(crate) struct CasePaper<'a> {
    /// The case with its course, which says how the paper is handed over.
    pub(crate) travel: &'a Travel<'a>,
    /// Which result of the regulation.
    pub(crate) rule: &'a ResultRule,
    /// Whose act yields it.
    pub(crate) principal: &'a Principal,
    /// Applicant and child, whom the paper names.
    pub(crate) person: &'a Person,
    /// On what the service is refused.
    pub(crate) grounds: &'a [RuleGround],
}

/// Whom a case is about.
pub(crate) fn person(conn: &mut AnyConnection, vault: &Vault, case: &Case) -> Result<Person, Problem> {
    if let Some(application) = &case.application {
        let application = numbers::load(conn, application)?;
        let lodged = applications::lodged(conn, vault, application)?;
        let named = |iin: String, name: String| Named { iin, name };
        return Ok(Person {
            applicant: named(lodged.applicant.iin.to_string(), lodged.applicant.name),
            child: Some(named(lodged.child.iin.to_string(), lodged.child.name)),
        });
    }
    let kept = facts::body(conn, vault, &case.facts)?;
    Ok(kept.and_then(|body| serde_json::from_str(&body).ok()).unwrap_or_default())
}

/// Writes a paper and keeps it; its id.
pub(crate) fn issue_for_case(
    office: &Office,
    tx: &mut Transaction<'_>,
    paper: &CasePaper<'_>,
    handed: bool,
) -> Result<String, Problem> {
    let case = &paper.travel.case;
    let at = tx.at();
    let id = tx.next_number(case.home, Numbered::Result)?.to_string();
    let mut body = words_of(office, tx, paper, &id)?;
    let authority = Authority::signing(tx, paper.principal, case.territory)?;
    if let Some(signatory) = &authority.signatory {
        body.lines.push(line(&office.rules, "signed_by", signatory.words(&office.rules)));
    }
    let stored = StoredResult {
        id: id.clone(),
        home: case.home,
        territory: case.territory,
        application: case.application.clone(),
        case: Some(case.number.clone()),
        kind: paper.rule.code.clone(),
        issued_at: at,
        signer: format!("{}:{}", paper.rule.signer, authority.territory),
        delivery: paper.travel.course.delivery(paper.rule).code().to_owned(),
        handed_at: Some(at).filter(|_| handed),
        body: serde_json::to_string(&body).unwrap_or_default(),
    };
    results::insert(tx, std::slice::from_ref(&stored))?;
    Ok(id)
}

fn words_of(office: &Office, tx: &mut Transaction<'_>, of: &CasePaper<'_>, id: &str) -> Result<Paper, Problem> {
    let rules = &office.rules;
    let CasePaper { travel, rule, person, .. } = of;
    let case = &travel.case;
    let bound = case::bound_of_case(office, case)?;
    let same = |text: &str| Said::same(text);
    let mut lines = vec![line(rules, "issued_on", date(rules, office.day(case.territory, tx.at())))];
    lines.push(line(rules, "applicant", same(&person.applicant.name)));
    if let Some(child) = &person.child {
        lines.push(line(rules, "child", same(&child.name)));
        lines.push(number_of_child(rules, &child.iin));
    } else {
        lines.push(line(rules, "iin", same(&person.applicant.iin)));
    }
    lines.push(line(rules, "form", label(rules, "form", &rule.form)));
    lines.push(line(rules, "case", same(&case.number)));
    let opened = date(rules, office.day(case.territory, case.opened_at));
    let result = Said { kk: rule.names.kk.clone(), ru: rule.names.ru.clone(), en: rule.names.en.clone() };
    let number = same(&case.number);
    let values = [("number", &number), ("on", &opened), ("result", &result)];
    let mut paragraphs = vec![say_each(rules, "case_result", &values)];
    if rule.meaning == Meaning::Refused {
        paragraphs.clear();
        let body = appeal_body(tx.conn(), case.territory)?;
        for ground in of.grounds {
            paragraphs.push(refused(office, of, ground, &body));
        }
    }
    let notice = bound.notice.map(|n| Said::each(|tongue| rules.notice_text(tongue, bound.regulation, n)));
    Ok(Paper {
        title: result,
        service: service_names(&bound),
        number: id.to_owned(),
        lines,
        paragraphs,
        notices: notice.into_iter().collect(),
        signer: label(rules, "actor", &rule.signer),
    })
}

fn refused(office: &Office, of: &CasePaper<'_>, ground: &RuleGround, appeal_body: &Said) -> Said {
    let rules = &office.rules;
    let names = Said { kk: ground.names.kk.clone(), ru: ground.names.ru.clone(), en: ground.names.en.clone() };
    let number = ground.clause.as_deref().unwrap_or_default();
    let basis = Said::each(|tongue| {
        let act = of.travel.course.regulation.act.citation.get(tongue);
        let clause = clause(tongue, number);
        format!("{}, {act}, {clause}", rules.messages.label_or_code(tongue, "basis", ground.basis.code()))
    });
    let term = say(rules, "appeal_term", &[]);
    say_each(
        rules,
        "refused",
        &[("ground", &names), ("basis", &basis), ("appeal_body", appeal_body), ("appeal_term", &term)],
    )
}
