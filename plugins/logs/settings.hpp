// The settings of the logs plugin.
#pragma once

namespace ezapi::logs {

inline constexpr const char* kSettings = R"json({
  "type": "object",
  "properties": {
    "queue_capacity": {
      "type": "integer", "minimum": 1, "maximum": 10000000, "default": 10000,
      "x-env": "EZ_LOG_QUEUE", "x-key": "log.queue_capacity",
      "description": "Request records that may wait to be written; beyond it 429"
    },
    "batch_size": {
      "type": "integer", "minimum": 1, "maximum": 5000, "default": 10,
      "x-env": "EZ_LOG_BATCH_SIZE", "x-key": "log.batch_size",
      "description": "Waiting records that start a write at once; a write takes all that wait"
    },
    "flush_ms": {
      "type": "integer", "minimum": 1, "maximum": 60000, "default": 1000,
      "x-env": "EZ_LOG_FLUSH_MS", "x-key": "log.flush_ms",
      "description": "Longest time that a buffered record waits to be written"
    },
    "ack": {
      "type": "string", "enum": ["committed", "queued"], "default": "committed",
      "x-env": "EZ_LOG_ACK", "x-key": "log.ack",
      "description": "When records are acknowledged: once stored, or once buffered"
    },
    "retention_days": {
      "type": "integer", "minimum": 0, "maximum": 36500, "default": 30,
      "x-env": "EZ_LOG_RETENTION_DAYS", "x-key": "log.retention_days",
      "description": "Age at which request records are deleted; 0: never"
    },
    "max_records": {
      "type": "integer", "minimum": 0, "maximum": 1000000000000, "default": 1000000,
      "x-env": "EZ_LOG_MAX_RECORDS", "x-key": "log.max_records",
      "description": "Request records kept, the oldest go first, none younger than 25 hours; 0: no limit"
    },
    "rollup_retention_days": {
      "type": "integer", "minimum": 0, "maximum": 36500, "default": 400,
      "x-env": "EZ_LOG_ROLLUP_RETENTION_DAYS", "x-key": "log.rollup_retention_days",
      "description": "Age at which the statistics drawn from request records are deleted; 0: never"
    },
    "partitioning": {
      "type": "string", "enum": ["off", "month", "day"], "default": "off",
      "x-env": "EZ_LOG_PARTITIONING", "x-key": "log.partitioning",
      "description": "Whether request records are kept in partitions that are dropped whole"
    },
    "flush_retention_days": {
      "type": "integer", "minimum": 1, "maximum": 36500, "default": 30,
      "x-env": "EZ_STATS_FLUSH_RETENTION_DAYS", "x-key": "log.flush_retention_days",
      "description": "How long the number of a counter report is remembered"
    },
    "query_timeout_ms": {
      "type": "integer", "minimum": 100, "maximum": 600000, "default": 5000,
      "x-env": "EZ_LOG_QUERY_TIMEOUT_MS", "x-key": "log.query_timeout_ms",
      "description": "Longest time that a statement of a list or of statistics may take"
    },
    "webhook_allowed_networks": {
      "type": "string", "default": "",
      "x-env": "EZ_WEBHOOK_ALLOWED_NETWORKS", "x-key": "log.webhook_allowed_networks", "x-format": "cidr-list",
      "description": "Addresses and networks, comma-separated, that the webhook may lead to besides public addresses"
    },
    "audit_keys": {
      "type": "string", "writeOnly": true, "default": "",
      "x-env": "EZ_AUDIT_KEYS", "x-key": "auth.audit_keys",
      "description": "Keys that sign the operation log, as a list like auth.secret_keys: the first signs, all verify. The same for all instances. Empty: a key that is made at the first start and kept in the state directory"
    },
    "audit_anchor_url": {
      "type": "string", "default": "",
      "x-env": "EZ_AUDIT_ANCHOR_URL", "x-key": "log.audit_anchor_url",
      "description": "Where the head of the operation log is posted once a minute while it moves, at a public address or in log.webhook_allowed_networks; empty: nowhere"
    },
    "secret_keys": {
      "type": "string", "writeOnly": true, "x-env": "EZ_SECRET_KEYS", "x-key": "auth.secret_keys",
      "description": "Keys that the webhook's signing key is encrypted with, those of upstream credentials"
    },
    "state_dir": {
      "type": "string", "default": "./data", "x-env": "EZ_STATE_DIR", "x-key": "server.state_dir",
      "description": "Directory for what the process itself keeps"
    },
    "webhook_timeout_ms": {
      "type": "integer", "minimum": 100, "maximum": 30000, "default": 5000,
      "x-env": "EZ_WEBHOOK_TIMEOUT_MS", "x-key": "log.webhook_timeout_ms",
      "description": "Longest time of one attempt to deliver to the webhook"
    }
  }
})json";

}  // namespace ezapi::logs
