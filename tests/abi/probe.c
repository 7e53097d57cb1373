/* A plugin in plain C that uses every table of the ABI, so that nothing of it needs C++. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ezapi/abi.h"

typedef struct probe_service {
    uint32_t size;
    int (*twice)(void* self, int number);
} probe_service;

typedef struct probe {
    const ez_host* host;
    ez_metric* calls;
    int changes;
    int runs;
} probe;

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

static ez_status on_change(
    void* user, ez_tx* tx, const ez_change* change, size_t count, ez_error* error) {
    (void)tx;
    (void)change;
    (void)error;
    ((probe*)user)->changes += (int)count;
    return EZ_OK;
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

static ez_status query(probe* self, char* out, size_t size, ez_error* error) {
    const ez_db_api* db = self->host->db;
    ez_value parameter;
    ez_rows* rows = NULL;
    ez_tx* tx = NULL;
    ez_change change;
    ez_status status;
    parameter.text = text("20");
    parameter.is_null = 0;
    status = db->begin(self->host->context, text("main"), NULL, &tx, error);
    if (status != EZ_OK) return status;
    status = db->tx_query(tx, text("SELECT $1::int + 1"), &parameter, 1, &rows, error);
    if (status == EZ_OK) {
        cell_text(self, rows, out, size);
        db->rows_free(rows);
        memset(&change, 0, sizeof(change));
        change.size = sizeof(change);
        change.action = EZ_UPDATED;
        change.resource = text("probes");
        change.id = text("1");
        status = self->host->changes->changed(tx, &change, 1, error);
    }
    if (status == EZ_OK) return db->commit(tx, error);
    db->rollback(tx);
    return status;
}

static ez_status ping(probe* self, char* out, size_t size, ez_error* error) {
    const ez_redis_api* redis = self->host->redis;
    const ez_str words[1] = {{"PING", 4}};
    ez_command command;
    ez_reply* reply = NULL;
    ez_reply_view seen;
    ez_status status;
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
    ez_error error;
    char row[32] = "";
    char pong[32] = "";
    char body[256];
    ez_status status;
    memset(&error, 0, sizeof(error));
    self->host->metrics->record(self->calls, 1);
    status = query(self, row, sizeof(row), &error);
    if (status == EZ_OK) status = ping(self, pong, sizeof(pong), &error);
    if (status != EZ_OK) {
        http->problem(exchange, error.http_status, text(error.code), text(error.message), text(""));
        return;
    }
    snprintf(body,
             sizeof(body),
             "{\"name\":\"%.*s\",\"row\":%s,\"redis\":\"%s\",\"changes\":%d,\"runs\":%d}",
             (int)name.size,
             name.data,
             row,
             pong,
             self->changes,
             self->runs);
    http->set_header(exchange, text("X-Probe"), text("plain C"));
    http->finish(exchange, 200, text(body));
}

static ez_status add_route(probe* self, ez_error* error) {
    ez_route route;
    memset(&route, 0, sizeof(route));
    route.size = sizeof(route);
    route.access = EZ_PUBLIC;
    route.method = text("GET");
    route.pattern = text("/probe/{name}");
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

static ez_status add_all(probe* self, ez_error* error) {
    const ez_host* host = self->host;
    ez_service service;
    ez_status status = add_route(self, error);
    service.table = &service_table;
    service.self = self;
    if (status == EZ_OK) status = add_job(self, error);
    if (status == EZ_OK) status = add_metric(self, error);
    if (status == EZ_OK)
        status = host->services->publish(host->context, text("probe/1"), service, error);
    if (status == EZ_OK) {
        status =
            host->redis->subscribe(host->context, text("probe"), on_message, self, NULL, error);
    }
    if (status == EZ_OK) {
        status = host->changes->subscribe(
            host->context, text("probes"), EZ_RECORD, on_change, self, NULL, error);
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
    "probe",
    "1.0.0",
    NULL,
    NULL,
    "{\"type\":\"object\",\"properties\":{\"greeting\":{\"type\":\"string\",\"default\":\"hello\","
    "\"maxLength\":20}}}",
    start,
    stop,
};
