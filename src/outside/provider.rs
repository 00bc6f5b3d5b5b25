//! An identity provider that speaks OpenID Connect: people sign in there, and it says who they are (OpenID Connect Core 1.0, code
//! flow with PKCE, RFC 7636). Its keys are read again when it signs with one that is not known.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreIdToken, CoreJwsSigningAlgorithm,
    CoreProviderMetadata,
};
use openidconnect::{
    AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse,
    IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope,
    SignatureVerificationError, SyncHttpClient, TokenResponse,
};

use super::breaker::Breaker;
use super::client::{Policy, WrongAddress, agent, speakable};

/// Keys that are not known are asked for no oftener than this.
const KEYS_EVERY_SECONDS: i64 = 60;
/// What the provider says of itself is read again after so long: keys that it has given up open nothing any more.
const KNOWN_MINUTES: i64 = 60;

/// The signatures that are believed: those that the provider alone can make.
const SIGNATURES: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Where the provider is, and as whom it knows this registry.
#[derive(Clone)]
pub struct ProviderAddress {
    /// Its issuer, under which `/.well-known/openid-configuration` is found.
    pub issuer: String,
    /// The id that it gave this registry.
    pub client_id: String,
    /// The secret that goes with it; none for a public client.
    pub client_secret: Option<String>,
    /// The claim of its tokens that says whose account it is: an IIN or a login.
    pub claim: String,
}

/// Why nobody was signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unproved {
    /// The provider does not answer, or not as one does.
    Away(String),
    /// What it answered proves nothing.
    Refused(String),
}

/// A sign-in to be sent to the provider.
#[derive(Clone, Debug)]
pub struct Begun {
    /// The address that the browser is sent to.
    pub address: String,
    /// By which the answer names it.
    pub state: String,
    /// What the token must say.
    pub nonce: String,
    /// What proves that whoever fetches the token is who began.
    pub verifier: String,
}

/// An identity provider.
pub struct Provider {
    issuer: IssuerUrl,
    client_id: ClientId,
    client_secret: Option<ClientSecret>,
    claim: String,
    http: Http,
    breaker: Breaker,
    known: Mutex<Option<Known>>,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Provider({})", self.issuer.as_str())
    }
}

/// What the provider says of itself, with its keys.
#[derive(Clone)]
struct Known {
    metadata: CoreProviderMetadata,
    read_at: DateTime<Utc>,
}

struct Http {
    agent: ureq::Agent,
    limit: Duration,
    answer_bytes_max: u64,
}

impl SyncHttpClient for Http {
    type Error = ureq::Error;

    fn call(&self, request: HttpRequest) -> Result<HttpResponse, ureq::Error> {
        let request = self.agent.configure_request(request).timeout_global(Some(self.limit)).build();
        let mut response = self.agent.run(request)?;
        let body = response.body_mut().with_config().limit(self.answer_bytes_max).read_to_vec()?;
        Ok(HttpResponse::from_parts(response.into_parts().0, body))
    }
}

impl Provider {
    /// A provider that was not asked yet.
    ///
    /// # Errors
    /// The issuer is no address, or this build cannot speak to it.
    pub fn new(address: ProviderAddress, policy: Policy) -> Result<Self, WrongAddress> {
        speakable(&address.issuer, "the provider's")?;
        let issuer = IssuerUrl::new(address.issuer)
            .map_err(|error| WrongAddress(format!("the provider's address is none: {error}")))?;
        Ok(Provider {
            issuer,
            client_id: ClientId::new(address.client_id),
            client_secret: address.client_secret.map(ClientSecret::new),
            claim: address.claim,
            http: Http {
                agent: agent(policy.connect),
                limit: policy.attempt,
                answer_bytes_max: policy.answer_bytes_max,
            },
            breaker: Breaker::new(policy.breaker),
            known: Mutex::default(),
        })
    }

