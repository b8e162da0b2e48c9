//! Signing keys on a PKCS#11 token (OASIS PKCS#11 v3.0, `CKM_EDDSA` over Ed25519): a smart card, a USB
//! token, an HSM.
//!
//! The key is made on the token, is sensitive and never leaves it. What comes back from the token is
//! checked against the public key before it is used. The module is a library of the token's maker; it
//! is named in the home, so only whoever owns the home chooses it. A module is opened for one signature
//! or one making of keys and closed with [`Token`]: PKCS#11 has one state for a whole process.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use zeroize::Zeroizing;

use crate::evidence::key::{
    KeyError, PUBLIC_KEY_LEN, PublicKey, SIGNATURE_LEN, Signer, SignerError, checked,
};

/// The curve as PKCS#11 v3.0 names it (RFC 8410's object identifier), and as some modules want it (the
/// name `edwards25519` as a printable string).
const CURVES: [&[u8]; 2] = [b"\x06\x03\x2b\x65\x70", b"\x13\x0cedwards25519"];
/// Why a token did not do its work. Never carries a PIN.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    /// The maker's library is not there, or is none.
    #[error(
        "{path} is no PKCS#11 module that can be loaded: install the token's software, or name its library with --pkcs11"
    )]
    NoModule {
        /// The file.
        path: PathBuf,
    },
    /// The token is not in a reader.
    #[error("there is no token `{label}`, but {found}: plug it in, or give its label")]
    NoToken {
        /// The label asked for.
        label: String,
        /// The labels there are, in words.
        found: String,
    },
    /// Two tokens have one label.
    #[error("there are several tokens `{label}`: leave only the right one plugged in")]
    TokenTwice {
        /// The label.
        label: String,
    },
    /// The token cannot sign with Ed25519.
    #[error(
        "token `{label}` cannot make or use Ed25519 keys: take another kind of token, or keep the keys in files"
    )]
    NoEd25519 {
        /// The token.
        label: String,
    },
    /// A wrong PIN; each one brings the token closer to locking itself.
    #[error("the PIN of token `{label}` is wrong{warning}")]
    WrongPin {
        /// The token.
        label: String,
        /// What the next one may cost.
        warning: &'static str,
    },
    /// Too many wrong PINs.
    #[error("the PIN of token `{label}` is locked: its security officer must unlock it")]
    PinLocked {
        /// The token.
        label: String,
    },
    /// Nobody has set a PIN yet.
    #[error("token `{label}` has no PIN yet: set one with the token's own software")]
    NoPin {
        /// The token.
        label: String,
    },
    /// There is no such key.
    #[error("token `{label}` has no Ed25519 key `{key}`: is it the right token?")]
    NoKey {
        /// The token.
        label: String,
        /// The key's label.
        key: String,
    },
    /// There are two, and one could be anybody's.
    #[error("token `{label}` has several keys `{key}`: remove the one that is not yours")]
    KeyTwice {
        /// The token.
        label: String,
        /// The key's label.
        key: String,
    },
    /// What the token gives as public key is none.
    #[error("the public key `{key}` on token `{label}` is not usable: {fault}")]
    BadKey {
        /// The token.
        label: String,
        /// The key's label.
        key: String,
        /// What is wrong with it.
        fault: KeyError,
    },
    /// Whatever else the module says.
    #[error("token `{label}` failed to {action}: {said}")]
    Module {
        /// The token.
        label: String,
        /// What it was to do.
        action: &'static str,
        /// The module's word.
        said: String,
    },
}

/// A token whose owner has given the PIN.
#[derive(Debug)]
pub(crate) struct Token {
    label: String,
    // Dropped before the module: what is closed must still be open.
    session: Option<Session>,
    module: Option<Pkcs11>,
}

impl Drop for Token {
    fn drop(&mut self) {
        drop(self.session.take());
        if let Some(module) = self.module.take() {
            // What it says of its own end changes nothing any more.
            drop(module.finalize());
        }
    }
}

