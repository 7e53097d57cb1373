#include "ezapi/openapi.hpp"

#include <gtest/gtest.h>

#include "ezapi/resource/resource_list.hpp"

namespace ezapi {
namespace {

TEST(Operation, DescribesParametersBodyAndAnswers) {
    const Json described =
        Json::parse(Operation("Greets")
                        .tag("hello")
                        .describe("At length")
                        .path("name", text_schema(), "Whom")
                        .query("loud", boolean_schema())
                        .header("If-Match", text_schema())
                        .body_of("Greeting")
                        .schema("Greeting", object_schema({{"text", text_schema()}}))
                        .returns(201, "Greeting")
                        .returns(204)
                        .text());

    const Json& operation = described["operation"];
    EXPECT_EQ(operation["summary"], "Greets");
    EXPECT_EQ(operation["tags"], Json::array({"hello"}));
    EXPECT_EQ(operation["parameters"][0], Json::parse(R"({"name":"name","in":"path","required":true,
                              "schema":{"type":"string"},"description":"Whom"})"));
    EXPECT_EQ(operation["parameters"][1]["required"], false);
    EXPECT_EQ(operation["parameters"][2]["in"], "header");
    EXPECT_EQ(operation["requestBody"]["content"]["application/json"]["schema"]["$ref"],
              "#/components/schemas/Greeting");
    EXPECT_EQ(operation["responses"]["201"]["description"], "Created");
    EXPECT_FALSE(operation["responses"]["204"].contains("content"));
    EXPECT_EQ(described["schemas"]["Greeting"]["required"], Json::array({"text"}));
}

TEST(ObjectSchema, RequiresWhatIsNotOptional) {
    const Json schema = object_schema({{"a", text_schema()}, {"b", text_schema()}}, {"b"});
    EXPECT_EQ(schema["required"], Json::array({"a"}));
    EXPECT_FALSE(object_schema({{"b", text_schema()}}, {"b"}).contains("required"));
}

ResourceSpec spec() {
    return {.name = "widgets",
            .table = "widgets",
            .schema = "Widget",
            .fields = fields(text("name").required().length(1, 8).must({}, "^[a-z]+$").filterable(),
                             choice("status", {"on", "off"}).nullable().sortable(),
                             integer("limit").range(0, 9).default_to(3),
                             text("api_key").secret(),
                             text("digest").hidden(),
                             integer("uses").read_only(),
                             boolean("confirm").control(),
                             texts("models").searchable())};
}

TEST(Schema, OfAnEntityPromisesNoLimitsAndShowsNothingHidden) {
    const Json schema = entity_schema(spec());
    const Json& properties = schema["properties"];

    EXPECT_EQ(properties["name"], text_schema());
    EXPECT_EQ(properties["status"]["enum"], Json::parse(R"(["on","off",null])"));
    EXPECT_EQ(properties["status"]["nullable"], true);
    EXPECT_EQ(properties["api_key"]["nullable"], true);
    EXPECT_TRUE(properties.contains("version"));
    EXPECT_FALSE(properties.contains("digest"));
    EXPECT_FALSE(properties.contains("confirm"));
}

TEST(Schema, OfABodyHasWhatACallerMayWrite) {
    const Json create = body_schema(spec(), BodyMode::create);
    const Json& properties = create["properties"];

    EXPECT_EQ(create["required"], Json::array({"name"}));
    EXPECT_EQ(properties["name"]["pattern"], "^[a-z]+$");
    EXPECT_EQ(properties["limit"]["default"], 3);
    EXPECT_EQ(properties["api_key"]["writeOnly"], true);
    EXPECT_TRUE(properties.contains("confirm"));
    EXPECT_FALSE(properties.contains("uses"));
    EXPECT_FALSE(properties.contains("digest"));
    EXPECT_FALSE(body_schema(spec(), BodyMode::merge).contains("required"));
}

TEST(Schema, OfAPutToANameNeedNotRepeatTheName) {
    EXPECT_FALSE(named_body_schema(spec(), "name").contains("required"));
}

TEST(Schema, OfAListNamesItsFiltersAndSorts) {
    const Resource resource(spec());
    const Json operation = Json::parse(
        detail::list_operation(resource.spec(), detail::list_plan(resource)).text())["operation"];
    std::vector<std::string> names;
    std::string sorts;
    for (const Json& parameter : operation["parameters"]) {
        names.push_back(parameter["name"]);
        if (parameter["name"] == "sort") sorts = parameter["description"];
    }

    EXPECT_EQ(names,
              (std::vector<std::string>{
                  "If-None-Match", "limit", "cursor", "count", "name", "sort", "q"}));
    EXPECT_TRUE(sorts.ends_with("id, created_at, updated_at, status"));
}

}  // namespace
}  // namespace ezapi
