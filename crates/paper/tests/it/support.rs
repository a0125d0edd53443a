//! What the tests share.

use image::{GrayImage, Luma};
use jiff::civil::date;
use onedoor_forms::bundle::{self, Bundle, Input, KeyUse, Keypair, TrustedKeys};
use onedoor_forms::station::Files;
use onedoor_forms::{Form, compile, read_markdown};
use onedoor_paper::{Document, PaperForm, Press};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The languages of the example station.
pub const LANGUAGES: [&str; 2] = ["zh-CN", "en"];

/// The root of the source tree.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(folder: &Path, at: &Path, files: &mut Files) {
    for entry in std::fs::read_dir(at).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            read(folder, &path, files);
        } else {
            let name = path.strip_prefix(folder).expect("inside").to_string_lossy();
            files.insert(name.into_owned(), std::fs::read(&path).expect("a file"));
        }
    }
}

/// The example station, compiled as the kiosk does it.
pub fn station() -> &'static Bundle {
    static STATION: OnceLock<Bundle> = OnceLock::new();
    STATION.get_or_init(|| {
        let (config, drawings) = (root().join("kiosk-config"), root().join("assets/pictures"));
        let (mut files, mut pictures) = (Files::new(), Files::new());
        read(&config, &config, &mut files);
        read(&drawings, &drawings, &mut pictures);
        let input = Input {
            files: &files,
            pictures: &pictures,
            version: "2026-11-22",
            today: date(2026, 11, 22),
        };
        let key = Keypair::from_random(&[7; 32], KeyUse::Development);
        let bytes = match bundle::compile(&input, &key) {
            Ok(compiled) => compiled.bytes,
            Err(problems) => panic!("{problems}"),
        };
        Bundle::open(&bytes, &TrustedKeys::new().with(key.public())).expect("its own bundle")
    })
}

/// A press with the pictures of the source tree.
pub fn press() -> Press {
    Press::open(&root().join("assets"), |_| None).expect("fonts")
}

/// A form from Markdown tables that must be right.
pub fn form(markdown: &str) -> Form {
    let book = read_markdown(markdown).unwrap_or_else(|faults| panic!("{faults}"));
    compile(&book, "test", &BTreeMap::new()).unwrap_or_else(|faults| panic!("{faults}"))
}

/// Prints a form as if it were that of a service of the example station.
pub fn print(form: &Form, language: &str, filled: &[(&str, &str)]) -> Document {
    let filled = filled
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect();
    press()
        .form(&PaperForm {
            station: &station().station,
            service: "cross-province-medical",
            form: Some(form),
            version: "1",
            language,
            day: None,
            filled: &filled,
        })
        .expect("a form")
}

/// All words of a document, without the breaks that lines make.
pub fn words(document: &Document) -> String {
    (0..document.pages.len())
        .flat_map(|page| document.words(page))
        .collect()
}

/// Asserts that nothing is clipped, overlaps or lacks a glyph; writes the PDF into `ONEDOOR_PAPER_OUT`, where it is set, to be
/// looked at.
pub fn good(name: &str, document: &Document) {
    if let Some(folder) = std::env::var_os("ONEDOOR_PAPER_OUT") {
        let path = Path::new(&folder).join(format!("{name}.pdf"));
        std::fs::write(path, document.pdf().expect("a PDF")).expect("written");
    }
    let flaws = document.flaws();
    assert!(flaws.is_empty(), "{name}: {flaws:#?}");
}

/// Whether poppler's programs are there to read PDFs; says so where they are not.
pub fn poppler() -> bool {
    let there = Command::new("pdftoppm").arg("-v").output().is_ok();
    if !there {
        println!("skipped: no pdftoppm (Debian: poppler-utils)");
    }
    there
}

/// The pages of a PDF as grey pictures.
pub fn pictures(document: &Document, dpi: u32) -> Vec<GrayImage> {
    let folder = tempfile::tempdir().expect("a folder");
    let pdf = folder.path().join("page.pdf");
    std::fs::write(&pdf, document.pdf().expect("a PDF")).expect("written");
    let status = Command::new("pdftoppm")
        .args(["-png", "-gray", "-r", &dpi.to_string()])
        .arg(&pdf)
        .arg(folder.path().join("p"))
        .status()
        .expect("pdftoppm");
    assert!(status.success());
    let mut names: Vec<PathBuf> = std::fs::read_dir(folder.path())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "png"))
        .collect();
    names.sort();
    names
        .iter()
        .map(|path| image::open(path).expect("a picture").into_luma8())
        .collect()
}

/// What rxing, a reader of other people, finds in a picture.
pub fn codes(picture: &GrayImage) -> Vec<String> {
    let (w, h) = picture.dimensions();
    let pixels: Vec<u8> = picture.pixels().map(|Luma([v])| *v).collect();
    let mut found: Vec<String> = rxing::helpers::detect_multiple_in_luma(pixels, w, h)
        .map(|results| results.iter().map(|r| r.getText().to_owned()).collect())
        .unwrap_or_default();
    found.sort();
    found
}
