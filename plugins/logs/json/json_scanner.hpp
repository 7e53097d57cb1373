// A pull parser for JSON (RFC 8259) that builds no tree: the caller asks for the value that it
// expects. Texts refer to the body, or to a buffer of the scanner when escapes had to be decoded.
//
// Malformed text throws a 400 Error with its position. A value with a recognizable end is not
// malformed but marked as not sound, so that the caller can repair or refuse one record and keep
// the others. Such values are texts that are not UTF-8 or contain control characters (an unpaired
// surrogate becomes U+FFFD), and unquoted words such as NaN, Infinity, True, +1, .5 and 007, which
// writers of other languages produce. Skipped values may be nested to any depth.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace ezapi::logs {

class JsonScanner {
public:
    /// `base` is added to reported positions. A byte order mark at position 0 is skipped, as by
    /// ezapi::parse_json.
    explicit JsonScanner(std::string_view text, size_t base = 0) : text_(text), base_(base) {
        constexpr std::string_view kMark = "\xEF\xBB\xBF";
        if (base == 0 && text_.starts_with(kMark)) {
            text_.remove_prefix(kMark.size());
            base_ += kMark.size();
        }
    }

    enum class Kind { object, array, string, number, boolean, null, word };

    [[nodiscard]] static const char* name(Kind kind);

    /// Skips the next value. Returns the fault message for a wrong type: expected and found.
    [[nodiscard]] std::string wrong_type(std::string_view expected);

    /// The kind of the next value; skips white space.
    [[nodiscard]] Kind kind();

    /// Consumes `c` and returns true if it comes next; skips white space.
    bool take(char c);
    void expect(char c);

    /// True when only white space is left.
    [[nodiscard]] bool at_end();

    struct Text {
        std::string_view value;
        bool sound = true;  // valid JSON; for a text also UTF-8 without NUL
    };

    /// Reads the next value, a string or an unquoted word. Valid until `forget`.
    [[nodiscard]] Text string();

    /// Reads the next value, a number, as written. A value that is not sound begins like a number.
    [[nodiscard]] Text number();

    [[nodiscard]] bool boolean();
    void null();

    /// Reads the next value, an object. Calls `member(name)` before each value; it must read the
    /// value.
    template <class Member>
    void object(Member&& member) {
        expect('{');
        if (take('}')) return;
        do {
            const Text key = name();
            member(key);
        } while (take(','));
        expect('}');
    }

    /// Reads the next value, an array. Calls `item()` before each item; it must read the item.
    template <class Item>
    void array(Item&& item) {
        expect('[');
        if (take(']')) return;
        do item();
        while (take(','));
        expect(']');
    }

    /// Skips the next value of any kind.
    void skip();

    /// Skips the next value and returns its text as written, which may contain bytes that are not
    /// UTF-8.
    [[nodiscard]] std::string_view raw();

    /// Invalidates the texts that were returned.
    void forget() { resolved_.clear(); }

    [[noreturn]] void malformed(const std::string& why) const;

private:
    void blanks();
    Text name();
    void literal(std::string_view word);
    std::string_view word(size_t start);
    void skip_string();
    void skip_name();
    void skip_one();
    Text resolve(size_t start, bool sound);
    [[nodiscard]] unsigned unit();
    bool escape(std::string& out);

    std::string_view text_;
    size_t base_;
    size_t at_ = 0;
    std::string open_;  // closing brackets of the values being skipped, innermost last
    std::deque<std::string> resolved_;
};

/// The fault message for a text that is not sound.
inline constexpr const char* kUnsound =
    "is no valid text: no UTF-8, a control character, or no quotes";

/// The fault message for a number or a sound text: expected and found.
[[nodiscard]] std::string wrong_value(std::string_view expected, std::string_view found);

/// True for UTF-8 (RFC 3629) without NUL.
[[nodiscard]] bool sound_text(std::string_view text);

/// The text with U+FFFD in place of each NUL and each byte that is not part of a UTF-8 character.
[[nodiscard]] std::string mended_text(std::string_view text);

}  // namespace ezapi::logs
