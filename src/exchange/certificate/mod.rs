//! The certificate of an allocation: which bytes are hashed, what a run claims, and both as the audit and a file have them.

mod canonical;
mod claim;
mod document;
mod published;

pub use canonical::{input_sha256, result_sha256, rules_sha256};
pub use claim::certify;
pub use document::{certificate_json, read_certificate};
pub use published::{audited, published};
