/* What the masters plugin offers to others, as service "masters/1". It publishes "authenticator/1"
 * too, see ezapi/abi.h. */
#ifndef EZAPI_SERVICES_MASTERS_H
#define EZAPI_SERVICES_MASTERS_H

#include "ezapi/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ez_master {
    uint32_t size;
    int32_t exhausted; /* 1: the quota that its tokens share is used up */
    int64_t id;
    int64_t epoch;
    int64_t max_child_keys; /* 0: no limit */
    ez_str status;
    ez_str group;
    ez_str namespaces; /* JSON array of text; empty array: all */
    ez_str default_namespace;
    int64_t version;
    int64_t global_qps; /* 0: not limited */
} ez_master;

/* What the tokens of one master have used. */
typedef struct ez_master_usage {
    uint32_t size;
    int64_t master_id;
    int64_t requests; /* this and tokens: 0 to 2^60 */
    int64_t tokens;
} ez_master_usage;

/* Text is borrowed for the call. */
typedef ez_status (*ez_master_fn)(void* user, const ez_master*) EZ_NOEXCEPT;

typedef ez_status (*ez_master_id_fn)(void* user, int64_t id) EZ_NOEXCEPT;

enum {
    EZ_MASTER_READ = 0,
    EZ_MASTER_LOCK = 1, /* FOR NO KEY UPDATE: nobody else changes it, locks it or shares it */
    EZ_MASTER_SHARE = 2 /* FOR SHARE: nobody changes it; any number of transactions may share it */
};

typedef struct ez_masters_v1 {
    uint32_t size;
    /* [any] Passes each of the masters that exist to the sink, in any order, seen in `tx`. A lock
       is held until the transaction ends, so that what is decided on them holds. */
    ez_status (*read)(void* self,
                      ez_tx* tx,
                      const int64_t* ids,
                      size_t count,
                      int32_t mode,
                      ez_master_fn sink,
                      void* user,
                      ez_error*) EZ_NOEXCEPT;
    /* [any] Counts what the tokens of masters have used on the quotas that they share, in one
       statement. A master without a quota costs nothing. Passes each master that became exhausted
       or usable again to the sink: all of its tokens differ then. Rows of tokens are locked before
       the call, not after it. */
    ez_status (*use)(void* self,
                     ez_tx* tx,
                     const ez_master_usage* items,
                     size_t count,
                     ez_master_id_fn sink,
                     void* user,
                     ez_error*) EZ_NOEXCEPT;
    /* [any] Begins up to `most` quotas whose reset is due, and passes each master that was
       exhausted to the sink. Sets *more to 1 when others may be due. */
    ez_status (*reset)(void* self,
                       ez_tx* tx,
                       int64_t most,
                       ez_master_id_fn sink,
                       void* user,
                       int32_t* more,
                       ez_error*) EZ_NOEXCEPT;
} ez_masters_v1;

#ifdef __cplusplus
}
#endif
#endif
