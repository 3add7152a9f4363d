//! The modules of a program, and which names each of them uses, read from their tokens.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// A path of names: `crate::cas::Key` is `["crate", "cas", "Key"]`.
pub(super) type Path = Vec<String>;

/// What one module says.
#[derive(Debug, Default)]
pub(super) struct Module {
    pub(super) children: BTreeSet<String>,
    /// What each imported name stands for, and whether others may import it from here.
    pub(super) imports: BTreeMap<String, Import>,
    /// Modules of which all names are imported.
    pub(super) globs: Vec<Path>,
    /// Paths of two names and more in code.
    pub(super) paths: BTreeSet<Path>,
    /// All names in code.
    pub(super) words: BTreeSet<String>,
    /// Names in the arguments of macros.
    pub(super) arguments: BTreeSet<String>,
}

#[derive(Debug)]
pub(super) struct Import {
    pub(super) path: Path,
    pub(super) public: bool,
}

/// All modules, by their path from `crate` on.
pub(super) type Modules = BTreeMap<Path, Module>;

/// Reads the module at `path` and those that it declares; `source` knows the text of each.
pub(super) fn read(path: &[String], source: &dyn Fn(&[String]) -> String, into: &mut Modules) {
    let text = source(path);
    let tokens: TokenStream = text.parse().expect("source that can be read");
    read_tokens(path, tokens, source, into);
}

fn read_tokens(
    path: &[String],
    tokens: TokenStream,
    source: &dyn Fn(&[String]) -> String,
    into: &mut Modules,
) {
    let mut module = Module::default();
    let mut inner = Vec::new();
    module.read(tokens, &mut inner);
    for (name, body) in inner {
        let mut child = path.to_vec();
        child.push(name);
        match body {
            Some(body) => read_tokens(&child, body, source, into),
            None => read(&child, source, into),
        }
    }
    into.insert(path.to_vec(), module);
}

/// The modules declared in a module, with their tokens if they stand there.
type Declared = Vec<(String, Option<TokenStream>)>;

impl Module {
    fn read(&mut self, tokens: TokenStream, declared: &mut Declared) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        let mut public = false;
        while at < tokens.len() {
            let rest = &tokens[at..];
            at += match word(&rest[0]).as_deref() {
                None if is(&rest[0], '#') => self.attribute(rest),
                Some("use") if !rest.get(1).is_some_and(|next| is(next, '<')) => {
                    self.import(rest, std::mem::take(&mut public))
                }
                Some("mod") => {
                    public = false;
                    self.declare(rest, declared)
                }
                Some("macro_rules") => 3.min(rest.len()),
                Some("pub") => {
                    public = true;
                    // What stands in `pub(in ...)` is no use of it.
                    1 + usize::from(group(rest.get(1), Delimiter::Parenthesis).is_some())
                }
                Some(_) => {
                    public = false;
                    self.path(&tokens, at)
                }
                None => {
                    if let TokenTree::Group(group) = &rest[0] {
                        self.read(group.stream(), declared);
                    }
                    1
                }
            };
        }
    }

    /// An attribute; with `cfg(test)` also the item that it stands before. How many tokens that is.
    fn attribute(&mut self, tokens: &[TokenTree]) -> usize {
        let Some(attribute) = group(tokens.get(1), Delimiter::Bracket) else {
            return 1;
        };
        if attribute.stream().to_string().replace(' ', "") != "cfg(test)" {
            // Derives name what they derive from.
            self.paths_of(attribute.stream());
            return 2;
        }
        let mut is_import = false;
        for (at, token) in tokens.iter().enumerate().skip(2) {
            is_import |= word(token).is_some_and(|word| word == "use");
            let is_body = group(Some(token), Delimiter::Brace).is_some() && !is_import;
            if is_body || is(token, ';') {
                return at + 1;
            }
        }
        tokens.len()
    }

    fn paths_of(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            if let TokenTree::Group(group) = &tokens[at] {
                self.paths_of(group.stream());
            }
            at += match word(&tokens[at]) {
                Some(_) => self.path(&tokens, at),
                None => 1,
            };
        }
    }

    fn declare(&mut self, tokens: &[TokenTree], declared: &mut Declared) -> usize {
        if let Some(name) = tokens.get(1).and_then(word) {
            let body = group(tokens.get(2), Delimiter::Brace).map(Group::stream);
            self.children.insert(name.clone());
            declared.push((name, body));
        }
        3.min(tokens.len())
    }

    /// A path in code, or a single name, at a place in the tokens. How many tokens it takes.
    fn path(&mut self, all: &[TokenTree], at: usize) -> usize {
        let (before, tokens) = all.split_at(at);
        let (path, length) = path(tokens);
        // The rest of `<T as Trait>::name` or of `value.name`.
        let is_rest = match before {
            [.., one, other] if is(other, ':') => is(one, ':'),
            [.., dot] => is(dot, '.'),
            [] => false,
        };
        if is_rest {
            return length;
        }
        if tokens.get(length).is_some_and(|next| is(next, '!'))
            && let Some(TokenTree::Group(arguments)) = tokens.get(length + 1)
        {
            self.arguments.extend(words(arguments.stream()));
        }
        self.words.insert(path[0].clone());
        if path.len() > 1 {
            self.paths.insert(path);
        }
        length
    }

    /// An import, up to its semicolon.
    fn import(&mut self, tokens: &[TokenTree], public: bool) -> usize {
        let end = tokens.iter().position(|token| is(token, ';'));
        let end = end.unwrap_or(tokens.len());
        self.tree(&tokens[1..end], &[], public);
        end + 1
    }

    fn tree(&mut self, tokens: &[TokenTree], prefix: &[String], public: bool) {
        for branch in tokens.split(|token| is(token, ',')) {
            if branch.is_empty() {
                continue;
            }
            let (names, length) = path(branch);
            let mut full = prefix.to_vec();
            full.extend(names);
            let rest = &branch[length..];
            if let Some(group) = rest
                .iter()
                .find_map(|token| group(Some(token), Delimiter::Brace))
            {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                self.tree(&inner, &full, public);
            } else if rest.iter().any(|token| is(token, '*')) {
                self.globs.push(full);
            } else {
                if full.len() > 1 && full.last().is_some_and(|last| last == "self") {
                    full.pop();
                }
                let renamed = rest.last().and_then(word);
                let name = renamed.or_else(|| full.last().cloned()).unwrap_or_default();
                self.imports.insert(name, Import { path: full, public });
            }
        }
    }
}

/// The names at the beginning, joined by `::`, and how many tokens they take.
fn path(tokens: &[TokenTree]) -> (Path, usize) {
    let mut names: Path = tokens.first().and_then(word).into_iter().collect();
    let mut length = names.len();
    while let [colon, other, next, ..] = &tokens[length.min(tokens.len())..]
        && !names.is_empty()
        && is(colon, ':')
        && is(other, ':')
        && let Some(name) = word(next)
    {
        names.push(name);
        length += 3;
    }
    (names, length)
}

fn words(tokens: TokenStream) -> Vec<String> {
    let of_token = |token| match token {
        TokenTree::Group(group) => words(group.stream()),
        token => word(&token).into_iter().collect(),
    };
    tokens.into_iter().flat_map(of_token).collect()
}

fn word(token: &TokenTree) -> Option<String> {
    match token {
        TokenTree::Ident(word) => Some(word.to_string()),
        _ => None,
    }
}

fn is(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}

fn group(token: Option<&TokenTree>, delimiter: Delimiter) -> Option<&Group> {
    match token {
        Some(TokenTree::Group(group)) if group.delimiter() == delimiter => Some(group),
        _ => None,
    }
}
