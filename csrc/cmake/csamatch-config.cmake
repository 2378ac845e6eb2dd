# csamatch::csamatch, the shared library, and csamatch::csamatch_static. They depend on nothing.
include(${CMAKE_CURRENT_LIST_DIR}/csamatch-targets.cmake)
