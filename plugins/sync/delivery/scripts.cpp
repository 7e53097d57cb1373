#include "delivery/scripts.hpp"

#include <utility>

#include "ezapi/base/crypto.hpp"

namespace ezapi::sync {
namespace {

constexpr std::string_view kCompare = R"lua(
local function clock(text)
  return text and string.find(text, '^%d+$') and text or false
end
local function newer(a, b)
  if #a ~= #b then return #a > #b end
  return a > b
end
)lua";

constexpr std::string_view kFenced = R"lua(
local function fenced(fills, marker, resource, fence)
  if string.sub(fence, 1, 5) == 'full:' then
    return redis.call('GET', marker) ~= string.sub(fence, 6)
  end
  return (redis.call('HGET', fills, resource) or '') ~= fence
end
)lua";

constexpr std::string_view kWriteField = R"lua(
if fenced(KEYS[4], KEYS[3], KEYS[1], ARGV[6]) then return -1 end
local function apply(live, revisions)
  local stored = clock(redis.call('HGET', revisions, ARGV[1]))
  if stored and newer(stored, ARGV[2]) then return stored end
  if ARGV[3] == '1' then
    redis.call('HSET', live, ARGV[1], ARGV[4])
  else
    redis.call('HDEL', live, ARGV[1])
  end
  redis.call('HSET', revisions, ARGV[1], ARGV[2])
  return false
end
local push = redis.call('GET', KEYS[3])
if push then
  local staging = 'sync:staging:' .. KEYS[1] .. ':' .. push
  local staging_revisions = 'sync:staging-rev:' .. KEYS[1] .. ':' .. push
  apply(staging, staging_revisions)
  redis.call('EXPIRE', staging, 120)
  redis.call('EXPIRE', staging_revisions, 120)
end
if ARGV[6] == '' or string.sub(ARGV[6], 1, 5) == 'into:' then return -1 end
local there = redis.call('EXISTS', KEYS[1]) == 1
if not there and redis.call('HEXISTS', KEYS[5], KEYS[1]) == 0 then return -1 end
local stored = apply(KEYS[1], KEYS[2])
if stored then return stored end
if ARGV[3] == '1' then
  if not there then redis.call('HDEL', KEYS[5], KEYS[1]) end
elseif redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('HSET', KEYS[5], KEYS[1], '1')
end
if ARGV[5] ~= '' then redis.call('PUBLISH', 'dp:config:refresh', ARGV[5]) end
return 0
)lua";

// Many in one call: the calls would cost Redis as much as the writes. A key of another type was
// written by somebody else: it holds no revision, and goes. A hash is written over, which is
// cheaper than anew, unless that leaves a field which is not ours.
constexpr std::string_view kWriteHashes = R"lua(
if fenced(KEYS[1], KEYS[2], ARGV[1], ARGV[2]) then return -1 end
local answers = {}
local at = 3
for i = 3, #KEYS, 2 do
  local key, tombstone = KEYS[i], KEYS[i + 1]
  local revision, present, event = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local words = tonumber(ARGV[at + 3])
  local first = at + 4
  at = first + words
  local held = redis.pcall('HGET', key, 'rev')
  local stored = type(held) == 'string' and clock(held)
  local tomb = redis.pcall('GET', tombstone)
  tomb = type(tomb) == 'string' and clock(tomb)
  if tomb and (not stored or newer(tomb, stored)) then stored = tomb end
  if stored and newer(stored, revision) then
    answers[#answers + 1] = stored
  else
    if present ~= '1' or type(held) == 'table' then redis.call('DEL', key) end
    if present == '1' then
      redis.call('HSET', key, 'rev', revision, unpack(ARGV, first, at - 1))
      if redis.call('HLEN', key) ~= words / 2 + 1 then
        redis.call('DEL', key)
        redis.call('HSET', key, 'rev', revision, unpack(ARGV, first, at - 1))
      end
      if tomb then redis.call('DEL', tombstone) end
    else
      redis.call('SET', tombstone, revision, 'EX', 86400)
    end
    if event ~= '' then redis.call('PUBLISH', 'dp:config:refresh', event) end
    answers[#answers + 1] = 0
  end
end
return answers
)lua";

constexpr std::string_view kWritePlain = R"lua(
if fenced(KEYS[3], KEYS[4], ARGV[5], ARGV[6]) then return -1 end
local stored = clock(redis.call('HGET', KEYS[2], ARGV[1]))
if stored and newer(stored, ARGV[2]) then return stored end
redis.call('DEL', KEYS[1])
if ARGV[3] == '1' and #ARGV > 6 then redis.call('HSET', KEYS[1], unpack(ARGV, 7)) end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
if ARGV[4] ~= '' then redis.call('PUBLISH', 'dp:config:refresh', ARGV[4]) end
return 0
)lua";

