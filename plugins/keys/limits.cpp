#include "limits.hpp"

#include <algorithm>

namespace ezapi::keys {

namespace {

bool contains(const Json& list, const std::string& name) {
    return std::find(list.begin(), list.end(), Json(name)) != list.end();
}

const std::string& text_of(const Draft& draft, const char* name) {
    return draft.after.at(name).get_ref<const std::string&>();
}

void check_namespaces(Draft& draft, const Json& allowed) {
    const Json& list = draft.after.at("namespaces");
    for (size_t i = 0; !allowed.empty() && i < list.size(); ++i) {
        const auto& name = list[i].get_ref<const std::string&>();
        if (!contains(allowed, name))
            draft.faults.add("namespaces/" + std::to_string(i),
                             "exceeds",
                             "'" + name + "' is none of the master's namespaces");
    }
}

void check_default(Draft& draft, const Json& allowed) {
    const Json& list = draft.after.at("namespaces");
    const Json& usable = list.empty() ? allowed : list;
    const std::string& fallback = text_of(draft, "default_namespace");
    if (!fallback.empty() && !usable.empty() && !contains(usable, fallback))
        draft.faults.add(
            "default_namespace", "exceeds", "'" + fallback + "' is none of the token's namespaces");
}

}  // namespace

void check_limits(Draft& draft, const Master& master) {
    const std::string& group = text_of(draft, "group");
    if (draft.changes("group") && !group.empty() && group != master.group)
        draft.faults.add(
            "group",
            "exceeds",
            "expected the master's group '" + master.group + "' or nothing, found '" + group + "'");
    const auto qps = draft.after.at("qps_limit").get<std::int64_t>();
    if (draft.changes("qps_limit") && master.global_qps > 0 && qps > master.global_qps)
        draft.faults.add("qps_limit",
                         "exceeds",
                         "expected at most the master's global_qps " +
                             std::to_string(master.global_qps) + ", found " + std::to_string(qps));
    const Json allowed = Json::parse(master.namespaces);
    if (draft.changes("namespaces")) check_namespaces(draft, allowed);
    if (draft.changes("namespaces") || draft.changes("default_namespace"))
        check_default(draft, allowed);
}

std::set<std::string> unproven_namespaces(const Draft& draft, const Master& master) {
    std::set<std::string> out;
    if (draft.changes("namespaces"))
        out = draft.after.at("namespaces").get<std::set<std::string>>();
    const std::string& fallback = text_of(draft, "default_namespace");
    if (draft.changes("default_namespace") && !fallback.empty()) out.insert(fallback);
    if (out.empty()) return out;
    const Json proven = Json::parse(master.namespaces);
    std::erase_if(out, [&proven](const std::string& name) { return contains(proven, name); });
    return out;
}

void report_missing(Draft& draft, const std::set<std::string>& missing) {
    const Json& list = draft.after.at("namespaces");
    for (size_t i = 0; i < list.size(); ++i) {
        const auto& name = list[i].get_ref<const std::string&>();
        if (missing.contains(name))
            draft.faults.add(
                "namespaces/" + std::to_string(i), "dangling", "no such namespace: '" + name + "'");
    }
    const std::string& fallback = text_of(draft, "default_namespace");
    if (missing.contains(fallback))
        draft.faults.add("default_namespace", "dangling", "no such namespace: '" + fallback + "'");
}

}  // namespace ezapi::keys
