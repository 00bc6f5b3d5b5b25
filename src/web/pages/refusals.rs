//! Why nobody was signed in, in the reader's language, and beside which field it stands.

use crate::rules::Rules;
use crate::rules::messages::Tongue;
use crate::service::kernel::problem::Problem;

/// A refusal on a page.
pub struct Refused {
    /// The field that it is about; empty where it is about none.
    pub field: &'static str,
    /// What to do.
    pub said: String,
}

/// The words for a problem; its own, where pages have none.
pub fn said(rules: &Rules, tongue: Tongue, problem: &Problem) -> Refused {
    let (field, code) = match problem.code {
        "wrong_password" => ("password", "sign_in_wrong_password"),
        "second_factor_missing" => ("second_factor", "sign_in_code_missing"),
        "wrong_second_factor" => ("second_factor", "sign_in_wrong_code"),
        "too_many_tries" | "too_many_requests" => ("password", "sign_in_too_many"),
        "mandate_over" => ("login", "sign_in_no_mandate"),
        "wrong_invitation" => ("invitation", "sign_in_wrong_invitation"),
        "too_short" | "too_long" | "too_easy" => ("password", "sign_in_easy_password"),
        "provider_away" => ("", "sign_in_provider_away"),
        "unknown_person" => ("", "sign_in_unknown_person"),
        "sign_in_refused" | "sign_in_over" => ("", "sign_in_refused"),
        _ => ("", "sign_in_not_now"),
    };
    let seconds = problem.more.get("retry_after").and_then(serde_json::Value::as_i64).unwrap_or(1);
    let minutes = (seconds / 60 + 1).to_string();
    let values: &[(&str, &str)] = if code == "sign_in_too_many" { &[("minutes", &minutes)] } else { &[] };
    let said = rules.messages.render(tongue, code, values).unwrap_or_else(|_| problem.message.clone());
    Refused { field, said }
}
