//! The same pseudo-random configurations each time.

/// xorshift64*: small, and good enough to choose.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 33) as usize % limit.max(1)
    }

    pub(crate) fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    /// Up to so many pieces, in any order.
    pub(crate) fn some(&mut self, most: usize, of: &[&[u8]]) -> Vec<u8> {
        (0..self.below(most)).flat_map(|_| self.one(of).to_vec()).collect()
    }

    /// What the grammar is made of, in any order.
    pub(crate) fn soup(&mut self, most: usize) -> Vec<u8> {
        self.some(most, PIECES)
    }

    /// Entries that are mostly right: a few words, a `;`.
    pub(crate) fn entries(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        for _ in 0..self.below(8) {
            for _ in 0..1 + self.below(3) {
                text.extend_from_slice(self.one(WORDS));
                text.extend_from_slice(self.one(&[&b" "[..], b"\t", b"\r\n", b"\n\n ", b" # c '\n", b" "]));
            }
            text.extend_from_slice(b";");
        }
        if self.below(3) == 0 { self.mutate(&text) } else { text }
    }

    /// Locations in locations, conditions and types.
    pub(crate) fn blocks(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        self.location("/", 0, &mut text);
        if self.below(2) == 0 { self.mutate(&text) } else { text }
    }

    fn location(&mut self, path: &str, depth: usize, text: &mut Vec<u8>) {
        for index in 0..1 + self.below(3) {
            let inner = format!("{path}{index}/");
            match self.below(if depth < 5 { 5 } else { 3 }) {
                0 => text.extend_from_slice(b"set $a 'b c'; # }\n"),
                1 => text.extend_from_slice(b"if ($uri = \"${a}\") { return 200 \"{$a}\"; }\n"),
                2 => text.extend_from_slice(b"types { a/b c{d; }\r\n"[..].strip_suffix(b"\n").unwrap()),
                _ => {
                    text.extend_from_slice(format!("location {inner} {{\n").as_bytes());
                    self.location(&inner, depth + 1, text);
                    text.extend_from_slice(b"}");
                }
            }
        }
    }

    /// Locations with Lua that is none.
    pub(crate) fn lua(&mut self) -> Vec<u8> {
        let block = |name: &str, inner: Vec<u8>| {
            [b"location /", name.as_bytes(), b" { content_by_lua_block {a ", &inner, b"} }\n"].concat()
        };
        [block("a", self.some(12, LUA)), block("b", self.some(12, LUA)), block("c", Vec::new())].concat()
    }

    /// Changes a few bytes.
    pub(crate) fn mutate(&mut self, text: &[u8]) -> Vec<u8> {
        let mut text = text.to_vec();
        for _ in 0..1 + self.below(3) {
            let at = self.below(text.len() + 1);
            match self.below(4) {
                0 => text.truncate(at),
                1 if at < text.len() => drop(text.remove(at)),
                2 if at < text.len() => text[at] = self.next() as u8,
                _ => drop(text.splice(at..at, self.one(PIECES).to_vec())),
            }
        }
        text
    }
}

/// How many pseudo-random configurations are compared: one takes 5 ms.
pub(crate) fn rounds() -> u64 {
    std::env::var("ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(200)
}

const PIECES: &[&[u8]] = &[
    b"a",
    b"bc",
    b" ",
    b" ",
    b"\t",
    b"\n",
    b"\r\n",
    b"\r",
    b";",
    b";",
    b"; ",
    b"{",
    b"}",
    b"'",
    b"'",
    b"\"",
    b"\"",
    b"\\",
    b"\\\\",
    b"\\n",
    b"#",
    b"$",
    b"${",
    b"${a}",
    b")",
    b"(",
    b"\xff",
    b"\0",
    b"\xef\xbb\xbf",
    b"\x0b",
    b"\xc2\xa0",
    b"'a'",
    b"\"b c\"",
    b"d;",
    b" e f;\n",
    b"# g\n",
    b"map a b {",
    b"types{",
    b"location / {",
    b"a_by_lua_block {",
    b"[[",
    b"]]",
    b"--",
    b"[=[",
    b"include",
    b"include a;",
    b"\\;",
    b"\\ ",
];

const WORDS: &[&[u8]] = &[
    b"a",
    b"Bc",
    b"d$e",
    b"${f}",
    b"${g{h",
    b"$uri/",
    b"'i j'",
    b"\"k;{}#\"",
    b"'\\''",
    b"\"\\\"\\\\\\n\"",
    b"l\\ m",
    b"n\\;",
    b"o'p",
    b"q\"r",
    b"s#t",
    b"u}v",
    b"\\x",
    b"\\{",
    b"\\#",
    b"\\",
    b"''",
    b"\"\"",
    b"~^/a\\.b(c)$",
    b"\xff\xfe",
    b"\xc3\xa9",
    b"w)",
    b"'x')",
    b"\0y",
    b"-",
    b"=",
    b"a/b",
    b"'\n'",
    b"\"$\"",
    b"'${'",
    b"z\x0bz",
    b"\xc2\xa0",
];

const LUA: &[&[u8]] = &[
    b"{",
    b"}",
    b"{",
    b"}",
    b"'",
    b"\"",
    b"--",
    b"-",
    b"[[",
    b"]]",
    b"[=[",
    b"]=]",
    b"[==[",
    b"]==]",
    b"[",
    b"]",
    b"=",
    b"\n",
    b"\n",
    b"\\",
    b"a",
    b" ",
    b"#",
    b";",
    b"'}'",
    b"\"}\"",
    b"[[}]]",
    b"-- }\n",
    b"--[[ } ]]",
    b"\\\n",
];
