//! The program `hoatoc`: server, terminal and tools in one.

/// A quarter of an import's time went into glibc's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    hoatoc::cli::main()
}
