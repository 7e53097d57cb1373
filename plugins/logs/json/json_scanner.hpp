// Reads JSON (RFC 8259) without building anything: the caller asks for what it expects and gets
// texts that lie in the body, or, where escapes had to be resolved, in a place of the scanner's.
//
// Strict as ezapi::parse_json: what is malformed throws a 400 Error with its place. A text that is
// no UTF-8 or holds NUL is not malformed, since its end is known: it is marked, so that the caller
// can mend or refuse one record without its neighbours. Half a surrogate pair becomes U+FFFD.
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

    enum class Kind { object, array, string, number, boolean, null };

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
        bool sound = true;  // UTF-8 without NUL
    };

    /// The next value, a string. Valid until `forget`.
    [[nodiscard]] Text string();

    /// The next value, a number, as it is written.
    [[nodiscard]] std::string_view number();

    [[nodiscard]] bool boolean();
    void null();

    /// The next value, an object: `member(name)` is called before each value, which it reads.
    template <class Member>
    void object(Member&& member) {
        expect('{');
        if (take('}')) return;
        do {
            if (kind() != Kind::string) malformed("expected a name");
            const Text name = string();
            expect(':');
            member(name);
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

    /// Past the next value, whatever it is; at most 64 levels deep.
    void skip();

    /// The same, and the value as it is written. It may hold bytes that are no UTF-8.
    [[nodiscard]] std::string_view raw();

    /// Drops the texts that were given out.
    void forget() { resolved_.clear(); }

    /// `depth`: levels that are open around what is read.
    void nested(unsigned depth) { outer_ = depth; }

    [[noreturn]] void malformed(const std::string& why) const;

private:
    void blanks();
    void literal(std::string_view word);
    void skip_string();
    void skip_inside(char close, bool named);
    Text resolve(size_t start);
    [[nodiscard]] unsigned unit();
    bool escape(std::string& out);

    std::string_view text_;
    size_t base_;
    size_t at_ = 0;
    unsigned depth_ = 0;
    unsigned outer_ = 0;
    std::deque<std::string> resolved_;
};

/// What a fault says of a text that is not sound.
inline constexpr const char* kUnsound = "is no UTF-8 or contains the character NUL";

/// What a fault says of a number or a sound text: what was expected, what was found.
[[nodiscard]] std::string wrong_value(std::string_view expected, std::string_view found);

/// UTF-8 (RFC 3629) without NUL.
[[nodiscard]] bool sound_text(std::string_view text);

/// The text with U+FFFD for each NUL and each byte that belongs to no UTF-8 character.
[[nodiscard]] std::string mended_text(std::string_view text);

}  // namespace ezapi::logs
