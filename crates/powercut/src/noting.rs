//! A layer between SQLite and the disk that notes what passes: SQLite's own way to the system (its VFS), in which the
//! four calls that matter are replaced for the files of watched folders. SQLite offers no other way in, hence `unsafe`.

#![expect(
    unsafe_code,
    reason = "SQLite's layer to the system is a table of C functions; each use says why it is sound"
)]

use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::{Path, PathBuf};
use std::ptr;
use std::slice;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use rusqlite::ffi::{
    SQLITE_CANTOPEN, SQLITE_ERROR, SQLITE_FCNTL_PRAGMA, SQLITE_OK, sqlite3_file, sqlite3_filename,
    sqlite3_int64, sqlite3_io_methods, sqlite3_vfs, sqlite3_vfs_find, sqlite3_vfs_register,
};

use crate::disk::Op;

/// What is noted of one folder.
#[derive(Debug)]
pub(crate) struct Notes {
    /// The files of interest; their places here are their numbers.
    files: Vec<PathBuf>,
    /// Commits are not synced: `synchronous = NORMAL`, whatever the program asks for.
    normal: bool,
    ops: Mutex<Option<Vec<Op>>>,
}

impl Notes {
    pub(crate) fn add(&self, op: Op) {
        if let Some(ops) = lock(&self.ops).as_mut() {
            ops.push(op);
        }
    }

    /// No more is noted; what was.
    pub(crate) fn finish(&self) -> Vec<Op> {
        lock(&self.ops).take().unwrap_or_default()
    }
}

struct Open {
    real: &'static sqlite3_io_methods,
    notes: Arc<Notes>,
    number: usize,
}

/// The system's own layer, and what is watched. Files are known by the address of SQLite's structure for them, which
/// stays where it is from opening to closing.
struct Layer {
    real: *mut sqlite3_vfs,
    watched: Mutex<Vec<Arc<Notes>>>,
    open: Mutex<HashMap<usize, Open>>,
    methods: OnceLock<sqlite3_io_methods>,
}

// SAFETY: `real` is SQLite's own structure, which it makes at start, never changes or frees, and uses from all threads
// itself; all else is behind locks.
unsafe impl Send for Layer {}
// SAFETY: as above.
unsafe impl Sync for Layer {}

static LAYER: OnceLock<Option<Layer>> = OnceLock::new();

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Puts the layer under SQLite, once for the process.
fn layer() -> Option<&'static Layer> {
    LAYER
        .get_or_init(|| {
            // SAFETY: no arguments but a null name, which asks for the default; the structure lives for ever. The copy
            // that is registered is leaked, so it does too; all its calls but one are the system's, which are given the
            // copy instead of the original and use of it only what was copied.
            unsafe {
                let real = sqlite3_vfs_find(ptr::null());
                if real.is_null() {
                    return None;
                }
                let copy = Box::leak(Box::new(*real));
                copy.zName = c"onedoor-noting".as_ptr();
                copy.pNext = ptr::null_mut();
                copy.xOpen = Some(open);
                (sqlite3_vfs_register(copy, 1) == SQLITE_OK).then(|| Layer {
                    real,
                    watched: Mutex::default(),
                    open: Mutex::default(),
                    methods: OnceLock::new(),
                })
            }
        })
        .as_ref()
}

/// Notes what happens to these files from now on, where they are opened after this.
pub(crate) fn watch(files: Vec<PathBuf>, normal: bool) -> Option<Arc<Notes>> {
    let notes = Arc::new(Notes {
        files,
        normal,
        ops: Mutex::new(Some(Vec::new())),
    });
    lock(&layer()?.watched).push(notes.clone());
    Some(notes)
}

fn watched(layer: &Layer, path: &Path) -> Option<(Arc<Notes>, usize)> {
    lock(&layer.watched).iter().find_map(|notes| {
        let number = notes.files.iter().position(|file| file == path)?;
        Some((notes.clone(), number))
    })
}

