# The items of a tuple, for loops over very many. Part of _core.pyx.

cdef extern from *:
    """
    typedef PyObject *const *csm_items;
    typedef int (*csm_visitor)(csm_items items, Py_ssize_t count, void *context);

    #ifdef Py_LIMITED_API
    /* The stable ABI has no way to where a tuple's items lie but to call a function with them as
       its arguments; PyTuple_GetItem for each takes up to a tenth of a batch. */
    typedef struct {
        csm_visitor visitor;
        void *context;
    } csm_visit_call;

    static PyObject *csm_visited(PyObject *self, csm_items items, Py_ssize_t count)
    {
        csm_visit_call *call = (csm_visit_call *)PyCapsule_GetPointer(self, NULL);
        if (call == NULL || call->visitor(items, count, call->context) < 0)
            return NULL;
        Py_INCREF(Py_None);
        return Py_None;
    }

    static PyMethodDef csm_visited_method = {
        "visited", (PyCFunction)(void (*)(void))csm_visited, METH_FASTCALL, NULL};

    static int csm_visit(PyObject *tuple, csm_visitor visitor, void *context)
    {
        csm_visit_call call = {visitor, context};
        PyObject *done = NULL, *function = NULL, *self = PyCapsule_New(&call, NULL, NULL);
        if (self != NULL)
            function = PyCFunction_NewEx(&csm_visited_method, self, NULL);
        if (function != NULL)
            done = PyObject_Call(function, tuple, NULL);
        Py_XDECREF(self);
        Py_XDECREF(function);
        Py_XDECREF(done);
        return done == NULL ? -1 : 0;
    }
    #else
    static int csm_visit(PyObject *tuple, csm_visitor visitor, void *context)
    {
        return visitor(((PyTupleObject *)tuple)->ob_item, PyTuple_GET_SIZE(tuple), context);
    }
    #endif

    #if defined(__GNUC__)
    #define csm_ask_for(p) \\
        (__builtin_prefetch(p), __builtin_prefetch((const char *)(p) + 64))
    #else
    #define csm_ask_for(p) ((void)(p))
    #endif
    """
    ctypedef PyObject **csm_items # not to be written to
    ctypedef int (*csm_visitor)(csm_items items, Py_ssize_t count, void *context) except -1
    # Calls visitor, with the items, which it must not use afterwards.
    int csm_visit(tuple items, csm_visitor visitor, void *context) except -1
    void csm_ask_for(const void *p) noexcept nogil
