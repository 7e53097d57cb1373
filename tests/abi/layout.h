/* Sizes and places of what crosses the ABI, as each language sees them. */
#ifndef EZAPI_TESTS_ABI_LAYOUT_H
#define EZAPI_TESTS_ABI_LAYOUT_H

#include "ezapi/abi.h"
#include "ezapi/host_services.h"

/* Everything that passes by value or inside another struct, and the ends of what may grow. */
/* clang-format off */
#define LAYOUT_LIST(SIZE, PLACE)                                                                  \
    SIZE(ez_str) SIZE(ez_value) SIZE(ez_pair) SIZE(ez_error) SIZE(ez_metric_spec)                 \
    SIZE(ez_rows_info) SIZE(ez_tx_options) SIZE(ez_identity) SIZE(ez_route) SIZE(ez_reply_view)   \
    SIZE(ez_command) SIZE(ez_job) SIZE(ez_change) SIZE(ez_origin) SIZE(ez_service)                \
    SIZE(ez_authenticator_v1) SIZE(ez_delivery_v1) SIZE(ez_command_v1) SIZE(ez_host)              \
    SIZE(ez_plugin) SIZE(ez_log_api) SIZE(ez_config_api)                                          \
    SIZE(ez_metrics_api) SIZE(ez_db_api) SIZE(ez_http_api) SIZE(ez_redis_api) SIZE(ez_jobs_api)   \
    SIZE(ez_changes_api) SIZE(ez_services_api) PLACE(ez_plugin, stop) PLACE(ez_host, services)    \
    PLACE(ez_error, message) PLACE(ez_identity, name)
/* clang-format on */

#define LAYOUT_SIZE(type) {#type, sizeof(type)},
#define LAYOUT_PLACE(type, member) {#type "." #member, offsetof(type, member)},

struct layout {
    const char* what;
    size_t value;
};

#ifdef __cplusplus
extern "C" {
#endif
extern const struct layout layout_in_c[];
#ifdef __cplusplus
}
#endif

#endif
