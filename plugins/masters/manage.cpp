#include "manage.hpp"

#include "ezapi/resource.hpp"
#include "master.hpp"

namespace ezapi::masters {

namespace {

const std::vector<Field>& body_fields() {
    static const std::vector<Field> kFields =
        fields(choice("action", {"activate", "suspend", "rotate-key", "revoke-tokens"})
                   .required()
                   .about("rotate-key ends the present key at once; revoke-tokens ends every token "
                          "issued so far"));
    return kFields;
}

Record apply(Tx& tx, const Resource& masters, const Record& before, const std::string& action) {
    if (action == "activate") return masters.amend(tx, before, {{"status", "active"}});
    if (action == "suspend") return masters.amend(tx, before, {{"status", "suspended"}});
    if (action == "revoke-tokens") {
        const auto epoch = before.data.at("epoch").get<std::int64_t>();
        return masters.amend(tx, before, {{"epoch", epoch + 1}});
    }
    MasterKey key = issue_key();
    Record after = masters.amend(tx, before, key.columns);
    after.reveal = std::move(key.reveal);
    return after;
}

}  // namespace

void serve_manage(Host& host, const Resource& masters) {
    const ResourceSpec& spec = masters.spec();
    host.write(
        "POST",
        "/admin/masters/{id}/manage",
        Access::admin,
        idempotent(conditional(Operation("Activates or suspends a master, rotates its key or ends "
                                         "its tokens")
                                   .tag("masters")
                                   .path("id", integer_schema())))
            .body_of("MasterAction")
            .schema("MasterAction", body_schema(body_fields(), BodyMode::create))
            .schema(spec.schema, entity_schema(spec))
            .returns(200, written_schema(spec)),
        {.max_body = kMaxEntityBody},
        [&masters](const Request& request, Tx& tx) {
            const Json body = read_body(body_fields(), request.object(kEntityLimits));
            const Record before = masters.lock(tx, request.id(), nullptr, if_match(request));
            return entity_response(
                apply(tx, masters, before, body.at("action").get_ref<const std::string&>()));
        });
}

}  // namespace ezapi::masters
