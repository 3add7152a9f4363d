//! A real memcached per test: its own port or socket, its own memory, gone when the test ends.
//!
//! This file starts, stops and freezes servers; how a test looks into one is in `inspect.rs`.
//! A start takes about 5 ms, so tests share nothing and need no order.

use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::{fs, io};

use tempfile::TempDir;

use crate::harness::build::Build;
use crate::harness::process::{end, is_stopped, signal};
use crate::harness::{reaper, wait};

/// A running server. Clones are handles on the same one; it ends with the last of them.
#[derive(Clone)]
pub(crate) struct Memcached {
    inner: Arc<Inner>,
}

struct Inner {
    process: Mutex<Child>,
    binary: PathBuf,
    options: Vec<String>,
    endpoint: Endpoint,
    /// The first of several ports; the last one is the endpoint.
    front: Option<SocketAddr>,
    /// What a test says on each connection before anything else.
    login: OnceLock<String>,
    folder: TempDir,
}

/// Where a server listens.
#[derive(Clone)]
enum Endpoint {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

impl Memcached {
    /// A server on a port of 127.0.0.1 that the system picks.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with more options, such as `-C`.
    pub(crate) fn start_with(options: &[&str]) -> Self {
        Self::launch(
            Build::installed().path(),
            options,
            &Listen::Tcp("127.0.0.1"),
        )
    }

    /// A server on a port of `::1`.
    pub(crate) fn on_ipv6() -> Self {
        Self::launch(Build::installed().path(), &[], &Listen::Tcp("::1"))
    }

    /// A server on a unix socket.
    pub(crate) fn on_unix_socket() -> Self {
        Self::launch(Build::installed().path(), &[], &Listen::Unix)
    }

    /// A server of version 1.6.27 or later, which knows the meta flag `E`.
    pub(crate) fn modern() -> Self {
        Self::modern_with(&[])
    }

    /// The same with more options.
    pub(crate) fn modern_with(options: &[&str]) -> Self {
        Self::of_with(&Build::modern(), options)
    }

    /// A server of this build.
    pub(crate) fn of(build: &Build) -> Self {
        Self::of_with(build, &[])
    }

    /// The same with more options.
    pub(crate) fn of_with(build: &Build, options: &[&str]) -> Self {
        Self::launch(build.path(), options, &Listen::Tcp("127.0.0.1"))
    }

    /// What a user gives to `--server`: `127.0.0.1:PORT`, `[::1]:PORT` or the path of the socket.
    pub(crate) fn address(&self) -> String {
        match &self.inner.endpoint {
            Endpoint::Tcp(address) => address.to_string(),
            Endpoint::Unix(path) => path.display().to_string(),
        }
    }

    /// Where it listens first, if it was told of another place to listen: there the test looks.
    pub(crate) fn front(&self) -> String {
        self.inner.front.expect("a port").to_string()
    }

    /// The same server, one that asks for a name and a password (`-Y`): tests look into it by these.
    pub(crate) fn entered_by(self, name: &str, password: &str) -> Self {
        let words = format!("{name} {password}");
        let login = format!("set login 0 -1 {}\r\n{words}\r\n", words.len());
        self.inner.login.set(login).expect("one name");
        self
    }

    /// What it wants to hear first on a connection.
    pub(super) fn login(&self) -> Option<&str> {
        self.inner.login.get().map(String::as_str)
    }

    /// The process id, a new one after each [`restart`](Self::restart).
    pub(crate) fn pid(&self) -> u32 {
        self.process().id()
    }

    /// Stops the process where it stands (SIGSTOP): connections are still accepted by the kernel,
    /// and nothing is answered. Returns when every thread of it stands.
    pub(crate) fn freeze(&self) {
        let pid = self.pid();
        signal(pid, "STOP");
        wait::until("the server to freeze", || is_stopped(pid).then_some(()));
    }

    /// Lets a frozen process go on.
    pub(crate) fn thaw(&self) {
        signal(self.pid(), "CONT");
    }

    /// Kills the process and waits for its end: its address now refuses connections.
    pub(crate) fn stop(&self) {
        end(&mut self.process());
    }

    /// Kills the process and starts another at the same address: empty, its tokens from 1 again.
    pub(crate) fn restart(&self) {
        let inner = &*self.inner;
        let mut process = self.process();
        end(&mut process);
        *process = spawn(
            &inner.binary,
            &inner.options,
            &inner.endpoint.options(),
            inner.folder.path(),
        );
        wait_for_connection(&mut process, &inner.endpoint, inner.folder.path());
    }

    /// Opens a plain connection. A unix socket comes in the same type: what a test does with a
    /// stream (read, write, shut down, set timeouts) does not depend on the address family.
    pub(crate) fn dial(&self) -> io::Result<TcpStream> {
        self.inner.endpoint.dial()
    }

