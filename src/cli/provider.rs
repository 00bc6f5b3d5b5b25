//! The identity provider, as `kezek serve` is told of it.

use std::path::PathBuf;

use crate::service::accounts::sign_ins::{Provider, ProviderAddress, provider};

/// Where officials sign in besides.
#[derive(clap::Args, Debug)]
pub(super) struct ProviderArguments {
    /// The issuer of an OpenID Connect provider, under which /.well-known/openid-configuration is found.
    #[arg(long, value_name = "URL", requires = "oidc_client_id")]
    oidc_issuer: Option<String>,
    /// The id that it gave this registry. Its address to come back to is https://HOST/sign-in/oidc/callback.
    #[arg(long, value_name = "ID", requires = "oidc_issuer")]
    oidc_client_id: Option<String>,
    /// The file with the secret that goes with it; none for a public client.
    #[arg(long, value_name = "FILE", requires = "oidc_issuer")]
    oidc_client_secret_file: Option<PathBuf>,
    /// The claim of its tokens that says whose account it is, by IIN or by login.
    #[arg(long, value_name = "NAME", default_value = "iin")]
    oidc_claim: String,
}

impl ProviderArguments {
    /// The provider, where one is named.
    ///
    /// # Errors
    /// The secret cannot be read, or the issuer cannot be asked.
    pub(super) fn read(&self) -> Result<Option<Provider>, String> {
        let Some((issuer, client_id)) = self.oidc_issuer.clone().zip(self.oidc_client_id.clone()) else {
            return Ok(None);
        };
        let secret = |path: &PathBuf| match std::fs::read_to_string(path) {
            Ok(text) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
            Ok(_) => Err(format!("{}: the file holds no secret", path.display())),
            Err(error) => Err(format!("{}: {error}", path.display())),
        };
        let client_secret = self.oidc_client_secret_file.as_ref().map(secret).transpose()?;
        let address = ProviderAddress { issuer, client_id, client_secret, claim: self.oidc_claim.clone() };
        provider(address).map(Some)
    }
}