impl Token {
    /// Finds the token with this label and logs in with the PIN that `pin` gives; `pin` is told of a
    /// token that will lock itself soon.
    pub(crate) fn open(
        module_path: &Path,
        label: &str,
        pin: impl FnOnce(Option<&'static str>) -> anyhow::Result<Zeroizing<String>>,
    ) -> anyhow::Result<Self> {
        let no_module =
            |_libloading_quotes_the_path| TokenError::NoModule { path: module_path.to_owned() };
        let module = Pkcs11::new(module_path).map_err(no_module)?;
        let failed = |action| {
            move |fault: Error| TokenError::Module {
                label: label.to_owned(),
                action,
                said: said(&fault),
            }
        };
        module
            .initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))
            .map_err(failed("start its module"))?;
        let mut token =
            Self { label: label.to_owned(), session: None, module: Some(module.clone()) };
        let slot = token.find(&module)?;
        token.must_know_ed25519(&module, slot)?;
        let info = module.get_token_info(slot).map_err(failed("say what it is"))?;
        if info.user_pin_locked() {
            return Err(TokenError::PinLocked { label: label.to_owned() }.into());
        }
        if !info.user_pin_initialized() {
            return Err(TokenError::NoPin { label: label.to_owned() }.into());
        }
        let caution = if info.user_pin_final_try() {
            Some("one more wrong PIN locks it")
        } else if info.user_pin_count_low() {
            Some("wrong PINs were given before: a few more lock it")
        } else {
            None
        };
        let given = pin(caution)?;
        let session = module.open_rw_session(slot).map_err(failed("open a session"))?;
        // The secret's own type wipes it.
        let secret = AuthPin::from(String::clone(&given));
        session
            .login(UserType::User, Some(&secret))
            .map_err(|fault| token.login_refused(&module, slot, &fault))?;
        token.session = Some(session);
        Ok(token)
    }

    fn find(&self, module: &Pkcs11) -> Result<Slot, TokenError> {
        let slots = module.get_slots_with_initialized_token();
        let slots = slots.map_err(|fault| self.failed("list its slots", &fault))?;
        let (mut right, mut labels) = (Vec::new(), Vec::new());
        for slot in slots {
            // One that is pulled out meanwhile is not there.
            let Ok(info) = module.get_token_info(slot) else { continue };
            if info.label() == self.label {
                right.push(slot);
            }
            labels.push(format!("`{}`", info.label()));
        }
        match right.as_slice() {
            [slot] => Ok(*slot),
            [] if labels.is_empty() => {
                Err(TokenError::NoToken { label: self.label.clone(), found: "none at all".into() })
            }
            [] => Err(TokenError::NoToken { label: self.label.clone(), found: labels.join(", ") }),
            _several => Err(TokenError::TokenTwice { label: self.label.clone() }),
        }
    }

    fn must_know_ed25519(&self, module: &Pkcs11, slot: Slot) -> Result<(), TokenError> {
        let known = module.get_mechanism_list(slot);
        let known = known.map_err(|fault| self.failed("say what it can do", &fault))?;
        if known.contains(&MechanismType::EDDSA) {
            Ok(())
        } else {
            Err(TokenError::NoEd25519 { label: self.label.clone() })
        }
    }

    fn login_refused(&self, module: &Pkcs11, slot: Slot, fault: &Error) -> TokenError {
        let label = self.label.clone();
        let info = module.get_token_info(slot).ok();
        match fault {
            Error::Pkcs11(RvError::PinLocked, _) => TokenError::PinLocked { label },
            Error::Pkcs11(RvError::UserPinNotInitialized, _) => TokenError::NoPin { label },
            Error::Pkcs11(
                RvError::PinIncorrect | RvError::PinLenRange | RvError::PinInvalid,
                _,
            ) => {
                let info = info.as_ref();
                if info.is_some_and(cryptoki::slot::TokenInfo::user_pin_locked) {
                    return TokenError::PinLocked { label };
                }
                let last = info.is_some_and(cryptoki::slot::TokenInfo::user_pin_final_try);
                let warning = if last { ": one more locks it" } else { "" };
                TokenError::WrongPin { label, warning }
            }
            other => self.failed("take the PIN", other),
        }
    }

    fn failed(&self, action: &'static str, fault: &Error) -> TokenError {
        TokenError::Module { label: self.label.clone(), action, said: said(fault) }
    }

    fn session(&self) -> &Session {
        self.session.as_ref().expect("it is there from the login to the drop")
    }

    /// Makes a key on the token that never leaves it.
    pub(crate) fn generate(&self, key: &str) -> Result<PublicKey, TokenError> {
        if !self.objects(key, ObjectClass::PRIVATE_KEY)?.is_empty() {
            return Err(TokenError::KeyTwice { label: self.label.clone(), key: key.to_owned() });
        }
        let named = |rest: &[Attribute]| {
            let name = [Attribute::Label(key.into()), Attribute::Id(key.into())];
            [&[Attribute::Token(true)][..], &name, rest].concat()
        };
        let private = named(&[
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
        ]);
        let mut last = None;
        for curve in CURVES {
            let public = named(&[
                Attribute::Private(false),
                Attribute::Verify(true),
                Attribute::EcParams(curve.to_vec()),
            ]);
            let made = self.session().generate_key_pair(
                &Mechanism::EccEdwardsKeyPairGen,
                &public,
                &private,
            );
            match made {
                Ok(_handles) => return self.public_key(key),
                Err(fault) => last = Some(fault),
            }
        }
        Err(last.map_or_else(
            || TokenError::NoEd25519 { label: self.label.clone() },
            |fault| self.failed("make a key", &fault),
        ))
    }

    fn objects(&self, key: &str, class: ObjectClass) -> Result<Vec<ObjectHandle>, TokenError> {
        let template = [
            Attribute::Class(class),
            Attribute::KeyType(KeyType::EC_EDWARDS),
            Attribute::Label(key.into()),
        ];
        let found = self.session().find_objects(&template);
        found.map_err(|fault| self.failed("look for a key", &fault))
    }

    fn one(&self, key: &str, class: ObjectClass) -> Result<ObjectHandle, TokenError> {
        let (label, name) = (self.label.clone(), key.to_owned());
        match self.objects(key, class)?.as_slice() {
            [handle] => Ok(*handle),
            [] => Err(TokenError::NoKey { label, key: name }),
            _several => Err(TokenError::KeyTwice { label, key: name }),
        }
    }

    fn public_key(&self, key: &str) -> Result<PublicKey, TokenError> {
        let handle = self.one(key, ObjectClass::PUBLIC_KEY)?;
        let found = self.session().get_attributes(handle, &[AttributeType::EcPoint]);
        let found = found.map_err(|fault| self.failed("give its public key", &fault))?;
        let point = found.into_iter().find_map(|attribute| match attribute {
            Attribute::EcPoint(point) => Some(point),
            _other => None,
        });
        let parsed = PublicKey::parse(raw_point(&point.unwrap_or_default()));
        parsed.map_err(|fault| TokenError::BadKey {
            label: self.label.clone(),
            key: key.to_owned(),
            fault,
        })
    }

    /// The key with this label, ready to sign.
    pub(crate) fn signer(token: &Rc<Self>, key: &str) -> Result<TokenKey, TokenError> {
        let (public, handle) = (token.public_key(key)?, token.one(key, ObjectClass::PRIVATE_KEY)?);
        Ok(TokenKey { token: Rc::clone(token), public, handle })
    }
}

