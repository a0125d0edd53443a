//! Looks for personal values in files, in every way that text is commonly laid down in bytes.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Values that must not be found, each in several encodings.
#[derive(Debug)]
pub struct Needles {
    bytes: Vec<(String, Vec<u8>)>,
}

/// Where one was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Which value in which encoding.
    pub what: String,
    /// The file.
    pub file: PathBuf,
    /// Bytes from its start.
    pub at: usize,
}

impl Needles {
    /// Looks for these values (name, text) in UTF-8, UTF-16 of both byte orders and GB 18030.
    #[must_use]
    pub fn new(values: &[(&str, &str)]) -> Self {
        let mut bytes: Vec<(String, Vec<u8>)> = Vec::new();
        for (name, text) in values {
            let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            let (gb, _, _) = encoding_rs::GB18030.encode(text);
            let all = [
                ("UTF-8", text.as_bytes().to_vec()),
                ("UTF-16LE", le),
                ("UTF-16BE", be),
                ("GB 18030", gb.into_owned()),
            ];
            for (encoding, form) in all {
                if !bytes.iter().any(|(_, known)| *known == form) {
                    bytes.push((format!("{name} in {encoding}"), form));
                }
            }
        }
        Self { bytes }
    }

    /// Each form as it would stand on disk, for a control that must be found.
    #[must_use]
    pub fn forms(&self) -> &[(String, Vec<u8>)] {
        &self.bytes
    }

    /// Searches every file below `folder`, and file and folder names too. Returns what was found and how many bytes were
    /// searched, so that a caller can see that it looked at something.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn search(&self, folder: &Path) -> Result<(Vec<Found>, usize)> {
        let mut found = Vec::new();
        let mut searched = 0;
        let mut waiting = vec![folder.to_owned()];
        while let Some(path) = waiting.pop() {
            self.look(path.as_os_str().as_encoded_bytes(), &path, &mut found);
            let kind =
                std::fs::symlink_metadata(&path).with_context(|| path.display().to_string())?;
            if kind.is_dir() {
                for entry in std::fs::read_dir(&path)? {
                    waiting.push(entry?.path());
                }
            } else if kind.is_file() {
                let content = std::fs::read(&path).with_context(|| path.display().to_string())?;
                searched += content.len();
                self.look(&content, &path, &mut found);
            }
        }
        Ok((found, searched))
    }

    fn look(&self, content: &[u8], file: &Path, found: &mut Vec<Found>) {
        for (what, form) in &self.bytes {
            let Some(first) = form.first() else { continue };
            let mut from = 0;
            while let Some(step) = content[from..].iter().position(|byte| byte == first) {
                let at = from + step;
                if content[at..].starts_with(form) {
                    found.push(Found {
                        what: what.clone(),
                        file: file.to_owned(),
                        at,
                    });
                    break; // once a file and form is enough
                }
                from = at + 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_in_each_encoding_is_found_and_a_clean_file_is_not() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let needles = Needles::new(&[("name", "张桂兰"), ("phone", "13900000000")]);
        std::fs::write(folder.path().join("clean"), "王芳 13900000001".repeat(1000))?;
        assert_eq!(needles.search(folder.path())?.0, []);
        for (index, (_, form)) in needles.forms().iter().enumerate() {
            let mut content = vec![0xAB; 1000];
            content.extend(form);
            std::fs::write(folder.path().join(format!("control{index}")), content)?;
        }
        let (found, searched) = needles.search(folder.path())?;
        assert!(searched > 1000);
        for (what, _) in needles.forms() {
            assert!(
                found.iter().any(|found| found.what == *what),
                "{what} was not found"
            );
        }
        // Name: four forms. Phone: GB 18030 is UTF-8 for digits, so three.
        assert_eq!(needles.forms().len(), 7);
        Ok(())
    }
}
