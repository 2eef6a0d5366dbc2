//! `Request`: the request as the caller describes it.

use std::net::IpAddr;

use gatewright::Headers;
use gatewright_issuer::{Asked, Facts};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyMapping, PyString, PyTuple};

use crate::text::Text;

/// A request to decide on; its parts are raw, as the client sent them: nothing is decoded or normalised.
///
/// Text stands for its ISO 8859-1 bytes, as in every Python HTTP server. Headers are a mapping or pairs; only pairs show that a
/// field came twice. `host` may have a port; `path` includes the query. `client` is the client's address, if somebody trustworthy
/// saw it.
///
/// With `forwarded`, scheme and client are not the caller's to say: they come from the headers that `proxy_sets.middleware` of the
/// policy names, and are https and unknown without it. `portless_host` says that the host never carries a port whatever port was
/// used, and `proxy_sets` which certificate headers the proxy overwrites.
///
/// Raises `TypeError` or `ValueError`, naming the part.
///
/// >>> Request("GET", "app.example.com", "/reports/7?x=1", {"Accept": "text/html"}, client="192.0.2.7")
/// <Request GET https://app.example.com/reports/7>
#[pyclass(frozen, name = "Request", module = "gatewright")]
pub(crate) struct PyRequest {
    method: Text,
    scheme: Text,
    host: Text,
    path: Text,
    headers: Fields,
    client: Option<IpAddr>,
    facts: Facts,
    portless_host: bool,
    proxy_sets: Vec<String>,
}

/// Header fields in the order in which they came.
struct Fields {
    pairs: Vec<(Text, Text)>,
    /// Panics when it is read: how a test reaches what a fault of ours would do.
    broken: bool,
}

#[pymethods]
impl PyRequest {
    #[new]
    #[pyo3(signature = (method, host, path, headers = None, *, scheme = None, client = None, forwarded = false, portless_host = false, proxy_sets = Vec::new()))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of Python")]
    fn new(
        py: Python<'_>,
        method: &Bound<'_, PyAny>,
        host: &Bound<'_, PyAny>,
        path: &Bound<'_, PyAny>,
        headers: Option<&Bound<'_, PyAny>>,
        scheme: Option<&Bound<'_, PyAny>>,
        client: Option<&Bound<'_, PyAny>>,
        forwarded: bool,
        portless_host: bool,
        proxy_sets: Vec<String>,
    ) -> PyResult<Self> {
        Ok(Self {
            method: Text::take(method, "method")?,
            scheme: match scheme {
                Some(scheme) => Text::take(scheme, "scheme")?,
                None => Text::take(pyo3::intern!(py, "https").as_any(), "scheme")?,
            },
            host: Text::take(host, "host")?,
            path: Text::take(path, "path")?,
            headers: Fields { pairs: headers.map_or_else(|| Ok(Vec::new()), pairs)?, broken: false },
            client: client.map(address).transpose()?,
            facts: if forwarded { Facts::Forwarded } else { Facts::Given },
            portless_host,
            proxy_sets: proxy_sets.into_iter().map(|name| name.to_ascii_lowercase()).collect(),
        })
    }

    /// Whether a person's browser opens a page with it, so that a challenge may send it to the login.
    ///
    /// >>> Request("GET", "app.example.com", "/", {"Sec-Fetch-Mode": "navigate"}).is_navigation
    /// True
    #[getter]
    fn is_navigation(&self) -> bool {
        gatewright::is_navigation(self.method.as_ref(), &self.headers)
    }

    fn __repr__(&self) -> String {
        format!("<Request {:?}>", self.asked().request)
    }
}

impl PyRequest {
    /// The request as the engine takes it.
    pub(crate) fn asked(&self) -> Asked<'_> {
        let mut request = gatewright::Request::new(
            self.method.as_ref(),
            self.scheme.as_ref(),
            self.host.as_ref(),
            self.path.as_ref(),
            &self.headers,
        )
        .proxy_sets(&self.proxy_sets);
        if let Some(client) = self.client {
            request = request.client(client);
        }
        if self.portless_host {
            request = request.portless_host();
        }
        Asked { request, facts: self.facts }
    }
}

