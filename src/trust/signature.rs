//! Electronic signatures of portal requests: the port that a verifier will fill.

use serde::{Deserialize, Serialize};

/// What is known of the signature under a portal request. Stored with the application and shown on every result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureVerdict {
    /// The channel carries no applicant's signature (office, State Corporation).
    NotApplicable,
    /// Nobody has verified the signature: no verifier is set up.
    NotChecked,
}

impl SignatureVerdict {
    /// The code in the registry and on results.
    pub fn code(self) -> &'static str {
        match self {
            SignatureVerdict::NotApplicable => "not_applicable",
            SignatureVerdict::NotChecked => "not_checked",
        }
    }
}

/// Whoever can say whether a signature over exact bytes is the applicant's.
pub trait SignatureVerifier: Send + Sync {
    /// The verdict for a detached signature over `content`.
    fn verify(&self, content: &[u8], signature: Option<&str>) -> SignatureVerdict;
}

/// The verifier of a deployment that has none: it says so, and claims nothing.
#[derive(Clone, Copy, Debug)]
pub struct NoVerifier;

impl SignatureVerifier for NoVerifier {
    fn verify(&self, _content: &[u8], _signature: Option<&str>) -> SignatureVerdict {
        SignatureVerdict::NotChecked
    }
}
