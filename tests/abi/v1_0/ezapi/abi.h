/* The contract between the EZ-API host and its plugins, in plain C11.
 *
 * A plugin is a shared library that exports one data symbol, `ezapi_plugin_v1`. The host checks
 * that descriptor before it runs any code of the plugin, then calls `start` with an `ez_host`: a
 * table of tables of functions. C++ authors do not use this header directly: <ezapi/plugin.hpp>
 * wraps it.
 *
 * Growth: every struct that crosses by pointer starts with its own `size` and grows only at the
 * end, so an older struct is a prefix of a newer one. It ends without padding, so that no new
 * member lies inside the size of an old one. The rules (<ezapi/prefix.hpp> has them in C++):
 *   in      the reader copies the members that both sides have and takes the others as zero; a
 *           `size` below that of the first release is EZ_INVALID
 *   out     the caller sets all members to zero, then `size`; the struct is filled up to that size
 *   array   the `size` of the first element is the distance from each element to the next
 *   table   a function that was added later exists if EZ_HAS is true for it
 * Within one ABI major nothing that was released is removed, reordered, retyped, renumbered or
 * given another meaning. A struct without a size never changes: ez_str, ez_value, ez_pair,
 * ez_error, ez_command, ez_service.
 *
 * Memory: text passed to a function is borrowed for the call; the callee copies what must live
 * longer. Returned text is owned by the object that it was read from. The comment of each handle
 * names the function that frees it. Nothing is allocated on one side and freed on the other.
 *
 * Threads, in brackets at each function:
 *   [start]   only inside `start`, on the main thread
 *   [any]     any thread, at any time between `start` and the return of `stop`
 *   [handle]  any thread, but one thread at a time for the handle given
 * A plugin may run threads of its own if it joins them before `stop` returns. It must not install
 * signal handlers, and must not call fork, chdir, setlocale or exit.
 *
 * Errors: a function that can fail returns an `ez_status` and fills the caller's `ez_error`; on
 * EZ_OK the error is not changed. No function throws. Plugins are trusted code: the tables are not
 * a security boundary.
 */
#ifndef EZAPI_ABI_H
#define EZAPI_ABI_H

/* NOLINTBEGIN: a C header, read by C++ too */
#include <stddef.h>
#include <stdint.h>

#define EZ_ABI_MAJOR 1
#define EZ_ABI_MINOR 0

