//! What a process needs to sign officials in: how passwords are hashed, whether a second factor is demanded, the identity
//! provider, and the wrong tries of late.

use super::attempts::Attempts;
use super::hashing::Hashing;
use crate::outside::client::Policy;
pub use crate::outside::provider::{Provider, ProviderAddress};
use crate::trust::cipher::BlindLogin;
use crate::trust::password::Cost;

/// How officials sign in here, as the deployment says.
#[derive(Debug)]
pub struct SignInPolicy {
    /// What hashing one password costs.
    pub cost: Cost,
    /// Whether whoever signs in with a password must have a second factor.
    pub second_factor: bool,
    /// Where officials sign in too, and a second factor is asked for as that provider sees fit; none: with passwords alone.
    pub provider: Option<Provider>,
}

impl Default for SignInPolicy {
    fn default() -> Self {
        SignInPolicy { cost: Cost::RUNNING, second_factor: false, provider: None }
    }
}

/// What a process needs to sign officials in.
#[derive(Debug)]
pub struct SignIns {
    pub(super) hashing: Hashing,
    pub(super) demands_second_factor: bool,
    pub(super) provider: Option<Provider>,
    /// The wrong passwords and codes of late.
    pub(super) attempts: Attempts<BlindLogin>,
}

impl SignIns {
    /// Signs in as this policy says.
    pub fn under(policy: SignInPolicy) -> Self {
        SignIns {
            hashing: Hashing::at(policy.cost),
            demands_second_factor: policy.second_factor,
            provider: policy.provider,
            attempts: Attempts::new("ask whoever keeps the accounts of your territory for a new invitation"),
        }
    }

    /// Whether an identity provider signs officials in too.
    pub fn has_provider(&self) -> bool {
        self.provider.is_some()
    }
}

/// The provider at an address, asked as a running registry asks.
///
/// # Errors
/// What is wrong with the address.
pub fn provider(address: ProviderAddress) -> Result<Provider, String> {
    Provider::new(address, Policy::RUNNING).map_err(|wrong| wrong.to_string())
}
