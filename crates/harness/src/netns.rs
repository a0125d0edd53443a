//! Two network namespaces with a slow, lossy line between them: a real TCP over real packets. Needs root, `ip`, `tc` and
//! `nft`; where one is missing [`Net::new`] says so in words. There is no delay here (many kernels lack netem):
//! [`crate::link`] inside one of the namespaces adds it.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// How long a packet may wait in the line's queue, ms: what a cheap modem buffers.
const QUEUE_MS: u32 = 400;

/// What the line is like, the same both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// In kbit/s.
    pub kbit: u32,
    /// Packets that are lost, of a hundred, drawn at random.
    pub loss_percent: u32,
}

/// One end of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Where the kiosk is.
    Near,
    /// Where the hub is.
    Far,
}

/// The two namespaces. They are gone once it is dropped.
#[derive(Debug)]
pub struct Net {
    names: [String; 2],
}

/// Counters of the near end's device: packets with their Ethernet headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passed {
    /// Bytes from near to far.
    pub up: u64,
    /// Bytes from far to near.
    pub down: u64,
}

impl Net {
    /// Makes them.
    ///
    /// # Errors
    /// In words where this machine cannot: not root, a tool is missing, the kernel refuses.
    pub fn new(line: Line) -> Result<Self> {
        ensure!(line.kbit > 0 && line.loss_percent < 100, "no such line");
        ensure!(
            rustix::process::geteuid().is_root(),
            "network namespaces need root"
        );
        for (tool, package) in [("ip", "iproute2"), ("tc", "iproute2"), ("nft", "nftables")] {
            run(tool, &["-V"])
                .with_context(|| format!("{tool} is not here: apt install {package}"))?;
        }
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let own = format!("od{}n{number}", std::process::id());
        // Made before anything can fail, so that what there is of it is taken away again.
        let net = Net {
            names: [format!("{own}a"), format!("{own}b")],
        };
        net.make(line)
            .context("this machine cannot make network namespaces")?;
        Ok(net)
    }

    fn make(&self, line: Line) -> Result<()> {
        let [near, far] = &self.names;
        for name in &self.names {
            run("ip", &["netns", "add", name])?;
        }
        run(
            "ip",
            &[
                "link", "add", "line", "netns", near, "type", "veth", "peer", "name", "line",
                "netns", far,
            ],
        )?;
        for end in [End::Near, End::Far] {
            let name = self.name(end);
            let address = format!("{}/24", self.address(end));
            run("ip", &["-n", name, "addr", "add", &address, "dev", "line"])?;
            run("ip", &["-n", name, "link", "set", "lo", "up"])?;
            run("ip", &["-n", name, "link", "set", "line", "up"])?;
            // A burst of two full packets, or a queue would let a whole window pass at once.
            let rate = format!("{}kbit", line.kbit);
            let queue = format!("{QUEUE_MS}ms");
            let shaped = [
                "netns", "exec", name, "tc", "qdisc", "add", "dev", "line", "root", "tbf", "rate",
                &rate, "burst", "3200", "latency", &queue,
            ];
            run("ip", &shaped)?;
            // Without this a "packet" of 64 KiB counts, and is lost, as one.
            let _ = run(
                "ip",
                &[
                    "-n",
                    name,
                    "link",
                    "set",
                    "line",
                    "gso_max_segs",
                    "1",
                    "gso_max_size",
                    "1500",
                ],
            );
            if line.loss_percent > 0 {
                let rules = format!(
                    "table ip line {{ chain lossy {{ type filter hook input priority 0; \
                     iifname \"line\" numgen random mod 100 < {} drop; }}; }}",
                    line.loss_percent
                );
                run("ip", &["netns", "exec", name, "nft", &rules])?;
            }
        }
        Ok(())
    }

    fn name(&self, end: End) -> &str {
        match end {
            End::Near => &self.names[0],
            End::Far => &self.names[1],
        }
    }

    /// The address of an end, the same in every pair: they do not see one another.
    #[must_use]
    pub fn address(&self, end: End) -> Ipv4Addr {
        match end {
            End::Near => Ipv4Addr::new(10, 99, 1, 1),
            End::Far => Ipv4Addr::new(10, 99, 1, 2),
        }
    }

