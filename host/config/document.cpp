#include "host/config/document.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

namespace ezapi::host::config {
namespace {

constexpr size_t kMaxDepth = 8;
constexpr std::uintmax_t kMaxSize = std::uintmax_t{1} << 20U;

/// Thrown to stop the parser at a fault after which the rest cannot be parsed.
struct Stop {};

/// Builds the flat list while yaml-cpp reads, because its node tree forgets duplicate keys.
class Flattener final : public YAML::EventHandler {
public:
    explicit Flattener(Document& document) : document_(document) {}

    void OnDocumentStart(const YAML::Mark&) override {}

    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        scalar(mark, anchor, {}, /*null=*/true);
    }

    void OnScalar(const YAML::Mark& mark,
                  const std::string& tag,
                  YAML::anchor_t anchor,
                  const std::string& value) override {
        const bool plain = tag == "?" || tag.empty();
        scalar(mark, anchor, value, plain && (value == "~" || value == "null" || value.empty()));
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse_anchor(mark); }

    void OnSequenceStart(const YAML::Mark& mark,
                         const std::string&,
                         YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        if (anchor != 0) refuse_anchor(mark);
        Level& parent = enter_value(mark, "a list");
        parent.have_key = false;
        Entry entry;
        entry.kind = Entry::Kind::kList;
        entry.line = mark.line + 1;
        add(parent.path + parent.key, std::move(entry));
        levels_.push_back({parent.path + parent.key, {}, false, /*list=*/true, mark.line + 1, 0});
    }

    void OnSequenceEnd() override { levels_.pop_back(); }

    void OnMapStart(const YAML::Mark& mark,
                    const std::string&,
                    YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        if (anchor != 0) refuse_anchor(mark);
        if (levels_.empty()) {
            levels_.push_back({"", {}, false, false, mark.line + 1, 0});
            return;
        }
        Level& parent = enter_value(mark, "a mapping");
        parent.have_key = false;
        if (levels_.size() >= kMaxDepth)
            stop(mark, "nested deeper than " + std::to_string(kMaxDepth) + " levels");
        const std::string path = parent.path + parent.key;
        const auto [found, added] = maps_.try_emplace(path, mark.line + 1);
        if (!added) repeated(path, mark.line + 1, found->second);
        levels_.push_back({path + ".", {}, false, false, mark.line + 1, 0});
    }

    void OnMapEnd() override {
        const Level closed = std::move(levels_.back());
        levels_.pop_back();
        if (closed.members == 0 && !closed.path.empty()) {
            Entry entry;
            entry.kind = Entry::Kind::kEmptyMap;
            entry.line = closed.line;
            add(closed.path.substr(0, closed.path.size() - 1), std::move(entry));
        }
    }

private:
    struct Level {
        std::string path;  // with a trailing dot; of a list: the list's key
        std::string key;
        bool have_key;
        bool list;
        int line;
        int members;
    };

    [[noreturn]] void stop(const YAML::Mark& mark, const std::string& why) {
        document_.faults.push_back({document_.file + ":" + std::to_string(mark.line + 1), "", why});
        throw Stop{};
    }

    [[noreturn]] void refuse_anchor(const YAML::Mark& mark) {
        stop(mark,
             "anchors and aliases (& and *) are not supported; quote a value that begins with one");
    }

    /// The level that a value belongs to; a value where a key or an item is expected is a fault.
    Level& enter_value(const YAML::Mark& mark, const std::string& what) {
        if (levels_.empty()) stop(mark, "expected a mapping of settings, found " + what);
        Level& level = levels_.back();
        if (level.list) stop(mark, level.path + ": a list holds plain values, found " + what);
        if (!level.have_key) stop(mark, "a key is a plain name, found " + what);
        return level;
    }

