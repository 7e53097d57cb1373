// What Redis does for us in one step each, as Lua. All comparisons of revisions happen here, on
// their decimal text: Lua's numbers are doubles and cannot tell 9007199254740993 from the one
// before it.
//
// Keys of our own in Redis, besides those of the contract:
//   sync:rev:<resource>               hash, id -> revision; of a deleted id it stays until a full
//                                     push replaces the hash after the database has forgotten it
//   sync:tomb:<resource>:<id>         revision under which a hash of its own was deleted, 24 h
//   sync:full:<resource>              id of the full push that is under way, with a time to live
//   sync:staging:<resource>:<id>      what the full push has filled so far, as the live hash
//   sync:staging-rev:<resource>:<id>  and its revisions
//   sync:epochs                       hash, resource -> epoch of the database that filled it
//   sync:fills                        hash, resource -> which full push has filled it: "<id>";
//   while
//                                     one is under way "into:<id>" where nothing was filled before,
//                                     else "over:<id>:<id of what it replaces>"
//   sync:void                         hash, resource -> 1: its hash is missing because it is empty
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "ezapi/redis.hpp"

namespace ezapi::sync {

inline constexpr std::string_view kRefreshChannel = "dp:config:refresh";
inline constexpr std::string_view kMetaKey = "meta:sync";
inline constexpr std::string_view kEpochsKey = "sync:epochs";
inline constexpr std::string_view kFillsKey = "sync:fills";
inline constexpr std::string_view kVoidKey = "sync:void";

[[nodiscard]] inline std::string revisions_key(std::string_view resource) {
    return "sync:rev:" + std::string(resource);
}

[[nodiscard]] inline std::string tomb_key(std::string_view resource, std::string_view id) {
    return "sync:tomb:" + std::string(resource) + ":" + std::string(id);
}

[[nodiscard]] inline std::string marker_key(std::string_view resource) {
    return "sync:full:" + std::string(resource);
}

[[nodiscard]] inline std::string staging_key(std::string_view resource, std::string_view push) {
    return "sync:staging:" + std::string(resource) + ":" + std::string(push);
}

[[nodiscard]] inline std::string staging_revisions_key(std::string_view resource,
                                                       std::string_view push) {
    return "sync:staging-rev:" + std::string(resource) + ":" + std::string(push);
}

/// A script that owns its text and knows its SHA-1.
class LuaScript {
public:
    explicit LuaScript(std::string text);

    [[nodiscard]] Script script() const { return {text_, sha1_}; }

private:
    std::string text_;
    std::string sha1_;
};

struct Scripts {
    Scripts();

    /// Answer 0, or the newer revision that Redis holds instead, or -1 when the fence is not the
    /// one that the push was rendered for (see backfill_fence.hpp). A field is not written to a resource
    /// that has yet to be filled, or whose hash is gone, either, or readers would see a part of it:
    /// until then it goes to what is being staged, and the answer is -1. KEYS resource, sync:rev,
    /// sync:full, sync:fills, sync:void; ARGV id, revision, present (0, 1), value, event, fence
    LuaScript write_field;
    /// Of several entities: their answers in order, or -1 for all of them. KEYS sync:fills,
    /// sync:full, then hash, sync:tomb of each; ARGV resource, fence, then of each revision,
    /// present, event, how many words follow, field, value, ...
    LuaScript write_hashes;
    /// KEYS hash, sync:rev, sync:fills, sync:full; ARGV id, revision, present, event, resource,
    /// fence, field, value, ...
    LuaScript write_plain;

    /// Begins a full push: from here on, what was rendered before it is refused.
    /// KEYS sync:full, sync:fills; ARGV push, resource
    LuaScript begin;
    /// Its steps answer 1, or 0 when the marker is not their own any more.
    /// KEYS sync:full, staging, staging-rev; ARGV push, then id, revision, kind (1: present,
    /// 0: tombstone, where nothing as new stands), value, ...
    LuaScript stage;
    /// KEYS sync:full; ARGV push
    LuaScript keep;
    /// KEYS sync:full, staging, staging-rev, resource, sync:rev, sync:epochs, sync:fills,
    /// sync:void; ARGV push, event, resource, epoch
    LuaScript swap;
    /// KEYS sync:full, sync:epochs, sync:fills; ARGV push, event, resource, epoch
    LuaScript finish;

    /// Answers 1, or 0 when some resource was not filled by this epoch or the server is another one
    /// than was looked at. Never takes the revision back. KEYS meta:sync, sync:epochs; ARGV epoch,
    /// revision, updated_at, instance, digest, run_id (empty: not known), resource ...
    LuaScript publish;

    /// Removes the keys that hold another type than ours do. Answers their names. KEYS any; ARGV
    /// the type of each
    LuaScript claim;
};

}  // namespace ezapi::sync
