// Entities with routes: see resource/field.hpp for what a field can say, resource/resource.hpp for
// an entity and its rules, resource/serve.hpp for its routes, and resource/feed.hpp for lists of
// rows that are no entities.
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
