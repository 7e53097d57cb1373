#include "ingest/writer.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "ezapi/error.hpp"

namespace ezapi::logs {
namespace {

using std::chrono::milliseconds;

constexpr size_t kMostRecords = 5000;  // of a group, unless one body has more
constexpr size_t kManyRecords = 1000;  // enough to justify a parallel transaction
constexpr milliseconds kFirstPause{100};
constexpr milliseconds kLongestPause{5000};
constexpr milliseconds kStep{50};
constexpr int kTriesAtStop = 20;
constexpr int kShare = 8;
constexpr std::chrono::microseconds kLongestGather{2000};

/// PostgreSQL rejects the content of a record; retrying would not help.
bool is_about_the_data(const Error& error) {
    const std::string& state = error.sqlstate();
    const bool no_partition = state == "23514";
    return (state.starts_with("22") || state.starts_with("23")) && !no_partition;
}

Refusal reuse_of(const RowRef& ref) {
    const std::string why = std::string("another record has this id: they differ in ") +
                            (ref.differs_in == nullptr ? "a field" : ref.differs_in);
    return {ref.row->index,
            "request_id_reused",
            "request_id: " + why,
            {{"request_id", "request_id_reused", why}}};
}

std::vector<RowRef> rows_of(const std::vector<std::unique_ptr<Delivery>>& group) {
    std::vector<RowRef> rows;
    for (const auto& delivery : group) {
        const RowBlock& block = delivery->body.rows;
        for (const RowBlock::Row& row : block.rows()) rows.push_back({&block, &row});
    }
    return rows;
}

}  // namespace

Writer::Writer(IngestQueue& queue, Db db, const IngestFigures& figures, Log log)
    : queue_(queue),
      store_(std::move(db)),
      figures_(figures),
      log_(log),
      reuse_log_(log),
      answers_([this](Written& written) { tell(written); }) {
    threads_[0] = std::thread([this] { run(1); });
    threads_[1] = std::thread([this] { run(kManyRecords); });
}

Writer::~Writer() {
    queue_.close();
    for (std::thread& thread : threads_) thread.join();
}

/// Runs until the queue is closed and empty.
void Writer::run(size_t least) {
    IngestQueue::Gather gather;
    while (true) {
        Group group = queue_.take(kMostRecords, least, gather);
        if (group.empty()) {
            if (queue_.closed()) return;
            continue;
        }
        const size_t bodies = group.size();
        const auto begin = std::chrono::steady_clock::now();
        write(std::move(group));
        const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
            std::chrono::steady_clock::now() - begin);
        gather = {bodies + queue_.waiting_bodies(), std::min(took / kShare, kLongestGather)};
    }
}

void Writer::write(Group group) {
    std::vector<RowRef> rows = rows_of(group);
    const bool answered = !group.front()->exchange;
    figures_.group_records.observe(static_cast<double>(rows.size()));
    const auto begin = std::chrono::steady_clock::now();
    std::optional<Error> failure;
    for (int tries = 0;; ++tries) {
        try {
            store_or_split(rows);
            failure.reset();
            break;
        } catch (const std::exception& error) {
            const auto* known = dynamic_cast<const Error*>(&error);
            failure = known != nullptr ? *known : Error(EZ_INTERNAL, error.what());
        }
        if (tries == 0)
            log_.warn("request records are not stored" +
                      std::string(answered ? ", tried again until they are: " : ": ") +
                      failure->what());
        if (!answered || !pause(tries)) break;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    if (!failure) figures_.write_seconds.observe(took.count());
    release(rows.size());
    answers_.add({std::move(group), std::move(rows), std::move(failure)});
}

void Writer::tell(Written& written) const {
    if (written.failure) {
        fail(written.group, *written.failure);
    } else {
        finish(written.group, written.rows);
    }
}

/// Called before the answers are sent, so that an answered client finds room for its next body.
void Writer::release(size_t records) {
    queue_.release(records);
    figures_.queue_depth.set(static_cast<double>(queue_.depth()));
}

/// False when there is no time left for another attempt.
bool Writer::pause(int tries) const {
    if (queue_.closed() && tries >= kTriesAtStop) return false;
    const auto wanted = std::min(kFirstPause * (1 << std::min(tries, 6)), kLongestPause);
    for (milliseconds waited{0}; waited < wanted; waited += kStep) {
        std::this_thread::sleep_for(kStep);
        if (queue_.closed()) break;
    }
    return true;
}

/// Bisects the rows, so that a record that PostgreSQL rejects does not prevent the others from
/// being stored.
void Writer::store_or_split(std::span<RowRef> rows) {
    try {
        store_.write(rows);
    } catch (const Error& error) {
        if (!is_about_the_data(error)) throw;
        if (rows.size() == 1) {
            rows.front().fate = RowRef::Fate::refused;
            log_.warn(std::string("PostgreSQL refuses a request record: ") + error.what());
            return;
        }
        store_or_split(rows.first(rows.size() / 2));
        store_or_split(rows.subspan(rows.size() / 2));
    }
}

void Writer::finish(Group& group, std::span<const RowRef> rows) const {
    size_t at = 0;
    size_t stored = 0;
    size_t duplicates = 0;
    size_t reused = 0;
    size_t refused = 0;
    for (auto& delivery : group) {
        size_t own_stored = 0;
        size_t own_duplicates = 0;
        for (size_t i = 0; i < delivery->records(); ++i, ++at) {
            const RowRef& ref = rows[at];
            own_stored += ref.fate == RowRef::Fate::stored ? 1U : 0U;
            own_duplicates += ref.fate == RowRef::Fate::duplicate ? 1U : 0U;
            if (ref.fate == RowRef::Fate::reused) {
                ++reused;
                delivery->body.refused.push_back(reuse_of(ref));
            } else if (ref.fate == RowRef::Fate::refused) {
                ++refused;
                delivery->body.refused.push_back(
                    {ref.row->index, "invalid", "the database refuses it"});
            }
        }
        stored += own_stored;
        duplicates += own_duplicates;
        if (!delivery->exchange) continue;
        std::vector<Refusal>& all = delivery->body.refused;
        std::sort(all.begin(), all.end(), [](const Refusal& left, const Refusal& right) {
            return left.index < right.index;
        });
        delivery->exchange->send(ingest_answer(200, own_stored, own_duplicates, delivery->body));
    }
    if (reused > 0) reuse_log_.note(rows, reused);
    figures_.stored.add(static_cast<double>(stored));
    figures_.duplicates.add(static_cast<double>(duplicates));
    figures_.by_database.add(static_cast<double>(refused));
    figures_.reused.add(static_cast<double>(reused));
}

void Writer::fail(Group& group, const Error& error) const {
    size_t records = 0;
    for (auto& delivery : group) {
        records += delivery->records();
        if (!delivery->exchange) continue;
        const bool known = error.code() == "outcome_unknown";
        delivery->exchange->send(
            Error(EZ_UNAVAILABLE,
                  known ? "the records may or may not be stored; send them again, none is stored "
                          "twice"
                        : "the log database does not take the records: send them again, those "
                          "that are stored already are not stored twice")
                .with_code("log_database_unavailable"));
    }
    const bool answered = !group.front()->exchange;
    (answered ? figures_.lost : figures_.unavailable).add(static_cast<double>(records));
    if (answered)
        log_.error(std::to_string(records) + " request records are lost: the process ends and " +
                   error.what());
}

}  // namespace ezapi::logs
