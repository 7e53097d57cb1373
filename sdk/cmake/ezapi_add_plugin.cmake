# ezapi_add_plugin(<name> <source>... [LINKS <library>...]): builds <name>.so against the SDK.
# Undefined symbols are link errors, and the version script exports one symbol only.
function(ezapi_add_plugin name)
    cmake_parse_arguments(PARSE_ARGV 1 plugin "" "" "LINKS")
    set(target plugin_${name})
    add_library(${target} MODULE ${plugin_UNPARSED_ARGUMENTS})
    target_link_libraries(${target} PRIVATE ezapi::sdk ${plugin_LINKS})
    target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    set_target_properties(${target} PROPERTIES
        OUTPUT_NAME ${name} PREFIX "" SUFFIX .so
        CXX_VISIBILITY_PRESET hidden C_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
        LINK_DEPENDS ${EZAPI_PLUGIN_MAP})
    target_link_options(${target} PRIVATE -Wl,--version-script=${EZAPI_PLUGIN_MAP})
    if(NOT EZAPI_SANITIZE) # the symbols of a sanitizer's runtime are undefined in a module
        target_link_options(${target} PRIVATE -Wl,--no-undefined)
    endif()
endfunction()
