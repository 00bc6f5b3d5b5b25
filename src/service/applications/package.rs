//! The package of a portal request, as the regional gateway brings it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The package of a portal request, as the gateway brings it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct GatewayIn {
    /// The gateway's own number of the package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// `confirmed` or `refused`; confirmed where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<String>,
    /// The certificate that the request was signed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateIn>,
    /// The papers that the package holds.
    #[serde(default)]
    pub attachments: Vec<AttachmentIn>,
}

/// The certificate of a signature.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct CertificateIn {
    /// The IIN in it.
    pub iin: String,
    /// Its last day, `YYYY-MM-DD`.
    pub valid_until: String,
    /// Whether it stands in the list of revoked ones.
    #[serde(default)]
    pub revoked: bool,
}

/// A paper that comes with a step.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct AttachmentIn {
    /// Its kind, for instance `birth_certificate`.
    pub kind: String,
    /// SHA-256 of the scan, in hexadecimal; none where the paper itself is in the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Whether the paper exists in paper form only, as the operator marks it.
    #[serde(default)]
    pub paper: bool,
}
