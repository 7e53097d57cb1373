// Changes of other entities that alter how bindings are rendered: models and status of a provider
// group, API keys becoming usable or unusable, the status of a namespace. Each marks exactly the
// bindings that render differently afterwards.
//
// A concurrent write of a binding, whose transaction is not visible yet, must not be missed: it
// would be delivered with the old state of its group and stay wrong. Therefore writes of bindings
// take a shared advisory lock of their group, and changes of the group an exclusive one. Both take
// it last, after all row locks, so that the lock order is the same. Namespaces need no such lock:
// the foreign key locks the row that a status change updates.
#pragma once

#include "ezapi/plugin.hpp"

namespace ezapi::bindings {

void follow_changes(Host& host);

}  // namespace ezapi::bindings
