//! A PostgreSQL of a test's own: a temporary cluster on a socket in its own folder, as a user who is not root (it refuses
//! to run as root). Nothing of the system's own PostgreSQL is touched.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The Debian package that brings it.
pub const PACKAGE: &str = "postgresql";

/// A running cluster. Dropping it ends it and removes its folder.
#[derive(Debug)]
pub struct Postgres {
    folder: tempfile::TempDir,
    programs: PathBuf,
    user: Option<String>,
    running: bool,
    /// Where it listens besides its socket, by TLS.
    port: Option<u16>,
}

impl Postgres {
    /// Starts one; `None` where PostgreSQL is not installed.
    ///
    /// # Errors
    /// When it is installed and does not start: the message has its log.
    pub fn start() -> Result<Option<Self>> {
        let Some(programs) = programs() else {
            return Ok(None);
        };
        let folder = tempfile::Builder::new().prefix("onedoor-pg-").tempdir()?;
        let user = if rustix::process::geteuid().is_root() {
            Some(other_user()?)
        } else {
            None
        };
        if let Some(user) = &user {
            run(Command::new("chown").arg(user).arg(folder.path()))?;
        }
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700))?;
        let mut cluster = Postgres {
            folder,
            programs,
            user,
            running: false,
            port: None,
        };
        let data = cluster.data();
        run(cluster
            .command("initdb")
            .args([
                "-U",
                "onedoor",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "-D",
            ])
            .arg(&data))?;
        cluster.go_on()?;
        Ok(Some(cluster))
    }

    /// Starts it again after [`Postgres::stop`] or [`Postgres::kill`].
    ///
    /// # Errors
    /// When it does not start.
    pub fn go_on(&mut self) -> Result<()> {
        let folder = self.folder.path().display();
        let listen = match self.port {
            None => "-c listen_addresses=''".to_owned(),
            Some(port) => format!(
                "-c listen_addresses=127.0.0.1 -c port={port} -c ssl=on -c ssl_cert_file={folder}/tls.pem -c ssl_key_file={folder}/tls.key"
            ),
        };
        let options =
            format!("{listen} -c unix_socket_directories='{folder}' -c max_connections=100");
        let (data, log) = (self.data(), self.folder.path().join("log"));
        run(self
            .command("pg_ctl")
            .args(["-w", "-s", "-t", "60", "-o", &options, "-l"])
            .arg(log)
            .arg("-D")
            .arg(data)
            .arg("start"))
        .with_context(|| self.last_words())?;
        self.running = true;
        Ok(())
    }

    /// Starts it again so that it listens at 127.0.0.1 too, with a certificate and its key (PEM); gives the port. Without
    /// TLS it takes nobody there.
    ///
    /// # Errors
    /// When it does not start.
    pub fn listen_by_tls(&mut self, certificate: &str, key: &str) -> Result<u16> {
        self.stop()?;
        for (name, text) in [("tls.pem", certificate), ("tls.key", key)] {
            let path = self.folder.path().join(name);
            std::fs::write(&path, text)?;
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600))?;
            if let Some(user) = &self.user {
                run(Command::new("chown").arg(user).arg(&path))?;
            }
        }
        let rules = "local all all trust\nhostssl all all 127.0.0.1/32 trust\n";
        let path = self.data().join("pg_hba.conf");
        std::fs::write(&path, rules)?;
        let port = std::net::TcpListener::bind(("127.0.0.1", 0))?
            .local_addr()?
            .port();
        self.port = Some(port);
        self.go_on()?;
        Ok(port)
    }

    /// The end of its log.
    fn last_words(&self) -> String {
        let text = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(15).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// Ends it as an administrator does: connections are cut, everything is written.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop(&mut self) -> Result<()> {
        self.end("fast")
    }

    fn end(&mut self, how: &str) -> Result<()> {
        if !std::mem::take(&mut self.running) {
            return Ok(());
        }
        let data = self.data();
        run(self
            .command("pg_ctl")
            .args(["-w", "-s", "-t", "60", "-m", how, "-D"])
            .arg(data)
            .arg("stop"))
    }

    /// Kills all its processes at once (SIGKILL), as the kernel does when memory is short.
    ///
    /// # Errors
    /// When `/proc` cannot be read or one does not go.
    pub fn kill(&mut self) -> Result<()> {
        self.running = false;
        let data = std::fs::canonicalize(self.data())?;
        // Each of its processes works in its folder, and no other does.
        let living = || -> Result<Vec<rustix::process::Pid>> {
            Ok(std::fs::read_dir("/proc")?
                .filter_map(|entry| {
                    let path = entry.ok()?.path();
                    let pid: i32 = path.file_name()?.to_str()?.parse().ok()?;
                    let there = std::fs::read_link(path.join("cwd")).ok()?;
                    (there == data).then(|| rustix::process::Pid::from_raw(pid))?
                })
                .collect())
        };
        for _ in 0..500 {
            let left = living()?;
            if left.is_empty() {
                // Where nobody reaps the dead, their numbers still look alive: what they locked is given up by hand.
                let _ = std::fs::remove_file(self.data().join("postmaster.pid"));
                let _ = std::fs::remove_file(self.folder.path().join(".s.PGSQL.5432.lock"));
                return Ok(());
            }
            for pid in left {
                let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        bail!("processes of {} do not end", data.display())
    }

    /// The address of a database in it.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!(
            "postgresql:///{database}?user=onedoor&host={}",
            self.folder.path().display()
        )
    }

    /// Makes an empty database, and gives its address.
    ///
    /// # Errors
    /// When there is one of this name.
    pub fn database(&self, name: &str) -> Result<String> {
        let host = self.folder.path().to_owned();
        run(self
            .command("createdb")
            .args(["-U", "onedoor", "-h"])
            .arg(host)
            .arg(name))?;
        Ok(self.url(name))
    }

    /// Where its files lie, to be searched.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A program of PostgreSQL's, as the user who runs it.
    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = match &self.user {
            None => Command::new(program),
            Some(user) => {
                let mut command = Command::new("setpriv");
                command
                    .args(["--reuid", user, "--regid"])
                    .arg(group(user))
                    .arg("--clear-groups")
                    .arg("--")
                    .arg(program);
                command
            }
        };
        command.current_dir("/").env("LC_ALL", "C");
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = self.end("immediate");
    }
}

