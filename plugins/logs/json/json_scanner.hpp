// Reads JSON (RFC 8259) without building anything: the caller asks for what it expects and gets
// texts that lie in the body, or, where escapes had to be resolved, in a place of the scanner's.
//
// What is malformed throws a 400 Error with its place. A value whose end is known is not malformed:
// it is marked as not sound, so that the caller can mend or refuse one record without the others.
// These are texts that are no UTF-8 or hold control characters (half a surrogate pair becomes
// U+FFFD), and words without quotes, such as NaN, Infinity, True, +1, .5 and 007, which writers of
// other languages produce. Values that are skipped may be nested to any depth.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace ezapi::logs {

class JsonScanner {
public:
    /// `base` is added to the places that are told. A byte order mark at place 0 is skipped, as
    /// ezapi::parse_json does.
    explicit JsonScanner(std::string_view text, size_t base = 0) : text_(text), base_(base) {
        constexpr std::string_view kMark = "\xEF\xBB\xBF";
        if (base == 0 && text_.starts_with(kMark)) {
            text_.remove_prefix(kMark.size());
            base_ += kMark.size();
        }
    }

    enum class Kind { object, array, string, number, boolean, null, word };

    [[nodiscard]] static const char* name(Kind kind);

    /// Past the next value. Returns what a fault says of a type: what was expected, what was found.
    [[nodiscard]] std::string wrong_type(std::string_view expected);

    /// Of the value that comes next; blanks are skipped.
    [[nodiscard]] Kind kind();

    /// True and past it when `c` comes next; blanks are skipped.
    bool take(char c);
    void expect(char c);

    /// True when only blanks are left.
    [[nodiscard]] bool at_end();

    struct Text {
        std::string_view value;
        bool sound = true;  // what JSON allows; of a text: UTF-8 without NUL, too
    };

    /// The next value, a string or a word without quotes. Valid until `forget`.
    [[nodiscard]] Text string();

    /// The next value, a number, as it is written. One that is not sound begins like a number.
    [[nodiscard]] Text number();

    [[nodiscard]] bool boolean();
    void null();

    /// The next value, an object: `member(name)` is called before each value, which it reads.
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

    /// The next value, an array: `item()` is called before each item, which it reads.
    template <class Item>
    void array(Item&& item) {
        expect('[');
        if (take(']')) return;
        do item();
        while (take(','));
        expect(']');
    }

    /// Past the next value, whatever it is.
    void skip();

    /// The same, and the value as it is written. It may hold bytes that are no UTF-8.
    [[nodiscard]] std::string_view raw();

    /// Drops the texts that were given out.
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
    std::string open_;  // what closes the values that are being skipped, the innermost last
    std::deque<std::string> resolved_;
};

/// What a fault says of a text that is not sound.
inline constexpr const char* kUnsound =
    "is no valid text: no UTF-8, a control character, or no quotes";

/// What a fault says of a number or a sound text: what was expected, what was found.
[[nodiscard]] std::string wrong_value(std::string_view expected, std::string_view found);

/// UTF-8 (RFC 3629) without NUL.
[[nodiscard]] bool sound_text(std::string_view text);

/// The text with U+FFFD for each NUL and each byte that belongs to no UTF-8 character.
[[nodiscard]] std::string mended_text(std::string_view text);

}  // namespace ezapi::logs
