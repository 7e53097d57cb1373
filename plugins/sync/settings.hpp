// The settings of the sync plugin.
#pragma once

#include <chrono>

#include "ezapi/json.hpp"

namespace ezapi::sync {

inline constexpr const char* kSettings = R"json({
  "type": "object",
  "properties": {
    "outbox_enabled": {
      "type": "boolean", "default": true,
      "x-env": "EZ_SYNC_OUTBOX_ENABLED", "x-key": "sync.outbox.enabled",
      "description": "Whether pushes that failed are tried again; without it a change is pushed once, and what fails stays pending until it changes again, is retried by hand, or a full push comes"
    },
    "outbox_interval_seconds": {
      "type": "integer", "minimum": 1, "maximum": 3600, "default": 5,
      "x-env": "EZ_SYNC_OUTBOX_INTERVAL_SECONDS", "x-key": "sync.outbox.interval_seconds",
      "description": "Pause between two looks for changes that wait to be pushed again"
    },
    "outbox_batch_size": {
      "type": "integer", "minimum": 1, "maximum": 10000, "default": 200,
      "x-env": "EZ_SYNC_OUTBOX_BATCH_SIZE", "x-key": "sync.outbox.batch_size",
      "description": "Entities that are claimed and pushed at once"
    },
    "outbox_max_retries": {
      "type": "integer", "minimum": 1, "maximum": 1000, "default": 10,
      "x-env": "EZ_SYNC_OUTBOX_MAX_RETRIES", "x-key": "sync.outbox.max_retries",
      "description": "Failed attempts after which an entity is given up as dead; those that fail because Redis is away do not count"
    },
    "reconcile_interval_seconds": {
      "type": "integer", "minimum": 0, "maximum": 86400, "default": 300,
      "x-env": "EZ_SYNC_RECONCILE_INTERVAL_SECONDS", "x-key": "sync.reconcile.interval_seconds",
      "description": "Pause between two comparisons of Redis with the database, which repair what differs; 0: none but those asked for"
    },
    "push_wait_ms": {
      "type": "integer", "minimum": 0, "maximum": 10000, "default": 250,
      "x-env": "EZ_SYNC_PUSH_WAIT_MS", "x-key": "sync.push_wait_ms",
      "description": "Longest time that a write waits for its change to be in Redis before it is answered"
    },
    "changes_keep_hours": {
      "type": "integer", "minimum": 1, "maximum": 87600, "default": 168,
      "x-env": "EZ_SYNC_CHANGES_KEEP_HOURS", "x-key": "sync.changes_keep_hours",
      "description": "How long the state of a change can be asked for"
    }
  }
})json";

struct Settings {
    bool outbox_enabled;
    std::chrono::seconds outbox_interval;
    int outbox_batch_size;
    int outbox_max_retries;
    std::chrono::seconds reconcile_interval;
    std::chrono::milliseconds push_wait;
    int changes_keep_hours;

    explicit Settings(const Json& json)
        : outbox_enabled(json.at("outbox_enabled")),
          outbox_interval(json.at("outbox_interval_seconds").get<int>()),
          outbox_batch_size(json.at("outbox_batch_size")),
          outbox_max_retries(json.at("outbox_max_retries")),
          reconcile_interval(json.at("reconcile_interval_seconds").get<int>()),
          push_wait(json.at("push_wait_ms").get<int>()),
          changes_keep_hours(json.at("changes_keep_hours")) {}
};

}  // namespace ezapi::sync
