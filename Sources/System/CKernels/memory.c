#include "memory.h"

#include <stdlib.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

void ck_release_freed_memory(void) {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}
