#include "ezapi/resource/body.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ezapi/resource/resource.hpp"

namespace ezapi {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<Field>& widget() {
    static const std::vector<Field> kFields = fields(
        text("name").required().length(2, 8).trimmed(),
        choice("status", {"active", "suspended"}).default_to("active").guarded(),
        integer("limit").range(0, 100).default_to(10),
        number("price").range(0).nullable(),
        boolean("enabled").default_to(true).guarded(),
        time("expires_at").nullable(),
        texts("allowed").guarded(),
        integer("quota").nullable().guarded(),
        texts("models").items(3),
        object("metadata").length(0, 40),
        any("value").nullable(),
        text("region").create_only().default_to("eu"),
        integer("uses").read_only().default_to(0),
        integer("hits").read_only().live().default_to(0),
        time("seen_at").read_only().live().nullable(),
        text("api_key").secret().length(4, 32),
        text("digest").hidden().default_to(""),
        boolean("confirm").control().default_to(false),
        text("path").default_to("/").must([](std::string_view path) {
            return path.starts_with('/') ? std::string() : std::string("expected a leading '/'");
        }),
        text("note").default_to("").prose(),
        texts("networks").kept_as([](std::string_view text) { return lower_case(text); }));
    return kFields;
}

/// A stored entity.
Json stored() {
    return {{"name", "first"},
            {"status", "active"},
            {"limit", 10},
            {"price", 2.5},
            {"enabled", true},
            {"expires_at", "2026-01-02T03:04:05.678Z"},
            {"allowed", {"a"}},
            {"quota", 100},
            {"models", {"a", "b"}},
            {"metadata", {{"k", 1}}},
            {"value", nullptr},
            {"region", "us"},
            {"uses", 7},
            {"hits", 3},
            {"seen_at", nullptr},
            {"api_key", "sk-…c0de"},
            {"digest", "d1"},
            {"path", "/"},
            {"note", ""},
            {"networks", Json::array()}};
}

Draft read(BodyMode mode, const Json& body, const Json* before = nullptr) {
    Draft draft;
    draft.before = before;
    detail::BodyReader(widget(), mode, draft).read(body);
    return draft;
}

Draft create(Json body) {
    body.emplace("name", "first");
    return read(BodyMode::create, body);
}

/// "<field> <code>" for each fault.
std::vector<std::string> faults(Draft draft) {
    std::vector<std::string> out;
    for (const FieldFault& fault : draft.faults.take())
        out.push_back(fault.field + " " + fault.code);
    return out;
}

std::vector<std::string> merge_faults(const Json& body) {
    const Json before = stored();
    return faults(read(BodyMode::merge, body, &before));
}

TEST(Body, FillsDefaultsAtCreation) {
    const Draft draft = create(Json::object());

    EXPECT_TRUE(draft.faults.empty());
    EXPECT_EQ(draft.after["status"], "active");
    EXPECT_EQ(draft.after["limit"], 10);
    EXPECT_EQ(draft.after["price"], nullptr);
    EXPECT_EQ(draft.after["models"], Json::array());
    EXPECT_EQ(draft.after["metadata"], Json::object());
    EXPECT_EQ(draft.after["region"], "eu");
    EXPECT_EQ(draft.after["uses"], 0);
    EXPECT_EQ(draft.after["digest"], "");
    EXPECT_FALSE(draft.after.contains("confirm"));
}

TEST(Body, ReportsEveryFaultAtOnce) {
    const Draft draft = read(
        BodyMode::create, {{"status", "gone"}, {"limit", 101}, {"enabled", 1}, {"colour", "red"}});

    EXPECT_THAT(
        faults(draft),
        ElementsAre(
            "name required", "status choice", "limit range", "enabled type", "colour unknown"));
}

TEST(Body, RefusesValuesOfAnotherType) {
    EXPECT_THAT(faults(create({{"name", 7}})), ElementsAre("name type"));
    EXPECT_THAT(faults(create({{"limit", "7"}})), ElementsAre("limit type"));
    EXPECT_THAT(faults(create({{"limit", 7.5}})), ElementsAre("limit type"));
    EXPECT_THAT(faults(create({{"limit", 18446744073709551615U}})), ElementsAre("limit range"));
    EXPECT_THAT(faults(create({{"price", "1"}})), ElementsAre("price type"));
    EXPECT_THAT(faults(create({{"enabled", "true"}})), ElementsAre("enabled type"));
    EXPECT_THAT(faults(create({{"expires_at", 2026}})), ElementsAre("expires_at type"));
    EXPECT_THAT(faults(create({{"expires_at", "tomorrow"}})), ElementsAre("expires_at type"));
    EXPECT_THAT(faults(create({{"models", "a"}})), ElementsAre("models type"));
    EXPECT_THAT(faults(create({{"models", {"a", 1}}})), ElementsAre("models/1 type"));
    EXPECT_THAT(faults(create({{"metadata", {1}}})), ElementsAre("metadata type"));
    EXPECT_THAT(faults(create({{"api_key", 1}})), ElementsAre("api_key type"));
    EXPECT_THAT(faults(create({{"confirm", "yes"}})), ElementsAre("confirm type"));
}

TEST(Body, RefusesValuesOutsideTheirLimits) {
    EXPECT_THAT(faults(create({{"name", "x"}})), ElementsAre("name invalid"));
    EXPECT_THAT(faults(create({{"name", "123456789"}})), ElementsAre("name invalid"));
    EXPECT_THAT(faults(create({{"limit", -1}})), ElementsAre("limit range"));
    EXPECT_THAT(faults(create({{"price", -0.5}})), ElementsAre("price range"));
    EXPECT_THAT(faults(create({{"models", {"a", "b", "c", "d"}}})), ElementsAre("models range"));
    EXPECT_THAT(faults(create({{"models", {""}}})), ElementsAre("models/0 invalid"));
    EXPECT_THAT(faults(create({{"models", {"a", " a "}}})), ElementsAre("models/1 duplicate"));
    EXPECT_THAT(faults(create({{"metadata", {{"k", std::string(40, 'x')}}}})),
                ElementsAre("metadata length"));
    EXPECT_THAT(faults(create({{"api_key", "abc"}})), ElementsAre("api_key invalid"));
    EXPECT_THAT(faults(create({{"path", "x"}})), ElementsAre("path invalid"));
}

TEST(Body, CountsTheDigitsThatTheDatabaseWrites) {
    const auto faults = [](const Json& metadata) {
        return create({{"metadata", metadata}}).faults.take();
    };
    EXPECT_TRUE(faults({{"a", 1e20}}).empty());
    const auto refused = faults({{"a", 1e300}});
    ASSERT_EQ(refused.size(), 1U);
    EXPECT_EQ(refused[0].field, "metadata");
    EXPECT_EQ(refused[0].code, "length");
}

TEST(Body, CountsCharactersAndNotBytes) {
    EXPECT_THAT(faults(create({{"name", "éééééééé"}})), IsEmpty());
    EXPECT_THAT(faults(create({{"name", "ééééééééé"}})), ElementsAre("name invalid"));
}

TEST(Body, TrimsWhereTheFieldSaysSo) {
    EXPECT_EQ(create({{"name", "  acme\t"}}).after["name"], "acme");
    EXPECT_EQ(create({{"path", "/ "}}).after["path"], "/ ");
    EXPECT_EQ(create({{"models", {" a "}}}).after["models"], Json::array({"a"}));
}

TEST(Body, TakesTimesInAnyOffsetAndStoresUtc) {
    EXPECT_EQ(create({{"expires_at", "2026-01-02T04:04:05+01:00"}}).after["expires_at"],
              "2026-01-02T03:04:05.000Z");
}

TEST(Body, AnIntegerBeyondAllLimitsIsOutOfRange) {
    for (const Json& large : {Json(1e30), Json(9223372036854775808U), Json(-1e30)})
        EXPECT_EQ(faults(create({{"limit", large}})), std::vector<std::string>{"limit range"})
            << large;
    EXPECT_EQ(faults(create({{"limit", 1.5}})), std::vector<std::string>{"limit type"});
}

TEST(Body, TakesDatesAndUnixTimes) {
    for (const Json& time :
         {Json("2026-01-02"), Json(1767312000), Json(1767312000000), Json("1767312000")})
        EXPECT_EQ(create({{"expires_at", time}}).after["expires_at"], "2026-01-02T00:00:00.000Z")
            << time;
    for (const Json& other : {Json("2026-02-30"), Json(2026), Json(1.5), Json(true), Json("")})
        EXPECT_EQ(faults(create({{"expires_at", other}})),
                  std::vector<std::string>{"expires_at type"})
            << other;
}

TEST(Body, NullIsTheDefaultWhereThereIsOneAndAFaultWhereNot) {
    EXPECT_EQ(create({{"limit", nullptr}}).after["limit"], 10);
    EXPECT_EQ(create({{"price", nullptr}}).after["price"], nullptr);
    EXPECT_THAT(faults(create({{"name", nullptr}})), ElementsAre("name required"));
}

TEST(Body, ReplaceFillsDefaultsButKeepsWhatABodyCannotGive) {
    const Json before = stored();
    const Draft draft = read(BodyMode::replace, {{"name", "second"}}, &before);

    EXPECT_TRUE(draft.faults.empty());
    EXPECT_EQ(draft.after["name"], "second");
    EXPECT_EQ(draft.after["price"], nullptr);
    EXPECT_EQ(draft.after["metadata"], Json::object());
    EXPECT_EQ(draft.after["uses"], 7);
    EXPECT_EQ(draft.after["region"], "us");
    EXPECT_EQ(draft.after["api_key"], "sk-…c0de");
    EXPECT_EQ(draft.after["digest"], "d1");
}

TEST(Body, MergeKeepsWhatIsAbsent) {
    const Json before = stored();
    const Draft draft = read(BodyMode::merge, {{"limit", 20}}, &before);

    EXPECT_TRUE(draft.faults.empty());
    Json expected = stored();
    expected["limit"] = 20;
    EXPECT_EQ(draft.after, expected);
    EXPECT_TRUE(draft.changes("limit"));
    EXPECT_FALSE(draft.changes("price"));
}

TEST(Body, ReadOnlyFieldsMayComeBackUnchanged) {
    EXPECT_THAT(merge_faults({{"uses", 7}, {"region", "us"}}), IsEmpty());
    EXPECT_THAT(merge_faults({{"uses", 8}}), ElementsAre("uses read_only"));
    EXPECT_THAT(merge_faults({{"region", "eu"}}), ElementsAre("region read_only"));
    EXPECT_THAT(faults(create({{"uses", 0}})), ElementsAre("uses read_only"));
}

TEST(Body, LiveFieldsMayComeBackWithAnyValue) {
    const Json before = stored();
    for (const BodyMode mode : {BodyMode::merge, BodyMode::replace}) {
        const Draft draft = read(
            mode,
            {{"name", "first"}, {"hits", 2}, {"seen_at", "2026-01-02T03:04:05Z"}, {"hits", "many"}},
            &before);
        EXPECT_TRUE(draft.faults.empty());
        EXPECT_EQ(draft.after["hits"], 3);
        EXPECT_EQ(draft.after["seen_at"], nullptr);
    }
    EXPECT_THAT(faults(create({{"hits", 2}})), ElementsAre("hits read_only"));
}

TEST(Body, GuardedFieldsChangeByAValueOnly) {
    Json before = stored();
    before["status"] = "suspended";
    before["enabled"] = false;
    const Draft replaced = read(BodyMode::replace, {{"name", "first"}}, &before);
    for (const char* name : {"status", "enabled", "allowed", "quota"})
        EXPECT_EQ(replaced.after[name], before[name]) << name;
    EXPECT_EQ(replaced.after["limit"], 10) << "others have their default again";

    for (const BodyMode mode : {BodyMode::merge, BodyMode::replace}) {
        EXPECT_THAT(faults(read(mode,
                                {{"name", "first"},
                                 {"status", nullptr},
                                 {"enabled", nullptr},
                                 {"allowed", nullptr}},
                                &before)),
                    ElementsAre("status required", "enabled required", "allowed required"));
        EXPECT_EQ(read(mode, {{"name", "first"}, {"quota", nullptr}}, &before).after["quota"],
                  nullptr);
        EXPECT_EQ(read(mode, {{"name", "first"}, {"status", "active"}}, &before).after["status"],
                  "active");
    }
    EXPECT_THAT(faults(create({{"status", nullptr}})), ElementsAre("status required"));
    EXPECT_EQ(create(Json::object()).after["status"], "active");
}

TEST(Body, AMaskThatComesBackKeepsTheSecret) {
    const Json before = stored();
    for (const BodyMode mode : {BodyMode::merge, BodyMode::replace}) {
        const Draft draft = read(mode, {{"name", "first"}, {"api_key", "sk-…c0de"}}, &before);
        EXPECT_TRUE(draft.faults.empty());
        EXPECT_TRUE(draft.secrets.empty());
        EXPECT_EQ(draft.after["api_key"], "sk-…c0de");
    }
}

TEST(Body, AnyOtherMaskIsRefusedAndNeverStored) {
    for (const char* mask : {"other…mask", "****", "sk-...cdef", "•••••", "xxxx", "sk-XXXXXXXX"}) {
        EXPECT_THAT(merge_faults({{"api_key", mask}}), ElementsAre("api_key masked")) << mask;
        EXPECT_THAT(faults(create({{"api_key", mask}})), ElementsAre("api_key masked")) << mask;
    }
    EXPECT_THAT(faults(create({{"api_key", "sk-…c0de"}})), ElementsAre("api_key masked"));
}

TEST(Body, ASecretGoesToTheCodeAndNotIntoTheColumn) {
    const Draft draft = create({{"api_key", "sk-123456"}});

    EXPECT_EQ(draft.secrets.at("api_key"), "sk-123456");
    EXPECT_EQ(draft.after["api_key"], nullptr);
    EXPECT_EQ(draft.after.dump().find("sk-123456"), std::string::npos);
}

TEST(Body, ControlsAreGivenAside) {
    const Draft draft = create({{"confirm", true}});

    EXPECT_EQ(draft.controls["confirm"], true);
    EXPECT_FALSE(draft.after.contains("confirm"));
}

TEST(Body, AHiddenColumnIsAnUnknownField) {
    EXPECT_THAT(merge_faults({{"digest", "d2"}}), ElementsAre("digest unknown"));
}

TEST(Body, AnUnknownFieldIsToldWhichOnesThereAre) {
    Draft draft = create({{"nmae", "x"}});
    const std::vector<FieldFault> found = draft.faults.take();

    ASSERT_EQ(found.size(), 1U);
    EXPECT_THAT(found[0].message, HasSubstr("known: name, status, limit"));
    EXPECT_THAT(found[0].message, Not(HasSubstr("digest")));
}

TEST(Body, AnyNumberOfUnknownFieldsMakesASmallAnswer) {
    Json body{{"name", "first"}};
    for (int i = 0; i < 100'000; ++i) body[std::to_string(i)] = 1;
    body[std::string(5000, 'x')] = 1;
    Draft draft = read(BodyMode::create, body);
    try {
        draft.faults.raise();
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_THAT(error.what(), HasSubstr("100001 fields are not valid (the first 100 are"));
        EXPECT_EQ(error.faults().size(), kMaxFaults);
        EXPECT_LT(dump_json(faults_json(error.faults())).size(), 10'000U);
    }
}

TEST(Body, AnUnknownFieldIsNamedInFewCharacters) {
    Draft draft = create({{std::string(5000, 'x'), 1}});
    EXPECT_EQ(draft.faults.take().at(0).field, std::string(77, 'x') + "...");
}

TEST(Body, TextHoldsNoControlCharactersUnlessItIsProse) {
    for (const char* bad : {"a\nb",
                            "a\x01",
                            "a\x7F",
                            "a\xC2\x85",      // NEL
                            "a\xE2\x80\xAE",  // a bidirectional override
                            "a\xE2\x81\xA6"}) {
        EXPECT_THAT(faults(create({{"name", bad}})), ElementsAre("name invalid")) << bad;
        EXPECT_THAT(faults(create({{"models", {bad}}})), ElementsAre("models/0 invalid")) << bad;
        EXPECT_THAT(faults(create({{"note", bad}})), IsEmpty()) << bad;
    }
    EXPECT_THAT(faults(create({{"api_key", "line\nline"}})), IsEmpty());
    for (const char* good : {"é€😀", "שלום", "a z"})
        EXPECT_THAT(faults(create({{"name", good}})), IsEmpty()) << good;
    Draft draft = create({{"name", "a\xE2\x80\xAE"}});
    EXPECT_EQ(draft.faults.take().at(0).message, "holds the control character U+202E");
}

TEST(Body, NamesAreSeenByAReader) {
    for (const char* bad : {"a\xC2\xA0z",                // a no-break space
                            "\xE2\x80\x8B\xE2\x80\x8B",  // zero-width spaces
                            "ab\xEF\xBB\xBF",            // a byte order mark
                            "\xE2\x80\x8F\xD7\xA9",      // a right-to-left mark
                            "a\xE2\x81\xA5",
                            "\xE3\x85\xA4\xE3\x85\xA4",  // Hangul fillers
                            "\xE2\xA0\x80\xE2\xA0\x80",  // empty Braille patterns
                            "ab\xF3\xA0\x81\x81",        // a tag character
                            "\xCC\x81\xCC\x81"}) {       // accents without a base
        EXPECT_THAT(faults(create({{"name", bad}})), ElementsAre("name invalid")) << bad;
        EXPECT_THAT(faults(create({{"models", {bad}}})), ElementsAre("models/0 invalid")) << bad;
    }
    Draft draft = create({{"name", "a\xE2\x80\x8B"}});
    EXPECT_EQ(draft.faults.take().at(0).message, "holds the invisible character U+200B");
}

TEST(Body, NamesThatLookTheSameAreTheSame) {
    EXPECT_EQ(create({{"name", "Caf\x65\xCC\x81"}}).after["name"], "Caf\xC3\xA9");
    EXPECT_EQ(create({{"name", "\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB!"}}).after["name"], "한!");
    EXPECT_THAT(faults(create({{"models", {"\xC3\xA9", "e\xCC\x81"}}})),
                ElementsAre("models/1 duplicate"));
}

TEST(Body, KeepsTextInTheFormOfItsField) {
    EXPECT_EQ(create({{"networks", {"A", "b"}}}).after["networks"], Json({"a", "b"}));
    EXPECT_THAT(faults(create({{"networks", {"A", "a"}}})), ElementsAre("networks/1 duplicate"));
}

TEST(Faults, BecomeOneErrorWithAllOfThem) {
    Faults some;
    some.add("a", "required", "is required");
    some.add("b", "type", "expected text");
    try {
        some.raise();
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.http_status(), 422);
        EXPECT_EQ(error.code(), "validation");
        ASSERT_EQ(error.faults().size(), 2U);
        EXPECT_EQ(error.faults()[1].field, "b");
    }
    EXPECT_NO_THROW(Faults().raise());
}

TEST(Shown, CutsLongValuesBetweenCharacters) {
    const std::string shown = ezapi::shown(Json(std::string(200, 'x') + "é"));
    EXPECT_EQ(shown.size(), 80U);
    for (size_t pad = 0; pad < 4; ++pad) {
        const std::string cut =
            ezapi::shown(Json(std::string(72 + pad, 'x') + std::string("€€€€€€€")));
        EXPECT_NO_THROW((void)Json(cut).dump()) << cut;
    }
}

TEST(Resource, TakesOnlyObjects) {
    const Resource resource(
        {.name = "widgets", .table = "widgets", .schema = "Widget", .fields = widget()});
    Draft draft;
    try {
        resource.read(draft, Json::array(), BodyMode::create);
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.http_status(), 422);
    }
}

}  // namespace
}  // namespace ezapi
