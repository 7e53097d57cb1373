/* A plugin in plain C that uses every table of the ABI, so that nothing of it needs C++. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ezapi/abi.h"

#ifndef PROBE_NAME
#define PROBE_NAME "probe"
#endif

typedef struct probe_service {
    uint32_t size;
    int (*twice)(void* self, int number);
} probe_service;

typedef struct probe {
    const ez_host* host;
    ez_metric* calls;
    char changes[64]; /* ids of the changes of which it was told */
    int runs;
} probe;

/* What one request finds out. */
typedef struct findings {
    char row[32];
    char pong[32];
    char method[16];
    char rendered[32];
    int columns;
    int caller;
    int projections;
} findings;

static ez_str text(const char* zero_terminated) {
    ez_str out;
    out.data = zero_terminated;
    out.size = strlen(zero_terminated);
    return out;
}

static int twice(void* self, int number) {
    (void)self;
    return 2 * number;
}

static const probe_service service_table = {sizeof(probe_service), twice};

/* Appends a text and a space. */
static void append(char* out, size_t size, ez_str word) {
    const size_t used = strlen(out);
    snprintf(out + used, size - used, "%.*s ", (int)word.size, word.data);
}

static ez_status on_change(
    void* user, ez_tx* tx, const ez_change* change, size_t count, ez_error* error) {
    probe* self = user;
    size_t i;
    (void)tx;
    (void)error;
    self->changes[0] = '\0';
    for (i = 0; i < count; ++i) {
        const ez_change* each = (const ez_change*)((const char*)change + i * change->size);
        append(self->changes, sizeof(self->changes), each->id);
    }
    return EZ_OK;
}

static ez_status render(void* user,
                        ez_tx* tx,
                        const ez_str* ids,
                        size_t count,
                        ez_projected_fn sink,
                        void* sink_user,
                        ez_error* error) {
    ez_status status = EZ_OK;
    size_t i;
    (void)user;
    (void)tx;
    (void)error;
    for (i = 0; i < count && status == EZ_OK; ++i) {
        ez_projected entity;
        memset(&entity, 0, sizeof(entity));
        entity.size = sizeof(entity);
        entity.present = 1;
        entity.id = ids[i];
        entity.value = text("{}");
        status = sink(sink_user, &entity);
    }
    return status;
}

static ez_status scan(void* user,
                      ez_tx* tx,
                      ez_str after,
                      size_t limit,
                      ez_projected_fn sink,
                      void* sink_user,
                      ez_error* error) {
    (void)user;
    (void)tx;
    (void)after;
    (void)limit;
    (void)sink;
    (void)sink_user;
    (void)error;
    return EZ_OK;
}

static ez_status on_rendered(void* user, const ez_projected* entity) {
    findings* found = user;
    if (entity->present != 0) append(found->rendered, sizeof(found->rendered), entity->id);
    return EZ_OK;
}

static void on_projection(void* user, const ez_projection_info* info) {
    const ez_str wanted = text("config:" PROBE_NAME);
    findings* found = user;
    if (info->resource.size == wanted.size &&
        memcmp(info->resource.data, wanted.data, wanted.size) == 0)
        found->projections += info->layout == EZ_LAYOUT_FIELD && info->registration != 0;
}

static ez_status on_run(void* user, const ez_run* run, ez_error* error) {
    probe* self = user;
    (void)error;
    ++self->runs;
    if (self->host->jobs->fence(run) < 1) return EZ_INTERNAL;
    return EZ_OK;
}

static void on_message(void* user, ez_str channel, ez_str payload) {
    (void)user;
    (void)channel;
    (void)payload;
}

/* Copies a cell into `out`, which is always terminated. */
static void cell_text(const probe* self, const ez_rows* rows, char* out, size_t size) {
    const ez_value value = self->host->db->cell(rows, 0, 0);
    snprintf(out, size, "%.*s", (int)value.text.size, value.text.data);
}