/// The 32 bytes of a point that comes raw, as an OCTET STRING or as a BIT STRING: makers differ.
fn raw_point(point: &[u8]) -> &[u8] {
    [&b"\x04\x20"[..], b"\x03\x21\x00"]
        .into_iter()
        .filter_map(|head| point.strip_prefix(head))
        .find(|rest| rest.len() == PUBLIC_KEY_LEN)
        .unwrap_or(point)
}

fn said(fault: &Error) -> String {
    fault.to_string().chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
}

/// A key on a token.
#[derive(Debug)]
pub(crate) struct TokenKey {
    token: Rc<Token>,
    public: PublicKey,
    handle: ObjectHandle,
}

impl Signer for TokenKey {
    fn public(&self) -> PublicKey {
        self.public
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; SIGNATURE_LEN], SignerError> {
        let mechanism = Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure));
        let made = self.token.session().sign(&mechanism, self.handle, message);
        let made = made.map_err(|fault| SignerError::Failed { reason: said(&fault) })?;
        checked(&self.public, message, &made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_read_in_each_way_that_makers_write_it() {
        let raw = [7_u8; 32];
        let octets = [&b"\x04\x20"[..], &raw].concat();
        let bits = [&b"\x03\x21\x00"[..], &raw].concat();
        for written in [&raw[..], &octets, &bits] {
            assert_eq!(raw_point(written), raw);
        }
        assert_eq!(raw_point(b"\x04\x20short"), b"\x04\x20short");
    }

    #[test]
    fn a_module_that_is_none_is_named() {
        let refused = Token::open(Path::new("/nowhere/module.so"), "t", |_caution| {
            panic!("no PIN is asked for")
        });
        let refused = refused.expect_err("there is none");
        assert!(refused.to_string().contains("/nowhere/module.so"), "{refused}");
    }
}