/// SQLite opens a file.
unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: sqlite3_filename,
    file: *mut sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    let Some(layer) = layer() else {
        return SQLITE_CANTOPEN;
    };
    // SAFETY: the arguments are SQLite's, passed on as they came, to the layer they were meant for.
    let code = unsafe {
        match (*layer.real).xOpen {
            Some(open) => open(layer.real, name, file, flags, out),
            None => return SQLITE_CANTOPEN,
        }
    };
    if code != SQLITE_OK || name.is_null() {
        return code;
    }
    // SAFETY: SQLite's names end with a zero; `file` was just opened, so its methods are set, and they are one of the
    // constant tables of the system's layer.
    let (path, real) = unsafe {
        let name = CStr::from_ptr(name).to_string_lossy().into_owned();
        ((PathBuf::from(name)), (*file).pMethods.as_ref())
    };
    let (Some((notes, number)), Some(real)) = (watched(layer, &path), real) else {
        return code;
    };
    let methods = layer.methods.get_or_init(|| {
        let mut ours = *real;
        ours.xWrite = Some(write);
        ours.xTruncate = Some(truncate);
        ours.xSync = Some(sync);
        ours.xClose = Some(close);
        ours.xFileControl = Some(control);
        ours
    });
    let entry = Open {
        real,
        notes,
        number,
    };
    lock(&layer.open).insert(file as usize, entry);
    // SAFETY: SQLite calls through this pointer from now on; the table is static. The system's layer does not look at
    // the pointer itself.
    unsafe { (*file).pMethods = methods };
    code
}

/// The system's calls for a file, its notes and number.
fn entry(file: *mut sqlite3_file) -> Option<(&'static sqlite3_io_methods, Arc<Notes>, usize)> {
    let open = lock(&layer()?.open);
    let entry = open.get(&(file as usize))?;
    Some((entry.real, entry.notes.clone(), entry.number))
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    from: *const c_void,
    length: c_int,
    at: sqlite3_int64,
) -> c_int {
    let Some((real, notes, number)) = entry(file) else {
        return SQLITE_ERROR;
    };
    // SAFETY: SQLite gives `length` bytes at `from`; the call is passed on as it came.
    let (code, bytes) = unsafe {
        let code = real
            .xWrite
            .map_or(SQLITE_ERROR, |write| write(file, from, length, at));
        let length = usize::try_from(length).unwrap_or(0);
        (
            code,
            slice::from_raw_parts(from.cast::<u8>(), length).to_vec(),
        )
    };
    if code == SQLITE_OK {
        notes.add(Op::Write {
            file: number,
            at: at.unsigned_abs(),
            bytes,
        });
    }
    code
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: sqlite3_int64) -> c_int {
    let Some((real, notes, number)) = entry(file) else {
        return SQLITE_ERROR;
    };
    // SAFETY: passed on as it came.
    let code = unsafe { real.xTruncate.map_or(SQLITE_ERROR, |call| call(file, size)) };
    if code == SQLITE_OK {
        notes.add(Op::Truncate {
            file: number,
            size: size.unsigned_abs(),
        });
    }
    code
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    let Some((real, notes, number)) = entry(file) else {
        return SQLITE_ERROR;
    };
    // SAFETY: passed on as it came.
    let code = unsafe { real.xSync.map_or(SQLITE_ERROR, |call| call(file, flags)) };
    if code == SQLITE_OK {
        notes.add(Op::Sync { file: number });
    }
    code
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    let Some(layer) = layer() else {
        return SQLITE_ERROR;
    };
    let Some(entry) = lock(&layer.open).remove(&(file as usize)) else {
        return SQLITE_ERROR;
    };
    // SAFETY: passed on as it came; the system's own table goes back first, as it had set it.
    unsafe {
        (*file).pMethods = entry.real;
        entry.real.xClose.map_or(SQLITE_ERROR, |call| call(file))
    }
}

unsafe extern "C" fn control(file: *mut sqlite3_file, op: c_int, argument: *mut c_void) -> c_int {
    let Some((real, notes, _)) = entry(file) else {
        return SQLITE_ERROR;
    };
    if op == SQLITE_FCNTL_PRAGMA && notes.normal {
        // SAFETY: for this operation the argument is SQLite's array of three texts: answer, name, value. The value may be
        // null; it is SQLite's own copy, made for this pragma, and "1" is not longer than what it replaces.
        unsafe {
            let texts = argument.cast::<*mut c_char>();
            let (name, value) = (*texts.add(1), *texts.add(2));
            if !name.is_null()
                && !value.is_null()
                && CStr::from_ptr(name)
                    .to_bytes()
                    .eq_ignore_ascii_case(b"synchronous")
                && !CStr::from_ptr(value).is_empty()
            {
                *value = b'1' as c_char;
                *value.add(1) = 0;
            }
        }
    }
    // SAFETY: passed on as it came.
    unsafe {
        real.xFileControl
            .map_or(SQLITE_ERROR, |call| call(file, op, argument))
    }
}
