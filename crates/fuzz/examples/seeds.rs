//! Writes the seeds into the corpus; what the fuzzer found, and what is made only once, is left.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = here.join("corpus");
    for (target, name, bytes) in onedoor_fuzz::seeds::all() {
        let folder = corpus.join(target);
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(name), bytes)?;
    }
    let station = onedoor_fuzz::station(&here.join("../../kiosk-config"))?
        .into_iter()
        .map(|(name, bytes)| ("bundle", format!("once-{name}"), bytes));
    for (target, name, bytes) in onedoor_fuzz::seeds::encrypted().into_iter().chain(station) {
        let folder = corpus.join(target);
        std::fs::create_dir_all(&folder)?;
        let file = folder.join(name);
        if !file.exists() {
            std::fs::write(file, bytes)?;
        }
    }
    Ok(())
}
