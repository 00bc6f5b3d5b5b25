//! Passwords: set once by an invitation, changed by whoever knows the old one.

use std::collections::HashSet;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::official;
use super::sign_ins::SignIns;
use crate::service::kernel::keys;
use crate::service::kernel::permissions::Principal;
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::office::Office;
use crate::store::{StoreError, accounts, logins, official_sessions, secrets};
use crate::trust::seal::sha256_hex;

/// Fewest characters of a password.
const SHORTEST: usize = 12;
/// Most characters of a password.
const LONGEST: usize = 200;
/// A password of fewer different characters is a repetition.
const DIFFERENT: usize = 5;

/// What is left of trivial passwords without digits, signs and repetitions; small letters.
const TRIVIAL: &[&str] = &[
    "password",
    "passw",
    "passwort",
    "qwerty",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "admin",
    "administrator",
    "welcome",
    "letmein",
    "iloveyou",
    "changeme",
    "secret",
    "kezek",
    "kazakhstan",
    "astana",
    "almaty",
    "qazaqstan",
    "parol",
    "пароль",
    "құпиясөз",
    "қазақстан",
    "казахстан",
    "кезек",
    "йцукен",
    "йцукенгшщзх",
    "фывапролдж",
    "абвгдежз",
    "әңғүұқөһ",
    "abcdefghijkl",
    "abc",
];

/// The rows of keyboards and the orders in which people count: no password runs along one of them.
const ROWS: &[&str] = &[
    "01234567890123456789",
    "98765432109876543210",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "йцукенгшщзхъфывапролджэячсмитьбю",
];

/// A password that is set by an invitation.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// The secret of the invitation.
    pub invitation: String,
    /// The password: 12 characters or more.
    pub password: String,
}

/// A password in place of another.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedPassword {
    /// The password so far.
    pub old: String,
    /// The new one: 12 characters or more.
    pub password: String,
}

/// What is left of a password that was set.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PasswordSet {
    /// The account.
    pub account: String,
    /// How many sessions ended: all that were open.
    pub ended: usize,
}

/// Sets the password that an invitation is for. The invitation is used up, and whoever was signed in is no longer.
///
/// # Errors
/// 401 for an invitation that is unknown, used or over, 422 for a password that is too easy.
pub fn accept(office: &Office, sign_ins: &SignIns, sent: &NewPassword) -> Result<PasswordSet, Problem> {
    let (now, hash) = (office.clock.now(), sha256_hex(sent.invitation.trim().as_bytes()));
    let found = office.store.read(|conn| -> Result<_, StoreError> {
        let Some(found) = secrets::invitation(conn, &hash)? else { return Ok(None) };
        let account = accounts::find(conn, office.store.vault(), &found.account)?;
        Ok(account.filter(|account| account.closed_at.is_none() && found.ends_at > now))
    })?;
    let unknown = || {
        let message =
            "this invitation is unknown, used or over; ask whoever keeps the accounts of your territory for a new one";
        Problem::new(Kind::Unauthorised, "wrong_invitation", message)
    };
    let account = found.ok_or_else(unknown)?;
    check(&sent.password, account.login.as_deref().unwrap_or_default())?;
    let password = sign_ins.hashing.hash(&sent.password)?;
    office.store.keep(|conn| -> Result<_, Problem> {
        if !secrets::redeem(conn, &hash)? {
            return Err(unknown());
        }
        secrets::set_password(conn, &account.id, &password, now)?;
        let ended = official_sessions::end_all(conn, &account.id, None, now)?;
        Ok(PasswordSet { account: account.id.clone(), ended })
    })
}

/// Changes the password of whoever is signed in; all sessions end, this one too.
///
/// # Errors
/// 401 for an old password that is not right, 409 without a session, 422 for a password that is too easy, 429 after too many
/// wrong ones.
pub fn change(
    office: &Office,
    sign_ins: &SignIns,
    principal: &Principal,
    secret: &str,
    address: IpAddr,
    sent: &ChangedPassword,
) -> Result<PasswordSet, Problem> {
    official::session_of(secret)?;
    let (now, account) = (office.clock.now(), &principal.id);
    let found = office.store.read(|conn| -> Result<_, StoreError> {
        let (login, password) = (logins::of_account(conn, account)?, secrets::password(conn, account)?);
        Ok((login.zip(password), accounts::find(conn, office.store.vault(), account)?))
    })?;
    let (Some((login, password)), Some(named)) = found else {
        let message = "this account has no password to change; ask whoever keeps its accounts for an invitation";
        return Err(Problem::conflict("no_password", message));
    };
    check(&sent.password, named.login.as_deref().unwrap_or_default())?;
    let attempt = sign_ins.attempts.begin(login, address, now)?;
    let is_right = match sign_ins.hashing.is_of(&sent.old, Some(&password)) {
        Ok(is_right) => is_right,
        Err(busy) => {
            attempt.undone();
            return Err(busy);
        }
    };
    if !is_right {
        let message = "the old password is not right; type it as you sign in with it";
        return Err(Problem::new(Kind::Unauthorised, "wrong_password", message));
    }
    attempt.right();
    let password = sign_ins.hashing.hash(&sent.password)?;
    office.store.keep(|conn| -> Result<_, Problem> {
        secrets::set_password(conn, account, &password, now)?;
        let ended = official_sessions::end_all(conn, account, None, now)?;
        Ok(PasswordSet { account: account.clone(), ended })
    })
}

/// A password that nobody chose: 20 letters and digits that cannot be mistaken for one another.
pub fn invented() -> String {
    let halves = [(); 5].map(|()| keys::check_code().chars().take(4).collect::<String>());
    halves.join("-")
}

/// Whether a password is good enough.
fn check(password: &str, login: &str) -> Result<(), Problem> {
    let wrong = |code, message: String| Err(Problem::invalid("password", code, message));
    let length = password.chars().count();
    if length < SHORTEST {
        return wrong(
            "too_short",
            format!("take {SHORTEST} characters or more; four words that have nothing to do with each other are good"),
        );
    }
    if length > LONGEST {
        return wrong("too_long", format!("take at most {LONGEST} characters"));
    }
    if is_trivial(password, login) {
        let message = "anybody would try this one: it is a well-known word, a row of keys, a repetition or the login; take four words \
                       that have nothing to do with each other";
        return wrong("too_easy", message.to_owned());
    }
    Ok(())
}

fn is_trivial(password: &str, login: &str) -> bool {
    let small: String = password.to_lowercase();
    let letters: String = small.chars().filter(|c| c.is_alphabetic()).collect();
    let different: HashSet<char> = small.chars().collect();
    let plain: String = small.chars().filter(|c| c.is_alphanumeric()).collect();
    let runs = |text: &str| text.chars().count() > 3 && ROWS.iter().any(|row| row.contains(text));
    different.len() < DIFFERENT
        || is_repeated(&small)
        || runs(&plain)
        || TRIVIAL.iter().any(|word| letters == *word || is_of_one(&letters, word))
        || runs(&letters) && letters.chars().count() > 5
        || login.len() > 3 && (letters == login || small.contains(login) && length_without(&small, login) < 8)
}

/// Whether a text is one word again and again.
fn is_of_one(text: &str, word: &str) -> bool {
    text.len() > word.len() && text.replace(word, "").is_empty()
}

/// How many characters are left of a text without a word.
fn length_without(text: &str, word: &str) -> usize {
    text.replace(word, "").chars().count()
}

/// Whether a text is a short one again and again.
fn is_repeated(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    (1..=letters.len() / 3).any(|period| letters.iter().zip(letters.iter().skip(period)).all(|(a, b)| a == b))
}
