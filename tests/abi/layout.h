/* Sizes and places of what crosses the ABI, as one header and one language see them. The lists are
 * made by structs.py. */
#ifndef EZAPI_TESTS_ABI_LAYOUT_H
#define EZAPI_TESTS_ABI_LAYOUT_H

#include "ezapi/abi.h"
#include "ezapi/host_services.h"

struct layout {
    const char* what;
    size_t value;
    size_t size;
};

/* What MEMBERS (a file of lines) says; ends with NULL. */
#define SIZED(type, last) {#type, 0, sizeof(type)},
#define FIXED(type, last) {#type, 1, sizeof(type)},
#ifdef __cplusplus
#define SIZE_OF(type, member) sizeof(type::member)
#define NUMBER(name) static_cast<size_t>(name)
#else
#define SIZE_OF(type, member) sizeof(((type*)0)->member)
#define NUMBER(name) (size_t)(name)
#endif
#define MEMBER(type, member) {#type "." #member, offsetof(type, member), SIZE_OF(type, member)},
#define ENUM(name) {#name, NUMBER(name), 0},

#ifdef __cplusplus
extern "C" {
#endif
/* The members of the frozen header, as that header has them and as today's has them. */
extern const struct layout layout_then[];
extern const struct layout layout_now[];
/* All members of today's header, in C. */
extern const struct layout layout_in_c[];
#ifdef __cplusplus
}
#endif

#endif
