//! The kernel's input events to strokes. Pure.

/// Type of events that say "all of one moment was told", and the code that says "some were lost"
/// (Linux `input-event-codes.h`).
const EV_SYN: u16 = 0;
const SYN_DROPPED: u16 = 3;
/// Type of events of keys.
const EV_KEY: u16 = 1;

/// What happened to a key, by its code in Linux's `input-event-codes.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// It went down.
    Down(u16),
    /// It came up.
    Up(u16),
    /// The kernel lost some: what is held down is not known any more.
    Lost,
}

/// Bytes of one event: two words of time, then type, code and value.
pub const EVENT_BYTES: usize = size_of::<libc::input_event>();

/// The strokes in these bytes, of whole events; repeats of a key that is held are left out.
pub fn strokes(bytes: &[u8]) -> impl Iterator<Item = Stroke> {
    bytes.chunks_exact(EVENT_BYTES).filter_map(|event| {
        let (_, said) = event.split_at(EVENT_BYTES - 8);
        let kind = u16::from_ne_bytes([said[0], said[1]]);
        let code = u16::from_ne_bytes([said[2], said[3]]);
        let value = i32::from_ne_bytes([said[4], said[5], said[6], said[7]]);
        match (kind, code, value) {
            (EV_KEY, key, 1) => Some(Stroke::Down(key)),
            (EV_KEY, key, 0) => Some(Stroke::Up(key)),
            (EV_SYN, SYN_DROPPED, _) => Some(Stroke::Lost),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: u16, code: u16, value: i32) -> Vec<u8> {
        let mut bytes = vec![0xaa; EVENT_BYTES - 8];
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(code.to_ne_bytes());
        bytes.extend(value.to_ne_bytes());
        bytes
    }

    #[test]
    fn keys_are_told_and_everything_else_left_out() {
        let bytes = [
            event(4, 4, 458_756),
            event(EV_KEY, 30, 1),
            event(EV_SYN, 0, 0),
            event(EV_KEY, 30, 2),
            event(EV_KEY, 30, 0),
            event(EV_SYN, SYN_DROPPED, 0),
            vec![1; EVENT_BYTES - 1],
        ]
        .concat();
        let told: Vec<Stroke> = strokes(&bytes).collect();
        assert_eq!(told, [Stroke::Down(30), Stroke::Up(30), Stroke::Lost]);
    }
}
