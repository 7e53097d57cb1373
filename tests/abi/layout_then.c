/* Compiled with the frozen header. */
#include "tests/abi/layout.h"

const struct layout layout_then[] = {
#include "members_then.inc"
    {NULL, 0, 0}};
