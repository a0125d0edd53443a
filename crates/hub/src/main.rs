//! `onedoor-hub`: the county hub, and what a technician or official asks of it on the command line.

mod cli;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    // A service's log is read by machines, and what a command has to say it says itself.
    let most = if arguments.serves() { "info" } else { "error" };
    let filter = tracing_subscriber::EnvFilter::try_from_env("ONEDOOR_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(most));
    tracing_subscriber::fmt()
        .json()
        .with_writer(std::io::stderr)
        .with_env_filter(filter)
        .init();
    little_memory();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // What blocks is the database, one writer and a few readers, and two batches that are checked; each thread more
        // would only hold memory.
        .max_blocking_threads(BLOCKING)
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(why) => {
            eprintln!("onedoor-hub: {why}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(cli::run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("onedoor-hub: {}", words(&why));
            ExitCode::FAILURE
        }
    }
}

/// Threads for what blocks.
const BLOCKING: usize = 16;

/// Has glibc's allocator give back what is large, and keep few heaps: otherwise each thread keeps one of its own, and after
/// some large batches the process holds several times what it uses.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code)] // there is no other way to tell the allocator
fn little_memory() {
    // SAFETY: mallopt only sets numbers; no other thread runs yet, and a refusal (0) changes nothing.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 2);
        libc::mallopt(libc::M_MMAP_THRESHOLD, 128 * 1024);
        libc::mallopt(libc::M_TRIM_THRESHOLD, 1024 * 1024);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn little_memory() {}

/// A fault with its causes, none of them said twice.
fn words(why: &anyhow::Error) -> String {
    why.chain().fold(String::new(), |text, cause| {
        let cause = cause.to_string();
        match text.as_str() {
            "" => cause,
            _ if text.contains(&cause) => text,
            _ => format!("{text}: {cause}"),
        }
    })
}
