//! The bond between kiosk and hub: the kiosk's own keys, the hub's, and how far the two have come to know each other.
//! All of it lies in the encrypted record, so it goes where the record goes.

use super::Setting;
use onedoor_domain::event::BlobRef;
use onedoor_domain::id::{BlobId, DeviceId};
use onedoor_domain::personal::Personal;
use onedoor_store::{DbKey, Store, StoreError};
use onedoor_sync::enrol::{Admission, Enrol, Words};
use onedoor_sync::mail::HubKeys;
use onedoor_sync::mailbag::BagKey;
use onedoor_sync::seal::{Content, HubKey, Sealing, seal};
use onedoor_sync::wire::DeviceKey;

const DEVICE_KEY: &str = "device-key";
const BAG_KEY: &str = "bag-key";
const HUB_KEYS: &str = "hub-keys";
const HUB_NAME: &str = "hub-name";
/// Keys that a hub offered and two people have not both confirmed.
const OFFERED: &str = "hub-offered";
/// The number of the token by which this kiosk came.
const TOKEN: &str = "hub-token";

/// The kiosk's keys, and the hub's where it is known.
pub struct Keys {
    /// The kiosk.
    pub device: DeviceId,
    secret: [u8; 32],
    /// Opens mailbags for this kiosk.
    pub bag: BagKey,
    /// The hub's, once it is known.
    pub hub: Option<HubKeys>,
    /// The hub's, offered: the kiosk's person has agreed, the hub's official has not.
    pub offered: Option<HubKeys>,
    /// The token by which it came, until the hub has answered.
    pub token: Option<[u8; 16]>,
    /// The hub's name.
    pub name: String,
}

fn secret(store: &Store, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(store
        .secret(name)
        .wait()?
        .map(|bytes| bytes.expose().clone()))
}

impl Keys {
    /// Reads them; makes the kiosk's own where there are none.
    pub fn load(store: &Store) -> Result<Self, StoreError> {
        let device = store.identity().device;
        let kept = secret(store, DEVICE_KEY)?.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let own = match kept {
            Some(own) => own,
            None => {
                let mut own = [0; 32];
                getrandom::fill(&mut own)
                    .map_err(|error| StoreError::Internal(format!("no randomness: {error}")))?;
                keep(store, DEVICE_KEY, Some(&own))?;
                own
            }
        };
        let kept = secret(store, BAG_KEY)?
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .and_then(|text| text.parse().ok());
        let bag = match kept {
            Some(bag) => bag,
            None => {
                let bag = BagKey::generate();
                keep(store, BAG_KEY, Some(bag.to_secret().as_bytes()))?;
                bag
            }
        };
        let keys = |name| -> Result<Option<HubKeys>, StoreError> {
            Ok(secret(store, name)?.and_then(|bytes| HubKeys::decode(&bytes).ok()))
        };
        Ok(Keys {
            device,
            secret: own,
            bag,
            hub: keys(HUB_KEYS)?,
            offered: keys(OFFERED)?,
            token: secret(store, TOKEN)?.and_then(|bytes| bytes.try_into().ok()),
            name: secret(store, HUB_NAME)?
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .unwrap_or_default(),
        })
    }

    /// The key that signs.
    pub fn signer(&self) -> DeviceKey {
        DeviceKey::from_secret(&self.secret)
    }

    /// What this kiosk says of itself.
    pub fn enrol(&self, setting: &Setting, admission: Admission) -> Enrol {
        Enrol {
            station: setting.station.clone(),
            device: self.device,
            key: self.signer().public().to_bytes(),
            bags: self.bag.address().to_string(),
            software: concat!("onedoor ", env!("CARGO_PKG_VERSION")).to_owned(),
            admission,
            recovery: None,
        }
    }

    /// The two know each other: these are the hub's keys from now on.
    pub fn known(&mut self, store: &Store, hub: HubKeys, name: &str) -> Result<(), StoreError> {
        keep(store, HUB_KEYS, Some(&hub.encode()))?;
        keep(store, HUB_NAME, Some(name.as_bytes()))?;
        keep(store, OFFERED, None)?;
        keep(store, TOKEN, None)?;
        (self.hub, self.offered, self.token) = (Some(hub), None, None);
        self.name = name.to_owned();
        Ok(())
    }

    /// The person at the kiosk has agreed; the hub's official has not yet.
    pub fn agreed(&mut self, store: &Store, hub: HubKeys, name: &str) -> Result<(), StoreError> {
        keep(store, OFFERED, Some(&hub.encode()))?;
        keep(store, HUB_NAME, Some(name.as_bytes()))?;
        self.offered = Some(hub);
        self.name = name.to_owned();
        Ok(())
    }

