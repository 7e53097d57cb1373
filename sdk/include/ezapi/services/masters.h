/* The service "masters/1" of the masters plugin, which also publishes "authenticator/1" of
 * ezapi/abi.h. */
#ifndef EZAPI_SERVICES_MASTERS_H
#define EZAPI_SERVICES_MASTERS_H

#include "ezapi/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ez_master {
    uint32_t size;
    int32_t exhausted; /* 1: the quota shared by its tokens is used up */
    int64_t id;
    int64_t epoch;
    int64_t max_child_keys; /* 0: no limit */
    ez_str status;
    ez_str group;
    ez_str namespaces; /* JSON array of strings; empty array: all */
    ez_str default_namespace;
    int64_t version;
    int64_t global_qps; /* 0: not limited */
} ez_master;

/* Usage of the tokens of one master. */
typedef struct ez_master_usage {
    uint32_t size;
    int64_t master_id;
    int64_t requests; /* this and tokens: 0 to 2^60 */
    int64_t tokens;
} ez_master_usage;

/* Text is valid only during the call. */
typedef ez_status (*ez_master_fn)(void* user, const ez_master*) EZ_NOEXCEPT;

typedef ez_status (*ez_master_id_fn)(void* user, int64_t id) EZ_NOEXCEPT;

enum {
    EZ_MASTER_READ = 0,
    EZ_MASTER_LOCK = 1, /* FOR NO KEY UPDATE: no other transaction can change, lock or share it */
    EZ_MASTER_SHARE = 2 /* FOR SHARE: no transaction can change it; any number may share it */
};

typedef struct ez_masters_v1 {
    uint32_t size;
    /* [any] Passes the masters that exist, as seen in `tx`, to the sink in any order. A lock is
       held until the transaction ends, so that decisions based on the masters stay valid. */
    ez_status (*read)(void* self,
                      ez_tx* tx,
                      const int64_t* ids,
                      size_t count,
                      int32_t mode,
                      ez_master_fn sink,
                      void* user,
                      ez_error*) EZ_NOEXCEPT;
    /* [any] Adds the usage of tokens to the shared quotas of their masters, in one statement. A
       master without a quota costs nothing. Passes each master that became exhausted or usable
       again to the sink: the rendering of all its tokens changes then. The caller must lock rows
       of tokens before this call, not after it. */
    ez_status (*use)(void* self,
                     ez_tx* tx,
                     const ez_master_usage* items,
                     size_t count,
                     ez_master_id_fn sink,
                     void* user,
                     ez_error*) EZ_NOEXCEPT;
    /* [any] Restarts up to `most` quotas whose reset is due, and passes each master that was
       exhausted to the sink. Sets *more to 1 when further quotas may be due. */
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
