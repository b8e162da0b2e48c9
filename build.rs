//! Compiles the proto files without a system protoc, and keeps the descriptor set for reflection.

use std::path::PathBuf;

use prost::Message;

/// Messages that hold personal data.
const PERSONAL: [&str; 14] = [
    "Reservist",
    "Equipment",
    "Driver",
    "Deferral",
    "Exemption",
    "MilitiaRole",
    "Transfer",
    "MilitiaBase",
    "Enterprise",
    "FieldChange",
    "CalledPerson",
    "CalledEquipment",
    "CallUpSheetDelivery",
    "StoredCallUpLeaf",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto");
    let mut files: Vec<PathBuf> = std::fs::read_dir("proto/hoatoc/v1")?
        .map(|entry| entry.map(|file| file.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    let descriptors = protox::compile(&files, ["proto"])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?).join("hoatoc.v1.descriptors");
    std::fs::write(out, descriptors.encode_to_vec())?;
    tonic_prost_build::configure()
        // Bytes fields are shared, not copied: one order's bytes serve every stream.
        .bytes(".")
        // Thousands of open streams: buffers that begin small.
        .codec_path("crate::wire::codec::LeanCodec")
        // Personal data never reaches a log through Debug: `wire::pb` writes these by hand.
        .skip_debug(PERSONAL.map(|name| format!(".hoatoc.v1.{name}")))
        .compile_fds(descriptors)?;
    Ok(())
}