impl Headers for Fields {
    fn each<'h>(&'h self, name: &str, each: &mut dyn FnMut(&'h [u8])) {
        assert!(!self.broken, "a fault that a test asked for");
        self.pairs.each(name, each);
    }
}

/// Makes a request whose headers make the engine panic; for the test that a panic is an ordinary exception.
#[pyfunction]
#[pyo3(name = "_panicking_request")]
pub(crate) fn panicking_request(request: &PyRequest, py: Python<'_>) -> PyResult<PyRequest> {
    let text = |text: &Text| Text::take(PyBytes::new(py, text.as_ref()).as_any(), "");
    Ok(PyRequest {
        method: text(&request.method)?,
        scheme: text(&request.scheme)?,
        host: text(&request.host)?,
        path: text(&request.path)?,
        headers: Fields { pairs: Vec::new(), broken: true },
        client: request.client,
        facts: request.facts,
        portless_host: request.portless_host,
        proxy_sets: request.proxy_sets.clone(),
    })
}

/// Reads headers: a mapping, or anything that gives pairs. A name that comes twice in pairs is seen twice.
fn pairs(headers: &Bound<'_, PyAny>) -> PyResult<Vec<(Text, Text)>> {
    if headers.is_none() {
        return Ok(Vec::new());
    }
    if let Ok(list) = headers.cast::<PyList>() {
        let mut pairs = Vec::with_capacity(list.len().min(MAX_FIELDS));
        for item in list.iter() {
            push_item(&mut pairs, &item)?;
        }
        return Ok(pairs);
    }
    if let Ok(dict) = headers.cast::<PyDict>() {
        let mut pairs = Vec::with_capacity(dict.len().min(MAX_FIELDS));
        for (name, value) in dict.iter() {
            push(&mut pairs, &name, &value)?;
        }
        return Ok(pairs);
    }
    if headers.cast::<PyString>().is_ok() || headers.cast::<PyBytes>().is_ok() {
        return Err(PyTypeError::new_err("headers must be a mapping or pairs of name and value, not one text"));
    }
    let items = match headers.cast::<PyMapping>() {
        Ok(mapping) => mapping.call_method0("items")?,
        // Werkzeug's and Starlette's headers are no mappings everywhere, and their items show repeated fields.
        Err(_) if headers.hasattr("items")? => headers.call_method0("items")?,
        Err(_) => headers.clone(),
    };
    let mut pairs = Vec::new();
    for item in items.try_iter()? {
        push_item(&mut pairs, &item?)?;
    }
    Ok(pairs)
}

fn push_item(pairs: &mut Vec<(Text, Text)>, item: &Bound<'_, PyAny>) -> PyResult<()> {
    if let Ok(pair) = item.cast::<PyTuple>()
        && pair.len() == 2
    {
        return push(pairs, &pair.get_item(0)?, &pair.get_item(1)?);
    }
    let pair: Option<Vec<Bound<'_, PyAny>>> = item.extract().ok();
    match pair.as_deref() {
        Some([name, value]) => push(pairs, name, value),
        _ => Err(PyTypeError::new_err("every header must be a pair of name and value")),
    }
}

fn push(pairs: &mut Vec<(Text, Text)>, name: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
    if pairs.len() >= MAX_FIELDS {
        return Err(PyValueError::new_err(format!("more than {MAX_FIELDS} header fields")));
    }
    pairs.push((Text::take(name, "a header's name")?, Text::take(value, "a header's value")?));
    Ok(())
}

/// Reads an address, given as text or as an object of the module `ipaddress`.
fn address(client: &Bound<'_, PyAny>) -> PyResult<IpAddr> {
    let text = match client.cast::<PyString>() {
        Ok(text) => text.clone(),
        Err(_) if client.hasattr("packed")? => client.str()?,
        Err(_) => {
            let name = client.get_type().name()?;
            return Err(PyTypeError::new_err(format!("client must be an address as str, not {name}")));
        }
    };
    let invalid = || PyValueError::new_err("client is no IPv4 or IPv6 address");
    text.to_str().map_err(|_| invalid())?.parse().map_err(|_| invalid())
}

/// Far more than any server lets through; what never ends must end here.
const MAX_FIELDS: usize = 10_000;
