//! Passwords, kept as argon2id hashes (RFC 9106): slow on purpose, and each under a salt of its own.

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};

/// What hashing one password costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over that memory.
    pub passes: u32,
}

impl Cost {
    /// That of a running registry: 19 MiB and two passes, some 20 ms on one core (OWASP's least).
    pub const RUNNING: Cost = Cost { memory_kib: 19_456, passes: 2 };
    /// The least that the algorithm takes: for tests, which have nothing to protect.
    pub const LEAST: Cost = Cost { memory_kib: 8, passes: 1 };

    fn hasher(self) -> Option<Argon2<'static>> {
        let params = Params::new(self.memory_kib, self.passes, 1, None).ok()?;
        Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }

    /// The hash of a password with its salt and cost (a PHC string); none where the machine gives no memory or no chance.
    pub fn hash(self, password: &str) -> Option<String> {
        Some(self.hasher()?.hash_password(password.as_bytes()).ok()?.to_string())
    }
}

/// Whether this is the password of a hash, whatever that cost.
pub fn is_of(password: &str, hash: &str) -> bool {
    Argon2::default().verify_password(password.as_bytes(), hash).is_ok()
}
