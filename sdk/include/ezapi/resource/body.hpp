// Reads a request body according to the fields of an entity. Finds all faults in one pass, and
// returns the entity in the form in which it is stored.
#pragma once

#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "ezapi/http.hpp"
#include "ezapi/masked.hpp"
#include "ezapi/range.hpp"
#include "ezapi/resource/field.hpp"
#include "ezapi/time.hpp"
#include "ezapi/unicode.hpp"

namespace ezapi {

/// How a body becomes an entity. create: absent fields get their defaults. replace: the same, but
/// absent secrets and guarded fields keep their stored values. merge: absent fields keep their
/// stored values (RFC 7396).
enum class BodyMode { create, replace, merge };

/// An entity before it is written, passed to `prepare`, which may add faults and set columns.
struct Draft {
    std::int64_t id = 0;           // 0 on creation
    const Json* before = nullptr;  // nullptr on creation
    const Json* body = nullptr;    // as the client sent it; nullptr when code made the draft
    BodyMode mode = BodyMode::create;
    Json after;                                  // every column, including hidden ones
    std::map<std::string, std::string> secrets;  // secrets in this body, by field
    Json controls = Json::object();              // controls in this body, by field
    Json reveal = Json::object();                // added to the answer to this request only
    Faults faults;

    /// Warns the client about a value that is allowed but seldom intended: adds an element to
    /// `warnings` in the answer to this request. The resource must declare `warns`.
    void warn(std::string_view field, std::string_view code, std::string message) {
        reveal["warnings"].push_back(
            {{"field", field}, {"code", code}, {"message", std::move(message)}});
    }

    [[nodiscard]] bool creates() const { return before == nullptr; }

    /// Whether the write changes the stored value of a field; always true on creation.
    [[nodiscard]] bool changes(const std::string& name) const {
        return before == nullptr || before->at(name) != after.at(name);
    }

    /// Whether the body has a member of this name.
    [[nodiscard]] bool names(const std::string& name) const {
        return body != nullptr && body->contains(name);
    }
};

/// A value as messages show it.
[[nodiscard]] inline std::string shown(const Json& value) {
    return shortened(dump_json(value));
}

namespace detail {

/// Why a text is not one of the field's choices; empty when it is one, or the field has none.
[[nodiscard]] inline std::string choice_fault(const Field& field, std::string_view text) {
    if (field.choices.empty()) return {};
    std::string allowed;
    for (const std::string& choice : field.choices) {
        if (choice == text) return {};
        allowed += (allowed.empty() ? "" : ", ") + choice;
    }
    return "expected one of " + allowed + ", found " + shown(std::string(text));
}

/// Whether two texts are the same time in milliseconds, the precision that clients see.
[[nodiscard]] inline bool same_time(const Json& left, const Json& right) {
    if (!left.is_string() || !right.is_string()) return false;
    const auto one = parse_time(left.get_ref<const std::string&>());
    const auto other = parse_time(right.get_ref<const std::string&>());
    return one && other &&
           std::chrono::floor<std::chrono::milliseconds>(*one) ==
               std::chrono::floor<std::chrono::milliseconds>(*other);
}

/// Checks values of one body and normalises them.
class BodyReader {
public:
    /// `commons`: accept the members that every entity has (id, version, ...); the caller checks
    /// them.
    BodyReader(const std::vector<Field>& fields, BodyMode mode, Draft& draft, bool commons = true)
        : fields_(fields), mode_(mode), draft_(draft), commons_(commons) {}

    void read(const Json& body) {
        draft_.after = draft_.before != nullptr ? *draft_.before : Json::object();
        for (const Field& field : fields_) read_field(field, body);
        refuse_unknown(body);
    }

private:
    void fault(const std::string& field, const char* code, std::string message) {
        draft_.faults.add(field, code, std::move(message));
    }

    /// The known names are listed with the first fault only, because a body may contain any number
    /// of unknown names.
    void refuse_unknown(const Json& body) {
        std::string message = "no such field; known: " + known_names();
        for (const auto& [name, value] : body.items()) {
            if (known(name)) continue;
            fault(shortened(name), "unknown", std::move(message));
            message = "no such field";
        }
    }

    [[nodiscard]] bool known(const std::string& name) const {
        if (commons_ && is_common(name)) return true;
        for (const Field& field : fields_) {
            if (field.name == name && !field.is_hidden) return true;
        }
        return false;
    }

    [[nodiscard]] std::string known_names() const {
        std::string out;
        for (const Field& field : fields_) {
            if (!field.is_writable()) continue;
            if (!out.empty()) out += ", ";
            out += field.name;
        }
        return out;
    }

    /// `warnings` is accepted and ignored, so that an answer can be sent back as a body.
    static bool is_common(const std::string& name) {
        return name == "id" || name == "version" || name == "created_at" || name == "updated_at" ||
               name == "warnings";
    }

