//! A real twemproxy in front of memcached: it shares keys out, and knows the classic commands only.

use std::fs;
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::harness::build::Build;
use crate::harness::process::end;
use crate::harness::server::Memcached;
use crate::harness::{reaper, wait};

/// Another process may take the port for its statistics before it does.
const TRIES: usize = 5;

/// A running proxy on a unix socket; it ends when dropped.
pub(crate) struct Twemproxy {
    process: Child,
    folder: TempDir,
}

impl Twemproxy {
    /// A proxy in front of these servers.
    #[track_caller]
    pub(crate) fn before(servers: &[Memcached], build: &Build) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(
            folder.path().join("conf"),
            configuration(servers, &socket(&folder)),
        )
        .expect("a configuration");
        for _ in 0..TRIES {
            let mut process = spawn(build, &folder);
            let up = wait::until("twemproxy to accept connections, or to end", || {
                let ended = process
                    .try_wait()
                    .expect("the state of twemproxy")
                    .is_some();
                let up = UnixStream::connect(socket(&folder)).is_ok();
                (up || ended).then_some(up)
            });
            if up {
                return Self { process, folder };
            }
        }
        let log = fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        panic!("twemproxy ended at its start: {log}")
    }

    /// The path of its socket.
    pub(crate) fn address(&self) -> String {
        socket(&self.folder).display().to_string()
    }
}

impl Drop for Twemproxy {
    fn drop(&mut self) {
        end(&mut self.process);
    }
}

fn socket(folder: &TempDir) -> PathBuf {
    folder.path().join("t.sock")
}

fn configuration(servers: &[Memcached], socket: &Path) -> String {
    let servers = servers
        .iter()
        .map(|server| format!("    - {}:1\n", server.address()));
    let servers: Vec<String> = servers.collect();
    format!(
        "pool:\n  listen: {}\n  hash: md5\n  distribution: ketama\n  timeout: 5000\n  servers:\n{}",
        socket.display(),
        servers.concat()
    )
}

/// Its statistics want a port, and it takes none that the system picks.
fn spawn(build: &Build, folder: &TempDir) -> Child {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let port = free.expect("a free port").port().to_string();
    let mut command = Command::new(build.path());
    command
        .arg("-c")
        .arg(folder.path().join("conf"))
        .arg("-o")
        .arg(folder.path().join("log"))
        .args(["-a", "127.0.0.1", "-s", &port])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    reaper::mark(&mut command);
    command.spawn().expect("twemproxy")
}
