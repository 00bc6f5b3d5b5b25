//! `kezek serve`.

use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;

use super::exit::failed;
use super::registry::Database;
use crate::clock::Clock;
use crate::service::accounts::sign_ins::SignInPolicy;
use crate::service::registry::Registry;
use crate::web::proxies::{Header, Proxies};
use crate::web::server::{Options, start};

/// What `serve` takes: the registry, where to listen, limits, proxies and the registers outside.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    database: Database,
    /// Address and port; port 0 takes a free one, which is printed.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Whether public look-ups are limited per address.
    #[arg(long, value_name = "on|off", default_value = "on")]
    rate_limit: Switch,
    /// Addresses of proxies in front of this server: the client's address is then read from their header.
    #[arg(long, value_name = "ADDR[,ADDR]", value_delimiter = ',')]
    trusted_proxy: Vec<IpAddr>,
    /// The header in which those proxies write the client's address.
    #[arg(long, value_name = "HEADER", default_value = "x-forwarded-for", value_parser = header)]
    proxy_header: Header,
    /// Whoever signs in with a password must have a second factor; who has none can only enrol one.
    #[arg(long)]
    second_factor: bool,
    #[command(flatten)]
    provider: super::provider::ProviderArguments,
    #[command(flatten)]
    registers: super::registers::RegisterArguments,
}

/// A yes or no, written `on` or `off`.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let registers = match arguments.registers.read() {
        Ok(registers) => registers,
        Err(why) => return failed(2, why),
    };
    let provider = match arguments.provider.read() {
        Ok(provider) => provider,
        Err(why) => return failed(2, why),
    };
    let policy = SignInPolicy { second_factor: arguments.second_factor, provider, ..SignInPolicy::default() };
    let opened = arguments.database.registry(Clock::System);
    match opened.map(|registry| registry.with_registers(registers).with_sign_ins(policy)) {
        Ok(registry) => {
            let proxies = Proxies::new(arguments.trusted_proxy.clone(), arguments.proxy_header);
            serve(Arc::new(registry), arguments.listen, matches!(arguments.rate_limit, Switch::On), proxies)
        }
        Err(why) => failed(1, why),
    }
}

fn header(name: &str) -> Result<Header, String> {
    Header::named(name).ok_or_else(|| "write x-forwarded-for or forwarded".to_owned())
}

/// Serves until Ctrl-C; exit 1 where the address cannot be had.
pub(super) fn serve(registry: Arc<Registry>, listen: SocketAddr, rate_limit: bool, proxies: Proxies) -> ExitCode {
    let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let options = Options { listen, rate_limit, proxies, workers, signals: true };
    let served = actix_web::rt::System::new().block_on(async {
        let listening = start(registry, &options)?;
        eprintln!("kezek: listening on http://{}", listening.address);
        let _background = listening.background;
        listening.server.await
    });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => failed(1, format!("cannot serve on {listen}: {e}")),
    }
}
