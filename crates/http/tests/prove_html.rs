//! The page that `gatewright prove --html` writes, as Chromium shows it: wide and narrow, light and dark.
//!
//! `cargo xtask setup` installs Chromium; without it these tests fail.
#![cfg(unix)]

#[expect(dead_code, reason = "no file of tests needs every helper")]
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;
use support::command_line::Place;
use support::deployment::{ALICE, Answer, Asked, BOB, Deployment, closed, nothing, page, with_a_hole};

/// Pages of the three kinds, in a folder of their own.
struct Pages(Place);

const KINDS: [&str; 3] = ["open", "blocked", "nothing"];

impl Pages {
    fn write() -> Self {
        let place = Place::new("version = 1\n");
        place.write("alice.txt", ALICE);
        place.write("bob.txt", BOB);
        let prove = |site: &Deployment, name: &str, code: i32, more: &[&str]| {
            let (url, html) = (site.url("/admin"), format!("{name}.html"));
            let ran = place.run(&[&["prove", "--quiet", "--html", &html, "--forbid", "@bob.txt", &url], more].concat());
            assert_eq!(ran.code, code, "{ran:?}");
        };
        let allowed = ["--allow", "@alice.txt", "--open", "/health"];
        prove(&Deployment::start(hostile), "open", 1, &[&allowed[..], &[LONG]].concat());
        prove(&Deployment::start(closed), "blocked", 0, &allowed);
        prove(&Deployment::start(|_| nothing()), "nothing", 3, &["--allow", "@alice.txt"]);
        Self(place)
    }

    /// What Chromium makes of a page.
    fn shot(&self, name: &str, scheme: &str, width: u32) -> Picture {
        let file = self.0.path().join(format!("{name}-{scheme}-{width}.png"));
        let size = format!("--window-size={width},900");
        let to = format!("--screenshot={}", file.display());
        self.chromium(scheme, &[&to, &size, "--hide-scrollbars"], &format!("{name}.html"));
        keep(&file);
        Picture::read(&file)
    }

    /// What a script sees that has each page in a frame of its own, at several widths.
    fn measure(&self, scheme: &str) -> Vec<Value> {
        let mut outer = String::from("<!doctype html><meta charset=utf-8><body>");
        for name in KINDS {
            let text = fs::read_to_string(self.0.path().join(format!("{name}.html"))).unwrap();
            let text = text.replace('&', "&amp;").replace('"', "&quot;");
            for width in [320, 390, 768, 1280] {
                outer += &format!("<iframe name={name} width={width} height=900 style='border:0' srcdoc=\"{text}\"></iframe>");
            }
        }
        outer += &format!("<pre id=seen></pre><script>{MEASURE}</script>");
        self.0.write("outer.html", &outer);
        let dom = self.chromium(scheme, &["--dump-dom"], "outer.html");
        let seen = dom.split("<pre id=\"seen\">").nth(1).and_then(|rest| rest.split("</pre>").next()).unwrap();
        let seen = seen.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        let seen: Vec<Value> = serde_json::from_str(&seen).unwrap_or_else(|error| panic!("{error}: {seen}"));
        assert_eq!(seen.len(), 12);
        seen
    }

    /// Runs Chromium on a file, with a profile of its own, and returns what it prints.
    fn chromium(&self, scheme: &str, arguments: &[&str], file: &str) -> String {
        let profile = tempfile::tempdir().unwrap();
        let mut command = Command::new("chromium");
        command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]);
        command.args(["--disable-background-networking", "--disable-component-update", "--force-color-profile=srgb"]);
        command.arg(format!("--user-data-dir={}", profile.path().display()));
        command.arg(format!("--blink-settings=preferredColorScheme={}", if scheme == "dark" { 0 } else { 1 }));
        command.args(arguments).arg(format!("file://{}", self.0.path().join(file).display()));
        let output = command.env("HOME", profile.path()).stdin(Stdio::null()).stderr(Stdio::null()).output();
        let output = output.expect("Chromium is not installed: `cargo xtask setup` does it");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// A hole, and everything that a page could stumble over: markup, words without an end, what turns text round.
fn hostile(asked: &Asked) -> Answer {
    match asked.path() {
        "/admin" if !asked.has(ALICE) => {
            let title = format!("<script>document.title = 1</script>{}\u{202e}&lt;b&gt;", "unbroken".repeat(40));
            ("401 Unauthorized", String::new(), format!("<title>{title}</title>"))
        }
        LONG if asked.has(ALICE) => page("<title>Long</title>another page that is long enough to be known again"),
        LONG => ("401 Unauthorized", String::new(), String::new()),
        _ => with_a_hole(asked),
    }
}

/// A path that no line holds, with what means something in HTML.
const LONG: &str = "/reports/<i>'&amp;`x`/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// The pixels of a picture.
struct Picture {
    width: u32,
    height: u32,
    rgb: Vec<[u8; 3]>,
}

impl Picture {
    fn read(file: &std::path::Path) -> Self {
        let decoder = png::Decoder::new(std::io::BufReader::new(fs::File::open(file).unwrap()));
        let mut reader = decoder.read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        assert_eq!(info.bit_depth, png::BitDepth::Eight);
        let step = info.color_type.samples();
        let rgb = bytes.chunks_exact(step).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
        Self { width: info.width, height: info.height, rgb }
    }