fn run(command: &mut Command) -> Result<()> {
    // pg_ctl leaves the server with its own standard output: a pipe would stay open as long as the server lives.
    let errors = tempfile::tempfile()?;
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(errors.try_clone()?)
        .status()
        .with_context(|| format!("{command:?}"))?;
    if status.success() {
        return Ok(());
    }
    use std::io::{Read, Seek};
    let (mut errors, mut text) = (errors, String::new());
    errors.rewind()?;
    errors.read_to_string(&mut text)?;
    bail!("{command:?}: {status}: {text}")
}

/// The folder of the newest version's programs.
fn programs() -> Option<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let version = path.file_name()?.to_str()?.parse().ok()?;
            Some((version, path.join("bin")))
        })
        .filter(|(_, path)| path.join("initdb").is_file())
        .collect();
    found.sort();
    let newest = found.pop().map(|(_, path)| path);
    newest.or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(|folder| folder.join("initdb").is_file())
    })
}

/// A user who is not root: the one that the package made, or the one that owns nothing.
fn other_user() -> Result<String> {
    let users = std::fs::read_to_string("/etc/passwd")?;
    ["postgres", "nobody"]
        .into_iter()
        .find(|name| {
            users
                .lines()
                .any(|line| line.starts_with(&format!("{name}:")))
        })
        .map(str::to_owned)
        .context("neither user postgres nor nobody is here")
}

/// The number of a user's own group.
fn group(user: &str) -> String {
    std::fs::read_to_string(Path::new("/etc/passwd"))
        .unwrap_or_default()
        .lines()
        .find(|line| line.starts_with(&format!("{user}:")))
        .and_then(|line| line.split(':').nth(3).map(str::to_owned))
        .unwrap_or_else(|| "65534".to_owned())
}
