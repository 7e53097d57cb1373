// What elsewhere changes how bindings look: the models and status of a provider group, its API keys
// coming into and going out of use, the status of a namespace. Each marks exactly the bindings that
// render differently from then on.
//
// A binding that is written at the same moment, in a transaction that is not visible yet, must not
// be missed: it would be delivered as it looks before the other change and stay so. Therefore
// writes of bindings and changes of their groups wait for each other, by a shared and an exclusive
// advisory lock of the group. They are taken last in the transaction, behind all row locks, so that
// the two kinds meet in one order. (Namespaces need none: the foreign key locks the row that they
// update.)
#pragma once

#include "ezapi/plugin.hpp"

namespace ezapi::bindings {

void follow_changes(Host& host);

}  // namespace ezapi::bindings
