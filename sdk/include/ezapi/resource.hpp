// Entities with routes. resource/field.hpp describes fields, resource/resource.hpp an entity and
// its rules, resource/serve.hpp its routes, and resource/feed.hpp lists of rows that are not
// entities.
#pragma once

#include "ezapi/resource/batch.hpp"
#include "ezapi/resource/body.hpp"
#include "ezapi/resource/collection.hpp"
#include "ezapi/resource/feed.hpp"
#include "ezapi/resource/field.hpp"
#include "ezapi/resource/list.hpp"
#include "ezapi/resource/named.hpp"
#include "ezapi/resource/record.hpp"
#include "ezapi/resource/resource.hpp"
#include "ezapi/resource/schema.hpp"
#include "ezapi/resource/serve.hpp"