constexpr std::string_view kBegin = R"lua(
local before = redis.call('HGET', KEYS[2], ARGV[2]) or ''
before = string.match(before, '^over:.*:(.*)$') or before
local fill = 'into:' .. ARGV[1]
if before ~= '' and string.sub(before, 1, 5) ~= 'into:' then
  fill = 'over:' .. ARGV[1] .. ':' .. before
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', 60)
redis.call('HSET', KEYS[2], ARGV[2], fill)
return 1
)lua";

constexpr std::string_view kStage = R"lua(
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
for i = 2, #ARGV, 4 do
  local id, revision = ARGV[i], ARGV[i + 1]
  local stored = clock(redis.call('HGET', KEYS[3], id))
  if ARGV[i + 2] == '0' then
    if not stored or newer(revision, stored) then
      redis.call('HDEL', KEYS[2], id)
      redis.call('HSET', KEYS[3], id, revision)
    end
  elseif not stored or not newer(stored, revision) then
    redis.call('HSET', KEYS[2], id, ARGV[i + 3])
    redis.call('HSET', KEYS[3], id, revision)
  end
end
redis.call('EXPIRE', KEYS[1], 60)
redis.call('EXPIRE', KEYS[2], 120)
redis.call('EXPIRE', KEYS[3], 120)
return 1
)lua";

constexpr std::string_view kKeep = R"lua(
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('EXPIRE', KEYS[1], 60)
)lua";

constexpr std::string_view kSwap = R"lua(
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local function replace(from, to)
  redis.call('UNLINK', to)
  if redis.call('EXISTS', from) == 1 then
    redis.call('PERSIST', from)
    redis.call('RENAME', from, to)
  end
end
replace(KEYS[2], KEYS[4])
replace(KEYS[3], KEYS[5])
if redis.call('EXISTS', KEYS[4]) == 1 then
  redis.call('HDEL', KEYS[8], ARGV[3])
else
  redis.call('HSET', KEYS[8], ARGV[3], '1')
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[6], ARGV[3], ARGV[4])
redis.call('HSET', KEYS[7], ARGV[3], ARGV[1])
redis.call('PUBLISH', 'dp:config:refresh', ARGV[2])
return 1
)lua";

constexpr std::string_view kFinish = R"lua(
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
redis.call('HSET', KEYS[3], ARGV[3], ARGV[1])
redis.call('PUBLISH', 'dp:config:refresh', ARGV[2])
return 1
)lua";

// A user without the right to ask for types leaves everything as it is.
constexpr std::string_view kClaim = R"lua(
local removed = {}
for i = 1, #KEYS do
  local kind = redis.pcall('TYPE', KEYS[i]).ok
  if kind and kind ~= 'none' and kind ~= ARGV[i] then
    redis.call('UNLINK', KEYS[i])
    removed[#removed + 1] = KEYS[i]
  end
end
return removed
)lua";

// A user without the right to ask for the server does not learn of another one by this.
constexpr std::string_view kPublish = R"lua(
local server = ARGV[6] ~= '' and redis.pcall('INFO', 'server')
if type(server) == 'string' and not string.find(server, 'run_id:' .. ARGV[6], 1, true) then
  return 0
end
for i = 7, #ARGV do
  if redis.call('HGET', KEYS[2], ARGV[i]) ~= ARGV[1] then return 0 end
end
local revision = ARGV[2]
if redis.call('HGET', KEYS[1], 'epoch') == ARGV[1] then
  local stored = clock(redis.call('HGET', KEYS[1], 'revision'))
  if stored and newer(stored, revision) then revision = stored end
else
  redis.call('DEL', KEYS[1])
end
redis.call('HSET', KEYS[1], 'revision', revision, 'epoch', ARGV[1], 'updated_at', ARGV[3],
  'instance', ARGV[4])
if ARGV[5] ~= '' then redis.call('HSET', KEYS[1], 'digest', ARGV[5]) end
return 1
)lua";

LuaScript comparing(std::string_view body) {
    return LuaScript(std::string(kCompare) + std::string(body));
}

LuaScript fencing(std::string_view body) {
    return comparing(std::string(kFenced) + std::string(body));
}

}  // namespace

LuaScript::LuaScript(std::string text) : text_(std::move(text)), sha1_(sha1_hex(text_)) {}

Scripts::Scripts()
    : write_field(fencing(kWriteField)),
      write_hashes(fencing(kWriteHashes)),
      write_plain(fencing(kWritePlain)),
      begin(std::string(kBegin)),
      stage(comparing(kStage)),
      keep(std::string(kKeep)),
      swap(std::string(kSwap)),
      finish(std::string(kFinish)),
      publish(comparing(kPublish)),
      claim(std::string(kClaim)) {}

}  // namespace ezapi::sync
