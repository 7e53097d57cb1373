// The service "provider-groups/1" (see provider-groups.h): groups with their models and usable API
// keys.
#pragma once

#include <cstdint>
#include <string>

#include "ezapi/services/provider-groups.h"

namespace ezapi::provider_groups {

class GroupService {
public:
    explicit GroupService(const ez_host* host) : host_(host) {}

    static const ez_provider_groups_v1 kTable;

private:
    void read(ez_tx* tx,
              const std::int64_t* ids,
              size_t count,
              ez_provider_group_fn sink,
              void* user) const;
    void pass_keys(ez_tx* tx,
                   const std::string& condition,
                   const std::string& ids,
                   ez_api_key_fn sink,
                   void* user) const;

    const ez_host* host_;
};

}  // namespace ezapi::provider_groups
