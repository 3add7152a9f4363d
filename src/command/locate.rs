//! `mccas locate`: which of several servers holds a key.

use super::{Context, Subcommand, args, connect};
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
    fn asks_servers(&self) -> bool {
        false
    }

    fn asks_by_key(&self) -> bool {
        false
    }

    fn run(&self, context: &mut Context) -> anyhow::Result<Exit> {
        let ring = connect::ring(context.settings)?;
        let servers: Vec<String> = context
            .settings
            .servers
            .iter()
            .map(|server| server.address().to_string())
            .collect();
        let located: Vec<(&Key, &str)> = self
            .keys
            .iter()
            .map(|key| (key, servers[ring.server_of(key.as_bytes())].as_str()))
            .collect();
        if !context.out.json() {
            let aligned = context.out.terminal();
            for line in text::located(&located, context.out.paint(), aligned) {
                context.out.line(&line)?;
            }
            return Ok(Exit::Done);
        }
        for (key, server) in located {
            let server = Some(server.to_string());
            let report = Report::of(Status::Located).key(key);
            context.out.object(&Report { server, ..report })?;
        }
        Ok(Exit::Done)
    }
}
