//! Counts the HTTP/1.1 requests in what a client sends, as RFC 9112 delimits them; nothing else is read of them.

/// Longest line that is looked at, in bytes; beyond it this is not HTTP.
const LONGEST_LINE: usize = 64 * 1024;

/// Reads one connection's bytes as they come, in pieces of any size.
#[derive(Debug, Default)]
pub(super) struct Requests {
    at: At,
    line: Vec<u8>,
    body: Body,
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum At {
    /// The first line of a request.
    #[default]
    Request,
    Headers,
    /// So many bytes of a body, then the next request.
    Counted(u64),
    /// The line that says how long the next chunk is.
    ChunkSize,
    /// So many bytes of a chunk, with its line end.
    Chunk(u64),
    /// Lines after the last chunk.
    Trailer,
    /// This is something else.
    Strange,
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum Body {
    #[default]
    None,
    Counted(u64),
    Chunked,
}

impl Requests {
    /// Takes the next bytes; how many requests began in them (counted at the end of their first line).
    pub(super) fn take(&mut self, mut bytes: &[u8]) -> u64 {
        let mut began = 0;
        while let Some(first) = bytes.first() {
            match &mut self.at {
                At::Strange => break,
                At::Counted(left) | At::Chunk(left) => {
                    let passed = (*left).min(bytes.len() as u64);
                    *left -= passed;
                    bytes = bytes.get(passed as usize..).unwrap_or_default();
                    if *left == 0 {
                        self.at = match self.at {
                            At::Chunk(_) => At::ChunkSize,
                            _ => At::Request,
                        };
                    }
                }
                _ => {
                    let first = *first;
                    bytes = bytes.get(1..).unwrap_or_default();
                    if first != b'\n' {
                        self.line.push(first);
                        if self.line.len() > LONGEST_LINE {
                            self.at = At::Strange;
                        }
                        continue;
                    }
                    let line = std::mem::take(&mut self.line);
                    let line = String::from_utf8_lossy(&line);
                    began += self.line(line.trim_end());
                }
            }
        }
        began
    }

    fn line(&mut self, line: &str) -> u64 {
        match self.at {
            At::Request if line.is_empty() => {}
            At::Request => {
                self.body = Body::None;
                self.at = At::Headers;
                if !line.ends_with(" HTTP/1.1") {
                    self.at = At::Strange;
                    return 0;
                }
                return 1;
            }
            At::Headers if line.is_empty() => {
                self.at = match self.body {
                    Body::None | Body::Counted(0) => At::Request,
                    Body::Counted(length) => At::Counted(length),
                    Body::Chunked => At::ChunkSize,
                };
            }
            At::Headers => {
                let (name, value) = line.split_once(':').unwrap_or_default();
                if name.eq_ignore_ascii_case("content-length") {
                    match value.trim().parse() {
                        Ok(length) => self.body = Body::Counted(length),
                        Err(_) => self.at = At::Strange,
                    }
                } else if name.eq_ignore_ascii_case("transfer-encoding") {
                    self.body = Body::Chunked;
                }
            }
            At::ChunkSize => {
                let size = line.split(';').next().unwrap_or_default().trim();
                self.at = match u64::from_str_radix(size, 16) {
                    Ok(0) => At::Trailer,
                    Ok(size) => At::Chunk(size.saturating_add(2)),
                    Err(_) => At::Strange,
                };
            }
            At::Trailer if line.is_empty() => self.at = At::Request,
            At::Trailer | At::Counted(_) | At::Chunk(_) | At::Strange => {}
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TALK: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n\
        POST /x HTTP/1.1\r\nContent-Length: 18\r\n\r\nGET / HTTP/1.1\r\n\r\n\
        PUT /y HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n12\r\nGET / HTTP/1.1\r\n\r\n\r\n0\r\n\r\n\
        HEAD /z HTTP/1.1\r\n\r\n";

    #[test]
    fn requests_are_counted_however_they_are_cut_and_bodies_are_not() {
        for size in 1..TALK.len() {
            let mut requests = Requests::default();
            let count: u64 = TALK.as_bytes().chunks(size).map(|c| requests.take(c)).sum();
            assert_eq!(count, 4, "in pieces of {size}");
        }
    }

    #[test]
    fn what_is_not_http_counts_nothing() {
        let mut requests = Requests::default();
        assert_eq!(requests.take(&[0x16, 3, 1, b'\n', 7]), 0);
        assert_eq!(requests.take(TALK.as_bytes()), 0);
    }
}
