//! Where the programs are that the tests run on: the installed memcached, and what `scripts/fetch-test-servers.sh` fetches.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// A program that answers.
#[derive(Clone, Debug)]
pub(crate) struct Build {
    path: PathBuf,
}

impl Build {
    /// The installed memcached.
    pub(crate) fn installed() -> Self {
        let path =
            env::var_os("MCCAS_TEST_MEMCACHED").map_or_else(|| "memcached".into(), Into::into);
        Self { path }
    }

    /// A memcached of version 1.6.27 or later, which knows the meta flag `E`.
    pub(crate) fn modern() -> Self {
        let named =
            env::var_os("MCCAS_TEST_MODERN_MEMCACHED").map(|path| Self { path: path.into() });
        named.unwrap_or_else(|| {
            Self::fetched("modern-memcached/memcached").unwrap_or_else(|absent| panic!("{absent}"))
        })
    }

    /// memcached 1.6.9, or why it could not be had.
    pub(crate) fn oldest() -> Result<Self, String> {
        Self::fetched("oldest-memcached/memcached")
    }

    /// The newest memcached that Debian has, or why it could not be had.
    pub(crate) fn newest() -> Result<Self, String> {
        Self::fetched("newest-memcached/memcached")
    }

    /// twemproxy, or why it could not be had.
    pub(crate) fn twemproxy() -> Result<Self, String> {
        Self::fetched("twemproxy/nutcracker")
    }

    /// The program itself.
    pub(crate) fn path(&self) -> PathBuf {
        self.path.clone()
    }

    /// What was fetched, or what was written down when it could not be. Neither means that nobody has tried.
    #[track_caller]
    fn fetched(name: &str) -> Result<Self, String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("target")
            .join(name);
        if path.exists() {
            return Ok(Self { path });
        }
        Err(fs::read_to_string(path.with_file_name("absent")).unwrap_or_else(|_| {
            panic!(
                "{} is missing: run make test, or scripts/fetch-test-servers.sh, which fetches it",
                path.display()
            )
        }))
    }
}
