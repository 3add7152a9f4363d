//! `mccas locate`: which of several servers holds a key.

use super::{Context, Subcommand, args};
use crate::cas::Key;
use crate::exit::Exit;
use crate::output::report::{Report, Status};
use crate::output::text;

/// Print the server that holds each key
///
/// Nothing is asked: the scheme of --hash decides, as the application's client does it. Whether a key is there, and where else,
/// gets --all-servers says.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  export MCCAS_SERVER=cache1,cache2,cache3 MCCAS_HASH=ketama
  mccas locate session:17 user:4          one line per key: KEY  SERVER
  mccas locate --json session:17 | jq -r .server

The names of the servers count, not their addresses: give them as the application has them, and in the same order.")]
pub(crate) struct Args {
    /// The keys to find the servers of
    #[arg(required = true, value_name = "KEY", value_parser = args::key())]
    keys: Vec<Key>,
}

impl Subcommand for Args {
    fn keys(&self) -> &[Key] {
        &self.keys
    }

    fn talks(&self) -> bool {
        false
    }

    fn run(&self, context: &mut Context) -> anyhow::Result<Exit> {
        let servers: Vec<String> = self.keys.iter().map(|key| context.server(key)).collect();
        if context.out.json() {
            for (key, server) in self.keys.iter().zip(servers) {
                let server = Some(server);
                let report = Report::of(Status::Located).key(key);
                context.out.object(&Report { server, ..report })?;
            }
            return Ok(Exit::Done);
        }
        let servers = servers.iter().map(String::as_str);
        let located: Vec<(&Key, &str)> = self.keys.iter().zip(servers).collect();
        let aligned = context.out.terminal();
        for line in text::located(&located, context.out.paint(), aligned) {
            context.out.line(&line)?;
        }
        Ok(Exit::Done)
    }
}