#ifdef __cplusplus
/* Part of the pointer's type: a callback that may throw does not compile. */
#define EZ_NOEXCEPT noexcept
extern "C" {
#else
#define EZ_NOEXCEPT
#endif

/* Whether the struct or table at `pointer` is long enough to contain `member`. */
#define EZ_HAS(type, pointer, member) \
    ((pointer)->size >= offsetof(type, member) + sizeof((pointer)->member))

/* Values */

typedef struct ez_str {
    const char* data; /* UTF-8 unless said otherwise; not terminated; may be NULL when size is 0 */
    size_t size;
} ez_str;

/* A parameter or a cell, in PostgreSQL's text format. */
typedef struct ez_value {
    ez_str text;
    int32_t is_null; /* 0, or 1: SQL NULL, text is empty; other values are reserved, and EZ_INVALID
                        in a parameter */
} ez_value;

typedef struct ez_pair {
    ez_str name;
    ez_str value;
} ez_pair;

typedef int32_t ez_status;

enum {
    EZ_OK = 0,
    EZ_INVALID = 1,         /* the caller's error; HTTP 400 unless http_status is set */
    EZ_UNAUTHENTICATED = 2, /* 401 */
    EZ_DENIED = 3,          /* 403 */
    EZ_NOT_FOUND = 4,       /* 404 */
    EZ_CONFLICT = 5,        /* 409 */
    EZ_EXHAUSTED = 6,       /* a limit is reached, retry later; 429 */
    EZ_UNAVAILABLE = 7,     /* a backend cannot be reached; 503 */
    EZ_TIMEOUT = 8,         /* a deadline passed, the outcome may be unknown; 503 */
    EZ_INTERNAL = 9         /* a defect; 500, the message is only logged */
};

/* Lives in the caller's memory. All arrays are NUL-terminated; longer text is cut. */
typedef struct ez_error {
    int32_t http_status; /* 0: derived from the ez_status */
    char sqlstate[8];    /* of a failed statement; otherwise empty */
    char code[48];       /* the problem's `code`, e.g. "unique"; empty: derived from the status */
    char field[128];     /* the field, or the violated database constraint; empty: none */
    char message[1024];  /* what failed: why, expected and found values; no credentials */
} ez_error;

typedef void (*ez_free_fn)(void* user) EZ_NOEXCEPT;

/* One per plugin; identifies the caller to the host. */
typedef struct ez_context ez_context;

/* Log */

enum { EZ_LOG_TRACE = 0, EZ_LOG_DEBUG = 1, EZ_LOG_INFO = 2, EZ_LOG_WARN = 3, EZ_LOG_ERROR = 4 };

typedef struct ez_log_api {
    uint32_t size;
    /* [any] Writes one line under the plugin's name; control characters in it are escaped. */
    void (*write)(ez_context*, int32_t level, ez_str text) EZ_NOEXCEPT;
    /* [any] The lowest level that is written. Lines below it need not be formatted. */
    int32_t (*threshold)(ez_context*) EZ_NOEXCEPT;
} ez_log_api;

/* Configuration */

typedef struct ez_config_api {
    uint32_t size;
    /* [any] The plugin's own settings as one JSON object: each property of the descriptor's
       config_schema, resolved (environment over file over default) and validated by the host.
       Owned by the host, valid until `stop` returns. */
    ez_str (*json)(ez_context*) EZ_NOEXCEPT;
} ez_config_api;

/* Metrics (Prometheus) */

enum { EZ_COUNTER = 0, EZ_GAUGE = 1, EZ_HISTOGRAM = 2 };

typedef struct ez_metric ez_metric; /* owned by the host; freed by the last release */

typedef struct ez_metric_spec {
    uint32_t size;
    int32_t kind;
    ez_str name; /* rules of Prometheus: counters end in _total, the name has the unit */
    ez_str help;
    const ez_pair* labels;
    size_t label_count;
    const double* buckets; /* histogram: ascending upper bounds without +Inf */
    size_t bucket_count;
} ez_metric_spec;

typedef struct ez_metrics_api {
    uint32_t size;
    /* [any] One time series; the same name and labels give the same handle. A name that exists with
       another kind is EZ_CONFLICT. */
    ez_status (*create)(ez_context*, const ez_metric_spec*, ez_metric** out, ez_error*) EZ_NOEXCEPT;
    /* [any] Counter: adds value >= 0. Gauge: sets. Histogram: observes. */
    void (*record)(ez_metric*, double value) EZ_NOEXCEPT;
    /* [any] Releases a handle, once for each `create` that returned it. The last release removes
       the series. The caller must not use the handle afterwards. NULL is ignored. */
    void (*release)(ez_context*, ez_metric*) EZ_NOEXCEPT;
} ez_metrics_api;

/* Database */

typedef struct ez_tx ez_tx;     /* freed by commit or rollback, even if they fail */
typedef struct ez_rows ez_rows; /* freed by rows_free; may outlive its transaction */

typedef struct ez_rows_info {
    uint32_t size;
    size_t rows;
    size_t columns;
    int64_t affected; /* rows changed by INSERT, UPDATE, DELETE, COPY; rows returned by SELECT */
} ez_rows_info;

enum { EZ_READ_COMMITTED = 0, EZ_REPEATABLE_READ = 1, EZ_SERIALIZABLE = 2 };

typedef struct ez_tx_options {
    uint32_t size;
    int32_t isolation;
    int32_t read_only;
    uint32_t statement_timeout_ms; /* 0: the limit of the pool */
    uint32_t lock_timeout_ms;      /* 0: the limit of the pool */
} ez_tx_options;

/* `committed`: 1 after COMMIT succeeded, 0 after a rollback or a failed COMMIT, -1 when the
   connection broke during COMMIT and the outcome is unknown. The connection has already been
   returned to the pool. */
typedef void (*ez_after_fn)(void* user, int32_t committed) EZ_NOEXCEPT;

/* `pool` is "main" or "logs"; empty means "main". Statements are prepared once per connection and
   kept, so SQL text should be constant and values should be parameters ($1 ...). */
typedef struct ez_db_api {
    uint32_t size;
    /* [any] Runs one statement in a transaction of its own. Blocks until a connection is free
       (EZ_UNAVAILABLE after the pool's wait limit) and until the server has answered. */
    ez_status (*query)(ez_context*,
                       ez_str pool,
                       ez_str sql,
                       const ez_value* params,
                       size_t count,
                       ez_rows** out,
                       ez_error*) EZ_NOEXCEPT;
    /* [any] Options may be NULL. */
    ez_status (*begin)(ez_context*, ez_str pool, const ez_tx_options*, ez_tx** out, ez_error*)
        EZ_NOEXCEPT;
    /* [handle] After an error only rollback, or ROLLBACK TO a savepoint of the caller, succeeds. */
    ez_status (*tx_query)(
        ez_tx*, ez_str sql, const ez_value* params, size_t count, ez_rows** out, ez_error*)
        EZ_NOEXCEPT;
    /* [handle] Runs the subscribers of the changes recorded in the transaction, then COMMIT. EZ_OK
       means durable. An aborted transaction returns EZ_CONFLICT or the status of its first error,
       never EZ_OK. */
    ez_status (*commit)(ez_tx*, ez_error*) EZ_NOEXCEPT;
    /* [handle] */
    void (*rollback)(ez_tx*) EZ_NOEXCEPT;
    /* [handle] Registers fn, which is called once after the transaction has ended, on the thread
       that ends it, before commit or rollback returns. Called in the order of registration. */
    ez_status (*after)(ez_tx*, ez_after_fn, void* user, ez_error*) EZ_NOEXCEPT;
    /* [handle] COPY ... FROM STDIN: begin with the statement, write data in its format in pieces of
       any size, end. A non-empty `abort_reason` cancels the COPY and aborts the transaction. */
    ez_status (*copy_begin)(ez_tx*, ez_str sql, ez_error*) EZ_NOEXCEPT;
    ez_status (*copy_write)(ez_tx*, ez_str data, ez_error*) EZ_NOEXCEPT;
    ez_status (*copy_end)(ez_tx*, ez_str abort_reason, int64_t* rows, ez_error*) EZ_NOEXCEPT;

    /* [handle] out->size is set by the caller. */
    void (*rows_info)(const ez_rows*, ez_rows_info* out) EZ_NOEXCEPT;
    ez_str (*column_name)(const ez_rows*, size_t column) EZ_NOEXCEPT;
    ez_value (*cell)(const ez_rows*, size_t row, size_t column) EZ_NOEXCEPT; /* owned by the rows */
    void (*rows_free)(ez_rows*) EZ_NOEXCEPT;
} ez_db_api;

/* HTTP */

/* Who may call a route. The host authenticates before the handler runs. */
enum { EZ_PUBLIC = 0, EZ_ADMIN = 1, EZ_MASTER = 2, EZ_INTERNAL_ONLY = 3 };

typedef struct ez_identity {
    uint32_t size;
    int32_t kind;   /* EZ_PUBLIC: not authenticated */
    int64_t id;     /* the master's id; 0 for the others */
    char name[128]; /* for logs and audit rows */
} ez_identity;

/* One request and the reply to it. Owned by the handler from the call until `finish` or `problem`,
   which may be called later and from another thread; the connection and the text of the request
   live until then. */
typedef struct ez_exchange ez_exchange;

typedef void (*ez_http_fn)(void* user, ez_exchange*) EZ_NOEXCEPT;

enum {
    EZ_ROUTE_INLINE =
        1, /* the handler never blocks: it may run on the thread that read the request */
    EZ_ROUTE_READS = 2 /* changes nothing, whatever the method: sessions that may only read may
                          call it */
};

typedef struct ez_route {
    uint32_t size;
    int32_t access;
    ez_str method;
    ez_str pattern; /* "/admin/masters/{id}"; a parameter is one whole segment */
    /* {"operation": <OpenAPI 3.0 operation>, "schemas": {name: schema}}; the host adds security and
       the common problem answers, and refuses query parameters that the operation does not list. */
    ez_str describe;
    uint64_t max_body; /* bytes; 0: the server's limit */
    uint32_t flags;
    ez_http_fn handler;
    void* user;
    ez_free_fn
        free_user; /* may be NULL; called after the last call of handler, also if `route` fails */
} ez_route;

enum {
    EZ_PART_METHOD = 0,
    EZ_PART_PATH = 1, /* as sent, without the query */
    EZ_PART_PATTERN = 2,
    EZ_PART_BODY = 3, /* decoded from its transfer coding */
    EZ_PART_CLIENT_IP = 4,
    EZ_PART_REQUEST_ID = 5
};

typedef struct ez_http_api {
    uint32_t size;
    /* [start] The route is served once every plugin has started. EZ_CONFLICT: it is taken. */
    ez_status (*route)(ez_context*, const ez_route*, ez_error*) EZ_NOEXCEPT;

    /* [handle] The request. Text is owned by the exchange. */
    ez_str (*part)(const ez_exchange*, int32_t which) EZ_NOEXCEPT;
    ez_str (*param)(const ez_exchange*, ez_str name) EZ_NOEXCEPT; /* percent-decoded; empty: none */
    /* Sets *out and returns 1 when the header is present. Names are case-insensitive; several
       headers of one name are joined by ", ". */
    int32_t (*header)(const ez_exchange*, ez_str name, ez_str* out) EZ_NOEXCEPT;
    size_t (*query_count)(const ez_exchange*) EZ_NOEXCEPT;
    ez_pair (*query_at)(const ez_exchange*, size_t index) EZ_NOEXCEPT;  /* decoded, in order */
    void (*identity)(const ez_exchange*, ez_identity* out) EZ_NOEXCEPT; /* its size is set */

    /* [handle] The answer. Headers are copied. The host adds the request id, CORS headers, length
       and date. */
    void (*set_header)(ez_exchange*, ez_str name, ez_str value) EZ_NOEXCEPT;
    /* Sends and frees. Content type is application/json unless a header says otherwise. */
    void (*finish)(ez_exchange*, int32_t status, ez_str body) EZ_NOEXCEPT;
    /* Sends an RFC 9457 problem and frees. `errors` is a JSON array of {field,code,message} or
       empty. With status 500 the detail is logged, and the client receives only the request id. */
    void (*problem)(ez_exchange*, int32_t status, ez_str code, ez_str detail, ez_str errors)
        EZ_NOEXCEPT;

    /* [handle] Idempotency-Key, in the transaction that does the work. `replay` claims the key.
       When an answer is stored for it, that answer is sent, the exchange is freed and *replayed is
       1. A key that was used with another body is EZ_INVALID (422), a key of a request in progress
       is EZ_CONFLICT. `remember` stores the answer that is about to be sent, with the headers set
       so far. Both do nothing without the header. */
    ez_status (*replay)(ez_exchange*, ez_tx*, int32_t* replayed, ez_error*) EZ_NOEXCEPT;
    ez_status (*remember)(ez_exchange*, ez_tx*, int32_t status, ez_str body, ez_error*) EZ_NOEXCEPT;
} ez_http_api;

/* Redis */

typedef struct ez_reply ez_reply; /* freed by reply_free, with all elements */

enum {
    EZ_REPLY_NIL = 0,
    EZ_REPLY_STRING = 1, /* bulk string or status */
    EZ_REPLY_INTEGER = 2,
    EZ_REPLY_ARRAY = 3,
    EZ_REPLY_ERROR = 4 /* text begins with the error's code, e.g. "NOSCRIPT ..." */
};

typedef struct ez_reply_view {
    uint32_t size;
    int32_t type;
    int64_t integer;
    ez_str text;
    size_t count; /* elements of an array */
} ez_reply_view;

typedef struct ez_command {
    const ez_str* argv; /* binary safe */
    size_t argc;
} ez_command;

typedef void (*ez_message_fn)(void* user, ez_str channel, ez_str payload) EZ_NOEXCEPT;

typedef struct ez_redis_api {
    uint32_t size;
    /* [any] timeout_ms limits the whole call; 0: the configured limit. EZ_UNAVAILABLE: the command
       was not sent. EZ_TIMEOUT, or a connection lost after sending: it may have been executed. An
       error that Redis answers is EZ_OK with a reply of type EZ_REPLY_ERROR. */
    ez_status (*command)(
        ez_context*, const ez_command*, uint32_t timeout_ms, ez_reply** out, ez_error*) EZ_NOEXCEPT;
    /* [any] Sends the commands together; the reply is an array with one element per command. */
    ez_status (*pipeline)(ez_context*,
                          const ez_command*,
                          size_t count,
                          uint32_t timeout_ms,
                          ez_reply** out,
                          ez_error*) EZ_NOEXCEPT;
    /* [start] Messages arrive on one thread of the host. After a lost connection the host
       subscribes again; messages sent meanwhile are missed. */
    ez_status (*subscribe)(
        ez_context*, ez_str channel, ez_message_fn, void* user, ez_free_fn, ez_error*) EZ_NOEXCEPT;

    /* [handle] NULL is a reply of type nil. out->size is set by the caller. The result of `at` is
       owned by the array; NULL when there is no such element. */
    void (*view)(const ez_reply*, ez_reply_view* out) EZ_NOEXCEPT;
    const ez_reply* (*at)(const ez_reply*, size_t index)EZ_NOEXCEPT;
    void (*reply_free)(ez_reply*) EZ_NOEXCEPT;
} ez_redis_api;

/* Jobs */

typedef struct ez_run ez_run; /* one run of a job, valid during it */

typedef ez_status (*ez_job_fn)(void* user, const ez_run*, ez_error*) EZ_NOEXCEPT;

enum {
    EZ_JOB_INSTANCE = 0, /* runs in every process */
    EZ_JOB_CLUSTER =
        1 /* runs in one process at a time: a lease with a fencing number in PostgreSQL */
};

typedef struct ez_job {
    uint32_t size;
    int32_t scope;
    ez_str name;
    uint64_t period_ms;   /* from the end of a run to the next start, with 10 % jitter */
    int32_t run_at_start; /* 1: the first run starts at once, not after one period */
    ez_job_fn fn;
    void* user;
    ez_free_fn free_user;
} ez_job;

typedef struct ez_jobs_api {
    uint32_t size;
    /* [start] The job runs once every plugin has started. Its runs never overlap. */
    ez_status (*every)(ez_context*, const ez_job*, ez_error*) EZ_NOEXCEPT;
    /* [any] Requests a run now; during a run, one more after it. */
    ez_status (*trigger)(ez_context*, ez_str name, ez_error*) EZ_NOEXCEPT;
    /* [handle] 1: the run should end soon, because the process stops or the lease is lost. */
    int32_t (*stopping)(const ez_run*) EZ_NOEXCEPT;
    /* [handle] The lease's fencing number, increased at each change of owner; 0 for
       EZ_JOB_INSTANCE. */
    int64_t (*fence)(const ez_run*) EZ_NOEXCEPT;
} ez_jobs_api;

/* Changes */

enum {
    EZ_CREATED = 0,
    EZ_UPDATED = 1,
    EZ_DELETED = 2,
    EZ_TOUCHED = 3 /* not written itself, but data derived from it has changed */
};

typedef struct ez_change {
    uint32_t size;
    int32_t action;
    ez_str resource; /* "provider-groups" */
    ez_str id;       /* the owner's key of the entity, as text */
    ez_str before;   /* JSON with secrets redacted, or empty */
    ez_str after;
} ez_change;

enum {
    EZ_DERIVE = 0, /* may record further changes; called until no new ones appear */
    EZ_RECORD = 1, /* called once, last, with every change of the transaction; records none */
    EZ_AUDIT = 2   /* as EZ_RECORD, and after it. A plugin that subscribes to all changes in this
                      phase keeps the audit. While none does, the host records each transaction that
                      changes entities. It disables that plugin only after a confirmation. */
};

/* Runs inside the transaction, right before COMMIT. A failure aborts the transaction. */
typedef ez_status (*ez_changes_fn)(void* user, ez_tx*, const ez_change*, size_t count, ez_error*)
    EZ_NOEXCEPT;

/* On whose behalf a transaction runs. Text and identity are owned by the transaction. */
typedef struct ez_origin {
    uint32_t size;
    int32_t request_id_is_given; /* not 0: the client chose request_id (X-Request-ID) */
    const ez_identity*
        identity; /* EZ_PUBLIC with the plugin's name: a job, or the process itself */
    ez_str client_ip;
    ez_str request_id;
    ez_str method; /* empty outside a request */
    ez_str path;
} ez_origin;

/* A projection defines how the entities of a resource are stored in Redis, where the data plane
   reads them: the resource is the Redis key (or its prefix), the id is the field (or the rest of
   the key). A plugin that owns such entities registers a projection and records EZ_TOUCHED changes
   of that resource. The plugin that delivers to Redis renders the CURRENT state through it, so
   late, repeated or reordered deliveries do no harm. */
enum {
    EZ_LAYOUT_FIELD = 0, /* field `id` of the hash `resource`; the value is JSON text */
    EZ_LAYOUT_HASH = 1,  /* a hash `resource:id` of its own, with the revision in its field "rev" */
    EZ_LAYOUT_PLAIN_HASH = 2 /* as EZ_LAYOUT_HASH, without "rev" */
};

typedef struct ez_projected {
    uint32_t size;
    int32_t present; /* 0: the entity does not exist, or the data plane must not see it */
    ez_str id;
    ez_str value;          /* EZ_LAYOUT_FIELD */
    const ez_pair* fields; /* the other layouts; fields without a value are left out */
    size_t field_count;
} ez_projected;

/* Text is borrowed for the call. A return value other than EZ_OK ends the rendering with that
   status. */
typedef ez_status (*ez_projected_fn)(void* user, const ez_projected*) EZ_NOEXCEPT;

typedef struct ez_projection {
    uint32_t size;
    int32_t layout;
    ez_str resource; /* "config:providers", "auth:token" */
    /* Passes each of the ids to the sink once, in any order; those that do not exist with
       `present` 0. */
    ez_status (*render)(void* user,
                        ez_tx*,
                        const ez_str* ids,
                        size_t count,
                        ez_projected_fn sink,
                        void* sink_user,
                        ez_error*) EZ_NOEXCEPT;
    /* Passes up to `limit` present entities with an id greater than `after` in byte order (COLLATE
       "C"), ascending; fewer than `limit` mean the end. */
    ez_status (*scan)(void* user,
                      ez_tx*,
                      ez_str after,
                      size_t limit,
                      ez_projected_fn sink,
                      void* sink_user,
                      ez_error*) EZ_NOEXCEPT;
    void* user;
    ez_free_fn free_user;
} ez_projection;

typedef struct ez_projection_info {
    uint32_t size;
    int32_t layout;
    ez_str resource;
    uint64_t registration; /* a new number for each registration of the resource: changes between
                              two registrations may have reached no subscriber */
} ez_projection_info;

typedef void (*ez_projection_info_fn)(void* user, const ez_projection_info*) EZ_NOEXCEPT;

typedef struct ez_changes_api {
    uint32_t size;
    /* [handle] */
    ez_status (*changed)(ez_tx*, const ez_change*, size_t count, ez_error*) EZ_NOEXCEPT;
    /* [start] `resource` "*": all resources. */
    ez_status (*subscribe)(ez_context*,
                           ez_str resource,
                           int32_t phase,
                           ez_changes_fn,
                           void* user,
                           ez_free_fn,
                           ez_error*) EZ_NOEXCEPT;
    /* [handle] out->size is set by the caller. */
    void (*origin)(const ez_tx*, ez_origin* out) EZ_NOEXCEPT;
    /* [handle] The revision under which the changes reach Redis, set by the subscriber that records
       it. The answer to the request has it in the header X-Change-Revision. 0: none. */
    void (*set_revision)(ez_tx*, int64_t revision) EZ_NOEXCEPT;

    /* [start] One per resource; EZ_CONFLICT when another plugin has registered one. */
    ez_status (*project)(ez_context*, const ez_projection*, ez_error*) EZ_NOEXCEPT;
    /* [any] Passes every live projection to fn. */
    void (*projections)(ez_context*, ez_projection_info_fn, void* user) EZ_NOEXCEPT;
    /* [handle: tx] Calls the owner's render or scan. EZ_NOT_FOUND: the resource has no live
       projection. */
    ez_status (*render)(ez_context*,
                        ez_tx*,
                        ez_str resource,
                        const ez_str* ids,
                        size_t count,
                        ez_projected_fn sink,
                        void* sink_user,
                        ez_error*) EZ_NOEXCEPT;
    ez_status (*scan)(ez_context*,
                      ez_tx*,
                      ez_str resource,
                      ez_str after,
                      size_t limit,
                      ez_projected_fn sink,
                      void* sink_user,
                      ez_error*) EZ_NOEXCEPT;
} ez_changes_api;

/* Services */

typedef struct ez_service {
    const void* table; /* a C struct of functions that starts with uint32_t size */
    void* self;        /* the first argument of each function */
} ez_service;

typedef struct ez_services_api {
    uint32_t size;
    /* [start] `id` is "name/major". The table must outlive `stop`. */
    ez_status (*publish)(ez_context*, ez_str id, ez_service, ez_error*) EZ_NOEXCEPT;
    /* [start] Allowed for services of plugins named in depends_on or after, which are running by
       then. EZ_NOT_FOUND: no plugin provides it. */
    ez_status (*find)(ez_context*, ez_str id, ez_service* out, ez_error*) EZ_NOEXCEPT;
} ez_services_api;

/* Published as "authenticator/1" by the plugin that owns the masters' credentials. The host calls
   it for every request to a route of access EZ_MASTER. EZ_UNAUTHENTICATED: unknown credential;
   EZ_DENIED: known, but not active; any other failure is answered with 503, never with 401. */
typedef struct ez_authenticator_v1 {
    uint32_t size;
    /* [any] out->size is set by the caller. */
    ez_status (*authenticate)(void* self, ez_str credential, ez_identity* out, ez_error*)
        EZ_NOEXCEPT;
} ez_authenticator_v1;

/* Host and plugin */

typedef struct ez_host {
    uint32_t size;
    uint16_t abi_major;
    uint16_t abi_minor;
    ez_context* context;
    ez_str instance; /* id of this process, a new one at each start */
    const ez_log_api* log;
    const ez_config_api* config;
    const ez_metrics_api* metrics;
    const ez_db_api* db;
    const ez_http_api* http;
    const ez_redis_api* redis;
    const ez_jobs_api* jobs;
    const ez_changes_api* changes;
    const ez_services_api* services;
} ez_host;

typedef struct ez_plugin {
    uint32_t size;
    uint16_t abi_major; /* of the header that the plugin was built with */
    uint16_t abi_minor;
    const char*
        name; /* [a-z][a-z0-9-]{0,62}; the file is <name>.so, the settings are under this key */
    const char* version;
    const char* const* depends_on; /* NULL-terminated: must run before this one; NULL: none */
    const char* const* after;  /* NULL-terminated: start before this one if enabled; NULL: none */
    const char* config_schema; /* JSON Schema of the settings, see sdk/README.md; NULL: none */
    /* Main thread. On failure `stop` is not called, and all registrations are dropped. */
    ez_status (*start)(const ez_host*, void** self, ez_error*) EZ_NOEXCEPT;
    /* Main thread. No callback is running and none follows. */
    void (*stop)(void* self) EZ_NOEXCEPT;
} ez_plugin;

#if defined(__GNUC__)
#define EZ_EXPORT __attribute__((visibility("default")))
#else
#define EZ_EXPORT
#endif

/* The one symbol that a plugin exports; the ABI major is part of its name. */
extern EZ_EXPORT const ez_plugin ezapi_plugin_v1;

#ifdef __cplusplus
}
#endif
/* NOLINTEND */
#endif
