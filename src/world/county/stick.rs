//! The stick: a removable medium that is mounted, and what lies on it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Where systems mount removable media.
const PLACES: [&str; 3] = ["/run/onedoor/stick", "/media", "/run/media"];

/// Ending of a bag for the hub.
pub const TO_HUB: &str = "to-county.bag";
/// Ending of any bag. Whoever carries one may have given it another name: what is for this kiosk is what its key opens.
const BAG: &str = ".bag";
/// Ending under which the hub writes a bag for a kiosk.
const FROM_HUB: &str = "from-county.bag";
/// Ending of a token.
pub const TOKEN: &str = "token";

/// The folder of the stick: the one that was named, or the first removable medium that is mounted.
pub fn find(named: Option<&Path>) -> Option<PathBuf> {
    match named {
        Some(folder) => folder.is_dir().then(|| folder.to_owned()),
        None => sticks(&fs::read_to_string("/proc/self/mounts").unwrap_or_default())
            .into_iter()
            .next(),
    }
}

/// The removable media in the kernel's table of mounts (`proc(5)`: spaces stand as `\040`).
pub fn sticks(mounts: &str) -> Vec<PathBuf> {
    mounts
        .lines()
        .filter_map(|line| line.split_ascii_whitespace().nth(1))
        .map(|path| PathBuf::from(path.replace("\\040", " ").replace("\\011", "\t")))
        .filter(|path| PLACES.iter().any(|place| path.starts_with(place)))
        .collect()
}

/// Files of the stick's folder that end so, the newest name last. Small and capital letters are the same, as they are to FAT.
pub fn files(folder: &Path, ending: &str) -> io::Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| name(path).is_some_and(|name| name.ends_with(ending)) && path.is_file())
        .collect();
    found.sort();
    Ok(found)
}

/// Files that may be bags for a kiosk, the newest name last.
pub fn bags(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = files(folder, BAG)?;
    found.retain(|path| !name(path).is_some_and(|name| name.ends_with(TO_HUB)));
    Ok(found)
}

/// Whether a file's name says that it is a bag for a kiosk: then what is wrong with it is said.
pub fn says_from_hub(path: &Path) -> bool {
    name(path).is_some_and(|name| name.ends_with(FROM_HUB))
}

/// A file's name in small letters; none for what systems hide or leave half written.
fn name(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?.to_lowercase();
    (!name.starts_with('.')).then_some(name)
}

/// Writes a file that is whole or not there: under another name first, synced, then renamed, and the folder synced, so
/// that the stick may be pulled when this returns.
pub fn write_whole<T>(
    folder: &Path,
    name: &str,
    write: impl FnOnce(File) -> io::Result<(T, File)>,
) -> io::Result<T> {
    let (draft, place) = (folder.join(format!(".{name}.part")), folder.join(name));
    let outcome = File::create(&draft)
        .and_then(write)
        .and_then(|(value, mut file)| {
            file.flush()?;
            file.sync_all()?;
            Ok(value)
        });
    match outcome {
        Ok(value) => {
            fs::rename(&draft, &place)?;
            // FAT has no folders that could be synced on some systems; the file itself is.
            if let Err(error) = File::open(folder).and_then(|folder| folder.sync_all()) {
                tracing::warn!(event = "stick_folder_not_synced", %error);
            }
            Ok(value)
        }
        Err(error) => {
            let _ = fs::remove_file(&draft);
            Err(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stick_is_found_in_the_table_of_mounts() {
        let mounts = "/dev/sda1 / ext4 rw 0 0\n\
                      /dev/sdb1 /media/station/MY\\040STICK vfat rw 0 0\n\
                      tmpfs /run tmpfs rw 0 0\n";
        assert_eq!(sticks(mounts), [PathBuf::from("/media/station/MY STICK")]);
        assert!(sticks("/dev/sda1 / ext4 rw 0 0\n").is_empty());
    }

    #[test]
    fn a_bag_for_a_kiosk_may_have_any_name_but_that_of_one_for_the_hub() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "1.from-county.bag",
            "ANSWER.BAG",
            "bag (1).bag",
            "1.to-county.bag",
            "2.TO-COUNTY.BAG",
            ".1.from-county.bag.part",
            "._1.from-county.bag",
            "bag.txt",
        ] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        let found = bags(folder.path()).unwrap();
        let names: Vec<_> = found.iter().filter_map(|path| path.file_name()).collect();
        assert_eq!(names, ["1.from-county.bag", "ANSWER.BAG", "bag (1).bag"]);
        assert!(says_from_hub(&found[0]) && !says_from_hub(&found[1]));
    }

    #[test]
    fn a_file_is_whole_or_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let cut = write_whole(folder.path(), "a.bag", |mut file| {
            file.write_all(b"half")?;
            Err::<((), File), _>(io::Error::other("pulled"))
        });
        assert!(cut.is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        write_whole(folder.path(), "a.bag", |mut file| {
            file.write_all(b"whole")?;
            Ok(((), file))
        })
        .unwrap();
        assert_eq!(fs::read(folder.path().join("a.bag")).unwrap(), b"whole");
        assert_eq!(files(folder.path(), "bag").unwrap().len(), 1);
    }
}
