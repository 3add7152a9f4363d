//! All servers that are observed, as one.

use std::sync::Arc;
use std::time::Instant;

use super::observation::Observation;
use crate::cas::StoreError;
use crate::client::{Session, at_once};
use crate::contention::{By, Findings, Scope, Tally, Watched};

/// All servers that are observed, and those that could not be.
pub(super) struct Field {
    places: Vec<Place>,
    started: Instant,
}

/// One server.
enum Place {
    Observed(Box<Observation>),
    /// Nothing is known of it, and why.
    Closed(Arc<str>, StoreError),
}

impl Field {
    /// Attaches to the logs of all servers at once; `tally` makes what counts one of so many. With `max_drop` reads are
    /// watched too, as long as a server drops no more of its log than that.
    pub(super) fn begin(
        servers: Vec<Session>,
        tally: &(dyn Fn(usize) -> Tally + Sync),
        max_drop: Option<f64>,
    ) -> Field {
        let several = servers.len();
        let places = at_once(servers, |server: Session| {
            let name: Arc<str> = server.name().into();
            match Observation::begin(server, tally(several), max_drop) {
                Ok(observation) => Place::Observed(Box::new(observation)),
                Err(error) => Place::Closed(name, error),
            }
        });
        Field {
            places,
            started: Instant::now(),
        }
    }

    /// When all servers were attached to.
    pub(super) fn started(&self) -> Instant {
        self.started
    }

    /// What people call it.
    pub(super) fn name(&self) -> String {
        match self.places.as_slice() {
            [place] => place.server().to_string(),
            several => format!("{} servers", several.len()),
        }
    }

    /// Whether any server was observed at all.
    pub(super) fn has_begun(&self) -> bool {
        let observed = |place: &Place| matches!(place, Place::Observed(_));
        self.places.iter().any(observed)
    }

    /// Whether any server is still observed.
    pub(super) fn goes_on(&self) -> bool {
        self.places.iter().any(|place| place.failure().is_none())
    }

    /// Which servers are not observed, or not any more, and why.
    pub(super) fn failures(&self) -> Vec<(&str, StoreError)> {
        let failures = self.places.iter().filter_map(|place| {
            let error = place.failure()?;
            Some((place.server().as_ref(), error))
        });
        failures.collect()
    }

    /// Keeps the servers' logging threads awake: to be called about ten times a second.
    pub(super) fn keep_awake(&mut self) {
        for_each(self.open(), &|observation| observation.keep_awake());
    }

    /// The findings of the interval that ends now; the next one begins.
    pub(super) fn interval(&mut self, by: By) -> Findings {
        let found = at_once(
            self.places.iter_mut().collect(),
            |place: &mut Place| match place {
                Place::Observed(observation) => observation.interval(by),
                Place::Closed(server, error) => unseen(server, error, by, Scope::Interval),
            },
        );
        joined(found, by, Scope::Interval)
    }

    /// The findings of the whole time, until now or until it was stopped.
    pub(super) fn whole(&self, by: By) -> Findings {
        let found = self.places.iter().map(|place| match place {
            Place::Observed(observation) => observation.whole(by),
            Place::Closed(server, error) => unseen(server, error, by, Scope::Whole),
        });
        joined(found.collect(), by, Scope::Whole)
    }

    /// Ends the time, and waits for what the servers have yet to tell of it.
    pub(super) fn stop(&mut self) {
        for_each(self.observations(), &|observation| observation.stop());
    }

    fn observations(&mut self) -> Vec<&mut Observation> {
        let places = self.places.iter_mut();
        places
            .filter_map(|place| match place {
                Place::Observed(observation) => Some(&mut **observation),
                Place::Closed(..) => None,
            })
            .collect()
    }

    /// Those that have not failed.
    fn open(&mut self) -> Vec<&mut Observation> {
        let mut observations = self.observations();
        observations.retain(|observation| observation.failure().is_none());
        observations
    }
}

impl Place {
    fn server(&self) -> &Arc<str> {
        match self {
            Place::Observed(observation) => observation.server(),
            Place::Closed(server, _) => server,
        }
    }

    fn failure(&self) -> Option<StoreError> {
        match self {
            Place::Observed(observation) => observation.failure(),
            Place::Closed(_, error) => Some(error.clone()),
        }
    }
}

/// What is found of a server that is not observed.
fn unseen(server: &Arc<str>, error: &StoreError, by: By, scope: Scope) -> Findings {
    let watched = Watched {
        server: Arc::clone(server),
        failure: Some(error.to_string()),
        ..Watched::default()
    };
    Findings {
        servers: vec![watched],
        ..Tally::new(Vec::new()).findings(by, scope)
    }
}

fn joined(found: Vec<Findings>, by: By, scope: Scope) -> Findings {
    Findings::joined(found).unwrap_or_else(|| Tally::new(Vec::new()).findings(by, scope))
}

fn for_each(observations: Vec<&mut Observation>, act: &(dyn Fn(&mut Observation) + Sync)) {
    at_once(observations, act);
}
