#include "layout.h"

const struct layout layout_in_c[] = {LAYOUT_LIST(LAYOUT_SIZE, LAYOUT_PLACE){NULL, 0}};

/* These never change, see the head of abi.h. */
_Static_assert(sizeof(ez_str) == 16, "ez_str");
_Static_assert(sizeof(ez_value) == 24, "ez_value");
_Static_assert(sizeof(ez_error) == 1212, "ez_error");
_Static_assert(sizeof(ez_service) == 16, "ez_service");
