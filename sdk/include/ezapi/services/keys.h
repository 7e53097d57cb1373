/* The service "keys/1" of the keys plugin. */
#ifndef EZAPI_SERVICES_KEYS_H
#define EZAPI_SERVICES_KEYS_H

#include "ezapi/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Usage of one token since the last report. */
typedef struct ez_key_usage {
    uint32_t size;
    int64_t key_id;    /* 0: given by token_hash */
    ez_str token_hash; /* SHA-256 in lower-case hex; also an older hash of a rotated token, within
                          its grace period */
    int64_t requests;  /* this and the next two: 0 to 2^53 */
    int64_t tokens_in;
    int64_t tokens_out;
    int64_t last_used_at; /* unix microseconds; 0: unknown */
} ez_key_usage;

/* A token as the data plane sees it: values that it does not set are those of its master. */
typedef struct ez_key {
    uint32_t size;
    int64_t id;
    int64_t version;
    int64_t master_id;
    int64_t epoch;
    int64_t expires_at;  /* unix seconds, at most the end of a grace period; 0: never */
    int64_t quota_limit; /* -1: no limit */
    int64_t quota_used;
    int64_t qps_limit; /* 0: not limited */
    ez_str name;
    ez_str status; /* "suspended" also when its master is, or has ended its epoch */
    ez_str group;
    ez_str namespaces; /* this and the lists below: JSON arrays of strings; empty: not limited */
    ez_str default_namespace;
    ez_str models;
    ez_str models_denied;
    ez_str ip_allow; /* addresses and networks */
    ez_str ip_deny;
    ez_str own_status; /* of the row, before the master is applied */
    ez_str cause;      /* why the master disables it: "master_suspended", "epoch_ended",
                          "no_common_namespace", "master_exhausted" (status "exhausted"); empty:
                          it does not */
} ez_key;

/* Tokens with equal permissions, all of them valid now. */
typedef struct ez_key_class {
    uint32_t size;
    int64_t tokens;
    ez_str group; /* this and the lists as in ez_key */
    ez_str namespaces;
    ez_str models;
    ez_str models_denied;
} ez_key_class;

/* Text is valid only during the call. */
typedef ez_status (*ez_key_fn)(void* user, const ez_key*) EZ_NOEXCEPT;

typedef ez_status (*ez_key_class_fn)(void* user, const ez_key_class*) EZ_NOEXCEPT;

typedef struct ez_keys_v1 {
    uint32_t size;
    /* [any] Adds the usage of many tokens, usually in one statement (a second one handles tokens
       that were not found or were changed concurrently). A token may occur several times. Sets
       unknown[i] to 1 for each item that names no token, to 0 otherwise. A token that reaches its
       quota becomes "exhausted", and so do all tokens of a master that reaches its quota. A quota
       whose reset is due restarts with this usage. The changes that Redis must get at once are
       recorded, so `tx` must be from the pool "main"; small usage of a quota reaches Redis a little
       later. */
    ez_status (*usage)(
        void* self, ez_tx* tx, const ez_key_usage* items, size_t count, int32_t* unknown, ez_error*)
        EZ_NOEXCEPT;
    /* [any] Passes the token, as seen in `tx`, to the sink if it exists. */
    ez_status (*find_by_hash)(
        void* self, ez_tx* tx, ez_str token_hash, ez_key_fn sink, void* user, ez_error*)
        EZ_NOEXCEPT;
    ez_status (*find_by_id)(
        void* self, ez_tx* tx, int64_t id, ez_key_fn sink, void* user, ez_error*) EZ_NOEXCEPT;
    /* [any] Groups all tokens that are valid now, as seen in `tx`, by their permissions and passes
       the classes to the sink in any order. Reads the whole table once. Sets *complete to 0 when
       there are more than `limit` combinations of master and restrictions; the rest is left out. */
    ez_status (*classes)(void* self,
                         ez_tx* tx,
                         size_t limit,
                         ez_key_class_fn sink,
                         void* user,
                         int32_t* complete,
                         ez_error*) EZ_NOEXCEPT;
} ez_keys_v1;

#ifdef __cplusplus
}
#endif
#endif
