//! Benchmark programs; `./dev bench` lists them.

fn main() {}
