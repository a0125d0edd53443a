//! The county's hub as a program of its own, on a free port of this machine.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// A running hub. Dropping it kills it, as a power cut would.
#[derive(Debug)]
pub struct Hub {
    child: Child,
    url: String,
    database: String,
    key: PathBuf,
}

impl Hub {
    /// Starts a hub with its database and credential in `folder`; `listen` is an address such as `127.0.0.1:0`.
    ///
    /// # Errors
    /// When the program is not built, does not start, or says nothing.
    pub fn start(folder: &Path, listen: &str) -> Result<Self> {
        let database = format!("sqlite:{}", folder.join("hub.db").display());
        Self::start_with(folder, &database, listen, &[])
    }

    /// As [`Hub::start`], with any database (`sqlite:FILE`, `postgres://…`) and more arguments.
    ///
    /// # Errors
    /// As [`Hub::start`].
    pub fn start_with(
        folder: &Path,
        database: &str,
        listen: &str,
        arguments: &[&str],
    ) -> Result<Self> {
        let key = folder.join("hub.key");
        let program = crate::program("onedoor-hub")?;
        if !key.exists() {
            let made = Command::new(&program)
                .args(["--database", database, "--key"])
                .arg(&key)
                .args(["keys", "new"])
                .output()?;
            ensure!(
                made.status.success(),
                "the hub made no keys: {}",
                String::from_utf8_lossy(&made.stderr)
            );
        }
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(folder.join("hub.log"))?;
        let mut child = Command::new(program)
            .args(["--database", database, "--listen", listen, "--key"])
            .arg(&key)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("the hub could not be started")?;
        let output = child.stdout.take().context("no standard output")?;
        let (sender, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            // Read to the end, or the hub would one day wait for somebody to read.
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let address = line
                    .split_once(" serves at ")
                    .and_then(|(_, rest)| rest.split_whitespace().next());
                if let Some(address) = address {
                    let _ = sender.send(address.to_owned());
                }
            }
        });
        let Ok(url) = told.recv_timeout(crate::kiosk::PATIENCE) else {
            let _ = child.kill();
            let log = std::fs::read_to_string(folder.join("hub.log")).unwrap_or_default();
            bail!("the hub did not serve:\n{log}");
        };
        Ok(Self {
            child,
            url,
            database: database.to_owned(),
            key,
        })
    }

    /// Where it serves: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Runs a command of the hub's on the same database, while it serves, and gives what it said.
    ///
    /// # Errors
    /// When it fails, with what it said.
    pub fn run(&self, arguments: &[&str]) -> Result<String> {
        let said = Command::new(crate::program("onedoor-hub")?)
            .args(["--database", &self.database, "--key"])
            .arg(&self.key)
            .args(arguments)
            .output()?;
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        ensure!(
            said.status.success(),
            "onedoor-hub {}: {text}{}",
            arguments.join(" "),
            String::from_utf8_lossy(&said.stderr)
        );
        Ok(text)
    }

    /// Pulls its plug (SIGKILL).
    ///
    /// # Errors
    /// When it cannot be killed.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
