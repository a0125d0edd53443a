//! libFuzzer's entry: throws what it makes up at the target that `ONEDOOR_FUZZ` names (see `./dev fuzz`).

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use onedoor_fuzz::Target;

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("ONEDOOR_FUZZ").unwrap_or_default();
    Target::named(&name).unwrap_or_else(|| panic!("ONEDOOR_FUZZ='{name}' names no target"))
});

fuzz_target!(|data: &[u8]| (TARGET.throw)(data));
