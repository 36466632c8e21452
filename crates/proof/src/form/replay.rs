//! The records of a collection, read once for each form, and the promise that each reading tells the
//! same.

use std::io;

use super::MAX_FIELDS;
use crate::{CollectionInfo, PackageError, Record, Records};

/// The records of one collection, to be read several times.
pub(crate) struct Replay<'a, 'r> {
    pub info: &'a CollectionInfo,
    pub records: &'a dyn Fn() -> io::Result<Records<'r>>,
}

impl Replay<'_, '_> {
    /// Hands over at most `limit` records, and says how many there were.
    pub fn each(
        &self,
        limit: u64,
        mut take: impl FnMut(Record) -> Result<(), PackageError>,
    ) -> Result<u64, PackageError> {
        let mut records = (self.records)().map_err(|error| self.unreadable(error))?;
        let mut count = 0;
        while count < limit {
            let Some(record) = records.next() else { break };
            take(record.map_err(|error| self.unreadable(error))?)?;
            count += 1;
        }
        Ok(count)
    }

    pub fn same(&self, first: u64, second: u64) -> Result<(), PackageError> {
        if first == second {
            return Ok(());
        }
        let (store, collection) = self.names();
        Err(PackageError::CountChanged {
            store,
            collection,
            first,
            second,
        })
    }

    fn unreadable(&self, source: io::Error) -> PackageError {
        let (store, collection) = self.names();
        PackageError::Records {
            store,
            collection,
            source,
        }
    }

    pub fn new_field(&self) -> PackageError {
        self.unreadable(io::Error::other(
            "a field appeared that was not there when they were read before",
        ))
    }

    pub fn too_many_fields(&self) -> PackageError {
        let (store, collection) = self.names();
        PackageError::TooManyFields {
            store,
            collection,
            limit: MAX_FIELDS,
        }
    }

    fn names(&self) -> (String, String) {
        (self.info.store.clone(), self.info.name.clone())
    }
}
