#include "namespaces.hpp"

#include "model_name.hpp"

namespace ezapi::models {

Namespaces::Namespaces(const Host& host)
    : host_(host.abi()), service_(host.find_optional<ez_namespaces_v1>("namespaces/1")) {
    if (service_)
        service_.call<&ez_namespaces_v1::watch>(str("models"), &Namespaces::count_models, this);
}

Namespaces::~Namespaces() {
    if (service_) service_.table()->unwatch(service_.self(), this);
}

void Namespaces::require_of(Tx& tx, Draft& draft) const {
    if (!service_ || draft.after.at("source") == "registry") return;
    const std::string_view name =
        namespace_of(draft.after.at("name").get_ref<const std::string&>());
    const ez_str wanted = str(name);
    std::int32_t missing = 0;
    service_.call<&ez_namespaces_v1::missing>(tx.handle(), &wanted, size_t{1}, &missing);
    if (missing != 0)
        draft.faults.add("name", "dangling", "no such namespace: '" + std::string(name) + "'");
}

ez_status Namespaces::count_models(
    void* user, ez_tx* tx, ez_str name, int64_t* count, ez_error* error) noexcept {
    return guard(error, [&] {
        Tx in(static_cast<const Namespaces*>(user)->host_, tx, Tx::Ownership::borrowed);
        *count = in.query("SELECT count(*) FROM models WHERE namespace = $1 AND source = 'manual'",
                          {view(name)})
                     .integer(0, 0);
    });
}

}  // namespace ezapi::models
