//! The `simvg-pipe` command.

mod cli;
mod commands;
mod completion;
mod exit_code;
mod experiments;
mod precision;
mod quantity;
mod registry;
mod view;

use clap::Parser;

/// Reading a pipeline of ten thousand stages takes hundreds of thousands of small allocations, and this allocator
/// halves their time: it needs no lock between threads and takes large pages from the kernel.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    if completion::answer() {
        return exit_code::Exit::Success.into();
    }
    view::failure::set_up();
    let exit = cli::Cli::parse().command.run().unwrap_or_else(|error| {
        let exit = exit_code::Exit::of(&error);
        if exit != exit_code::Exit::Success {
            view::failure::show(&error);
        }
        exit
    });
    exit.into()
}
