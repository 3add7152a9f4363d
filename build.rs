//! Has the linker make a release binary smaller, and quicker to start:
//!
//! - It packs the relocations (`DT_RELR`): the usual table has 24 bytes for each of some 4,000 pointers, 98 KB in all; packed, they
//!   are 1 KB.
//! - It leaves out the tables by which a panic finds its way up the stack (`scripts/no-frames.ld`) and their index, 280 KB: in a
//!   release, a panic ends the program at once.
//! - It lays side by side what a short run calls (`scripts/start.ld`), else a `gets` needs some 25 more pages of code, a tenth of
//!   its time.
//!
//! Whether that works depends on the linker and, for the relocations, on the C library, which must be glibc 2.36 or later; so each is
//! tried on a program of one line. A packed binary says what it needs: an older glibc refuses it by name. The packages are linked
//! statically and to a fixed address, and have no such table.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::iter;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const SMALLER: &str = "-Wl,-z,pack-relative-relocs,--no-eh-frame-hdr";

/// Scripts for the linker: the order of the functions, and what is left out.
const SCRIPTS: [&str; 2] = ["scripts/start.ld", "scripts/no-frames.ld"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for script in SCRIPTS {
        println!("cargo::rerun-if-changed={script}");
    }
    let is = |name, value: &str| env::var_os(name).is_some_and(|there| there == value);
    // What is built for another machine cannot be tried here, and without optimisation nobody counts bytes.
    let here = env::var_os("HOST") == env::var_os("TARGET");
    if !is("PROFILE", "release") || !is("CARGO_CFG_TARGET_OS", "linux") || !here {
        return;
    }
    let scripts = SCRIPTS.iter().filter_map(|script| laid_out(script));
    for option in iter::once(SMALLER.into()).chain(scripts) {
        if works(&option) == Some(true) {
            println!("cargo::rustc-link-arg-bins={option}");
        }
    }
}

/// The option that gives the linker this script: a copy in the folder of what is made, whose name cargo keeps right where all of
/// it is moved to another place.
fn laid_out(script: &str) -> Option<String> {
    let folder = env::var("OUT_DIR").ok()?;
    let copy = format!("{folder}/{}", Path::new(script).file_name()?.to_str()?);
    fs::copy(script, &copy).ok()?;
    Some(format!("-Wl,-T,{copy}"))
}

/// Whether a program linked so can be made and runs; nothing if it cannot even be tried.
fn works(option: &str) -> Option<bool> {
    let probe = PathBuf::from(env::var_os("OUT_DIR")?).join("probe");
    let source = probe.with_extension("rs");
    fs::write(&source, "fn main() {}").ok()?;
    let mut compiler = Command::new(env::var_os("RUSTC")?);
    compiler.args(["--crate-name", "probe"]);
    compiler.arg("-C").arg(format!("link-arg={option}"));
    compiler.arg("--target").arg(env::var_os("TARGET")?);
    if let Some(linker) = env::var_os("RUSTC_LINKER") {
        let mut option = OsString::from("linker=");
        option.push(linker);
        compiler.arg("-C").arg(option);
    }
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    compiler.args(flags.split('\u{1f}').filter(|flag| !flag.is_empty()));
    compiler.arg("-o").arg(&probe).arg(&source);
    Some(succeeds(&mut compiler) && succeeds(&mut Command::new(&probe)))
}

fn succeeds(command: &mut Command) -> bool {
    let command = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