    fn launch(binary: PathBuf, options: &[&str], listen: &Listen) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let options: Vec<String> = options.iter().map(ToString::to_string).collect();
        let place = listen.options(folder.path());
        let mut process = spawn(&binary, &options, &place, folder.path());
        let ports = match listen {
            Listen::Unix => Vec::new(),
            Listen::Tcp(_) => wait_for_ports(&mut process, folder.path()),
        };
        let endpoint = match ports.last() {
            None => Endpoint::Unix(socket_path(folder.path())),
            Some(port) => Endpoint::Tcp(*port),
        };
        wait_for_connection(&mut process, &endpoint, folder.path());
        Self {
            inner: Arc::new(Inner {
                process: Mutex::new(process),
                binary,
                options,
                endpoint,
                front: ports.first().copied(),
                login: OnceLock::new(),
                folder,
            }),
        }
    }

    fn process(&self) -> MutexGuard<'_, Child> {
        self.inner
            .process
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let process = self
            .process
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        end(process);
    }
}

/// Where a server is asked to listen at its first start.
enum Listen {
    /// A port of this address, picked by the system.
    Tcp(&'static str),
    /// A socket in the server's folder.
    Unix,
}

impl Listen {
    fn options(&self, folder: &Path) -> Vec<String> {
        match self {
            // Port -1: memcached binds any free port itself and writes its number to a file, so
            // there is no moment at which somebody else could take it.
            Self::Tcp(host) => words(&["-l", host, "-p", "-1"]),
            Self::Unix => Endpoint::Unix(socket_path(folder)).options(),
        }
    }
}

impl Endpoint {
    fn options(&self) -> Vec<String> {
        match self {
            Self::Tcp(address) => words(&[
                "-l",
                &address.ip().to_string(),
                "-p",
                &address.port().to_string(),
            ]),
            Self::Unix(path) => words(&["-s", &path.display().to_string()]),
        }
    }

    fn dial(&self) -> io::Result<TcpStream> {
        match self {
            Self::Tcp(address) => TcpStream::connect(address).inspect(|stream| {
                // Without it a test's request in two writes waits 40 ms for an acknowledgement.
                let _ = stream.set_nodelay(true);
            }),
            Self::Unix(path) => {
                UnixStream::connect(path).map(|s| TcpStream::from(OwnedFd::from(s)))
            }
        }
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

fn socket_path(folder: &Path) -> PathBuf {
    folder.join("m.sock")
}

fn ports_path(folder: &Path) -> PathBuf {
    folder.join("ports")
}

fn log_path(folder: &Path) -> PathBuf {
    folder.join("stderr")
}

#[track_caller]
fn spawn(binary: &Path, options: &[String], place: &[String], folder: &Path) -> Child {
    let log = fs::File::create(log_path(folder)).expect("a log file");
    let mut command = Command::new(binary);
    command
        .args(["-U", "0", "-m", "16", "-t", "1"])
        .args(place)
        .args(options)
        .env("MEMCACHED_PORT_FILENAME", ports_path(folder))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log);
    reaper::mark(&mut command);
    // As root, and only then, memcached wants to be told that root is meant.
    if fs::metadata(folder).is_ok_and(|folder| folder.uid() == 0) {
        command.args(["-u", "root"]);
    }
    command.spawn().unwrap_or_else(|error| {
        panic!(
            "cannot start {}: {error}; run make test, which installs memcached, \
             or name a server by MCCAS_TEST_MEMCACHED",
            binary.display()
        )
    })
}

/// Waits for the port file. It is renamed into place when complete: half a line is never seen.
fn wait_for_ports(process: &mut Child, folder: &Path) -> Vec<SocketAddr> {
    wait::until("memcached to tell its port", || {
        ensure_alive(process, folder);
        let ports = fs::read_to_string(ports_path(folder)).ok()?;
        let ports: Vec<SocketAddr> = ports.lines().filter_map(port_of).collect();
        (!ports.is_empty()).then_some(ports)
    })
}

/// `TCP INET: 11211`
fn port_of(line: &str) -> Option<SocketAddr> {
    let (family, port) = line.split_once(": ")?;
    let ip = match family {
        "TCP INET" => "127.0.0.1",
        "TCP INET6" => "::1",
        _ => return None,
    };
    let ip = ip.parse().expect("an address");
    Some(SocketAddr::new(ip, port.trim().parse().expect("a port")))
}

fn wait_for_connection(process: &mut Child, endpoint: &Endpoint, folder: &Path) {
    wait::until("memcached to accept connections", || {
        ensure_alive(process, folder);
        endpoint.dial().ok()
    });
}

/// Fails the test with the server's own words if it ended.
fn ensure_alive(process: &mut Child, folder: &Path) {
    if let Some(status) = process.try_wait().expect("the state of memcached") {
        let log = fs::read_to_string(log_path(folder)).unwrap_or_default();
        panic!("memcached ended at its start ({status}): {log}");
    }
}
