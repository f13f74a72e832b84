/* python_arguments.h: two named arguments, fast. */
#ifndef VMS_PYTHON_ARGUMENTS_H
#define VMS_PYTHON_ARGUMENTS_H

#include "python_types.h"

/* Puts the arguments of a METH_FASTCALL | METH_KEYWORDS call into values[2], NULL where not given; the first `needed`
 * must be. Non-zero with TypeError. */
static inline int vms_two_arguments(const char *method, const char *const names[2], size_t needed,
                                    PyObject *const *args, Py_ssize_t count, PyObject *keywords, PyObject *values[2])
{
    if (count > 2) {
        PyErr_Format(PyExc_TypeError, "%s() takes %s and %s, not %zd arguments", method, names[0], names[1], count);
        return -1;
    }
    values[0] = count > 0 ? args[0] : NULL;
    values[1] = count > 1 ? args[1] : NULL;
    Py_ssize_t named = keywords ? PyTuple_Size(keywords) : 0;
    for (Py_ssize_t i = 0; i < named; i++) {
        PyObject *keyword = PyTuple_GetItem(keywords, i);
        size_t which = 0;
        while (which < 2 && PyUnicode_CompareWithASCIIString(keyword, names[which]) != 0)
            which++;
        if (which == 2 || values[which]) {
            PyErr_Format(PyExc_TypeError, "%s() %s argument %R", method, which == 2 ? "has no" : "got twice the", keyword);
            return -1;
        }
        values[which] = args[count + i];
    }
    for (size_t i = 0; i < needed; i++)
        if (!values[i]) {
            PyErr_Format(PyExc_TypeError, "%s() needs the argument `%s`", method, names[i]);
            return -1;
        }
    return 0;
}

#endif
