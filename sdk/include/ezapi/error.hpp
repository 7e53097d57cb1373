// The error type of EZ-API. It is thrown inside a plugin or the host and converted once at each
// boundary (HTTP, job, ABI). Expected absence is not an error: return std::optional or an empty
// result.
//
//     throw Error(EZ_NOT_FOUND, "master 7: no such master");
//
//     throw Error(EZ_CONFLICT, "name 'acme': already taken by master 3")
//         .with_code("unique")
//         .with_field("name");
//
// The message says what failed and why, with the expected and the found value, and never contains a
// credential. The message of EZ_INTERNAL is written to the log and not sent to the client.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ezapi/str.hpp"

namespace ezapi {

/// A fault of one field; a 422 answer lists all of them.
struct FieldFault {
    std::string field;  // path into the body: "models/3", "operations/0/name"
    std::string
        code;  // "required", "type", "range", "length", "format", "unknown", "read_only", ...
    std::string message;
};

class Error : public std::runtime_error {
public:
    Error(ez_status status, const std::string& message)
        : std::runtime_error(message), status_(status) {}

    [[nodiscard]] ez_status status() const noexcept { return status_; }

    [[nodiscard]] const std::string& code() const noexcept { return code_; }

    [[nodiscard]] const std::string& field() const noexcept { return field_; }

    [[nodiscard]] const std::string& sqlstate() const noexcept { return sqlstate_; }

    [[nodiscard]] const std::vector<FieldFault>& faults() const noexcept { return faults_; }

    /// The HTTP status of the problem document.
    [[nodiscard]] int http_status() const noexcept {
        return http_status_ != 0 ? http_status_ : http_status_of(status_);
    }

    Error&& with_code(std::string code) && { return (code_ = std::move(code), std::move(*this)); }

    Error&& with_field(std::string field) && {
        return (field_ = std::move(field), std::move(*this));
    }

    Error&& with_http(int status) && { return (http_status_ = status, std::move(*this)); }

    Error&& with_sqlstate(std::string state) && {
        return (sqlstate_ = std::move(state), std::move(*this));
    }

    Error&& with_faults(std::vector<FieldFault> faults) && {
        return (faults_ = std::move(faults), std::move(*this));
    }

    [[nodiscard]] static int http_status_of(ez_status status) noexcept {
        switch (status) {
            case EZ_OK:
                return 200;
            case EZ_INVALID:
                return 400;
            case EZ_UNAUTHENTICATED:
                return 401;
            case EZ_DENIED:
                return 403;
            case EZ_NOT_FOUND:
                return 404;
            case EZ_CONFLICT:
                return 409;
            case EZ_EXHAUSTED:
                return 429;
            case EZ_UNAVAILABLE:
            case EZ_TIMEOUT:
                return 503;
            default:
                return 500;
        }
    }

private:
    ez_status status_;
    int http_status_ = 0;
    std::string code_;
    std::string field_;
    std::string sqlstate_;
    std::vector<FieldFault> faults_;
};

/// Copies text into a char array of a C struct, NUL-terminated. Text that is too long is cut
/// between characters.
template <size_t N>
void copy_text(char (&target)[N], std::string_view text) noexcept {
    size_t length = std::min(text.size(), N - 1);
    // Move the cut back to the first byte of a character.
    if (length < text.size()) {
        while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) --length;
    }
    if (length != 0) std::memcpy(target, text.data(), length);
    target[length] = '\0';
}

/// Fills the caller's ez_error from a message. Allocates nothing, so that it works when memory has
/// run out.
inline ez_status to_abi(ez_status status, const char* message, ez_error* out) noexcept {
    if (out != nullptr) {
        *out = {};
        out->http_status = Error::http_status_of(status);
        copy_text(out->message, message);
    }
    return status;
}

/// Fills the caller's ez_error and returns the status of the error. faults() are not transferred.
inline ez_status to_abi(const Error& error, ez_error* out) noexcept {
    if (out != nullptr) {
        out->http_status = error.http_status();
        copy_text(out->sqlstate, error.sqlstate());
        copy_text(out->code, error.code());
        copy_text(out->field, error.field());
        copy_text(out->message, error.what());
    }
    return error.status();
}

[[nodiscard]] inline Error from_abi(ez_status status, const ez_error& error) {
    return Error(status, error.message)
        .with_http(error.http_status)
        .with_code(error.code)
        .with_field(error.field)
        .with_sqlstate(error.sqlstate);
}

/// The boundary from C++ to the ABI: runs `body` and converts what it throws to a status.
template <class Body>
ez_status guard(ez_error* out, Body&& body) noexcept {
    try {
        std::forward<Body>(body)();
        return EZ_OK;
    } catch (const Error& error) {
        return to_abi(error, out);
    } catch (const std::bad_alloc&) {
        return to_abi(EZ_UNAVAILABLE, "out of memory", out);
    } catch (const std::exception& error) {
        return to_abi(EZ_INTERNAL, error.what(), out);
    } catch (...) {
        return to_abi(EZ_INTERNAL, "an exception that is not a std::exception", out);
    }
}

/// Logs a failure that no caller can receive. Allocates nothing.
inline void write_line(const ez_host* host,
                       std::int32_t level,
                       const char* what,
                       const ez_error& error) noexcept {
    char line[sizeof error.message + 64];
    std::snprintf(line, sizeof line, "%s: %s", what, error.message);
    host->log->write(host->context, level, {line, std::strlen(line)});
}

/// The boundary from the ABI to C++: calls a function of the ABI and throws the error that it
/// reports.
template <class Call>
void check(Call&& call) {
    ez_error error{};
    const ez_status status = std::forward<Call>(call)(&error);
    if (status != EZ_OK) throw from_abi(status, error);
}

}  // namespace ezapi