    /// What the provider says of itself; asked for where it is not known, or was read before an instant.
    fn known(&self, now: DateTime<Utc>, not_before: DateTime<Utc>) -> Result<Known, Unproved> {
        let held = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // A clock that was set back does not make an old key young.
        if let Some(held) = held.filter(|held| held.read_at >= not_before && held.read_at <= now) {
            return Ok(held);
        }
        let metadata = CoreProviderMetadata::discover(&self.issuer, &self.http).map_err(|error| away(&error))?;
        let known = Known { metadata, read_at: now };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known.clone());
        Ok(known)
    }

    /// Asks the provider, unless it is left alone for a while.
    fn asked<T>(&self, now: DateTime<Utc>, ask: impl FnOnce() -> Result<T, Unproved>) -> Result<T, Unproved> {
        let permit = self.breaker.permit(now).map_err(|why| Unproved::Away(why.to_string()))?;
        let answered = ask();
        match &answered {
            Err(Unproved::Away(why)) => {
                tracing::warn!(provider = self.issuer.as_str(), why, "the identity provider gave no answer");
                permit.failed(now);
            }
            Ok(_) | Err(Unproved::Refused(_)) => permit.answered(),
        }
        answered
    }

    /// Begins a sign-in that comes back to this address.
    ///
    /// # Errors
    /// [`Unproved::Away`].
    pub fn begin(&self, back: &str, now: DateTime<Utc>) -> Result<Begun, Unproved> {
        self.asked(now, || {
            let known = self.known(now, now - TimeDelta::minutes(KNOWN_MINUTES))?;
            let back = RedirectUrl::new(back.to_owned()).map_err(|error| Unproved::Refused(error.to_string()))?;
            let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
            let client =
                CoreClient::from_provider_metadata(known.metadata, self.client_id.clone(), None).set_redirect_uri(back);
            let flow = CoreAuthenticationFlow::AuthorizationCode;
            let asked = client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random);
            let (address, state, nonce) =
                asked.add_scope(Scope::new("profile".to_owned())).set_pkce_challenge(challenge).url();
            Ok(Begun {
                address: address.to_string(),
                state: state.into_secret(),
                nonce: nonce.secret().clone(),
                verifier: verifier.into_secret(),
            })
        })
    }

    /// Fetches the token of a sign-in that came back with a code; whose account it is, by the provider's word.
    ///
    /// # Errors
    /// [`Unproved`].
    pub fn finish(
        &self,
        back: &str,
        code: &str,
        nonce: &str,
        verifier: &str,
        now: DateTime<Utc>,
    ) -> Result<String, Unproved> {
        self.asked(now, || {
            let known = self.known(now, now - TimeDelta::minutes(KNOWN_MINUTES))?;
            let token = self.fetched(&known, back, code, verifier)?;
            let nonce = Nonce::new(nonce.to_owned());
            match self.verified(&known, &token, &nonce, now) {
                Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
                    // It has new keys; whoever makes tokens up makes nobody ask for them again and again.
                    let known = self.known(now, now - TimeDelta::seconds(KEYS_EVERY_SECONDS))?;
                    self.verified(&known, &token, &nonce, now).map_err(|error| refused(&error))?;
                }
                verified => verified.map_err(|error| refused(&error))?,
            }
            self.claimed(&token)
        })
    }

    fn fetched(&self, known: &Known, back: &str, code: &str, verifier: &str) -> Result<CoreIdToken, Unproved> {
        let back = RedirectUrl::new(back.to_owned()).map_err(|error| Unproved::Refused(error.to_string()))?;
        let methods = known.metadata.token_endpoint_auth_methods_supported();
        let by_basic = methods.is_none_or(|all| all.contains(&CoreClientAuthMethod::ClientSecretBasic));
        let auth = if by_basic { AuthType::BasicAuth } else { AuthType::RequestBody };
        let client = CoreClient::from_provider_metadata(
            known.metadata.clone(),
            self.client_id.clone(),
            self.client_secret.clone(),
        );
        let client = client.set_redirect_uri(back).set_auth_type(auth);
        let asked = client.exchange_code(AuthorizationCode::new(code.to_owned()));
        let asked = asked.map_err(|error| Unproved::Away(error.to_string()))?;
        let verifier = PkceCodeVerifier::new(verifier.to_owned());
        let answered = asked.set_pkce_verifier(verifier).request(&self.http).map_err(|error| match error {
            RequestTokenError::ServerResponse(said) => Unproved::Refused(said.to_string()),
            error => away(&error),
        })?;
        answered
            .id_token()
            .cloned()
            .ok_or_else(|| Unproved::Refused("there is no token that says who it is".to_owned()))
    }

    fn verified(
        &self,
        known: &Known,
        token: &CoreIdToken,
        nonce: &Nonce,
        now: DateTime<Utc>,
    ) -> Result<(), ClaimsVerificationError> {
        let client = CoreClient::from_provider_metadata(known.metadata.clone(), self.client_id.clone(), None);
        let verifier = client.id_token_verifier().set_allowed_algs(SIGNATURES).set_time_fn(move || now);
        token.claims(&verifier, nonce).map(drop)
    }

    /// What a token that is verified says in the claim that names the account.
    fn claimed(&self, token: &CoreIdToken) -> Result<String, Unproved> {
        let said = token.to_string();
        let payload = said.split('.').nth(1).and_then(|payload| URL_SAFE_NO_PAD.decode(payload).ok());
        let claims: Option<serde_json::Value> = payload.and_then(|payload| serde_json::from_slice(&payload).ok());
        let claim = claims.as_ref().and_then(|claims| claims.get(&self.claim)).and_then(serde_json::Value::as_str);
        claim.map(str::to_owned).ok_or_else(|| Unproved::Refused(format!("the token says nothing as {}", self.claim)))
    }
}

/// An error with what caused it.
fn whole(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn away(error: &dyn std::error::Error) -> Unproved {
    Unproved::Away(whole(error))
}

fn refused(error: &dyn std::error::Error) -> Unproved {
    Unproved::Refused(whole(error))
}