static ez_status change_two(const probe* self, ez_tx* tx, ez_error* error) {
    ez_change changes[2];
    int i;
    memset(changes, 0, sizeof(changes));
    for (i = 0; i < 2; ++i) {
        changes[i].size = sizeof(changes[i]);
        changes[i].action = EZ_UPDATED;
        changes[i].resource = text(PROBE_NAME "s");
        changes[i].id = text(i == 0 ? "1" : "2");
    }
    return self->host->changes->changed(tx, changes, 2, error);
}

static ez_status look(const probe* self, ez_tx* tx, findings* found, ez_error* error) {
    const ez_changes_api* changes = self->host->changes;
    const ez_str ids[2] = {{"a", 1}, {"b", 1}};
    ez_origin origin;
    memset(&origin, 0, sizeof(origin));
    origin.size = sizeof(origin);
    changes->origin(tx, &origin);
    if (origin.identity == NULL) return EZ_INTERNAL;
    snprintf(
        found->method, sizeof(found->method), "%.*s", (int)origin.method.size, origin.method.data);
    changes->projections(self->host->context, on_projection, found);
    return changes->render(
        self->host->context, tx, text("config:" PROBE_NAME), ids, 2, on_rendered, found, error);
}

static ez_status query(const probe* self, findings* found, ez_error* error) {
    const ez_db_api* db = self->host->db;
    ez_tx_options options;
    ez_rows_info info;
    ez_value parameter;
    ez_rows* rows = NULL;
    ez_tx* tx = NULL;
    ez_status status;
    memset(&options, 0, sizeof(options));
    options.size = sizeof(options);
    memset(&info, 0, sizeof(info));
    info.size = sizeof(info);
    parameter.text = text("20");
    parameter.is_null = 0;
    status = db->begin(self->host->context, text("main"), &options, &tx, error);
    if (status != EZ_OK) return status;
    status = db->tx_query(tx, text("SELECT $1::int + 1"), &parameter, 1, &rows, error);
    if (status == EZ_OK) {
        cell_text(self, rows, found->row, sizeof(found->row));
        db->rows_info(rows, &info);
        found->columns = (int)info.columns;
        db->rows_free(rows);
        status = look(self, tx, found, error);
    }
    if (status == EZ_OK) status = change_two(self, tx, error);
    if (status == EZ_OK) return db->commit(tx, error);
    db->rollback(tx);
    return status;
}

static ez_status ping(const probe* self, char* out, size_t size, ez_error* error) {
    const ez_redis_api* redis = self->host->redis;
    const ez_str words[1] = {{"PING", 4}};
    ez_command command;
    ez_reply* reply = NULL;
    ez_reply_view seen;
    ez_status status;
    memset(&seen, 0, sizeof(seen));
    seen.size = sizeof(seen);
    command.argv = words;
    command.argc = 1;
    status = redis->command(self->host->context, &command, 0, &reply, error);
    if (status != EZ_OK) return status;
    redis->view(reply, &seen);
    snprintf(out, size, "%.*s", (int)seen.text.size, seen.text.data);
    redis->reply_free(reply);
    return EZ_OK;
}

static void on_request(void* user, ez_exchange* exchange) {
    probe* self = user;
    const ez_http_api* http = self->host->http;
    const ez_str name = http->param(exchange, text("name"));
    ez_identity caller;
    findings found;
    ez_error error;
    char body[384];
    ez_status status;
    memset(&error, 0, sizeof(error));
    memset(&found, 0, sizeof(found));
    memset(&caller, 0, sizeof(caller));
    caller.size = sizeof(caller);
    caller.kind = -1;
    http->identity(exchange, &caller);
    found.caller = caller.kind;
    self->host->metrics->record(self->calls, 1);
    status = query(self, &found, &error);
    if (status == EZ_OK) status = ping(self, found.pong, sizeof(found.pong), &error);
    if (status != EZ_OK) {
        http->problem(exchange, error.http_status, text(error.code), text(error.message), text(""));
        return;
    }
    snprintf(body,
             sizeof(body),
             "{\"name\":\"%.*s\",\"row\":%s,\"redis\":\"%s\",\"changes\":\"%s\",\"runs\":%d,"
             "\"columns\":%d,\"caller\":%d,\"origin\":\"%s\",\"rendered\":\"%s\","
             "\"projections\":%d}",
             (int)name.size,
             name.data,
             found.row,
             found.pong,
             self->changes,
             self->runs,
             found.columns,
             found.caller,
             found.method,
             found.rendered,
             found.projections);
    http->set_header(exchange, text("X-Probe"), text("plain C"));
    http->finish(exchange, 200, text(body));
}

