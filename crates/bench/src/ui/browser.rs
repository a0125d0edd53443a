//! The same page in Chromium's kiosk mode.

use std::fmt::Write as _;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use onedoor_harness::process::Tree;
use onedoor_harness::server::XServer;
use onedoor_harness::trace::Page;

/// A running Chromium. Dropping it kills all its processes.
#[derive(Debug)]
pub struct Browser {
    child: Child,
}

impl Browser {
    /// Opens a page file with the profile in `folder`, which the first start makes.
    ///
    /// # Errors
    /// When Chromium is not installed.
    pub fn start(server: &XServer, folder: &Path, page: &Path) -> Result<Self> {
        let profile = folder.join("chromium-profile");
        let (width, height) = server.size();
        let log = std::fs::File::create(folder.join("chromium.log"))?;
        let child = Command::new("chromium")
            .args([
                "--kiosk",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--no-default-browser-check",
                // The bench ends it hard; the next start shall show its page all the same.
                "--hide-crash-restore-bubble",
            ])
            .args([
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ])
            // The page's fonts lie beside it on disk, not behind a web server.
            .arg("--allow-file-access-from-files")
            // No bar over the page that offers to translate it.
            .args(["--disable-features=Translate", "--lang=zh-CN"])
            .arg("--window-position=0,0")
            .arg(format!("--window-size={width},{height}"))
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg(format!("file://{}", page.display()))
            .env("DISPLAY", server.display())
            .env_remove("WAYLAND_DISPLAY")
            .env("HOME", folder)
            .env(
                "FONTCONFIG_FILE",
                onedoor_harness::workspace().join("assets/fonts/fonts.conf"),
            )
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .process_group(0)
            .spawn()
            .context("chromium could not be started (Debian package chromium)")?;
        Ok(Self { child })
    }

    /// Its processes.
    #[must_use]
    pub fn tree(&self) -> Tree {
        Tree::of(self.child.id())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let tree = self.tree();
        let _ = tree.kill();
        let _ = self.child.wait();
        let _ = tree.kill();
    }
}

/// Writes the page with the words of the page that the kiosk showed and the pictures of its tiles (target, picture name).
///
/// # Errors
/// When the kiosk's page lacks a control that this page has too, or the file cannot be written.
pub fn write_page(
    folder: &Path,
    kiosk: &Page,
    station: &str,
    title: &str,
    pictures: &[(String, String)],
) -> Result<PathBuf> {
    let assets = onedoor_harness::workspace().join("assets");
    let mut tiles = String::new();
    for (index, (target, picture)) in pictures.iter().enumerate() {
        let label = &kiosk.target(target)?.label;
        write!(
            tiles,
            r#"<button class="tile"><i>{}</i><img src="{}/pictures/{picture}.svg" alt="">{label}</button>"#,
            index + 1,
            assets.display(),
        )?;
    }
    let mut tools = String::new();
    for id in ["language", "text-size", "contrast", "volume"] {
        let label = &kiosk.target(id)?.label;
        let picture = if id == "volume" { "sound" } else { id };
        write!(
            tools,
            r#"<button><img src="{}/pictures/{picture}.svg" alt="">{label}</button>"#,
            assets.display(),
        )?;
    }
    let next = kiosk.target("next").map_or_else(
        |_| "<span></span>".to_owned(),
        |next| format!(r#"<button class="next">{}</button>"#, next.label),
    );
    let columns = match pictures.len() {
        0 | 1 => 1,
        2 | 4 => 2,
        _ => 3,
    };
    let page = include_str!("home.html")
        .replace("{{assets}}", &assets.display().to_string())
        .replace("{{language}}", &kiosk.language)
        .replace("{{station}}", station)
        .replace("{{title}}", title)
        .replace("{{columns}}", &columns.to_string())
        .replace("{{tiles}}", &tiles)
        .replace("{{tools}}", &tools)
        .replace("{{person}}", &kiosk.target("person")?.label)
        .replace("{{hear}}", &kiosk.target("hear")?.label)
        .replace("{{next}}", &next);
    let path = folder.join("home.html");
    std::fs::write(&path, page)?;
    Ok(path)
}

/// Writes the rest page, which leads to the home page when it is touched, as the kiosk's does.
///
/// # Errors
/// As [`write_page`].
pub fn write_rest(folder: &Path, kiosk: &Page, station: &str) -> Result<PathBuf> {
    let assets = onedoor_harness::workspace().join("assets");
    let label = |id: &str| Ok::<_, anyhow::Error>(kiosk.target(id)?.label.clone());
    let mut tools = String::new();
    for (id, picture) in [
        ("language", "language"),
        ("text-size", "text-size"),
        ("contrast", "contrast"),
        ("volume", "sound"),
    ] {
        write!(
            tools,
            r#"<button><img src="{}/pictures/{picture}.svg" alt="">{}</button>"#,
            assets.display(),
            label(id)?,
        )?;
    }
    let page = include_str!("rest.html")
        .replace("{{assets}}", &assets.display().to_string())
        .replace("{{language}}", &kiosk.language)
        .replace("{{station}}", station)
        .replace("{{rest}}", &label("rest")?)
        .replace("{{tools}}", &tools)
        .replace("{{person}}", &label("person")?)
        .replace("{{hear}}", &label("hear")?);
    let path = folder.join("rest.html");
    std::fs::write(&path, page)?;
    Ok(path)
}
