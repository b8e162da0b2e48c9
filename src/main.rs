//! The program `hoatoc`: server, terminal and tools in one.

fn main() -> std::process::ExitCode {
    hoatoc::cli::main()
}