static ez_status add_route(probe* self, ez_error* error) {
    ez_route route;
    memset(&route, 0, sizeof(route));
    route.size = sizeof(route);
    route.access = EZ_PUBLIC;
    route.method = text("GET");
    route.pattern = text("/" PROBE_NAME "/{name}");
    route.describe = text(
        "{\"operation\":{\"summary\":\"Tries every table\",\"parameters\":[{\"name\":"
        "\"name\",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":\"string\"}}],"
        "\"responses\":{\"200\":{\"description\":\"What came back\"}}}}");
    route.handler = on_request;
    route.user = self;
    return self->host->http->route(self->host->context, &route, error);
}

static ez_status add_job(probe* self, ez_error* error) {
    ez_job job;
    memset(&job, 0, sizeof(job));
    job.size = sizeof(job);
    job.scope = EZ_JOB_CLUSTER;
    job.name = text("tick");
    job.period_ms = 3600000;
    job.run_at_start = 1;
    job.fn = on_run;
    job.user = self;
    return self->host->jobs->every(self->host->context, &job, error);
}

static ez_status add_metric(probe* self, ez_error* error) {
    ez_metric_spec spec;
    memset(&spec, 0, sizeof(spec));
    spec.size = sizeof(spec);
    spec.kind = EZ_COUNTER;
    spec.name = text("probe_calls_total");
    spec.help = text("Calls of the probe.");
    return self->host->metrics->create(self->host->context, &spec, &self->calls, error);
}

static ez_status add_projection(probe* self, ez_error* error) {
    ez_projection projection;
    memset(&projection, 0, sizeof(projection));
    projection.size = sizeof(projection);
    projection.layout = EZ_LAYOUT_FIELD;
    projection.resource = text("config:" PROBE_NAME);
    projection.render = render;
    projection.scan = scan;
    projection.user = self;
    return self->host->changes->project(self->host->context, &projection, error);
}

static ez_status add_all(probe* self, ez_error* error) {
    const ez_host* host = self->host;
    ez_service service;
    ez_status status = add_route(self, error);
    service.table = &service_table;
    service.self = self;
    if (status == EZ_OK) status = add_job(self, error);
    if (status == EZ_OK) status = add_metric(self, error);
    if (status == EZ_OK) status = add_projection(self, error);
    if (status == EZ_OK)
        status = host->services->publish(host->context, text(PROBE_NAME "/1"), service, error);
    if (status == EZ_OK) {
        status =
            host->redis->subscribe(host->context, text("probe"), on_message, self, NULL, error);
    }
    if (status == EZ_OK) {
        status = host->changes->subscribe(
            host->context, text(PROBE_NAME "s"), EZ_RECORD, on_change, self, NULL, error);
    }
    return status;
}

static ez_status start(const ez_host* host, void** out, ez_error* error) {
    probe* self = calloc(1, sizeof(*self));
    ez_status status;
    const ez_str settings = host->config->json(host->context);
    if (self == NULL) return EZ_UNAVAILABLE;
    self->host = host;
    status = add_all(self, error);
    if (status != EZ_OK) {
        free(self);
        return status;
    }
    host->log->write(host->context, EZ_LOG_INFO, settings);
    *out = self;
    return EZ_OK;
}

static void stop(void* self) {
    free(self);
}

EZ_EXPORT const ez_plugin ezapi_plugin_v1 = {
    sizeof(ez_plugin),
    EZ_ABI_MAJOR,
    EZ_ABI_MINOR,
    PROBE_NAME,
    "1.0.0",
    NULL,
    NULL,
    "{\"type\":\"object\",\"properties\":{\"greeting\":{\"type\":\"string\",\"default\":\"hello\","
    "\"maxLength\":20}}}",
    start,
    stop,
};
