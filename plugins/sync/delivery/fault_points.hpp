// The steps of a push, by name. In a build for the tests of faults the process can be made to die
// or to stop at one of them; in any other build there is nothing here.
#pragma once

namespace ezapi::sync {

#ifdef EZAPI_SYNC_BREAKABLE
void step(const char* name);
#else
inline void step(const char*) {}
#endif

}  // namespace ezapi::sync
