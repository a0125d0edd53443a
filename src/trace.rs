//! What a test is told: one JSON line a page that is shown, with its targets in window pixels, and one a thing that
//! happened. Written only when asked for; no answer is in it, but for the code of a case that is on the screen.

use crate::effect::{Happening, SlipNews};
use crate::headless::Inspection;
use crate::kiosk::Kiosk;
use crate::world::World;
use serde_json::{Value, json};
use std::io::Write;

/// Writes lines.
pub struct Trace {
    out: Box<dyn Write + Send>,
    last: Option<Value>,
}

impl std::fmt::Debug for Trace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Trace")
    }
}

impl Trace {
    /// Writes into `out`.
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out, last: None }
    }

    fn line(&mut self, value: &Value) {
        // A test that is gone no longer reads; the kiosk goes on.
        let _ = writeln!(self.out, "{value}");
        let _ = self.out.flush();
    }

    /// The page that is up. Said again only when it changed, unless `always`.
    pub fn page(
        &mut self,
        kiosk: &Kiosk<World>,
        inspection: &Inspection,
        scale: f32,
        always: bool,
    ) {
        let value = page(kiosk, inspection, scale);
        if always || self.last.as_ref() != Some(&value) {
            self.line(&value);
            self.last = Some(value);
        }
    }

    /// Every text of the page, labels too: only where a test asks, since answers may be among them.
    pub fn texts(&mut self, inspection: &Inspection) {
        let texts: Vec<&str> = inspection
            .texts
            .iter()
            .map(|t| t.seen.text.as_str())
            .collect();
        self.line(&json!({"event": "read", "texts": texts}));
    }

    /// Something happened.
    pub fn happened(&mut self, happening: &Happening) {
        let value = match happening {
            Happening::Kept(_, Ok(())) => json!({"event": "kept"}),
            Happening::Kept(_, Err(f)) => json!({"event": "not_kept", "code": f.code}),
            Happening::Submitted(result) => match &**result {
                Ok(saved) => json!({"event": "saved", "code": saved.code.compact()}),
                Err(f) => json!({"event": "not_saved", "code": f.code}),
            },
            Happening::Slip(_, SlipNews::Printed) => json!({"event": "printed"}),
            Happening::Slip(_, SlipNews::Failed { code, .. }) => {
                json!({"event": "not_printed", "code": code})
            }
            Happening::Scanned(_) => json!({"event": "scanned"}),
            Happening::Scanner(state) => json!({"event": "scanner", "code": state.err()}),
            Happening::Sound(state) => json!({"event": "sound", "code": state.err()}),
            Happening::Record(state) => {
                json!({"event": "record", "code": state.as_ref().err().map(|f| f.code)})
            }
            _ => return,
        };
        self.line(&value);
    }
}

fn page(kiosk: &Kiosk<World>, inspection: &Inspection, scale: f32) -> Value {
    let targets: Vec<Value> = inspection
        .targets
        .iter()
        .filter(|t| t.seen.live)
        .map(|t| {
            json!({
                "id": t.seen.target,
                "label": t.seen.label,
                "x": t.bounds.x * scale,
                "y": t.bounds.y * scale,
                "w": t.bounds.width * scale,
                "h": t.bounds.height * scale,
            })
        })
        .collect();
    let mut value = json!({
        "page": kiosk.page_name().to_string(),
        "language": kiosk.language(),
        "targets": targets,
        "spoken": kiosk.backend.saying(kiosk.language(), &kiosk.spoken()),
    });
    if let Some(code) = kiosk.case_on_screen() {
        value["case"] = json!(code);
    }
    if let Some(state) = kiosk.state_on_screen() {
        value["state"] = json!(state);
    }
    value
}
