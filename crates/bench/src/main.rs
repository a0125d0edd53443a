//! Benchmark programs; `./dev bench` lists them and builds them as a release. Each ends with its bars:
//! `bar NAME FIGURE LIMIT ok|short`, and with exit code 1 when one is short.

mod answers;
mod bar;
mod qr;
mod soak;
mod store;
mod sync;
mod ui;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Measures one thing against its limit.
#[derive(Debug, Parser)]
#[command(name = "onedoor-bench", version)]
struct Arguments {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Debug, Subcommand)]
enum Bench {
    /// Memory, start, idle and touch latency of the kiosk, beside the same page in Chromium.
    Ui(ui::Arguments),
    /// How long a touched answer takes until it is safe on disk.
    Store(store::Arguments),
    /// What a case costs on the wire and on disk, beside PouchDB.
    Sync(sync::Arguments),
    /// What was saved in three days without a network, over a line as bad as they come, beside one plain TCP stream.
    Backlog(sync::backlog::Arguments),
    /// What takes long to show, in parts that can be taken up again.
    Soak(soak::Arguments),
    /// Trains the dictionary that answers are compressed with (crates/sync/dict/README.md); measures nothing.
    Train(answers::Arguments),
    /// Reading codes from pictures, beside zxing-cpp.
    Qr(qr::Arguments),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().bench {
        Bench::Ui(arguments) => ui::run(&arguments),
        Bench::Store(arguments) => store::run(&arguments),
        Bench::Sync(arguments) => sync::run(&arguments),
        Bench::Backlog(arguments) => sync::backlog::run(&arguments),
        Bench::Soak(arguments) => soak::run(&arguments),
        Bench::Train(arguments) => match answers::train(&arguments) {
            Ok(()) => return ExitCode::SUCCESS,
            Err(error) => Err(error),
        },
        Bench::Qr(arguments) => qr::run(&arguments),
    };
    match result {
        Ok(bars) => {
            print!("{bars}");
            if bars.all_kept() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(error) => {
            eprintln!("onedoor-bench: {error:#}");
            ExitCode::from(2)
        }
    }
}