    void read_field(const Field& field, const Json& body) {
        const auto given = field.is_hidden ? body.end() : body.find(field.name);
        if (field.is_hidden) {
            if (draft_.creates()) draft_.after[field.name] = field.default_value;
            return;
        }
        if (given == body.end()) return absent(field);
        if (field.is_secret) return read_secret(field, *given);
        if (field.is_control) return read_control(field, *given);
        if (field.is_read_only || (field.is_create_only && !draft_.creates()))
            return unchanged(field, *given);
        std::optional<Json> value = accept(field, *given);
        if (value) draft_.after[field.name] = std::move(*value);
    }

    void absent(const Field& field) {
        if (field.is_control) return;
        if (field.is_secret || field.is_read_only) {
            if (draft_.creates()) {
                draft_.after[field.name] = field.default_value;
                if (field.is_required) fault(field.name, "required", "is required");
            }
            return;
        }
        if (mode_ == BodyMode::merge) return;
        if (!draft_.creates() && (field.is_create_only || field.is_guarded)) return;
        if (field.is_required) {
            fault(field.name, "required", "is required");
            return;
        }
        draft_.after[field.name] = field.default_value;
    }

    void read_secret(const Field& field, const Json& value) {
        // A client may send back the mask that it has read: the secret stays as it is.
        if (!draft_.creates() && value == draft_.before->at(field.name)) return;
        if (value.is_null() && field.is_nullable) {
            draft_.after[field.name] = nullptr;
            draft_.secrets[field.name] = "";
            return;
        }
        // Storing any other mask would overwrite the secret.
        if (value.is_string() && looks_masked(value.get_ref<const std::string&>())) {
            fault(field.name,
                  "masked",
                  draft_.creates()
                      ? "this is a mask: send the secret itself"
                      : "this is a mask, and not that of the stored secret: send the secret "
                        "itself, or leave the field out to keep the stored one");
            return;
        }
        if (!value.is_string()) {
            fault(field.name, "type", std::string("expected text, found ") + json_type(value));
            return;
        }
        const auto& text = value.get_ref<const std::string&>();
        if (std::string wrong = text_fault(field, text); !wrong.empty()) {
            fault(field.name, "invalid", std::move(wrong));
            return;
        }
        draft_.after.emplace(field.name, field.default_value);  // code sets the mask
        draft_.secrets[field.name] = text;
    }

    void read_control(const Field& field, const Json& value) {
        if (std::optional<Json> accepted = accept(field, value))
            draft_.controls[field.name] = std::move(*accepted);
    }

    /// A live value may have changed since the client read it, so one that is sent back is ignored.
    void unchanged(const Field& field, const Json& value) {
        if (!draft_.creates() &&
            (field.is_live || same(field, draft_.before->at(field.name), value)))
            return;
        fault(field.name,
              "read_only",
              field.is_read_only ? "is read-only" : "cannot be changed after creation");
    }

    static bool same(const Field& field, const Json& stored, const Json& given) {
        if (stored == given) return true;
        return field.type == FieldType::time && same_time(stored, given);
    }

    std::optional<Json> wrong_type(const Field& field, const char* expected, const Json& value) {
        fault(field.name, "type", std::string("expected ") + expected + ", found " + shown(value));
        return std::nullopt;
    }

    std::optional<Json> accept(const Field& field, const Json& value) {
        if (value.is_null()) {
            if (field.is_nullable) return Json();
            // RFC 7396: null removes the member, so that the default applies if there is one.
            if (!field.is_required && !field.is_guarded && !field.default_value.is_null())
                return field.default_value;
            fault(field.name, "required", "must not be null" + open_value(field));
            return std::nullopt;
        }
        switch (field.type) {
            case FieldType::text:
                return accept_text(field, value);
            case FieldType::integer:
                return accept_integer(field, value);
            case FieldType::number:
                return accept_number(field, value);
            case FieldType::boolean:
                return value.is_boolean() ? std::optional(value)
                                          : wrong_type(field, "true or false", value);
            case FieldType::time:
                return accept_time(field, value);
            case FieldType::texts:
                return accept_texts(field, value);
            case FieldType::object:
                if (!value.is_object()) return wrong_type(field, "an object", value);
                return accept_json(field, value);
            case FieldType::any:
                return accept_json(field, value);
        }
        return std::nullopt;
    }

    /// Names the value to send instead of null.
    static std::string open_value(const Field& field) {
        if (!field.is_guarded || field.default_value.is_null()) return {};
        return "; leave it out to keep it" +
               (field.choices.empty() && field.type != FieldType::boolean
                    ? ", or send " + shown(field.default_value)
                    : std::string());
    }

    std::optional<Json> accept_text(const Field& field, const Json& value) {
        if (!value.is_string()) return wrong_type(field, "text", value);
        std::string text = value.get<std::string>();
        if (!field.is_prose) text = composed(std::move(text));
        if (field.is_trimmed) text = trim(text);
        if (field.is_lower_case) text = lower_case(text);
        if (std::string wrong = text_fault(field, text); !wrong.empty()) {
            fault(field.name, field.choices.empty() ? "invalid" : "choice", std::move(wrong));
            return std::nullopt;
        }
        return field.form ? field.form(text) : text;
    }

