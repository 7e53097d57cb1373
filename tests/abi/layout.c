#include "tests/abi/layout.h"

const struct layout layout_now[] = {
#include "members_then.inc"
    {NULL, 0, 0}};

const struct layout layout_in_c[] = {
#include "members_now.inc"
    {NULL, 0, 0}};