    /// A program at one end.
    #[must_use]
    pub fn command(&self, end: End, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("ip");
        command
            .args(["netns", "exec", self.name(end)])
            .arg(program.as_ref());
        command
    }

    /// Runs something on a thread at one end, so that the sockets it opens are there, and waits for it.
    ///
    /// # Errors
    /// When the thread cannot go there; what the work itself says is its own.
    pub fn at<T: Send>(&self, end: End, work: impl FnOnce() -> T + Send) -> Result<T> {
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| -> Result<T> {
                self.enter(end)?;
                Ok(work())
            });
            thread
                .join()
                .map_err(|_| anyhow::anyhow!("what ran at one end of the line panicked"))?
        })
    }

    /// Moves the calling thread to one end, for good.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn enter(&self, end: End) -> Result<()> {
        let path = PathBuf::from("/run/netns").join(self.name(end));
        let file = std::fs::File::open(&path)?;
        move_into_link_name_space(
            std::os::fd::AsFd::as_fd(&file),
            Some(LinkNameSpaceType::Network),
        )
        .context("the thread could not go to the other network")?;
        Ok(())
    }

    /// What passed the near end so far; what is lost on arrival is in it.
    ///
    /// # Errors
    /// When `ip` says nothing of it.
    pub fn passed(&self) -> Result<Passed> {
        let said = run(
            "ip",
            &["-n", &self.names[0], "-s", "-j", "link", "show", "line"],
        )?;
        let said: serde_json::Value = serde_json::from_str(&said)?;
        let bytes = |way: &str| {
            said.pointer(&format!("/0/stats64/{way}/bytes"))
                .and_then(serde_json::Value::as_u64)
                .context("the line's counters could not be read")
        };
        Ok(Passed {
            up: bytes("tx")?,
            down: bytes("rx")?,
        })
    }

    /// What one plain TCP stream carries over this line, from near to far, in bytes a second of what it was given: the
    /// measure for everything else that passes it. It ends after `most`.
    ///
    /// # Errors
    /// When no connection comes about.
    pub fn plain_stream(&self, most: Duration) -> Result<f64> {
        let listener = self.at(End::Far, || TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)))??;
        let port = listener.local_addr()?.port();
        let far = SocketAddr::from((self.address(End::Far), port));
        let receiver = std::thread::spawn(move || -> Result<(u64, Duration)> {
            let (mut stream, _) = listener.accept()?;
            stream.set_read_timeout(Some(Duration::from_millis(200)))?;
            let began = Instant::now();
            let (mut sum, mut last) = (0, began);
            let mut buffer = vec![0; 64 * 1024];
            while began.elapsed() < most {
                match stream.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(read) => {
                        sum += read as u64;
                        last = Instant::now();
                    }
                    Err(why) if why.kind() == std::io::ErrorKind::WouldBlock => {}
                    Err(why) => return Err(why.into()),
                }
            }
            let _ = last;
            Ok((sum, began.elapsed()))
        });
        self.at(End::Near, move || -> Result<()> {
            let mut stream = TcpStream::connect_timeout(&far, most)?;
            stream.set_write_timeout(Some(Duration::from_millis(200)))?;
            let until = Instant::now() + most;
            let piece = [0x5a; 4096];
            while Instant::now() < until {
                match stream.write(&piece) {
                    Ok(_) => {}
                    Err(why) if why.kind() == std::io::ErrorKind::WouldBlock => {}
                    Err(_) => break,
                }
            }
            let _ = stream.shutdown(Shutdown::Both);
            Ok(())
        })??;
        match receiver.join() {
            Ok(received) => {
                let (sum, span) = received?;
                Ok(sum as f64 / span.as_secs_f64())
            }
            Err(_) => bail!("the far end of the plain stream panicked"),
        }
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        for name in &self.names {
            let _ = run("ip", &["netns", "del", name]);
        }
    }
}

/// Runs a tool to its end; what it printed, or in the error what it complained of.
fn run(tool: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(tool)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{tool} could not be started"))?;
    if !output.status.success() {
        bail!(
            "{tool} {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
