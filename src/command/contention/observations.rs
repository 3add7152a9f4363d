//! All servers that are observed, as one.

use std::sync::Arc;
use std::time::Instant;

use super::observation::Observation;
use super::source::Source;
use crate::cas::StoreError;
use crate::client::{Session, at_once};
use crate::contention::{By, Findings, Scope, Tally, Watched};
use crate::exit::Exit;

/// All servers that are observed, and those that could not be.
pub(super) struct Observations {
    places: Vec<Place>,
    started: Instant,
}

/// One server.
enum Place {
    Observed(Box<Observation>),
    /// Nothing is known of it, and why.
    Closed(Arc<str>, StoreError),
}

impl Observations {
    /// Attaches to the logs of all servers at once; `tally` makes what counts one of so many. With `max_drop` reads are
    /// watched too, as long as a server drops no more of its log than that.
    pub(super) fn begin(
        servers: Vec<Session>,
        tally: &(dyn Fn(usize) -> Tally + Sync),
        max_drop: Option<f64>,
    ) -> Observations {
        let several = servers.len();
        let places = at_once(servers, |server: Session| {
            let name: Arc<str> = server.name().into();
            match Observation::begin(server, tally(several), max_drop) {
                Ok(observation) => Place::Observed(Box::new(observation)),
                Err(error) => Place::Closed(name, error),
            }
        });
        Observations {
            places,
            started: Instant::now(),
        }
    }

    /// Which servers are not observed, or not any more, and why.
    pub(super) fn closed(&self) -> Vec<(&str, StoreError)> {
        let closed = self.places.iter().filter_map(|place| {
            let error = place.failure()?;
            Some((place.server().as_ref(), error))
        });
        closed.collect()
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

impl Source for Observations {
    fn started(&self) -> Instant {
        self.started
    }

    fn name(&self) -> String {
        match self.places.as_slice() {
            [place] => place.server().to_string(),
            several => format!("{} servers", several.len()),
        }
    }

    fn has_begun(&self) -> bool {
        let observed = |place: &Place| matches!(place, Place::Observed(_));
        self.places.iter().any(observed)
    }

    fn goes_on(&self) -> bool {
        self.places.iter().any(|place| place.failure().is_none())
    }

    fn failures(&self) -> Vec<(Exit, String)> {
        let failures = self.closed().into_iter();
        failures
            .map(|(_, error)| (Exit::of(&error), error.to_string()))
            .collect()
    }

    fn keep_awake(&mut self) {
        for_each(self.open(), &|observation| observation.keep_awake());
    }

    fn interval(&mut self, by: By) -> Findings {
        let found = at_once(
            self.places.iter_mut().collect(),
            |place: &mut Place| match place {
                Place::Observed(observation) => observation.interval(by),
                Place::Closed(server, error) => unseen(server, error, by, Scope::Interval),
            },
        );
        joined(found, by, Scope::Interval)
    }

    fn whole(&self, by: By) -> Findings {
        let found = self.places.iter().map(|place| match place {
            Place::Observed(observation) => observation.whole(by),
            Place::Closed(server, error) => unseen(server, error, by, Scope::Whole),
        });
        joined(found.collect(), by, Scope::Whole)
    }

    fn stop(&mut self) {
        for_each(self.observations(), &|observation| observation.stop());
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
        ..Findings::empty(by, scope)
    }
}

fn joined(found: Vec<Findings>, by: By, scope: Scope) -> Findings {
    Findings::joined(found).unwrap_or_else(|| Findings::empty(by, scope))
}

fn for_each(observations: Vec<&mut Observation>, act: &(dyn Fn(&mut Observation) + Sync)) {
    at_once(observations, act);
}
