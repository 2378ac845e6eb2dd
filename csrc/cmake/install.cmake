# Header, libraries, csamatch.pc for pkg-config, and the package that find_package(csamatch) reads.
# The installed tree can be moved: neither of them holds its path.
include(CMakePackageConfigHelpers)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/csamatch)
install(FILES include/csamatch.h TYPE INCLUDE)
install(TARGETS ${libraries} EXPORT csamatch)
install(EXPORT csamatch NAMESPACE csamatch:: FILE csamatch-targets.cmake DESTINATION ${package})
install(FILES cmake/csamatch-config.cmake DESTINATION ${package})
write_basic_package_version_file(csamatch-config-version.cmake
    VERSION ${version} COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/csamatch-config-version.cmake DESTINATION ${package})

# Distributions may give absolute folders; csamatch.pc then names them as they are.
set(pc_folder ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
cmake_path(ABSOLUTE_PATH pc_folder BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX} OUTPUT_VARIABLE pc_at)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${pc_at} OUTPUT_VARIABLE pc_up)
set(pc_prefix "\${pcfiledir}/${pc_up}")
set(pc_library "\${prefix}")
set(pc_include "\${prefix}")
cmake_path(APPEND pc_library ${CMAKE_INSTALL_LIBDIR})
cmake_path(APPEND pc_include ${CMAKE_INSTALL_INCLUDEDIR})
configure_file(cmake/csamatch.pc.in csamatch.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/csamatch.pc DESTINATION ${pc_folder})
