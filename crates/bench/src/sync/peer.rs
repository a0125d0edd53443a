//! The peer as two Node processes: express-pouchdb that serves, PouchDB that replicates.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

/// Both processes; they end with it.
pub struct Peer {
    server: Child,
    client: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Where it serves.
    pub address: SocketAddr,
}

/// What a replication said of itself.
#[derive(Debug, Clone, Copy)]
pub struct Replicated {
    /// How long the library's own call took.
    pub seconds: f64,
    /// Documents written at the far end.
    pub written: u64,
}

impl Peer {
    /// Starts both, with their data in `data`. `modules` is a folder with `node_modules`, as npm made it from the
    /// lockfile in `crates/bench/peer`.
    ///
    /// # Errors
    /// When Node or its packages are not there, or the server does not come up.
    pub fn start(modules: &Path, data: &Path) -> Result<Self> {
        ensure!(
            modules.join("node_modules/express-pouchdb").is_dir(),
            "PouchDB is not in {}: ./dev bench sync installs it",
            modules.display()
        );
        let script = modules.join("peer.cjs");
        std::fs::copy(
            onedoor_harness::workspace().join("crates/bench/peer/peer.cjs"),
            &script,
        )?;
        let start = |role: &str| -> Result<Child> {
            let folder: PathBuf = data.join(role);
            std::fs::create_dir_all(&folder)?;
            Command::new("node")
                .arg(&script)
                .args([role.as_ref(), folder.as_os_str()])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .context("node could not be started")
        };
        let (mut server, mut client) = (start("serve")?, start("client")?);
        let mut line = String::new();
        BufReader::new(server.stdout.take().context("no output")?).read_line(&mut line)?;
        let said: Value = serde_json::from_str(&line).context("express-pouchdb did not come up")?;
        let port = said["port"].as_u64().context("no port")? as u16;
        Ok(Peer {
            commands: client.stdin.take().context("no input")?,
            answers: BufReader::new(client.stdout.take().context("no output")?),
            server,
            client,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
        })
    }

    fn ask(&mut self, command: &Value) -> Result<Value> {
        writeln!(self.commands, "{command}")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let answer: Value = serde_json::from_str(&line).context("PouchDB said nothing")?;
        match answer.get("error") {
            Some(error) => bail!("PouchDB: {error}"),
            None => Ok(answer),
        }
    }

    /// Puts documents from a file into a database, in bulk.
    pub fn fill(&mut self, name: &str, file: &Path) -> Result<()> {
        self.ask(&json!({"command": "fill", "name": name, "file": file}))?;
        Ok(())
    }

    /// Puts documents one after the other, each waited for; how many a second.
    pub fn puts(&mut self, name: &str, file: &Path) -> Result<f64> {
        let said = self.ask(&json!({"command": "puts", "name": name, "file": file}))?;
        let number = |name: &str| said[name].as_f64().context("no figure");
        Ok(number("count")? / number("seconds")?)
    }

    /// Puts a document with an attachment of so many random bytes.
    pub fn attach(&mut self, name: &str, bytes: usize) -> Result<()> {
        self.ask(&json!({"command": "attach", "name": name, "bytes": bytes}))?;
        Ok(())
    }

    /// Replicates databases to a server, all at once, each to one of its name; to the end.
    pub fn replicate(&mut self, names: &[&str], server: &str) -> Result<Replicated> {
        let said = self.ask(&json!({"command": "replicate", "names": names, "server": server}))?;
        Ok(Replicated {
            seconds: said["seconds"].as_f64().context("no seconds")?,
            written: said["written"].as_u64().context("no count")?,
        })
    }

    /// Replicates with retry until all has arrived, or the time is over: whether it did, and how long it took.
    pub fn live(&mut self, name: &str, server: &str, most_s: u64) -> Result<(bool, f64)> {
        let said =
            self.ask(&json!({"command": "live", "name": name, "server": server, "most": most_s}))?;
        let arrived = said["arrived"].as_bool().context("no word of it")?;
        Ok((arrived, said["seconds"].as_f64().unwrap_or_default()))
    }

    /// Documents that the server holds in a database, asked directly.
    pub fn held(&mut self, name: &str) -> Result<u64> {
        let server = format!("http://{}", self.address);
        let said = self.ask(&json!({"command": "held", "name": name, "server": server}))?;
        said["docs"].as_u64().context("no count")
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        for child in [&mut self.client, &mut self.server] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
