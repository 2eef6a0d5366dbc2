//! JSON and Python values, each made of the other.

use pyo3::exceptions::{PyRecursionError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use serde_json::{Map, Number, Value};

/// Makes a JSON value of dicts, lists, tuples, str, int, float, bool and None.
///
/// # Errors
/// Another type, a name that is no str, a number JSON does not have, or more than [`MAX_DEPTH`] levels.
pub(crate) fn to_json(value: &Bound<'_, PyAny>) -> PyResult<Value> {
    json(value, 0)
}

fn json(value: &Bound<'_, PyAny>, depth: usize) -> PyResult<Value> {
    if depth > MAX_DEPTH {
        return Err(PyRecursionError::new_err(format!("nested deeper than {MAX_DEPTH} levels")));
    }
    let deeper = depth.saturating_add(1);
    if value.is_none() {
        return Ok(Value::Null);
    }
    if let Ok(truth) = value.cast::<PyBool>() {
        return Ok(Value::Bool(truth.is_true()));
    }
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(Value::String(text.to_str()?.to_owned()));
    }
    if let Ok(integer) = value.cast::<PyInt>() {
        return Ok(match integer.extract::<i64>() {
            Ok(number) => number.into(),
            Err(_) => integer.extract::<u64>().map_err(|_| PyValueError::new_err("an integer is beyond 64 bits"))?.into(),
        });
    }
    if let Ok(float) = value.cast::<PyFloat>() {
        let number = Number::from_f64(float.value()).ok_or_else(|| PyValueError::new_err("a number is not finite"))?;
        return Ok(Value::Number(number));
    }
    if let Ok(dict) = value.cast::<PyDict>() {
        let mut members = Map::new();
        for (name, member) in dict.iter() {
            let Ok(name) = name.cast::<PyString>() else {
                return Err(PyTypeError::new_err(format!("a key must be str, not {}", name.get_type().name()?)));
            };
            members.insert(name.to_str()?.to_owned(), json(&member, deeper)?);
        }
        return Ok(Value::Object(members));
    }
    if value.cast::<PyList>().is_ok() || value.cast::<PyTuple>().is_ok() {
        return value.try_iter()?.map(|item| json(&item?, deeper)).collect::<PyResult<Vec<_>>>().map(Value::Array);
    }
    Err(PyTypeError::new_err(format!(
        "{} has no place here: write dict, list, str, int, float, bool or None",
        value.get_type().name()?
    )))
}

/// Makes a Python value of a JSON value.
///
/// # Errors
/// Python has no memory left.
pub(crate) fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(truth) => PyBool::new(py, *truth).to_owned().into_any(),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(integer), _) => integer.into_pyobject(py)?.into_any(),
            (None, Some(integer)) => integer.into_pyobject(py)?.into_any(),
            (None, None) => PyFloat::new(py, number.as_f64().unwrap_or(f64::NAN)).into_any(),
        },
        Value::String(text) => PyString::new(py, text).into_any(),
        Value::Array(items) => {
            let items = items.iter().map(|item| to_python(py, item)).collect::<PyResult<Vec<_>>>()?;
            PyList::new(py, items)?.into_any()
        }
        Value::Object(members) => {
            let dict = PyDict::new(py);
            for (name, member) in members {
                dict.set_item(name, to_python(py, member)?)?;
            }
            dict.into_any()
        }
    })
}

/// A policy needs five; a dict that holds itself has no end.
const MAX_DEPTH: usize = 64;
