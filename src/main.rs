//! OneDoor: the kiosk.

fn main() -> std::process::ExitCode {
    onedoor::cli::main()
}
