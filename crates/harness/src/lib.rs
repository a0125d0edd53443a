//! What tests and benches need to use the kiosk as a person does: a real X server ([`server`]), fingers ([`touch`]), eyes
//! ([`screen`]), the kiosk as a process ([`kiosk`], [`drive`]), the far end of a serial scanner ([`pty`]), a look at what
//! a process costs ([`process`]), a PostgreSQL of its own ([`postgres`]) and a search for what must not stand on disk in
//! clear ([`search`]). And what lies between a kiosk and its hub: a line that counts, delays, slows and cuts ([`link`]), one
//! that also loses packets ([`netns`]), and the hub itself as a process ([`hub`]).
//!
//! Nothing here is part of the kiosk; it is linked by tests and by `onedoor-bench` only.

pub mod drive;
pub mod hub;
pub mod kiosk;
pub mod link;
pub mod netns;
pub mod postgres;
pub mod process;
pub mod pty;
pub mod screen;
pub mod search;
pub mod server;
pub mod touch;
pub mod trace;

/// Finds a program of this workspace beside the running test or bench: `target/<profile>/<name>`.
///
/// Tests run from `target/<profile>/deps`, benches from `target/<profile>`. `./dev` builds all programs first; plain
/// `cargo test` builds those of the tested package.
///
/// # Errors
/// When it is in neither folder: the message says how to build it.
pub fn program(name: &str) -> anyhow::Result<std::path::PathBuf> {
    let here = std::env::current_exe()?;
    here.ancestors()
        .skip(1)
        .take(3)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
        .ok_or_else(|| {
            anyhow::anyhow!("{name} is not built: run `cargo build --workspace --bins` first")
        })
}

/// The root of the workspace, where `kiosk-config` and `assets` lie.
#[must_use]
pub fn workspace() -> std::path::PathBuf {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}
