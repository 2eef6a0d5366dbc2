//! `gatewright init`: the configuration of the proxy in front.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use gatewright::Config;
use gatewright_prove::{File, Proxy, Site, Tls, Wiring, init};

use crate::cli::failure::{Failure, warn};
use crate::cli::find::{self, Keys};

/// Writes the configuration of a proxy that asks this gate, hardened, for the policy's hosts and headers
///
/// The policy says which hosts are protected, which headers carry the identity, how the gate is reached and whether people log in;
/// the options say the rest. The text is commented and always the same for the same policy. Check it as the proxy does
/// (`nginx -t`, `haproxy -c`, `caddy validate`, `envoy --mode validate`, `apachectl configtest`).
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Init {
    /// The proxy
    #[arg(value_enum)]
    proxy: Named,
    /// The policy file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Write into this folder instead of to standard output
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Replace files that hold something else
    #[arg(long, requires = "output")]
    force: bool,
    /// How the proxy reaches the gate: HOST:PORT or unix:/PATH [default: the first of `[http] listen`, for Envoy `grpc` if it is there]
    #[arg(long, value_name = "ADDRESS")]
    gate: Option<String>,
    /// The application behind the proxy
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    backend: String,
    /// Where the proxy listens: PORT or IP:PORT [default: 443 with a certificate, 80 without]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// The proxy's certificate chain (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The key of the certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Protect this host, such as app.example.com or *.example.com, instead of those that the rules name
    #[arg(long = "host", value_name = "HOST")]
    hosts: Vec<String>,
    /// Let nginx remember an allow for so long
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=60))]
    cache: Option<u32>,
}

/// A proxy by its name on the command line.
#[derive(Clone, Copy, Debug)]
struct Named(Proxy);

impl ValueEnum for Named {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [Named; Proxy::ALL.len()] = {
            let mut all = [Named(Proxy::Nginx); Proxy::ALL.len()];
            let mut at = 0;
            while at < all.len() {
                all[at] = Named(Proxy::ALL[at]);
                at += 1;
            }
            all
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()))
    }
}

impl Init {
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<u8, Failure> {
        let live = find::open(&find::configuration(self.config.as_deref())?, Keys::Local)?;
        let state = live.current();
        let absolute = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
        let tls = self
            .tls_cert
            .zip(self.tls_key)
            .map(|(certificate, key)| Tls { certificate: absolute(certificate), key: absolute(key) });
        let wiring = Wiring {
            gate: self.gate,
            backend: self.backend,
            listen: self.listen,
            tls,
            hosts: self.hosts,
            cache: self.cache,
            ..Wiring::default()
        };
        let wiring = match &self.output {
            Some(folder) => Wiring { folder: absolute(folder.clone()), ..wiring },
            None => wiring,
        };
        let site = Site::new(&state.config, &state.authorizer, wiring).map_err(|error| Failure::Usage(error.to_string()))?;
        let files = init(self.proxy.0, &site).map_err(|error| Failure::Usage(error.to_string()))?;
        warn_of_the_policy(self.proxy.0, &state.config, &files, self.output.is_none());
        match self.output {
            Some(folder) => write_all(&folder, &files, self.force, out)?,
            None => print(&files, out)?,
        }
        Ok(0)
    }
}

/// Says what the configuration rests on and the policy does not say yet.
fn warn_of_the_policy(proxy: Proxy, config: &Config, files: &[File], printed: bool) {
    if let Some(endpoint) = proxy.needs_proxy_sets()
        && !["x-forwarded-for", "x-real-ip"].iter().any(|header| config.http().overwrites(endpoint, header))
    {
        warn(&format!(
            "the client's address will be unknown: write `proxy_sets = {{ {endpoint} = [\"X-Forwarded-For\"] }}` into `[http]`"
        ));
    }
    if printed && files.iter().any(|file| file.secret) {
        warn("`proxy_secret` stands in this text: let nobody but the proxy read it (`--output DIR` writes such a file)");
    }
}

/// Prints the only file; several would be one text that no proxy reads.
fn print(files: &[File], out: &mut dyn Write) -> Result<(), Failure> {
    match files {
        [file] => Ok(out.write_all(file.text.as_bytes())?),
        _ => {
            let names: Vec<&str> = files.iter().map(|file| file.name).collect();
            Err(Failure::Usage(format!("this configuration is more than one file ({}); write `--output DIR`", names.join(", "))))
        }
    }
}

/// Writes every file or, if one is there with another content, none.
fn write_all(folder: &Path, files: &[File], force: bool, out: &mut dyn Write) -> Result<(), Failure> {
    let failed = |path: &Path, error: io::Error| Failure::Failed(format!("`{}`: {error}", path.display()));
    let mut changed = Vec::new();
    for file in files {
        let path = folder.join(file.name);
        match fs::read(&path) {
            Ok(found) if found == file.text.as_bytes() => {
                keep_to_the_proxy(&path, file).map_err(|error| failed(&path, error))?;
                writeln!(out, "unchanged {}", path.display())?;
            }
            Ok(_) if !force => {
                return Err(Failure::Usage(format!("`{}` holds something else; `--force` replaces it", path.display())));
            }
            Ok(_) => changed.push((path, file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => changed.push((path, file)),
            Err(error) => return Err(failed(&path, error)),
        }
    }
    fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    // All beside their places first, so that no half of a configuration is left where the proxy would read it.
    let mut written = Vec::new();
    for (path, file) in changed {
        let place = fs::canonicalize(&path).unwrap_or(path); // a link stays a link
        let beside = place.with_file_name(format!(".{}.new", file.name));
        if let Err(error) = write(&beside, &place, file) {
            let _ = fs::remove_file(&beside);
            return Err(failed(&beside, error));
        }
        written.push((beside, place, file));
    }
    for (beside, place, file) in written {
        fs::rename(&beside, &place).map_err(|error| failed(&place, error))?;
        let secret = if file.secret { " (holds `proxy_secret`: only the proxy should read it)" } else { "" };
        writeln!(out, "wrote {}{secret}", place.display())?;
    }
    Ok(())
}

/// Writes a file that will take the place of another, with that one's mode; with the secret, nothing for others.
fn write(path: &Path, place: &Path, file: &File) -> io::Result<()> {
    let _ = fs::remove_file(path); // what an earlier run left
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if file.secret {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut opened = options.open(path)?;
    opened.write_all(file.text.as_bytes())?;
    opened.sync_all()?;
    if let Ok(old) = fs::metadata(place) {
        fs::set_permissions(path, old.permissions())?;
    }
    keep_to_the_proxy(path, file)
}

/// Takes a file with the secret from everybody but its owner and group.
#[cfg(unix)]
fn keep_to_the_proxy(path: &Path, file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path)?.permissions().mode();
    if file.secret && mode & 0o027 != 0 { fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o750)) } else { Ok(()) }
}

#[cfg(not(unix))]
fn keep_to_the_proxy(_: &Path, _: &File) -> io::Result<()> {
    Ok(())
}

const EXAMPLE: &str = "\
Examples:
  gatewright init nginx --output /etc/nginx/conf.d
  gatewright init nginx --tls-cert app.pem --tls-key app.key --backend 127.0.0.1:3000 --output /etc/nginx/conf.d
  gatewright init haproxy --gate unix:/run/gatewright.sock --output /etc/haproxy

Exit code: 0 written, 1 a file could not be written, 2 usage or configuration";
