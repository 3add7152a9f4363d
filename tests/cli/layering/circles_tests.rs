//! The search for circles, on made-up programs.

use super::circles::circles;
use super::modules::{self, Modules};

/// The circles of a program whose modules have these texts; the one without a name is the root.
fn circles_in(sources: &[(&str, &str)]) -> Vec<String> {
    let source = |path: &[String]| {
        let path = path[1..].join("::");
        let text = sources.iter().find(|(name, _)| *name == path);
        text.unwrap_or_else(|| panic!("no {path}")).1.to_string()
    };
    let mut modules = Modules::new();
    modules::read(&["crate".into()], &source, &mut modules);
    circles(&modules).into_iter().collect()
}

/// Two modules side by side.
fn pair(a: &str, b: &str) -> Vec<String> {
    circles_in(&[("", "mod a; mod b;"), ("a", a), ("b", b)])
}

#[test]
fn two_modules_that_know_each_other_are_a_circle() {
    let expected = "crate::a -> crate::b (crate::b::B), crate::b -> crate::a (crate::a::A)";
    let found = pair(
        "use crate::b::B; struct A(B);",
        "use crate::a::A; struct B(A);",
    );
    assert!(found.iter().any(|circle| circle == expected), "{found:?}");
    // However it is written.
    for (a, b) in [
        ("use super::b::B;", "use super::a::A;"),
        ("use super::b::{self, B};", "use crate::{a::A, a::C as D};"),
        ("fn f() { crate::b::g() }", "fn g() -> super::a::A {}"),
        (
            "use super::b; fn f() { b::g() }",
            "use crate::a as c; fn g() { c::f() }",
        ),
        (
            "fn f() { println!(\"{}\", super::b::B) }",
            "#[derive(super::a::A)] struct B;",
        ),
        ("use crate::b::*;", "fn g() { use crate::a::A; }"),
    ] {
        assert!(!pair(a, b).is_empty(), "{a} / {b}");
    }
}

#[test]
fn a_way_without_return_is_none() {
    for (a, b) in [
        ("use crate::b::B;", "struct B;"),
        (
            "use crate::b::B;",
            "use std::fmt; fn a() { a::b() } mod inner { use super::B; }",
        ),
        (
            "use crate::b::B;",
            "// use crate::a::A;\n/// [`A`](crate::a::A)\nstruct B;",
        ),
        (
            "use crate::b::B;",
            "#[cfg(test)] mod tests { use crate::a::A; }",
        ),
        (
            "use crate::b::B;",
            "#[cfg(test)] use crate::a::{A, C}; struct B;",
        ),
        ("use crate::b::B;", "const B: &str = \"crate::a::A\";"),
        ("use crate::b::B;", "use crate::a;"),
        ("use crate::b::B;", "pub(in crate::a) struct B;"),
    ] {
        assert_eq!(pair(a, b), [""; 0], "{a} / {b}");
    }
}

#[test]
fn a_circle_can_be_long() {
    let found = circles_in(&[
        ("", "mod a; mod b; mod c;"),
        ("a", "use super::b::B;"),
        ("b", "use super::c::C;"),
        ("c", "use super::a::A;"),
    ]);
    assert!(
        found
            .iter()
            .all(|circle| circle.matches(" -> ").count() == 3)
            && !found.is_empty(),
        "{found:?}"
    );
}

#[test]
fn a_re_export_is_a_signpost() {
    let program = |parent, one| {
        circles_in(&[
            ("", "mod parent;"),
            ("parent", parent),
            ("parent::one", one),
            ("parent::other", "pub struct Other;"),
        ])
    };
    let shows = "mod one; mod other; pub use one::One; pub(crate) use self::other::Other;";
    // The children use each other through their parent, which only points.
    let none: [&str; 0] = [];
    assert_eq!(program(shows, "use super::Other; struct One(Other);"), none);
    assert_eq!(program(shows, "use crate::parent::Other;"), none);
    // A parent that uses what it shows is at the top, as long as the child does not use the parent's own.
    let uses = format!("{shows} struct Own(One);");
    assert_eq!(program(&uses, "use super::Other;"), none);
    assert!(!program(&uses, "use super::Own;").is_empty());
    assert!(!program(&uses, "fn f() { super::Own }").is_empty());
    // The signpost may stand in a private import as well.
    let imports = "mod one; mod other; use one::One; struct Own(One);";
    assert!(!program(imports, "use super::Own;").is_empty());
}

#[test]
fn a_list_of_modules_in_a_macro_uses_them() {
    let program = |one| {
        circles_in(&[
            ("", "mod parent;"),
            ("parent", "mod one; struct Own; list! { One: one, }"),
            ("parent::one", one),
        ])
    };
    assert!(program("struct Args;").is_empty());
    assert!(!program("use super::Own;").is_empty());
}

#[test]
fn folders_are_compared_as_wholes() {
    let found = circles_in(&[
        ("", "mod a; mod b;"),
        ("a", "mod x; mod y;"),
        ("a::x", "use crate::b::x::X;"),
        ("a::y", "pub struct Y;"),
        ("b", "pub mod x; mod y;"),
        ("b::x", "pub struct X;"),
        ("b::y", "use crate::a::y::Y;"),
    ]);
    let expected = "crate::a -> crate::b (crate::b::x::X in crate::a::x), \
                    crate::b -> crate::a (crate::a::y::Y in crate::b::y)";
    assert_eq!(found, [expected]);
}
