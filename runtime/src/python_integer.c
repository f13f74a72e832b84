/* python_integer.c: scalars between memory and Python, with their ranges and enumerations. */
#include "python_types.h"

static PyObject *named(const Field *field, PyObject *number)
{
    if (!field->members || !number)
        return number;
    PyObject *member = PyDict_GetItemWithError(field->members, number);
    if (member) {
        Py_INCREF(member);
    } else if (field->flags && !PyErr_Occurred()) {
        /* A combination that was not made yet. One that the class refuses is given as the number. */
        member = PyObject_CallFunctionObjArgs(field->enumeration, number, NULL);
        if (!member && PyErr_ExceptionMatches(PyExc_ValueError))
            PyErr_Clear();
    }
    if (!member && !PyErr_Occurred())
        return number;
    Py_DECREF(number);
    return member;
}

PyObject *vms_integer_value(const Field *field, const uint8_t *from)
{
    PyObject *number;
    switch (field->member->kind) {
    case VMS_PYTHON_U8:
    case VMS_PYTHON_BUFFER: number = PyLong_FromLong(*from); break;
    case VMS_PYTHON_I8: number = PyLong_FromLong((int8_t)*from); break;
    case VMS_PYTHON_U16: { uint16_t v; memcpy(&v, from, 2); number = PyLong_FromLong(v); break; }
    case VMS_PYTHON_I16: { int16_t v; memcpy(&v, from, 2); number = PyLong_FromLong(v); break; }
    case VMS_PYTHON_U32: { uint32_t v; memcpy(&v, from, 4); number = PyLong_FromUnsignedLong(v); break; }
    case VMS_PYTHON_I32: { int32_t v; memcpy(&v, from, 4); number = PyLong_FromLong(v); break; }
    case VMS_PYTHON_U64: { uint64_t v; memcpy(&v, from, 8); number = PyLong_FromUnsignedLongLong(v); break; }
    case VMS_PYTHON_I64: { int64_t v; memcpy(&v, from, 8); number = PyLong_FromLongLong(v); break; }
    case VMS_PYTHON_BOOL: return PyBool_FromLong(*from);
    case VMS_PYTHON_F64: { double v; memcpy(&v, from, 8); return PyFloat_FromDouble(v); }
    case VMS_PYTHON_TIMER: {
        int64_t v;
        memcpy(&v, from, 8);
        if (v == -1)
            Py_RETURN_NONE;
        return PyLong_FromLongLong(v);
    }
    default: Py_UNREACHABLE();
    }
    return named(field, number);
}

static int wrong_type(const Field *field, PyObject *value, vms_place place)
{
    PyObject *subject = vms_subject(field, place);
    PyObject *type = PyType_GetName(Py_TYPE(value));
    if (subject && type)
        PyErr_Format(PyExc_TypeError, "%U takes %s, not %U", subject,
                     field->member->kind == VMS_PYTHON_BOOL    ? "a bool"
                     : field->member->kind == VMS_PYTHON_F64   ? "a float"
                     : field->member->kind == VMS_PYTHON_TIMER ? "an integer, or None where it is not set"
                                                               : "an integer",
                     type);
    Py_XDECREF(subject);
    Py_XDECREF(type);
    return -1;
}

static int out_of_range(const Field *field, PyObject *value, vms_place place)
{
    PyObject *subject = vms_subject(field, place);
    PyObject *low = NULL, *high = NULL;
    if (field->member->kind == VMS_PYTHON_U64) {
        low = PyLong_FromUnsignedLongLong(field->unsigned_low);
        high = PyLong_FromUnsignedLongLong(field->unsigned_high);
    } else {
        low = PyLong_FromLongLong(field->signed_low);
        high = PyLong_FromLongLong(field->signed_high);
    }
    PyObject *plain = PyNumber_Index(value);
    /* None for what Python refuses to write in decimal, more than four thousand digits. */
    PyObject *digits = plain ? PyNumber_ToBase(plain, 10) : NULL;
    PyErr_Clear();
    PyObject *text = digits ? digits : PyUnicode_FromString("the integer");
    if (subject && low && high && text)
        PyErr_Format(PyExc_OverflowError, "%U: %U is out of range, allowed %S..%S", subject, text, low, high);
    Py_XDECREF(subject);
    Py_XDECREF(low);
    Py_XDECREF(high);
    Py_XDECREF(plain);
    Py_XDECREF(text);
    return -1;
}

/* An integer that no double comes near to. */
static int too_large(const Field *field, vms_place place)
{
    PyErr_Clear();
    PyObject *subject = vms_subject(field, place);
    if (subject)
        PyErr_Format(PyExc_OverflowError, "%U: the integer is too large for a float", subject);
    Py_XDECREF(subject);
    return -1;
}

int vms_integer_convert(const Field *field, PyObject *value, uint8_t *to, vms_place place)
{
    vms_python_kind kind = field->member->kind;
    if (kind == VMS_PYTHON_F64) {
        double number = PyFloat_AsDouble(value);
        if (PyErr_Occurred()) {
            if (PyErr_ExceptionMatches(PyExc_OverflowError))
                return too_large(field, place);
            if (!PyErr_ExceptionMatches(PyExc_TypeError))
                return -1;
            PyErr_Clear();
            return wrong_type(field, value, place);
        }
        memcpy(to, &number, 8);
        return 0;
    }
    if (!PyLong_Check(value)) {
        if (value == Py_None && kind == VMS_PYTHON_TIMER) {
            memset(to, 0xff, 8);
            return 0;
        }
        PyObject *index = PyNumber_Index(value);
        if (!index) {
            if (!PyErr_ExceptionMatches(PyExc_TypeError))
                return -1;
            PyErr_Clear();
            return wrong_type(field, value, place);
        }
        int failed = vms_integer_convert(field, index, to, place);
        Py_DECREF(index);
        return failed;
    }
    if (kind == VMS_PYTHON_U64) {
        unsigned long long number = PyLong_AsUnsignedLongLong(value);
        if (number == (unsigned long long)-1 && PyErr_Occurred()) {
            PyErr_Clear();
            return out_of_range(field, value, place);
        }
        if (number < field->unsigned_low || number > field->unsigned_high)
            return out_of_range(field, value, place);
        uint64_t v = number;
        memcpy(to, &v, 8);
        return 0;
    }
    int overflow;
    long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (overflow || number < field->signed_low || number > field->signed_high)
        return out_of_range(field, value, place);
    switch (kind) {
    case VMS_PYTHON_U8:
    case VMS_PYTHON_I8:
    case VMS_PYTHON_BOOL:
    case VMS_PYTHON_BUFFER: *to = (uint8_t)number; break;
    case VMS_PYTHON_U16:
    case VMS_PYTHON_I16: { uint16_t v = (uint16_t)number; memcpy(to, &v, 2); break; }
    case VMS_PYTHON_U32:
    case VMS_PYTHON_I32: { uint32_t v = (uint32_t)number; memcpy(to, &v, 4); break; }
    default: { int64_t v = number; memcpy(to, &v, 8); break; }
    }
    return 0;
}
