//! Circles among the modules of a program.
//!
//! A module depends on another if it names something that the other defines. Three rules make that useful:
//!
//! - **Whoever defines a name is depended on**, whatever way the name comes by. A re-export (`pub use child::Name`) is a
//!   signpost: who follows it depends on the child, not on the parent; and the parent, which only points, depends on
//!   nothing unless its own code uses the name. So a parent may show its children's names, and the children may use each
//!   other's through it. But a parent that uses its child while the child uses what the parent itself defines is a circle.
//! - **Naming a module alone is no dependency** (`use crate::output;`, `mod child;`), only a name in it is. An exception
//!   are modules given to a macro by their bare names, as the list of subcommands does.
//! - **At every level**: two folders that know each other are a circle even if no two of their files do. So for each
//!   module, its children are compared as wholes, beginning with the layers below `src/`.
//!
//! Code for tests only is free. What is not seen: methods, which need no path; names that come by a glob import of a
//! re-export count as the importing module's own.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::modules::{Module, Modules, Path};

/// Who depends on whom, and by which name.
type Graph = BTreeMap<Path, BTreeMap<Path, String>>;

/// The circles, each as a sentence: at the level of single modules, and of those with all that is below them.
pub(super) fn circles(modules: &Modules) -> BTreeSet<String> {
    let graph = graph(modules);
    let mut found = circles_of(&graph);
    for parent in modules.keys() {
        found.extend(circles_of(&children(&graph, parent)));
    }
    found
}

fn graph(modules: &Modules) -> Graph {
    let mut graph = Graph::new();
    for (at, module) in modules {
        let imported = module
            .imports
            .iter()
            .filter(|(name, import)| !import.public || module.words.contains(*name))
            .map(|(_, import)| &import.path);
        let named = imported.chain(&module.paths);
        let mut edges: BTreeMap<Path, String> = named
            .filter_map(|path| Some((definer(modules, at, path)?, path.join("::"))))
            .collect();
        for glob in &module.globs {
            if let Some(Found::Module(whole)) = find(modules, at, glob, 0) {
                edges.insert(whole, glob.join("::") + "::*");
            }
        }
        for child in module.children.intersection(&module.arguments) {
            edges.insert(below(at, child), format!("{child} in a macro"));
        }
        edges.remove(at);
        graph.insert(at.clone(), edges);
    }
    graph
}

/// The children of a module as wholes.
fn children(graph: &Graph, parent: &[String]) -> Graph {
    let child = |path: &Path| {
        let is_below = path.len() > parent.len() && path.starts_with(parent);
        is_below.then(|| path[..=parent.len()].to_vec())
    };
    let mut wholes = Graph::new();
    for (from, edges) in graph {
        for (to, name) in edges {
            if let (Some(one), Some(other)) = (child(from), child(to))
                && one != other
            {
                let why = format!("{name} in {}", from.join("::"));
                wholes.entry(one).or_default().entry(other).or_insert(why);
            }
        }
    }
    wholes
}

/// The shortest circle through each module that is in one.
fn circles_of(graph: &Graph) -> BTreeSet<String> {
    let mut circles = BTreeSet::new();
    let mut told: BTreeSet<&Path> = BTreeSet::new();
    for start in graph.keys() {
        if told.contains(start) {
            continue;
        }
        if let Some(circle) = shortest(graph, start) {
            let steps = circle.windows(2).map(|step| {
                let why = &graph[step[0]][step[1]];
                format!("{} -> {} ({why})", step[0].join("::"), step[1].join("::"))
            });
            circles.insert(steps.collect::<Vec<_>>().join(", "));
            told.extend(circle);
        }
    }
    circles
}

fn shortest<'a>(graph: &'a Graph, start: &'a Path) -> Option<Vec<&'a Path>> {
    let mut came_from: BTreeMap<&Path, &Path> = BTreeMap::new();
    let mut next = VecDeque::from([start]);
    while let Some(at) = next.pop_front() {
        for to in graph.get(at).into_iter().flat_map(BTreeMap::keys) {
            if to == start {
                let mut way = vec![start];
                let mut back = at;
                while back != start {
                    way.push(back);
                    back = came_from[back];
                }
                way.push(start);
                way.reverse();
                return Some(way);
            }
            if !came_from.contains_key(to) {
                came_from.insert(to, at);
                next.push_back(to);
            }
        }
    }
    None
}

/// What a path leads to.
enum Found {
    Module(Path),
    /// A name that this module defines.
    Name(Path),
}

/// The module that defines what a path names; `None` for a module, and for what is not of this program.
fn definer(modules: &Modules, at: &[String], path: &[String]) -> Option<Path> {
    match find(modules, at, path, 0)? {
        Found::Name(definer) => Some(definer),
        Found::Module(_) => None,
    }
}

fn find(modules: &Modules, at: &[String], path: &[String], depth: usize) -> Option<Found> {
    // An import that leads to itself leads nowhere; neither does one of another crate's name.
    if depth > 20 {
        return None;
    }
    let (first, mut rest) = path.split_first()?;
    let mut here = at.to_vec();
    match first.as_str() {
        "crate" => here.truncate(1),
        "self" => {}
        "super" => {
            here.pop();
            while let Some(("super", further)) = rest
                .split_first()
                .map(|(name, further)| (name.as_str(), further))
            {
                here.pop();
                rest = further;
            }
        }
        name => {
            let module = modules.get(at)?;
            // Its own child, or something imported; any other name is a crate's or of its own making.
            if !module.children.contains(name) && !leads_on(module, path) {
                return None;
            }
            rest = path;
        }
    }
    for (index, name) in rest.iter().enumerate() {
        let module = modules.get(&here)?;
        let child = below(&here, name);
        if modules.contains_key(&child) {
            here = child;
        } else if let Some(import) = module.imports.get(name) {
            let target: Path = import
                .path
                .iter()
                .chain(&rest[index + 1..])
                .cloned()
                .collect();
            return find(modules, &here, &target, depth + 1);
        } else {
            return Some(Found::Name(here));
        }
    }
    Some(Found::Module(here))
}

/// Whether the first name of a path is imported from elsewhere (and is not the name of a crate that is used as it is).
fn leads_on(module: &Module, path: &[String]) -> bool {
    let import = path.first().and_then(|name| module.imports.get(name));
    import.is_some_and(|import| import.path != path)
}

fn below(path: &[String], name: &str) -> Path {
    let mut path = path.to_vec();
    path.push(name.into());
    path
}