    fn at(&self, x: u32, y: u32) -> [u8; 3] {
        self.rgb[usize::try_from(y * self.width + x).unwrap()]
    }

    /// How many pixels have each colour, of every other one.
    fn colours(&self) -> BTreeMap<[u8; 3], usize> {
        let mut colours = BTreeMap::new();
        self.rgb.iter().step_by(2).for_each(|pixel| *colours.entry(*pixel).or_default() += 1);
        colours
    }
}

/// Whether two colours are the same to the eye.
fn is_like(left: [u8; 3], right: [u8; 3]) -> bool {
    left.iter().zip(right).all(|(left, right)| left.abs_diff(right) < 8)
}

/// With `GATEWRIGHT_SHOTS=FOLDER` the pictures stay, for people.
fn keep(file: &std::path::Path) {
    if let Some(folder) = std::env::var_os("GATEWRIGHT_SHOTS") {
        fs::copy(file, std::path::Path::new(&folder).join(file.file_name().unwrap())).unwrap();
    }
}

#[test]
fn verdict_can_be_seen_at_once_wide_and_narrow() {
    let pages = Pages::write();
    for width in [1280, 500] {
        let mut seen = Vec::new();
        for (kind, band) in KINDS.into_iter().zip([[0xb3, 0x26, 0x1e], [0x17, 0x69, 0x3f], [0x8a, 0x5a, 0x00]]) {
            let picture = pages.shot(kind, "light", width);
            assert_eq!((picture.width, picture.height), (width, 900), "{kind}");
            for x in [4, width / 2, width - 5] {
                assert!(is_like(picture.at(x, 4), band), "{kind} at {x}: {:?}", picture.at(x, 4));
            }
            // The page, not the picture of an error: ink on paper, and smooth letters in many shades.
            let colours = picture.colours();
            assert!(colours.contains_key(&[0xf6, 0xf5, 0xf1]) && colours.len() > 64, "{kind}: {} colours", colours.len());
            let white = colours.get(&[0xff, 0xff, 0xff]).copied().unwrap_or_default();
            assert!(white > 250, "{kind}: the headline has {white} white pixels");
            seen.push(colours);
        }
        assert!(seen[0] != seen[1] && seen[1] != seen[2]);
    }
    let dark = pages.shot("open", "dark", 1280);
    assert!(
        is_like(dark.at(4, 4), [0x8c, 0x1d, 0x18]) && dark.colours().contains_key(&[0x16, 0x17, 0x1a]),
        "{:?}",
        dark.at(4, 4)
    );
}

#[test]
fn nothing_sticks_out_and_all_text_can_be_read() {
    let pages = Pages::write();
    for scheme in ["light", "dark"] {
        for seen in pages.measure(scheme) {
            let place = format!("{} at {} in {scheme}", seen["name"], seen["width"]);
            assert_eq!(seen["scroll"], seen["width"], "{place}: {}", seen["out"]);
            assert_eq!(seen["out"], Value::Array(Vec::new()), "{place}");
            assert_eq!(seen["faint"], Value::Array(Vec::new()), "{place}: less contrast than WCAG's 4.5 to 1");
            assert!(seen["texts"].as_u64().unwrap() > 10, "{place}");
            assert_eq!((&seen["scripts"], &seen["italic"]), (&0.into(), &0.into()), "{place}: markup of others came through");
        }
    }
}

/// For each frame: its width and that of its content, what reaches beyond it, and what has too little contrast (WCAG 2.2 §1.4.3).
const MEASURE: &str = r"
const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
const colour = text => text.match(/[\d.]+/g).map(Number);
const behind = e => { for (; e; e = e.parentElement) { const c = colour(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
onload = () => {
  const seen = [...document.querySelectorAll('iframe')].map(frame => {
    const page = frame.contentDocument, root = page.documentElement, out = [], faint = [];
    page.querySelectorAll('details').forEach(fold => fold.open = true);
    let texts = 0;
    for (const e of page.body.querySelectorAll('*')) {
      const box = e.getBoundingClientRect();
      if (box.right > root.clientWidth + 1 || e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 && getComputedStyle(e).display !== 'inline') out.push(e.tagName + '.' + e.className + ' ' + e.textContent.slice(0, 40));
      if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || !box.width) continue;
      texts += 1;
      const style = getComputedStyle(e), c = colour(style.color), b = behind(e);
      let o = 1; for (let a = e; a; a = a.parentElement) o *= +getComputedStyle(a).opacity;
      const mixed = [0, 1, 2].map(i => c[i] * o + b[i] * (1 - o));
      const [x, y] = [light(mixed), light(b)].sort((p, q) => q - p);
      if ((x + .05) / (y + .05) < 4.5) faint.push(e.tagName + ' ' + e.textContent.slice(0, 40));
    }
    return { name: frame.name, width: root.clientWidth, scroll: root.scrollWidth, out, faint, texts, scripts: page.scripts.length, italic: page.querySelectorAll('i').length };
  });
  document.getElementById('seen').textContent = JSON.stringify(seen);
};
";
