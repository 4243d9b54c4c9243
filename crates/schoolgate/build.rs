//! Builds again when the shipped files change, for they are part of the program.

fn main() {
    println!("cargo::rerun-if-changed=../../config");
    println!("cargo::rerun-if-changed=../../blocklists");
}