    void scalar(const YAML::Mark& mark,
                YAML::anchor_t anchor,
                const std::string& value,
                bool null) {
        if (anchor != 0) refuse_anchor(mark);
        if (levels_.empty()) {
            if (null) return;  // an empty document
            stop(mark, "expected a mapping of settings, found plain text");
        }
        Level& level = levels_.back();
        if (level.list) {
            document_.entries[level.path].items.push_back(value);
        } else if (!level.have_key) {
            if (value.empty()) stop(mark, "a key is a plain name, found none");
            level.key = value;
            level.have_key = true;
            ++level.members;
        } else {
            level.have_key = false;
            Entry entry;
            entry.line = mark.line + 1;
            entry.text = null ? std::string() : value;
            entry.null = null;
            add(level.path + level.key, std::move(entry));
        }
    }

    void add(const std::string& key, Entry entry) {
        const auto [found, added] = document_.entries.try_emplace(key, entry);
        if (!added) repeated(key, entry.line, found->second.line);
    }

    void repeated(const std::string& key, int line, int first) {
        document_.faults.push_back({document_.file + ":" + std::to_string(line),
                                    key,
                                    "stands twice, first in line " + std::to_string(first)});
    }

    Document& document_;
    std::vector<Level> levels_;
    std::map<std::string, int, std::less<>> maps_;  // each mapping's key and line
};

/// Whether a line is indented with a tab, which the parser reports with varying messages.
bool has_tab_in_front(std::string_view text, int line) {
    for (; line > 0 && !text.empty(); --line)
        text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    return text.substr(0, text.find_first_not_of(" \t")).find('\t') != std::string_view::npos;
}

/// yaml-cpp's message without its "yaml-cpp: error at line …" prefix.
Fault syntax_fault(const std::string& file, std::string_view text, const YAML::Exception& error) {
    const bool placed = error.mark.line >= 0;
    const std::string source = placed ? file + ":" + std::to_string(error.mark.line + 1) : file;
    // The parser may report the line before, which a continuation belongs to.
    if (placed &&
        (has_tab_in_front(text, error.mark.line) || has_tab_in_front(text, error.mark.line + 1)))
        return {source, "", "is not valid YAML: a line is indented with a tab; use blanks"};
    return {source, "", "is not valid YAML: " + error.msg};
}

}  // namespace

Document parse_document(std::string_view text, std::string file) {
    Document document;
    document.file = std::move(file);
    if (text.find('\0') != std::string_view::npos) {
        document.faults.push_back({document.file, "", "is not a text file"});
        return document;
    }
    std::istringstream stream{std::string(text)};
    try {
        YAML::Parser parser(stream);
        Flattener flattener(document);
        parser.HandleNextDocument(flattener);
        Document more;
        Flattener rest(more);
        if (parser.HandleNextDocument(rest)) {
            document.faults.push_back({document.file, "", "holds more than one YAML document"});
        }
    } catch (const YAML::Exception& error) {
        document.faults.push_back(syntax_fault(document.file, text, error));
    } catch (const Stop&) {
        return document;  // the fault is recorded
    }
    return document;
}

Document read_document(const std::string& file) {
    const auto failed = [&](const std::string& why) {
        Document document;
        document.file = file;
        document.faults.push_back({file, "", why});
        return document;
    };
    std::error_code error;
    const auto status = std::filesystem::status(file, error);
    if (error || !std::filesystem::exists(status)) return failed("cannot be read: no such file");
    if (!std::filesystem::is_regular_file(status))
        return failed("cannot be read: not a regular file");
    const auto size = std::filesystem::file_size(file, error);
    if (!error && size > kMaxSize) {
        return failed("is " + std::to_string(size) + " bytes, a configuration is at most " +
                      std::to_string(kMaxSize));
    }
    std::ifstream stream(file, std::ios::binary);
    if (!stream) return failed("cannot be read: " + std::string(std::strerror(errno)));
    std::ostringstream text;
    text << stream.rdbuf();
    return parse_document(text.str(), file);
}

}  // namespace ezapi::host::config
