//! Which servers there are, where something else knows it: a cluster's configuration endpoint, or the name service.

mod lookup;
mod name_servers;
mod nodes;
mod srv;

use std::time::Duration;

pub(crate) use self::name_servers::NameServers;
use self::name_servers::NameService;
pub(crate) use self::nodes::Naming;
use self::nodes::Unusable;
use super::Session;
use super::address::Address;
use super::dial;
use super::protocol::reply::{ReplyError, error_line};
use super::servers::{Server, Servers, StandsFor};
use super::wire::{Wire, WireError};
use crate::cas::StoreError;
use crate::cas::shown::quoted;
use crate::cas::store::{Failure, Fault};

/// More than any cluster has to say of its servers: 128 KiB.
const LONGEST: usize = 128 * 1024;

/// The servers could not be found out.
#[derive(Debug)]
pub(crate) enum Undiscovered {
    /// Who was asked did not tell.
    Untold { server: String, error: StoreError },
    /// All was told, and then a server is named twice.
    Twice(String),
}

impl Undiscovered {
    /// Whether the same question may be answered another time.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Undiscovered::Untold { error, .. } => error.may_pass(),
            Undiscovered::Twice(_) => false,
        }
    }
}

/// The servers of the clusters whose configuration endpoints these are; `open` makes a session for an address.
pub(crate) fn clusters(
    endpoints: &Servers,
    naming: Naming,
    open: &dyn Fn(Address) -> Session,
) -> Result<Servers, Undiscovered> {
    let mut found = Vec::new();
    for endpoint in endpoints.iter() {
        let mut session = open(endpoint.address().clone()).taking_values(LONGEST);
        let nodes = session.cluster().and_then(|told| {
            let is_tls = matches!(endpoint.address(), Address::Tls { .. });
            nodes::read(&told, is_tls, naming).map_err(|why| session.not_usable(&why))
        });
        found.push(nodes.map_err(|error| undiscovered(&session, error))?);
    }
    // Clusters do not share servers; if two endpoints are of one, it is told by the name of the second.
    Servers::joined(found)
        .map(Option::unwrap_or_default)
        .map_err(|error| {
            Undiscovered::Twice(format!("{endpoints} tell of the same cluster: {error}"))
        })
}

/// The same servers, each name that stands for others replaced by them; `named` are the name servers to ask for services, in place
/// of the machine's own.
pub(crate) fn looked_up(
    servers: &Servers,
    named: Option<&NameServers>,
    open: &dyn Fn(Address) -> Session,
) -> Result<Servers, Undiscovered> {
    let mut found = Vec::new();
    for server in servers.iter() {
        match server.stands_for() {
            StandsFor::Itself => found.push(Servers::of(server.clone())),
            StandsFor::EachAddress => found.extend(at_each_address(server, open)?),
            StandsFor::EachTarget { port } => {
                let timeout = open(server.address().clone()).timeout;
                found.extend(of_service(server, port, named, timeout)?);
            }
        }
    }
    Servers::joined(found)
        .map(Option::unwrap_or_default)
        .map_err(|error| Undiscovered::Twice(format!("among {servers}, looked up: {error}")))
}

fn at_each_address(
    server: &Server,
    open: &dyn Fn(Address) -> Session,
) -> Result<Vec<Servers>, Undiscovered> {
    let session = open(server.address().clone());
    let addresses = dial::addresses(server.address(), session.timeout);
    let addresses =
        addresses.map_err(|error| undiscovered(&session, session.not_dialled(&error)))?;
    let each = |at| Servers::of(Server::at(server, at));
    Ok(addresses.into_iter().map(each).collect())
}

/// The servers that the name service has of a service, at `port` if there is one.
fn of_service(
    server: &Server,
    port: Option<u16>,
    named: Option<&NameServers>,
    timeout: Duration,
) -> Result<Vec<Servers>, Undiscovered> {
    let name = server.written();
    let undiscovered = |failure| Undiscovered::Untold {
        server: name.into(),
        error: StoreError::Unreachable(failure),
    };
    let unusable = |fault, what: &str| {
        undiscovered(Failure {
            fault,
            message: format!(
                "the name service told of servers of {name} that cannot be used: {what}"
            ),
        })
    };
    let service = NameService::of_this_machine(named);
    let targets = lookup::targets(&service, name, timeout).map_err(undiscovered)?;
    let mut found: Vec<Servers> = Vec::new();
    for target in targets {
        let (host, port) = (target.host.as_str(), port.unwrap_or(target.port));
        if !nodes::is_name(host) || format!("{host}:{port}").parse::<Address>().is_err() {
            let what = format!("{} port {port}", quoted(host.as_bytes()));
            // A server that is starting up may be registered before it has its port.
            let fault = if port == 0 {
                Fault::Dial
            } else {
                Fault::Foreign
            };
            return Err(unusable(fault, &what));
        }
        let one = Servers::of(Server::named(server, host, port));
        // With a port for all, a host that was told with two ports is one server.
        if !found.contains(&one) {
            found.push(one);
        }
    }
    if found.len() > nodes::MOST {
        let what = format!("there are {} of them", found.len());
        return Err(unusable(Fault::Foreign, &what));
    }
    Ok(found)
}

fn undiscovered(session: &Session, error: StoreError) -> Undiscovered {
    Undiscovered::Untold {
        server: session.name(),
        error,
    }
}

impl Session {
    /// What the server says of the cluster that it belongs to.
    fn cluster(&mut self) -> Result<Vec<u8>, StoreError> {
        let mut request = self.request();
        request.cluster();
        let told = self.exchange(&request, |wire, _| config(wire, b"CONFIG cluster "))?;
        if let Some(told) = told {
            return Ok(told);
        }
        // ElastiCache before 1.4.14.
        let mut request = self.request();
        request.cluster_as_item();
        let told = self.exchange(&request, |wire, _| {
            config(wire, b"VALUE AmazonElastiCache:cluster ")
        })?;
        told.ok_or_else(|| {
            StoreError::Refused(format!(
                "{} knows of no cluster: --discover asks the configuration endpoint of ElastiCache or Memorystore; \
                 the servers themselves go by --server",
                self.address
            ))
        })
    }

    fn not_usable(&self, unusable: &Unusable) -> StoreError {
        let Unusable { why, passing } = unusable;
        let message = format!(
            "{} told of a cluster that cannot be used: {why}",
            self.address
        );
        if *passing {
            StoreError::Unable(message)
        } else {
            StoreError::Refused(message)
        }
    }
}

/// Reads the one answer, which begins like this; `None` if the server does not know.
fn config(wire: &mut Wire, beginning: &[u8]) -> Result<Option<Vec<u8>>, ReplyError> {
    let line = wire.line()?;
    if line == b"END" {
        return Ok(None);
    }
    match error_line(&line) {
        Some(ReplyError::Rejected(text)) if text.starts_with("ERROR") => return Ok(None),
        Some(error) => return Err(error),
        None => {}
    }
    // Flags and length; a CAS value behind them would be no harm.
    let length = line.strip_prefix(beginning).and_then(|rest| {
        let mut fields = str::from_utf8(rest).ok()?.split(' ');
        let (_flags, length) = (fields.next()?, fields.next()?);
        length
            .parse::<usize>()
            .ok()
            .filter(|&length| length <= LONGEST)
    });
    let Some(length) = length else {
        return Err(WireError::Garbage(line).into());
    };
    let told = wire.block(length)?;
    match wire.line()? {
        end if end == b"END" => Ok(Some(told)),
        other => Err(WireError::Garbage(other).into()),
    }
}