    /// A token was found whose hub the station names: its keys are the hub's, and its number goes with the next bag.
    pub fn by_token(
        &mut self,
        store: &Store,
        serial: [u8; 16],
        hub: HubKeys,
        name: &str,
    ) -> Result<(), StoreError> {
        keep(store, TOKEN, Some(&serial))?;
        self.token = Some(serial);
        keep(store, HUB_KEYS, Some(&hub.encode()))?;
        keep(store, HUB_NAME, Some(name.as_bytes()))?;
        self.hub = Some(hub);
        self.name = name.to_owned();
        Ok(())
    }

    /// Keys with a higher number take the place of those that are held. The one that signs stays: by it bags, tokens and
    /// enrolments are believed, and whoever could change it by mail would be the hub from then on.
    pub fn rotated(&mut self, store: &Store, hub: HubKeys) -> Result<bool, StoreError> {
        let newer = |old: &&HubKeys| old.serial < hub.serial && hub.check().is_ok();
        let Some(old) = self.hub.as_ref().filter(newer) else {
            return Ok(false);
        };
        if old.signs != hub.signs {
            tracing::error!(event = "county.other_signing_key", serial = hub.serial);
            return Ok(false);
        }
        keep(store, HUB_KEYS, Some(&hub.encode()))?;
        self.hub = Some(hub);
        Ok(true)
    }

    /// The hub does not want this kiosk: the two are strangers again.
    pub fn forgotten(&mut self, store: &Store) -> Result<(), StoreError> {
        for name in [HUB_KEYS, OFFERED, TOKEN] {
            keep(store, name, None)?;
        }
        (self.hub, self.offered, self.token) = (None, None, None);
        Ok(())
    }
}

fn keep(store: &Store, name: &str, bytes: Option<&[u8]>) -> Result<(), StoreError> {
    store
        .set_secret(name, bytes.map(|bytes| Personal::new(bytes.to_vec())))
        .wait()
}

/// Six words for each language of the station.
pub fn words(setting: &Setting, enrol: &Enrol, keys: &HubKeys) -> Vec<(String, [String; 6])> {
    let words = Words::of(enrol, keys);
    setting
        .languages
        .iter()
        .map(|tag| (tag.clone(), words.in_language(tag).map(str::to_owned)))
        .collect()
}

/// The record's key, so that only the hub can open it: it opens a dead box's database.
pub fn recovery(key: Option<&DbKey>, hub: &HubKeys, device: DeviceId) -> Option<Vec<u8>> {
    let content = Content {
        salt: [0; 32],
        role: "recovery".to_owned(),
        bytes: Personal::new(key?.recovery().as_bytes().to_vec()),
    };
    let hub = hub.sealing().ok()?;
    seal(&hub, device, BlobId::from_bytes([0; 16]), &content).ok()
}

/// Seals what the hub needs to its present key.
pub struct HubSealer(pub HubKey);

impl onedoor_store::Sealer for HubSealer {
    fn seal(
        &self,
        device: DeviceId,
        blob: BlobId,
        salt: &[u8; 32],
        role: &str,
        plain: &[u8],
    ) -> Result<Vec<u8>, String> {
        let content = Content {
            salt: *salt,
            role: role.to_owned(),
            bytes: Personal::new(plain.to_vec()),
        };
        debug_assert!(content.matches(&BlobRef::new(blob, salt, plain)));
        seal(&self.0, device, blob, &content).map_err(|fault| fault.to_string())
    }

    fn begin(&self, device: DeviceId) -> Option<Box<dyn onedoor_store::Sealing>> {
        let sealing = Sealing::begin(&self.0, device).ok()?;
        Some(Box::new(HubSealing(sealing)))
    }
}

/// Seals what belongs to one transaction.
struct HubSealing(Sealing);

impl onedoor_store::Sealing for HubSealing {
    fn salt(&self, blob: BlobId) -> [u8; 32] {
        self.0.salt(blob)
    }

    fn seal(
        &self,
        blob: BlobId,
        salt: &[u8; 32],
        role: &str,
        plain: &[u8],
    ) -> Result<Vec<u8>, String> {
        let content = Content {
            salt: *salt,
            role: role.to_owned(),
            bytes: Personal::new(plain.to_vec()),
        };
        self.0
            .seal(blob, &content)
            .map_err(|fault| fault.to_string())
    }
}
