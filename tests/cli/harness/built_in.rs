//! memcached's own proxy in front of a memcached: it passes on what concerns an item, and answers the rest by itself.

use std::fs;

use tempfile::TempDir;

use crate::harness::build::Build;
use crate::harness::server::Memcached;

/// A running proxy; it ends when dropped.
pub(crate) struct BuiltIn {
    process: Memcached,
    _folder: TempDir,
}

impl BuiltIn {
    /// A proxy of this build in front of this server.
    pub(crate) fn before(server: &Memcached, build: &Build) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let routes = folder.path().join("routes.lua");
        fs::write(&routes, configuration(server)).expect("a configuration");
        let options = format!("proxy_config=routelib,proxy_arg={}", routes.display());
        Self {
            process: Memcached::of_with(build, &["-o", &options]),
            _folder: folder,
        }
    }

    /// `127.0.0.1:PORT`
    pub(crate) fn address(&self) -> String {
        self.process.address()
    }
}

fn configuration(server: &Memcached) -> String {
    format!(
        "pools{{ main = {{ backends = {{ \"{}\" }} }} }}\nroutes{{ default = route_direct{{ child = \"main\" }} }}\n",
        server.address()
    )
}
