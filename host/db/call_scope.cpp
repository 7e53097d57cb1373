#include "host/db/call_scope.hpp"

#include <utility>

namespace ezapi::host::db {
namespace {

thread_local CallScope* innermost = nullptr;

}  // namespace

CallScope::CallScope(Origin origin) : origin_(std::move(origin)), outer_(innermost) {
    innermost = this;
}

CallScope::~CallScope() {
    innermost = outer_;
}

CallScope* CallScope::current() noexcept {
    return innermost;
}

}  // namespace ezapi::host::db
