#include "host/config/schema.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "ezapi/error.hpp"

namespace ezapi::host::config {
namespace {

using nlohmann::json;

constexpr std::array<std::pair<std::string_view, Type>, 5> kTypes = {{{"integer", Type::kInteger},
                                                                      {"number", Type::kNumber},
                                                                      {"boolean", Type::kBoolean},
                                                                      {"string", Type::kString},
                                                                      {"array", Type::kList}}};

constexpr std::array<std::pair<std::string_view, Form>, 2> kForms = {
    {{"http-url", Form::kHttpUrl}, {"cidr-list", Form::kNetworks}}};

[[noreturn]] void refuse(const std::string& where, const std::string& why) {
    throw Error(EZ_INVALID, "config_schema" + where + ": " + why);
}

std::string number_text(double value) {
    if (value == std::floor(value) && std::abs(value) < 1e15) {
        return std::to_string(static_cast<int64_t>(value));
    }
    return json(value).dump();
}

bool is_property(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

/// The default in the spelling of an environment variable, so that there is one parser for all
/// three.
std::string fallback_text(const std::string& where, const json& value) {
    if (value.is_null()) return {};
    if (value.is_string()) return value.get<std::string>();
    if (value.is_array()) {
        std::string out;
        for (const json& item : value) {
            if (!item.is_string()) refuse(where, "an item of the default is not a string");
            out += (out.empty() ? "" : ",") + item.get<std::string>();
        }
        return out;
    }
    if (value.is_boolean() || value.is_number()) return value.dump();
    refuse(where, "the default is of no type that a setting can have");
}

class PropertyReader {
public:
    PropertyReader(std::string where, const json& property)
        : where_(std::move(where)), property_(property) {
        if (!property.is_object()) refuse(where_, "expected an object");
    }

    Setting read(std::string_view plugin, const std::string& name) {
        Setting setting;
        setting.name = name;
        setting.type = type();
        setting.key = text("x-key").value_or("plugins." + std::string(plugin) + "." + name);
        setting.env = text("x-env").value_or(plugin_variable(plugin, name));
        setting.description = text("description").value_or("");
        setting.minimum = number("minimum");
        setting.maximum = number("maximum");
        setting.min_length = length("minLength");
        setting.max_length = length("maxLength");
        setting.form = form(setting.type);
        setting.secret = property_.value("writeOnly", false);
        if (const auto found = property_.find("default"); found != property_.end()) {
            setting.fallback = fallback_text(where_, *found);
        }
        if (const auto found = property_.find("enum"); found != property_.end())
            setting.choices = choices(*found);
        return setting;
    }

private:
    Type type() const {
        const std::string name = text("type").value_or("");
        for (const auto& [known, type] : kTypes) {
            if (known == name) return type;
        }
        refuse(where_,
               "the type is '" + name + "', expected integer, number, boolean, string or array");
    }

    Form form(Type type) const {
        const auto name = text("x-format");
        if (!name) return Form::kAny;
        if (type != Type::kString && type != Type::kList)
            refuse(where_, "x-format is for strings and arrays");
        for (const auto& [known, form] : kForms) {
            if (known == *name) return form;
        }
        refuse(where_, "x-format is '" + *name + "', expected http-url or cidr-list");
    }

    std::optional<std::string> text(const char* member) const {
        const auto found = property_.find(member);
        if (found == property_.end()) return std::nullopt;
        if (!found->is_string()) refuse(where_, std::string(member) + " is not a string");
        return found->get<std::string>();
    }

    std::optional<double> number(const char* member) const {
        const auto found = property_.find(member);
        if (found == property_.end()) return std::nullopt;
        if (!found->is_number()) refuse(where_, std::string(member) + " is not a number");
        return found->get<double>();
    }

    std::optional<size_t> length(const char* member) const {
        const auto value = number(member);
        if (value && *value < 0) refuse(where_, std::string(member) + " is negative");
        return value ? std::optional(static_cast<size_t>(*value)) : std::nullopt;
    }

    std::vector<std::string> choices(const json& values) const {
        if (!values.is_array()) refuse(where_, "enum is not an array");
        std::vector<std::string> out;
        for (const json& value : values) {
            if (!value.is_string()) refuse(where_, "an entry of enum is not a string");
            out.push_back(value.get<std::string>());
        }
        return out;
    }

    std::string where_;
    const json& property_;
};

std::string range(const Setting& setting) {
    if (setting.minimum && setting.maximum) {
        return " from " + number_text(*setting.minimum) + " to " + number_text(*setting.maximum);
    }
    if (setting.minimum) return " of at least " + number_text(*setting.minimum);
    if (setting.maximum) return " of at most " + number_text(*setting.maximum);
    return {};
}

std::string lengths(const Setting& setting) {
    if (setting.min_length && setting.max_length) {
        return " of " + std::to_string(*setting.min_length) + " to " +
               std::to_string(*setting.max_length) + " characters";
    }
    if (setting.min_length)
        return " of at least " + std::to_string(*setting.min_length) + " characters";
    if (setting.max_length)
        return " of at most " + std::to_string(*setting.max_length) + " characters";
    return {};
}

}  // namespace

std::string Setting::allowed() const {
    if (!choices.empty()) {
        std::string out;
        for (const std::string& choice : choices) out += (out.empty() ? "one of " : ", ") + choice;
        return out;
    }
    if (form == Form::kHttpUrl) return "an http:// or https:// address";
    if (form == Form::kNetworks) return "an IPv4 or IPv6 address or network like 10.0.0.0/8";
    switch (type) {
        case Type::kInteger:
            return "an integer" + range(*this);
        case Type::kNumber:
            return "a number" + range(*this);
        case Type::kBoolean:
            return "true or false";
        case Type::kList:
            return "a list of strings";
        default:
            return "a string" + lengths(*this);
    }
}

std::string plugin_variable(std::string_view plugin, std::string_view property) {
    std::string out = "EZ_PLUGINS_" + std::string(plugin) + "_" + std::string(property);
    std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) {
        return c == '-' ? '_' : static_cast<char>(std::toupper(c));
    });
    return out;
}

Schema parse_schema(std::string_view plugin, std::string_view text) {
    if (text.empty()) return {};
    const json root = json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!root.is_object()) refuse("", "is not a JSON object");
    const auto properties = root.find("properties");
    if (properties == root.end()) return {};
    if (!properties->is_object()) refuse("", "'properties' is not an object");
    Schema schema;
    for (const auto& [name, property] : properties->items()) {
        const std::string where = " of property '" + name + "'";
        if (!is_property(name) || name == "enabled" || name == "required") {
            refuse(where, "a name is of [a-z0-9_] and neither 'enabled' nor 'required'");
        }
        schema.push_back(PropertyReader(where, property).read(plugin, name));
    }
    return schema;
}

}  // namespace ezapi::host::config
