//! Reading CBOR that was checked to be one deterministic item: small steps that name what is wrong.

use minicbor::Decoder;
use minicbor::data::Type;
use onedoor_domain::event::ChainHash;

use super::Reason;

/// Reads the parts of one item in turn.
pub(crate) struct Take<'b> {
    decoder: Decoder<'b>,
}

impl<'b> Take<'b> {
    /// Checks that the bytes are one deterministic item, before anything is read from it.
    pub fn new(bytes: &'b [u8]) -> Result<Self, Reason> {
        onedoor_domain::cbor::check(bytes).map_err(|_| Reason::NotCbor)?;
        Ok(Take {
            decoder: Decoder::new(bytes),
        })
    }

    /// The start of an array of exactly so many parts.
    pub fn parts(&mut self, parts: u64) -> Result<(), Reason> {
        if self.list()? == parts {
            Ok(())
        } else {
            Err(Reason::Malformed)
        }
    }

    /// The start of an array; how many follow. Never used to take memory before it was compared with a limit.
    pub fn list(&mut self) -> Result<u64, Reason> {
        self.decoder.array().ok().flatten().ok_or(Reason::Malformed)
    }

    /// The start of an array of at most so many.
    pub fn list_up_to(&mut self, most: usize) -> Result<usize, Reason> {
        let found = usize::try_from(self.list()?).map_err(|_| Reason::TooMany)?;
        if found > most {
            return Err(Reason::TooMany);
        }
        Ok(found)
    }

    /// A version that must be the one known here.
    pub fn version(&mut self, known: u8) -> Result<(), Reason> {
        match self.decoder.u64() {
            Ok(found) if found == u64::from(known) => Ok(()),
            Ok(_) => Err(Reason::UnknownVersion),
            Err(_) => Err(Reason::Malformed),
        }
    }

    pub fn u8(&mut self) -> Result<u8, Reason> {
        self.decoder.u8().map_err(|_| Reason::Malformed)
    }

    pub fn u16(&mut self) -> Result<u16, Reason> {
        self.decoder.u16().map_err(|_| Reason::Malformed)
    }

    pub fn u32(&mut self) -> Result<u32, Reason> {
        self.decoder.u32().map_err(|_| Reason::Malformed)
    }

    pub fn u64(&mut self) -> Result<u64, Reason> {
        self.decoder.u64().map_err(|_| Reason::Malformed)
    }

    pub fn i64(&mut self) -> Result<i64, Reason> {
        self.decoder.i64().map_err(|_| Reason::Malformed)
    }

    pub fn bool(&mut self) -> Result<bool, Reason> {
        self.decoder.bool().map_err(|_| Reason::Malformed)
    }

    pub fn bytes(&mut self) -> Result<&'b [u8], Reason> {
        self.decoder.bytes().map_err(|_| Reason::Malformed)
    }

    pub fn bytes_up_to(&mut self, most: usize, otherwise: Reason) -> Result<&'b [u8], Reason> {
        let bytes = self.bytes()?;
        if bytes.len() > most {
            return Err(otherwise);
        }
        Ok(bytes)
    }

    pub fn text_up_to(&mut self, most: usize) -> Result<&'b str, Reason> {
        let text = self.decoder.str().map_err(|_| Reason::Malformed)?;
        if text.len() > most {
            return Err(Reason::Malformed);
        }
        Ok(text)
    }

    pub fn hash(&mut self) -> Result<ChainHash, Reason> {
        self.array().map(ChainHash)
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Reason> {
        self.bytes()?.try_into().map_err(|_| Reason::Malformed)
    }

    /// Something or null.
    pub fn maybe<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Reason>,
    ) -> Result<Option<T>, Reason> {
        if self.decoder.datatype().map_err(|_| Reason::Malformed)? == Type::Null {
            self.decoder.null().map_err(|_| Reason::Malformed)?;
            return Ok(None);
        }
        read(self).map(Some)
    }

    /// A number that is an identity of the domain.
    pub fn id<T: TryFrom<u64>>(&mut self) -> Result<T, Reason> {
        T::try_from(self.u64()?).map_err(|_| Reason::Malformed)
    }
}