    static std::string text_fault(const Field& field, std::string_view text) {
        if (!field.choices.empty()) return choice_fault(field, text);
        if (!field.is_prose && !field.is_secret) {
            if (std::string wrong = control_fault(text); !wrong.empty()) return wrong;
            if (std::string wrong = invisible_fault(text); !wrong.empty()) return wrong;
        }
        const size_t length = characters(text);
        if (length < field.min_length || length > field.max_length) {
            return "expected " + std::to_string(field.min_length) + " to " +
                   std::to_string(field.max_length) + " characters, found " +
                   std::to_string(length);
        }
        if (field.min_length > 0 && !has_visible(text)) return "expected a visible character";
        return field.rule ? field.rule(text) : std::string();
    }

    /// Whether the number is an integer, however large.
    static bool is_whole(const Json& value) {
        if (value.is_number_float()) return std::trunc(value.get<double>()) == value.get<double>();
        if (is_exact_number(value)) return exact_digits(value).find('.') == std::string::npos;
        return value.is_number_integer();
    }

    std::optional<Json> accept_integer(const Field& field, const Json& value) {
        const auto number = as_integer(value);
        if (!number && is_whole(value)) {
            fault(field.name, "range", "expected " + range_text(field) + ", found " + shown(value));
            return std::nullopt;
        }
        if (!number) return wrong_type(field, "an integer", value);
        if (field.is_zero_null && *number == 0) return Json();
        if (*number < field.minimum || *number > field.maximum) {
            fault(field.name,
                  "range",
                  "expected " + range_text(field) + ", found " + std::to_string(*number));
            return std::nullopt;
        }
        return *number;
    }

    std::optional<Json> accept_number(const Field& field, const Json& value) {
        if (!is_json_number(value)) return wrong_type(field, "a number", value);
        const Decimal number(dump_json(value));
        if (number.compare(field.minimum) < 0 || number.compare(field.maximum) > 0) {
            fault(field.name, "range", "expected " + range_text(field) + ", found " + shown(value));
            return std::nullopt;
        }
        return value;
    }

    static std::string range_text(const Field& field) {
        const bool low = field.minimum != std::numeric_limits<std::int64_t>::min();
        const bool high = field.maximum != std::numeric_limits<std::int64_t>::max();
        if (low && high)
            return std::to_string(field.minimum) + " to " + std::to_string(field.maximum);
        return low ? "at least " + std::to_string(field.minimum)
                   : "at most " + std::to_string(field.maximum);
    }

    std::optional<Json> accept_time(const Field& field, const Json& value) {
        const auto time = read_time(value, RangeEnd::first);
        if (!time) return wrong_type(field, kTimeForms, value);
        return format_time(*time);
    }

    std::optional<Json> accept_texts(const Field& field, const Json& value) {
        if (!value.is_array()) return wrong_type(field, "an array of text", value);
        if (value.size() > field.max_items) {
            fault(field.name,
                  "range",
                  "expected at most " + std::to_string(field.max_items) + " items, found " +
                      std::to_string(value.size()));
            return std::nullopt;
        }
        Json out = Json::array();
        std::set<std::string> seen;
        bool good = true;
        for (size_t i = 0; i < value.size(); ++i) {
            const std::string place = field.name + "/" + std::to_string(i);
            if (!value[i].is_string()) {
                fault(place, "type", "expected text, found " + shown(value[i]));
                good = false;
                continue;
            }
            std::string item = composed(std::string(trim(value[i].get_ref<const std::string&>())));
            if (std::string wrong = text_fault(field, item); !wrong.empty()) {
                fault(place, "invalid", std::move(wrong));
                good = false;
                continue;
            }
            if (field.form) item = field.form(item);
            if (!seen.insert(item).second) {
                fault(place, "duplicate", "'" + item + "' stands twice");
                good = false;
            }
            out.push_back(std::move(item));
        }
        if (!good) return std::nullopt;
        return out;
    }

    std::optional<Json> accept_json(const Field& field, const Json& value) {
        const std::uint64_t size = stored_size(value);
        if (size > field.max_length) {
            fault(field.name,
                  "length",
                  "expected at most " + std::to_string(field.max_length) +
                      " bytes of JSON, numbers written without exponents, found " +
                      std::to_string(size));
            return std::nullopt;
        }
        return value;
    }

    const std::vector<Field>& fields_;
    BodyMode mode_;
    Draft& draft_;
    bool commons_;
};

}  // namespace detail

/// Reads a body that is not an entity, such as that of an action. `after` has the members, with
/// defaults for absent ones; `secrets` the secrets; `faults` all faults.
[[nodiscard]] inline Draft read_draft(const std::vector<Field>& fields, const Json& body) {
    Draft draft;
    detail::BodyReader(fields, BodyMode::create, draft, false).read(body);
    return draft;
}

/// As read_draft, but returns the members only and throws all faults at once.
[[nodiscard]] inline Json read_body(const std::vector<Field>& fields, const Json& body) {
    Draft draft = read_draft(fields, body);
    draft.faults.raise();
    return std::move(draft.after);
}

}  // namespace ezapi
