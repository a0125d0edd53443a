//! Whether there is a network at all: a way out in the kernel's own tables (Linux, `/proc/net`).

use std::fs;

/// True where some way leads out of this machine.
pub fn way_out() -> bool {
    ipv4(&fs::read_to_string("/proc/net/route").unwrap_or_default())
        || ipv6(&fs::read_to_string("/proc/net/ipv6_route").unwrap_or_default())
}

/// A default route that is up: destination and mask 0, flag `RTF_UP` (1).
fn ipv4(table: &str) -> bool {
    table.lines().skip(1).any(|line| {
        let mut columns = line.split_ascii_whitespace();
        let destination = columns.nth(1);
        let flags = columns
            .nth(1)
            .and_then(|text| u32::from_str_radix(text, 16).ok());
        let mask = columns.nth(3);
        destination == Some("00000000")
            && mask == Some("00000000")
            && flags.is_some_and(|flags| flags & 1 == 1)
    })
}

/// A route for `::/0` that is up and leads somewhere: the kernel keeps one that rejects on `lo` (`RTF_REJECT`, 0x200).
fn ipv6(table: &str) -> bool {
    table.lines().any(|line| {
        let columns: Vec<&str> = line.split_ascii_whitespace().collect();
        let [destination, length, .., flags, device] = columns[..] else {
            return false;
        };
        let flags = u32::from_str_radix(flags, 16).unwrap_or(0);
        destination.bytes().all(|b| b == b'0')
            && length == "00"
            && device != "lo"
            && flags & 1 == 1
            && flags & 0x200 == 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_default_route_that_is_up_leads_out() {
        let head =
            "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";
        let up = "eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n";
        let down = "eth0\t00000000\t0101A8C0\t0002\t0\t0\t0\t00000000\t0\t0\t0\n";
        let lan = "eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
        assert!(ipv4(&format!("{head}{lan}{up}")));
        assert!(!ipv4(&format!("{head}{lan}")));
        assert!(!ipv4(&format!("{head}{down}")));
        assert!(!ipv4(""));
        let zero = "0".repeat(32);
        let reject =
            format!("{zero} 00 {zero} 00 {zero} ffffffff 00000001 00000001 00200200       lo\n");
        let real = format!(
            "{zero} 00 {zero} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n"
        );
        assert!(!ipv6(&reject));
        assert!(ipv6(&format!("{reject}{real}")));
    }
}
