/* What the keys plugin offers to others, as service "keys/1". */
#ifndef EZAPI_SERVICES_KEYS_H
#define EZAPI_SERVICES_KEYS_H

#include "ezapi/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What one token has used since the last report. */
typedef struct ez_key_usage {
    uint32_t size;
    int64_t key_id;    /* 0: known by token_hash */
    ez_str token_hash; /* SHA-256 in lower-case hex; of a rotated token too, as long as its grace
                          lasts */
    int64_t requests;  /* this and the two below: 0 to 2^53 */
    int64_t tokens_in;
    int64_t tokens_out;
    int64_t last_used_at; /* unix microseconds; 0: not told */
} ez_key_usage;

/* A token as the data plane sees it: what it leaves open is its master's already. */
typedef struct ez_key {
    uint32_t size;
    int64_t id;
    int64_t version;
    int64_t master_id;
    int64_t epoch;
    int64_t expires_at;  /* unix seconds, or the earlier end of a rotated token's grace; 0: never */
    int64_t quota_limit; /* -1: none */
    int64_t quota_used;
    int64_t qps_limit; /* 0: not limited */
    ez_str name;
    ez_str status; /* "suspended" also when its master is, or has ended the tokens of its epoch */
    ez_str group;
    ez_str namespaces; /* this and the lists below: JSON arrays of text; empty: not limited */
    ez_str default_namespace;
    ez_str models;
    ez_str models_denied;
    ez_str ip_allow; /* addresses and networks */
    ez_str ip_deny;
    ez_str own_status; /* the row's */
    ez_str cause;      /* what of its master ends it: "master_suspended", "epoch_ended",
                          "no_common_namespace", "master_exhausted" (the status is "exhausted"
                          then); empty: nothing */
} ez_key;

/* Tokens that may use the same, each of which is valid now. */
typedef struct ez_key_class {
    uint32_t size;
    int64_t tokens;
    ez_str group; /* this and the lists as in ez_key */
    ez_str namespaces;
    ez_str models;
    ez_str models_denied;
} ez_key_class;

/* Text is borrowed for the call. */
typedef ez_status (*ez_key_fn)(void* user, const ez_key*) EZ_NOEXCEPT;

typedef ez_status (*ez_key_class_fn)(void* user, const ez_key_class*) EZ_NOEXCEPT;

typedef struct ez_keys_v1 {
    uint32_t size;
    /* [any] Adds the counters of many tokens, in one statement as a rule (a second one for tokens
       that were not found, or that others changed meanwhile); one token may stand several times.
       Sets unknown[i] to 1 for each that names no token, 0 otherwise. A token that reaches its
       quota becomes "exhausted", and so do all tokens of a master that reaches its own. A quota
       whose reset is due begins with what is counted here. It records what Redis must learn of this
       at once, so `tx` must be one of the pool "main"; a small use of a quota reaches Redis a
       little later. */
    ez_status (*usage)(
        void* self, ez_tx* tx, const ez_key_usage* items, size_t count, int32_t* unknown, ez_error*)
        EZ_NOEXCEPT;
    /* [any] Passes the token to the sink if there is one, seen in `tx`. */
    ez_status (*find_by_hash)(
        void* self, ez_tx* tx, ez_str token_hash, ez_key_fn sink, void* user, ez_error*)
        EZ_NOEXCEPT;
    ez_status (*find_by_id)(
        void* self, ez_tx* tx, int64_t id, ez_key_fn sink, void* user, ez_error*) EZ_NOEXCEPT;
    /* [any] Counts all tokens that are valid now by what they may use, and passes the classes to
       the sink, in any order, seen in `tx`. Reads the whole table once. Sets *complete to 0 when
       there were more than `limit` combinations of master and restrictions: those beyond it are
       left out. */
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
