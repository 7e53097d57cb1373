/* The service "namespaces/1" of the namespaces plugin. */
#ifndef EZAPI_SERVICES_NAMESPACES_H
#define EZAPI_SERVICES_NAMESPACES_H

#include "ezapi/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sets *count to the number of the watcher's entities that name the namespace, as seen in `tx`. */
typedef ez_status (*ez_namespace_usage_fn)(
    void* user, ez_tx* tx, ez_str name, int64_t* count, ez_error*) EZ_NOEXCEPT;

typedef struct ez_namespace {
    uint32_t size;
    int64_t id;
    int64_t version;
    ez_str name;
    ez_str status;
} ez_namespace;

/* Text is valid only during the call. */
typedef ez_status (*ez_namespace_fn)(void* user, const ez_namespace*) EZ_NOEXCEPT;

typedef struct ez_namespaces_v1 {
    uint32_t size;
    /* [start] Registers a watcher, which is asked before a namespace is deleted. `kind` names its
     * entities in the refusal ("bindings"). */
    ez_status (*watch)(void* self, ez_str kind, ez_namespace_usage_fn, void* user, ez_error*)
        EZ_NOEXCEPT;
    /* [any] Removes the watcher with this `user`; the watcher calls it before it stops. */
    void (*unwatch)(void* self, void* user) EZ_NOEXCEPT;
    /* [any] Sets missing[i] to 1 for each namespace that does not exist, to 0 otherwise, as seen in
       `tx`. Those that exist cannot be deleted until the transaction ends. */
    ez_status (*missing)(
        void* self, ez_tx* tx, const ez_str* names, size_t count, int32_t* missing, ez_error*)
        EZ_NOEXCEPT;
    /* [any] Sets suspended[i] to 1 for each namespace that is suspended, to 0 otherwise, as seen in
       `tx`. */
    ez_status (*suspended)(
        void* self, ez_tx* tx, const ez_str* names, size_t count, int32_t* suspended, ez_error*)
        EZ_NOEXCEPT;
    /* [any] Passes the namespaces that exist, as seen in `tx`, to the sink in any order. */
    ez_status (*read)(void* self,
                      ez_tx* tx,
                      const ez_str* names,
                      size_t count,
                      ez_namespace_fn sink,
                      void* user,
                      ez_error*) EZ_NOEXCEPT;
} ez_namespaces_v1;

#ifdef __cplusplus
}
#endif
#endif
